"""Layers published in a real store, and what a measure of a rule reads of them."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import tiny_city
import tiny_world as world

from inventory.coverage_rule_file import parse
from inventory.coverage_rules import CoverageRule
from inventory.inputs import Inputs
from inventory.pins import Recipe
from layers.catalog import Store

HEAD = """
kind = "coverage"
id = "test"
title_zh = "测试"
title_en = "Test"
clause = "1"
source = "tests"
standing = "assumed"
"""


def city(home: Path, **layers: gpd.GeoDataFrame) -> Store:
    """A new city with these layers."""
    store = Store.open(tiny_city.workspace(home))
    for name, frame in layers.items():
        tiny_city.publish(store, name, frame)
    return store


def rule_of(text: str) -> CoverageRule:
    return parse((HEAD + text).encode(), "test.toml")


def inputs_of(store: Store, rule: CoverageRule, day: date, zones: gpd.GeoDataFrame | None = None) -> Inputs:
    """What the heads of the rule's layers give on a day, with the zones of the tiny world."""
    heads = [head for name in rule.layers for head in store.heads(name).values()]
    inputs = [{"layer": head.layer, "version": head.id, "spec_hash": head.spec_hash} for head in heads]
    document = {
        "date": day.isoformat(),
        "sequence": store.sequence(),
        "city": {"working_crs": "EPSG:4548"},
        "inputs": inputs,
    }
    return Inputs(store, Recipe(document), rule, world.zones_frame() if zones is None else zones, "code")


def frame(geometry: list, **columns: list) -> gpd.GeoDataFrame:
    """Features at metres from the tiny world's origin."""
    moved = gpd.GeoSeries(geometry, crs=world.METRES).translate(*world.ORIGIN)
    return gpd.GeoDataFrame(columns, geometry=moved)


def by_zone(portions, values: np.ndarray) -> list[float]:
    """Whole units in west, east and outside."""
    return [float(values[portions.zone == zone].sum()) / 1000 for zone in (0, 1, -1)]
