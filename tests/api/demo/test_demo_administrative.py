"""Districts, subdistricts and communities tile the city exactly and are about as large as the real ones."""

import numpy as np
import pytest
import shapely

from api.demo import administrative, terrain
from api.demo.city import DemoCity
from api.demo.ground import Recipe, districts, places, subdistricts

LEVELS = ("communities", "subdistricts", "districts")
METRES = "EPSG:4548"


def polygons(city: DemoCity, layer: str) -> np.ndarray:
    return city.frame(layer).geometry.to_numpy()


@pytest.mark.parametrize("layer", LEVELS)
def test_every_level_tiles_without_gap_or_overlap(city: DemoCity, layer: str) -> None:
    shapes = polygons(city, layer)
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {3}  # one polygon each, no islands
    assert shapely.coverage_is_valid(shapes)  # neighbours share every vertex: no overlap, no mismatch
    city_shape = shapely.coverage_union_all(shapes)
    assert city_shape.geom_type == "Polygon"
    assert not city_shape.interiors  # no gap inside


def test_the_three_levels_cover_the_same_ground(city: DemoCity) -> None:
    area = {layer: float(city.frame(layer).to_crs(METRES).area.sum()) for layer in LEVELS}
    assert area["communities"] == pytest.approx(area["districts"], rel=1e-9)
    assert area["subdistricts"] == pytest.approx(area["districts"], rel=1e-9)


def test_there_are_12_districts_and_164_subdistricts_with_their_own_codes(city: DemoCity) -> None:
    assert len(city.frame("districts")) == 12
    frame = city.frame("subdistricts")
    assert len(frame) == 164
    assert frame["code"].is_unique
    assert frame["code"].str.fullmatch(r"37\d{7}").all()
    assert set(frame["district_code"]) == set(city.frame("districts")["code"])


def test_communities_are_numbered_within_their_subdistrict(city: DemoCity) -> None:
    frame = city.frame("communities")
    assert frame["code"].is_unique
    assert (frame["code"].str[:9] == frame["subdistrict_code"]).all()
    assert set(frame["subdistrict_code"]) == set(city.frame("subdistricts")["code"])
    first = frame[frame["code"] == "370102001001"].iloc[0]
    assert first["name"] == "解放路第1社区"


@pytest.mark.parametrize(("inner", "outer", "parent"), [
    ("communities", "subdistricts", "subdistrict_code"),
    ("subdistricts", "districts", "district_code"),
])  # fmt: skip
def test_every_part_lies_within_its_whole(city: DemoCity, inner: str, outer: str, parent: str) -> None:
    parts = city.frame(inner)
    whole = city.frame(outer).set_index("code").geometry
    around = whole.loc[parts[parent]].to_numpy()
    outside = shapely.area(shapely.difference(parts.geometry.to_numpy(), around))
    assert outside.max() <= 1e-12  # square degrees: nothing but rounding


def test_areas_are_about_the_true_ones(city: DemoCity) -> None:
    frame = city.frame("districts").to_crs(METRES).set_index("code")
    assert frame.area.sum() / 1e6 == pytest.approx(places()["city"]["area_km2"], rel=0.01)
    for district in districts():
        got = frame.geometry[district["code"]].area / 1e6
        assert got == pytest.approx(district["area_km2"], rel=0.15), district["name"]  # cells are coarse here


def test_the_zone_answers_for_five_subdistricts_that_lie_in_two_districts(city: DemoCity) -> None:
    frame = city.frame("subdistricts")
    zone = frame[frame["agency"] == "370176"]
    assert sorted(zone["code"]) == [f"37017600{n}" for n in range(1, 6)]
    assert set(zone["district_code"]) == {"370102", "370112"}
    others = frame[frame["agency"] != "370176"]
    assert (others["agency"] == others["district_code"]).all()


def test_only_three_districts_have_land_north_of_the_river(city: DemoCity) -> None:
    """Borders prefer the river; 370105 has land on both banks."""
    frame = city.frame("subdistricts").to_crs(METRES)
    point = frame.representative_point()
    north = city.terrain.river.is_north(np.column_stack([point.x, point.y]))
    assert set(frame["district_code"][north]) <= {"370105", "370115", "370126"}


def test_another_seed_draws_other_borders_of_the_same_city() -> None:
    recipe = Recipe(seed=8, scale=0.02)
    other = administrative.draw(recipe, terrain.draw(recipe))
    assert list(other.subdistricts["code"]) == [row.code for row in subdistricts()]
    assert shapely.coverage_is_valid(other.communities.geometry.to_numpy())
