"""What the catalog knows already and a new file can be held against: the city's area, agencies' ground,
published layers to compare places with. Reads heads only when asked, each once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import STORED, require, transform_xy
from geo.crs_guess import Area
from geo.datum_guess import Reference, suspect
from geo.detected import Detected
from layers.catalog import Store
from layers.errors import LayerError
from layers.metres import city_crs, measurable
from layers.places import AreaOf
from layers.spec import LayerSpec

SAMPLE = 20_000
"""Features looked at to tell whose ground they lie on."""


@dataclass
class Known:
    """One store's heads at the time of asking."""

    store: Store

    @cached_property
    def area(self) -> Area:
        """The box of city.toml and, once the widest zones are published, their union."""
        zones = self._zones
        polygon = None
        if zones is not None and len(zones):
            polygon = shapely.union_all(zones.geometry.to_numpy(), grid_size=1e-7)
        return Area(self.store.workspace.city.bbox, polygon)

    def ground_of(self, agency: str) -> AreaOf | None:
        """The zones an agency is or lists as members, None where it answers for no ground of its own."""
        polygon = self.grounds.get(agency)
        return None if polygon is None else AreaOf(agency, polygon)

    @cached_property
    def grounds(self) -> dict[str, shapely.Geometry]:
        """Each agency's ground in longitude and latitude, for agencies whose code or members are zones."""
        zones = self._zones
        if zones is None:
            return {}
        entry = next(iter(self.store.workspace.city.zones.values()))
        codes = zones[entry.key].astype(str)
        owner = zones["agency"].astype(str) if "agency" in zones.columns else pd.Series("", zones.index)
        found = {}
        for each in self.store.workspace.city.agencies:
            own = codes.isin({each.code, *each.members}) | (owner == each.code)
            if each.kind in ("district", "functional_zone") and own.any() and not own.all():
                found[each.code] = shapely.union_all(
                    zones.geometry[own.to_numpy()].to_numpy(), grid_size=1e-7
                )
        return found

    def places(self, frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
        """A point on each feature that has geometry, shape (n, 2), longitude and latitude; at most some."""
        present = frame.geometry[~(frame.geometry.isna() | frame.geometry.is_empty)]
        if len(present) > SAMPLE:
            present = present.iloc[:: len(present) // SAMPLE + 1]
        if not len(present):
            return np.empty((0, 2))
        on = shapely.get_coordinates(present.geometry.representative_point().array)
        return transform_xy(on, require(frame), STORED)

    def suspect(self, frame: pd.DataFrame, spec: LayerSpec) -> Detected | None:
        """Whether features, as they would be published, lie shifted against what is published already.

        They are held against the layer's own heads and, where they are areas or lines, the city's zones.
        """
        if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
            return None
        city = self.store.workspace.city
        geometry = frame.geometry.array.to_numpy()
        near = measurable(geometry, city)
        if not near.any():
            return None
        references = list(self._references(spec, int(shapely.get_dimensions(geometry[near]).max())))
        if not references:
            return None
        return suspect(geometry[near], references, city_crs(city), keys=_names(frame, spec)[near])

    def _references(self, spec: LayerSpec, dimension: int) -> Iterator[Reference]:
        """The layer's own heads; for areas and lines the zones too; for points and lines without heads the
        streets."""
        own = self.read(spec.name)
        if own is not None and len(own):
            yield Reference(spec.name, own.geometry.array.to_numpy(), _names(own, spec))
        if dimension > 0:
            for layer in {entry.layer for entry in self.store.workspace.city.zones.values()} - {spec.name}:
                zones = self.read(layer)
                if zones is not None and len(zones):
                    yield Reference(layer, zones.geometry.array.to_numpy())
        if own is None and dimension < 2:
            streets = self._streets
            if streets is not None:
                yield Reference(self.store.workspace.city.network, streets)

    @cached_property
    def _streets(self) -> NDArray[np.object_] | None:
        """Every edge of the walking network that has a line of its own."""
        try:
            edges = self.store.read_network(self.store.workspace.city.network).edges
        except LayerError:
            return None
        if not isinstance(edges, gpd.GeoDataFrame):
            return None
        lines = edges.geometry.array.to_numpy()
        return lines[~shapely.is_missing(lines)]

    @cached_property
    def _zones(self) -> gpd.GeoDataFrame | None:
        """The first kind of zones of city.toml, where published; only valid polygons."""
        for entry in self.store.workspace.city.zones.values():
            frame = self.read(entry.layer)
            if frame is None or entry.key not in frame.columns:
                return None
            keep = ~(shapely.is_missing(frame.geometry.array) | shapely.is_empty(frame.geometry.array))
            return frame[np.asarray(keep)].reset_index(drop=True)
        return None

    def read(self, layer: str) -> gpd.GeoDataFrame | None:
        """All heads of a layer of features, None where there are none or the layer has no places."""
        try:
            frame = self.store.read(layer)
        except LayerError:
            return None
        return frame if isinstance(frame, gpd.GeoDataFrame) and frame.crs == STORED else None


def _names(frame: pd.DataFrame, spec: LayerSpec) -> NDArray[np.object_]:
    """What features are told apart by across files: their names, else their keys."""
    column = "name" if "name" in frame.columns and "name" in spec.by_name else spec.key
    return frame[column].astype(object).to_numpy()
