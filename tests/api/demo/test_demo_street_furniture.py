"""Roads, lamps, car parks, cases and springs of the demo city, by what its page promises of them."""

import numpy as np
import shapely

from api.demo import cases, lamps, parking, register, springs
from api.demo.blocks import RANK
from api.demo.city import DemoCity
from api.demo.ground import Recipe

METRES = "EPSG:4548"


def test_streets_that_run_straight_on_are_one_road() -> None:
    """A cross of two secondary streets, with a branch that leaves it at a right angle: two roads."""
    #      3
    #  0 - 1 - 2      edges 0-1, 1-2 run east; 3-1, 1-4 run south
    #      4
    xy = np.array([[0, 0], [100, 0], [200, 0], [100, 100], [100, -100]], dtype=float)
    edge = np.array([[0, 1], [1, 2], [3, 1], [1, 4]])
    road = register.joined(xy, edge, np.full(4, RANK["secondary"]))
    assert road[0] == road[1]
    assert road[2] == road[3]
    assert road[0] != road[2]
    other = register.joined(xy, edge, np.array([3, 4, 3, 3]))  # of another class: no longer one road
    assert other[0] != other[1]


def test_every_road_has_a_class_and_a_length(city: DemoCity) -> None:
    frame = city.frame("roads")
    assert frame["id"].is_unique
    assert {"expressway", "secondary", "branch", "lane"} <= set(frame["class"])
    assert frame.to_crs(METRES).length.min() >= 89
    assert set(shapely.get_type_id(frame.geometry.to_numpy())) == {1}


def test_roads_share_no_street(city: DemoCity) -> None:
    lines = city.frame("roads").to_crs(METRES).geometry.to_numpy()
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    pair = one < other
    shared = shapely.length(shapely.intersection(lines[one[pair]], lines[other[pair]]))
    assert shared.max() < 1.0


def test_lamps_stand_beside_their_own_road(city: DemoCity) -> None:
    frame = city.frame("lamps").to_crs(METRES)
    roads = city.frame("roads").to_crs(METRES).set_index("id")
    away = shapely.distance(roads.geometry.loc[frame["road_id"]].to_numpy(), frame.geometry.to_numpy())
    assert away.max() < 15.0
    assert (roads["class"].loc[frame["road_id"]].to_numpy() == frame["road_class"].to_numpy()).all()
    assert frame["id"].is_unique


def test_as_many_roads_have_no_lamp_as_the_plan_counts(city: DemoCity) -> None:
    dark = set(city.frame("roads")["id"]) - set(city.frame("lamps")["road_id"])
    assert len(dark) == round(51 * city.recipe.scale)
    drawn = city.roads
    assert len(lamps.dark_roads(Recipe(7, 1.0), drawn)) == 51  # of the same roads at full scale


def test_about_one_lamp_in_fifty_is_out_and_unseen_ones_have_no_date(city: DemoCity) -> None:
    frame = city.frame("lamps")
    seen = frame[frame["state"] != "unknown"]
    assert 0.003 < (seen["state"] == "out").mean() < 0.05
    assert seen["inspected"].notna().all()
    assert frame.loc[frame["state"] == "unknown", "inspected"].isna().all()


def test_lamps_are_out_in_clusters(city: DemoCity) -> None:
    """The lamp next to one that is out is out far more often than any."""
    out = (city.frame("lamps")["state"] == "out").to_numpy()
    assert out[1:][out[:-1]].mean() > 5 * out.mean()


def test_car_parks_are_of_all_kinds_and_the_plans_are_started_in_2020(city: DemoCity) -> None:
    frame = city.frame("car_parks")
    assert set(frame["kind"]) == {"public", "residential", "roadside"}
    assert set(frame["area"]) == {"downtown", "elsewhere"}
    assert (frame["spaces"] >= 12).all()
    new = frame[frame["started"].notna()]
    assert len(new) == max(1, round(parking.NEW_PUBLIC * city.recipe.scale))
    assert set(new["kind"]) == {"public"}
    assert new["started"].between("2020-01-01", "2020-12-31").all()


def test_four_in_five_subdistricts_have_no_open_case(city: DemoCity) -> None:
    frame = city.frame("violations")
    still = frame[frame["state"] == "open"]
    assert still["subdistrict_code"].nunique() == cases.OPEN_IN  # of 164: 132 without, 80.5 %
    assert still["closed"].isna().all()
    done = frame[frame["state"] == "closed"]
    assert (done["found"] < done["closed"]).all()


def test_a_case_lies_in_the_subdistrict_it_names(city: DemoCity) -> None:
    home = city.frame("subdistricts").set_index("code").geometry
    frame = city.frame("violations")
    around = shapely.buffer(home.loc[frame["subdistrict_code"]].to_numpy(), 1e-7)  # a centimetre of rounding
    assert shapely.intersects(around, frame.geometry.to_numpy()).all()


def test_springs_say_where_their_figures_come_from(city: DemoCity) -> None:
    frame = city.frame("springs").set_index("name")
    assert frame.loc["趵突泉", "warning_m"] == 28.15
    assert np.isnan(frame.loc["黑虎泉", "warning_m"])  # none was found published
    invented = frame.drop(index=list(springs.FACTS))
    assert set(invented["source"]) == {springs.INVENTED}
    unread = frame["level_m"].isna()
    assert unread.any()
    assert frame.loc[unread, "level_date"].isna().all()
    assert len(frame) == 102


def test_lamps_of_a_road_stand_on_one_kerb() -> None:
    """A road of 300 m due east: eight lamps 37.5 m apart, 10 m to one side of a branch road of 20 m."""
    line = np.array([shapely.LineString([(0, 0), (300, 0)])], dtype=object)
    road = register.Roads(line, np.array(["branch"]), np.array([0]))
    rows = np.zeros(8, dtype=np.int64)
    along = (np.arange(8) + 0.5) * 37.5
    xy = lamps.beside(np.random.default_rng(1), road, rows, along)
    assert np.allclose(xy[:, 0], along)
    assert np.allclose(np.abs(xy[:, 1]), 10.0)
    assert len(set(np.sign(xy[:, 1]))) == 1
