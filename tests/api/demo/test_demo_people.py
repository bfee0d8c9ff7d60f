"""People and facilities: whole people who sum exactly, every required category, names that say where."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from api.demo import facilities
from api.demo.city import DemoCity
from api.demo.ground import districts
from api.demo.people import share_out
from inventory.rule_file import rule_set


def test_people_sum_to_the_city_exactly(city: DemoCity) -> None:
    frame = city.frame("people")
    assert frame["people"].sum() == 9_200_000
    assert frame["people"].dtype.kind == "i"
    assert frame["people"].min() >= 1
    assert frame["id"].is_unique


def test_people_of_each_district_are_as_planned(city: DemoCity) -> None:
    joined = city.frame("people").sjoin(city.frame("districts")[["code", "geometry"]], predicate="intersects")
    got = joined.groupby("code")["people"].sum()
    assert got.to_dict() == {row["code"]: row["people"] for row in districts()}


@given(st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=40), st.integers(0, 100_000))
def test_sharing_out_loses_nobody_and_leaves_nobody_out(weights: list[float], extra: int) -> None:
    total = len(weights) + extra
    people = share_out(total, np.array(weights))
    assert people.sum() == total
    assert people.min() >= 1


def test_sharing_out_by_hand() -> None:
    # 10 people, weights 1, 1, 2: one each, then 7 by weight: 1.75, 1.75, 3.5 -> 1, 1, 3 and the two largest
    # remainders (0.75, 0.75) get one more
    assert share_out(10, np.array([1.0, 1.0, 2.0])).tolist() == [3, 3, 4]


def test_every_category_the_rule_set_requires_is_there(city: DemoCity) -> None:
    for tier in rule_set("gb50180-2018").tiers:
        for row in tier.requirements:
            frame = city.frame(row.layer)
            assert (frame["category"] == row.where["category"]).any(), row.id


def test_extra_categories_that_no_list_requires_are_there(city: DemoCity) -> None:
    for layer, category in (
        ("health", "pharmacy"),
        ("culture_sport", "library"),
        ("services", "bicycle_park"),
    ):
        assert (city.frame(layer)["category"] == category).any()


@pytest.mark.parametrize("layer", facilities.LAYERS)
def test_facilities_have_an_identity_a_name_and_a_place_in_the_city(city: DemoCity, layer: str) -> None:
    frame = city.frame(layer)
    assert frame["id"].is_unique
    assert frame["name"].str.contains(r"第\d+").all()
    outline = shapely.coverage_union_all(city.frame("districts").geometry.to_numpy()).buffer(0.001)
    assert shapely.contains_properly(outline, frame.geometry.to_numpy()).all()


def test_some_facilities_know_when_they_were_completed(city: DemoCity) -> None:
    known = city.frame("education")["completed"].notna()
    assert 0.4 < known.mean() < 0.8  # three in five are meant to


def test_sanitation_belongs_to_the_districts_and_the_zone(city: DemoCity) -> None:
    frame = city.frame("sanitation")
    assert set(frame["agency"]) == {row["code"] for row in districts()} | {"370176"}
    zone = frame[frame["agency"] == "370176"]
    assert zone["id"].str.contains("-370176").all()
