"""From a recipe to figures: read what it pins, assess, report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pyarrow as pa

from geo.crs import to_crs
from geo.network import Network
from inventory.absent import missing
from inventory.assessment import assess
from inventory.canonical import canonical
from inventory.demand import Demand, people, street_metres
from inventory.distances import Distances, PointZones, distances
from inventory.errors import NoDemand, RuleError, ZoneColumnMissing, ZonesMissing
from inventory.memory import Measured, demand_on, facilities, measured, walked
from inventory.parameters import walked_otherwise
from inventory.pins import Recipe
from inventory.report import ZoneName, report
from inventory.sites import sites_of
from inventory.streets import streets_of
from inventory.walking import Walking
from inventory.walks import attached, walks
from layers.catalog import Store
from layers.errors import LayerKindError

DISTANCES, ZONES = "distances.parquet", "zones.parquet"


@dataclass(frozen=True)
class CirclesRun:
    """A result, what it was made of, the walks under it and the zone of each of their points."""

    recipe: Recipe
    result: Mapping[str, Any]
    distances: Distances
    zones: PointZones

    @property
    def content(self) -> bytes:
        """The canonical result: equal inputs give equal bytes."""
        return canonical(self.result)

    @property
    def tables(self) -> dict[str, pa.Table]:
        """What is kept beside the result, by file name."""
        return {DISTANCES: self.distances.table, ZONES: self.zones.table}


def run(store: Store, recipe: Recipe, *, threads: int | None = None) -> CirclesRun:
    """Compute what a recipe asks for, from the versions it pins and nothing else."""
    rules = recipe.rules
    zones = _zones(store, recipe)
    known = measured(store, recipe, lambda: _measure(store, recipe, threads))
    assessment = assess(
        known.streets,
        known.demand,
        known.sites,
        zones,
        rules,
        key=recipe.zones.key,
        walked=known.walks,
        threads=threads,
    )
    names = _names(zones, recipe)
    figures = report(assessment, rules, names, recipe.crs)
    heading = heading_of(recipe, assessment.demand.unit)
    zones_of = PointZones(assessment.zone, tuple(name.code for name in names))
    if rules.walk.closed:
        heading["untagged"] = list(known.streets.untagged)
    return CirclesRun(recipe, heading | figures, distances(assessment, recipe.crs), zones_of)


def _measure(store: Store, recipe: Recipe, threads: int | None) -> Measured:
    rules = recipe.rules
    streets = streets_of(store, recipe)
    demand = demand_of(store, recipe, streets)
    frames = {layer: facilities_of(store, recipe, layer) for layer in rules.layers}
    sites = sites_of(rules, frames, recipe.crs)
    found = walks(streets, demand, sites, known=walked(streets, demand), threads=threads)
    return Measured(streets, demand, sites, found)


def demand_of(store: Store, recipe: Recipe, streets: Walking) -> Demand:
    """Whom a recipe asks about, attached to its streets; remembered."""
    return demand_on(store, recipe, lambda: attached(streets, _demand(store, recipe, streets.network)))


def heading_of(recipe: Recipe, unit: str) -> dict[str, Any]:
    """What a result says before any figure, all of it from its recipe; `unit` is that of the demand."""
    rules, document = recipe.rules, recipe.document
    walk = rules.walk
    optional = [each for each in walk.layers if each != walk.layer]
    return {
        "kind": "circles",
        "by": recipe.by,
        "place": {key: document["city"][key] for key in ("id", "name_zh", "name_en", "synthetic")},
        "unit": unit,
        "at": document["at"],
        "date": document["date"],
        "sequence": recipe.sequence,
        "inputs": [
            {key: value for key, value in pinned.items() if key != "spec_hash"} for pinned in recipe.inputs
        ],
        "rule_set": {
            "id": rules.id,
            "title_zh": rules.title_zh,
            "title_en": rules.title_en,
            "source": rules.source,
            "standing": rules.standing,
            "hash": rules.hash,
        },
        "target": None
        if rules.target is None
        else {"share": rules.target.share, "source": rules.target.source, "standing": rules.target.standing},
        "parameters": {
            "walk_speed_km_h": rules.walk_speed_km_h,
            "search_m": rules.search_m,
            "attach_limit_m": rules.attach_limit_m,
            "min_component_m": rules.min_component_m,
            "not_walkable": list(rules.walk.not_walkable),
            "demand": rules.demand.kind,
            "piece_m": rules.demand.piece_m,
            "gap_cell_m": rules.gap_cell_m,
            "gap_spread_m": rules.gap_spread_m,
            "gap_top": rules.gap_top,
            "working_crs": document["city"]["working_crs"],
            **({} if walk.is_plain else walked_otherwise(walk)),
        },
        **({"inputs_missing": missing(recipe, optional)} if optional else {}),
    }


def _read(store: Store, recipe: Recipe, layer: str, columns: list[str]) -> gpd.GeoDataFrame | None:
    """Columns and places of a layer as pinned, None if no agency had published it."""
    if not any(pinned["layer"] == layer for pinned in recipe.inputs):
        return None
    frame = store.read(layer, at=recipe.day, as_of=recipe.sequence, columns=columns)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerKindError(layer, "table", "features")
    return frame


def facilities_of(store: Store, recipe: Recipe, layer: str) -> gpd.GeoDataFrame | None:
    """What a recipe reads of a facility layer, None if no agency had published it; not to be changed."""
    return facilities(store, recipe, layer, lambda: _read(store, recipe, layer, recipe.rules.columns(layer)))


def _zones(store: Store, recipe: Recipe) -> gpd.GeoDataFrame:
    layer = recipe.zones.layer
    columns = dict.fromkeys([recipe.zones.key, recipe.zones.name, "name_en"])
    frame = _read(store, recipe, layer, list(columns))
    if frame is None or not len(frame):
        raise ZonesMissing(recipe.by, layer)
    if recipe.zones.key not in frame.columns:
        raise ZoneColumnMissing(recipe.by, layer, recipe.zones.key)
    return to_crs(frame, recipe.crs)


def _names(zones: gpd.GeoDataFrame, recipe: Recipe) -> list[ZoneName]:
    codes = zones[recipe.zones.key].astype(str)
    names = zones[recipe.zones.name] if recipe.zones.name in zones.columns else codes
    english = zones["name_en"] if "name_en" in zones.columns else [None] * len(zones)
    return [
        ZoneName(code, name if isinstance(name, str) else code, other if isinstance(other, str) else None)
        for code, name, other in zip(codes, names, english, strict=True)
    ]


def _demand(store: Store, recipe: Recipe, network: Network) -> Demand:
    rules = recipe.rules
    rule = rules.demand
    if rule.kind == "street_metres":
        return street_metres(
            network, layer=rule.layer, piece_m=rule.piece_m, min_component_m=rules.min_component_m
        )
    key, column = store.spec(rule.layer).key, rule.amount or "people"
    frame = _read(store, recipe, rule.layer, [key, column])
    if frame is None:
        raise NoDemand(rule.layer, column)
    if column not in frame.columns:
        raise RuleError(rules.id, "demand.amount", f"layer {rule.layer!r} has no column {column!r}")
    return people(frame, layer=rule.layer, key=key, column=column, crs=recipe.crs, search_m=rules.search_m)
