"""Shapes that keep GEOS busy for minutes, through the whole examination: each within its limit, each told."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import seeds
import shapely
from shapely.geometry import Polygon, box

from geo.formats import NamedFile
from layers.catalog import Store
from layers.examination import Examined
from layers.examine import examine
from layers.said import Said
from layers.workspace import Workspace

pytestmark = pytest.mark.slow

CITY = """
id = "tiny"
name_zh = "小城"
name_en = "Tiny"
bbox = [117.0, 36.0, 118.0, 37.0]
[[agencies]]
code = "east"
name_zh = "东区"
name_en = "East"
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Workspace.init(tmp_path / "home", CITY)) as opened:
        yield opened


@pytest.fixture
def look(store: Store, tmp_path: Path) -> Callable[..., tuple[Examined, float]]:
    """Examine polygons as parks of the east; what was found and how long that took."""

    def examined(shapes: list[object]) -> tuple[Examined, float]:
        count = len(shapes)
        frame = gpd.GeoDataFrame(
            {"id": [f"p{n}" for n in range(count)], "name": ["园"] * count, "category": ["park"] * count},
            geometry=shapes,
            crs=4326,
        )
        path, members = tmp_path / "0", tmp_path / "members"
        path.write_bytes(seeds.written(frame, "parks.gpkg")[".gpkg"])
        members.mkdir()
        began = time.monotonic()
        found = examine(
            store, [NamedFile("parks.gpkg", path)], Said(layer="parks", agency="east"), folder=members
        )
        return found, time.monotonic() - began

    return examined


def star(vertices: int, seed: int = 1) -> Polygon:
    """A ring through random places of the city's middle: it crosses itself nearly everywhere."""
    return Polygon(117.5 + 0.01 * np.random.default_rng(seed).random((vertices, 2)) - [0, 81])


def told(found: Examined) -> set[tuple[str, str]]:
    assert found.failure is None
    return {(each.rule, each.severity) for each in found.findings if each.field == "geometry"}


_HOPELESS = {("geometry_invalid", "error"), ("geometry_changed_too_much", "error")}


@pytest.mark.parametrize("vertices", [400, 3000])
def test_a_ring_that_crosses_itself_everywhere_is_told_within_its_limit(look, vertices):
    """A shape has five seconds of processor time; the rest of the file is as it would be without it."""
    found, took = look([star(vertices), box(117.1, 36.1, 117.11, 36.11)])
    assert ("geometry_invalid", "error") in told(found) or ("geometry_changed_too_much", "error") in told(
        found
    )
    assert {each.feature for each in found.findings if each.severity == "error"} == {1}
    assert took < 60


@pytest.mark.slow
def test_a_small_file_of_many_stars_is_told_within_the_limit_of_a_file(look):
    """300 rings of 60 points are 300 kB of coordinates; together they may be mended for two minutes."""
    found, took = look([star(60, seed) for seed in range(300)])
    assert _HOPELESS & told(found)
    assert took < 200


def test_ten_thousand_polygons_on_one_place_are_told_as_unchecked(look):
    """All pairs are 50 million; so many are looked at as `layers.overlaps` allows, and the rest is said."""
    steps = np.linspace(0, 1e-4, 10_000)
    shapes = list(shapely.box(117.5 + steps, 36.5, 117.51 + steps, 36.51))
    found, took = look(shapes)
    assert {"overlap", "overlap_unchecked"} <= {each.rule for each in found.findings}
    assert took < 120


def test_a_polygon_of_a_hundred_thousand_holes_is_read_or_refused(look):
    """It has 500,005 vertices, half of what one may have: whatever is said of it, it is said soon."""
    x, y = (each.ravel() for each in np.meshgrid(np.arange(400), np.arange(250)))
    west, south = 117.1 + x * 1e-4, 36.1 + y * 1e-4
    holes = shapely.box(west, south, west + 5e-5, south + 5e-5)
    shape = Polygon(box(117, 36, 118, 37).exterior, [each.exterior for each in holes])
    found, took = look([shape])
    assert found.failure is None
    assert took < 120


def test_a_ring_of_equal_points_is_an_error_of_its_feature(look):
    found, _ = look([Polygon([(117.5, 36.5)] * 1000), box(117.1, 36.1, 117.11, 36.11)])
    assert {each.feature for each in found.findings if each.severity == "error"} == {1}


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_vertex_that_is_no_number_is_an_error_of_its_feature(look, bad):
    """GEOS would answer that five boxes of one and this polygon have an area of four."""
    corners = [(117.2, 36.2), (117.3, 36.2), (bad, 36.3), (117.2, 36.2)]
    with np.errstate(invalid="ignore"):
        shape = Polygon(corners)
    found, _ = look([box(117.1, 36.1, 117.11, 36.11), shape])
    assert found.failure is None
    assert {each.feature for each in found.findings if each.severity == "error"} == {2}


def test_shapes_at_the_ends_of_the_earth_and_beyond_are_told(look):
    shapes = [
        box(-180, -90, 180, 90),
        box(1e300, 1e300, 1.1e300, 1.1e300),
        box(117, 36, 117 + 1e-12, 36 + 1e-12),
    ]
    found, took = look(shapes)
    assert {2} <= {each.feature for each in found.findings if each.severity == "error"}
    assert took < 60
