"""The zones of a recipe as polygons: those of a layer, what each agency answers for, or a drawn area."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import STORED, to_crs
from inventory.agencies import Agencies
from inventory.area import Area
from inventory.errors import ZoneColumnMissing, ZonesMissing
from inventory.memory import Remembered, day_of, versions_of
from inventory.pins import AGENCY, Recipe
from layers.catalog import Store
from layers.errors import LayerKindError

CODE, NAME, NAME_EN = "code", "name", "name_en"
KEY = CODE
"""The column that orders zones: a point on a border belongs to the one whose code sorts first."""

AREA = "area"
"""The code of the one zone that a drawn area is."""

_known: Remembered[gpd.GeoDataFrame] = Remembered(6)


def zones_of(store: Store, recipe: Recipe) -> gpd.GeoDataFrame:
    """`code`, `name`, `name_en` (None where nobody says) and polygons in the working CRS, one row a zone.

    Zones of agencies are made of the zones each answers for, a functional zone's members taken out of the
    districts around it, so that rows still add up to the city; zones nobody answers for lie outside all.
    The frame is shared: do not change it. ZonesMissing where there is none.
    """
    if recipe.area is not None:
        return to_crs(_drawn(recipe.area), recipe.crs)
    layer = recipe.zones.layer
    key = (
        store.workspace.workspace_id,
        recipe.zones,
        recipe.agencies,
        versions_of(recipe, layer),
        day_of(store, recipe, layer),
        recipe.crs.to_string(),
    )
    return _known.get(key, lambda: _made(store, recipe))


def _made(store: Store, recipe: Recipe) -> gpd.GeoDataFrame:
    zones = to_crs(_read(store, recipe), recipe.crs)
    return _by_agency(zones, Agencies(recipe.agencies)) if recipe.by == AGENCY else zones


def _read(store: Store, recipe: Recipe) -> gpd.GeoDataFrame:
    entry, layer = recipe.zones, recipe.zones.layer
    if not versions_of(recipe, layer):
        raise ZonesMissing(recipe.by, layer)
    columns = [entry.key, entry.name, NAME_EN]
    frame = store.read(layer, at=recipe.day, as_of=recipe.sequence, columns=columns)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerKindError(layer, "table", "features")
    if not len(frame):
        raise ZonesMissing(recipe.by, layer)
    if entry.key not in frame.columns:
        raise ZoneColumnMissing(recipe.by, layer, entry.key)
    code = frame[entry.key].astype(str)
    return _frame(code, _texts(frame, entry.name, code), _texts(frame, NAME_EN, None), frame.geometry)


def _texts(frame: pd.DataFrame, column: str, otherwise: pd.Series | None) -> list[str | None]:
    """A column's texts; where it has none, the other series' or None."""
    instead = [None] * len(frame) if otherwise is None else list(otherwise)
    values = list(frame[column]) if column in frame.columns else instead
    return [v if isinstance(v, str) else other for v, other in zip(values, instead, strict=True)]


def _frame(
    code: "pd.Series | list[str]",
    name: list[str | None],
    name_en: list[str | None],
    geometry: object,
) -> gpd.GeoDataFrame:
    columns = {
        CODE: np.array(list(code), object),
        NAME: np.array(name, object),
        NAME_EN: np.array(name_en, object),
    }
    return gpd.GeoDataFrame(columns, geometry=np.asarray(geometry, object), crs=STORED)


def _by_agency(zones: gpd.GeoDataFrame, agencies: Agencies) -> gpd.GeoDataFrame:
    """One row for each agency that answers for any zone, in the order of their codes."""
    whose = [agencies.responsible_for(code) for code in zones[CODE]]
    found = {entry.code: entry for entry in whose if entry is not None}
    if not found:
        raise ZonesMissing(AGENCY, "agencies")
    codes = sorted(found)
    shapes = zones.geometry.to_numpy()
    mine = np.array([None if entry is None else entry.code for entry in whose], object)
    made = _frame(
        codes,
        [found[code].name_zh for code in codes],
        [found[code].name_en for code in codes],
        [shapely.union_all(shapes[mine == code]) for code in codes],
    )
    return made.set_crs(zones.crs, allow_override=True)


def _drawn(area: Area) -> gpd.GeoDataFrame:
    return _frame([AREA], [AREA], [None], [area.polygon])
