"""Blocks, parks, homes and houses: nothing lies on anything it should not, and the plan's parks are there."""

import numpy as np
import pandas as pd
import pytest
import shapely

from api.demo import greens
from api.demo.blocks import RANK
from api.demo.city import DemoCity

METRES = "EPSG:4548"


def metres(city: DemoCity, layer: str) -> np.ndarray:
    return city.frame(layer).to_crs(METRES).geometry.to_numpy()


def touching(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pairs of rows that share any point."""
    return shapely.STRtree(other).query(one, predicate="intersects")


def test_residential_land_neither_overlaps_nor_touches_itself(city: DemoCity) -> None:
    land = metres(city, "residential_land")
    assert shapely.is_valid(land).all()
    assert set(shapely.get_type_id(land)) == {3}
    one, other = touching(land, land)
    assert (one == other).all()


def test_residential_land_keeps_off_parks_water_and_railways(city: DemoCity) -> None:
    land = metres(city, "residential_land")
    for layer in ("parks", "water", "railways"):
        assert touching(land, metres(city, layer)).size == 0, layer


def test_no_street_runs_over_residential_land_but_lanes(city: DemoCity) -> None:
    """Blocks are what main and residential streets enclose; lanes and footways run inside them."""
    drawn = city.network.streets
    ways = shapely.linestrings(drawn.xy[drawn.edge[drawn.rank <= RANK["residential"]]])
    assert touching(metres(city, "residential_land"), ways).size == 0


def test_people_of_the_land_are_those_of_the_points_on_it(city: DemoCity) -> None:
    frame = city.frame("residential_land")
    assert (frame["people"] > 0).all()
    points = city.frame("people").to_crs(METRES)
    around = shapely.buffer(metres(city, "residential_land"), 15.0)  # the block's half of the streets
    point, row = shapely.STRtree(around).query(points.geometry.to_numpy(), predicate="intersects")
    on_land = np.bincount(row, points["people"].to_numpy()[point], minlength=len(frame))
    assert (frame["people"].to_numpy() <= 1.3 * on_land + 1).mean() > 0.9
    assert frame["people"].sum() <= 9_200_000


def test_houses_stand_apart_on_residential_land(city: DemoCity) -> None:
    houses = metres(city, "buildings")
    land = metres(city, "residential_land")
    assert len(houses) > 500
    house, _ = shapely.STRtree(land).query(houses, predicate="within")
    assert np.unique(house).tolist() == list(range(len(houses)))
    one, other = touching(houses, houses)
    assert (one == other).all()
    frame = city.frame("buildings")
    floor = shapely.area(houses) * frame["floors"].to_numpy()
    assert frame["floor_area_m2"].to_numpy() == pytest.approx(floor, rel=0.01)  # the projection's own scale


def test_parks_are_of_all_tiers_and_of_their_own_area(city: DemoCity) -> None:
    frame = city.frame("parks")
    assert set(frame["kind"]) == set(greens.KINDS.values())
    assert frame["id"].is_unique
    area = shapely.area(metres(city, "parks"))
    assert frame["area_m2"].to_numpy() == pytest.approx(area, rel=0.001)
    assert area.min() >= 999
    assert area.max() >= 500_000
    assert ((area >= 2_000) & (area < 5_000)).any()  # what the radius of 300 m is for


def test_the_plans_parks_are_planned_started_and_completed_in_that_order(city: DemoCity) -> None:
    frame = city.frame("parks")
    new = frame[frame["planned"].notna()]
    assert len(new) == round(131 * city.recipe.scale)
    assert (new["planned"] <= new["started"]).all()
    assert (new["started"] < new["completed"]).all()
    assert new["started"].between("2020-01-01", "2020-12-31").all()
    country = frame[frame["kind"] == greens.KINDS["country"]]
    assert country["completed"].between("2020-01-01", "2020-12-31").all()


def test_entrances_lie_on_the_border_of_their_park(city: DemoCity) -> None:
    entrances = city.frame("park_entrances").to_crs(METRES)
    parks = city.frame("parks").to_crs(METRES).set_index("id").geometry
    assert entrances["id"].is_unique
    border = shapely.boundary(parks.loc[entrances["park_id"]].to_numpy())
    assert shapely.distance(border, entrances.geometry.to_numpy()).max() < 0.1
    assert (shapely.area(parks.loc[entrances["park_id"]].to_numpy()) > 9_990).all()


def test_school_places_and_beds_are_counted_where_people_expect_them(city: DemoCity) -> None:
    education = city.frame("education")
    assert education["places"].notna().all()
    total = education.groupby("category")["places"].sum() / 9_200
    # per thousand people, as `categories.toml` says, in whole classes
    assert total["primary_school"] == pytest.approx(66, rel=0.1)
    care = city.frame("care")
    assert care["beds"].min() >= 5
    assert city.frame("health").groupby("category")["beds"].count()["pharmacy"] == 0


def test_drawing_twice_gives_the_same(city: DemoCity) -> None:
    again = DemoCity(city.recipe)
    for layer in ("parks", "park_entrances", "residential_land", "buildings"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(city.frame(layer).to_wkb()), pd.DataFrame(again.frame(layer).to_wkb())
        )
