"""What is reached from a place, asked of a real server: figures, refusals, the page and its sentence."""

import json
import re

import numpy as np
import pytest
import shapely
import small_city
from pyproj import Transformer

TO_DEGREES = Transformer.from_crs(small_city.METRES, 4326, always_xy=True)
TO_METRES = Transformer.from_crs(4326, small_city.METRES, always_xy=True)


def degrees(x, y):
    """A place of the small city, metres from its corner, as it stands in an address."""
    east, north = small_city.ORIGIN
    lon, lat = TO_DEGREES.transform(east + x, north + y)
    return {"lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}


def asked(client, x, y, **more):
    answer = client.get("/api/isochrone", params={**degrees(x, y), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def shapes(found, kind):
    """Features of a kind, by minutes, in metres."""
    made = {}
    for each in found["features"]:
        if each["properties"]["kind"] == kind:
            shape = shapely.geometry.shape(each["geometry"])
            made[each["properties"]["minutes"]] = shapely.transform(
                shape, lambda xy: np.column_stack(TO_METRES.transform(*xy.T)) - small_city.ORIGIN
            )
    return made


def test_streets_lengths_are_those_of_the_grid(client):
    # Streets every 300 m from 150 m on, so (750, 750) is a crossing of four streets.
    found = asked(client, 750, 750, minutes="3,5", speed="4")
    assert [each["limit_m"] for each in found["reach"]] == [200.0, 333.333]
    assert found["origin"]["access_m"] == pytest.approx(0, abs=0.1)
    # 200 m each way; then 4 streets of 300 m, and of the 12 that go on from their ends 33.333 m each
    assert found["reach"][0]["streets_m"] == pytest.approx(800, abs=1)
    assert found["reach"][1]["streets_m"] == pytest.approx(1200 + 12 * 33.333, abs=1)
    streets = shapes(found, "streets")
    assert streets[3].length == pytest.approx(800, abs=1)
    assert streets[5].length == pytest.approx(800, abs=1)  # what five minutes add: 1,600 - 800


def test_the_outline_crosses_the_river_at_the_bridge_alone(client):
    # The river is 120 m wide around y = 3000; rows of streets lie at 2850 and 3150, joined at x = 750.
    found = asked(client, 750, 2850, minutes="15")
    (area,) = shapes(found, "outline").values()
    river = shapely.box(-1000, 2940, 7000, 3060)
    wet = area.intersection(river.buffer(-0.5))
    assert wet.area > 0
    assert shapely.box(740, 2930, 760, 3070).covers(wet)
    assert area.bounds[3] > 3300


def test_minutes_and_speed_are_the_rule_sets_where_none_are_named(client):
    found = asked(client, 750, 750)
    assert found["speed_km_h"] == 4.0
    assert [each["minutes"] for each in found["reach"]] == [5, 10, 15]
    faster = asked(client, 750, 750, minutes="10", speed="6")
    assert faster["reach"][0]["limit_m"] == found["reach"][2]["limit_m"] == 1000.0
    assert faster["reach"][0]["streets_m"] == found["reach"][2]["streets_m"]


def test_each_category_names_its_nearest_facility_and_whether_it_is_near_enough(client):
    found = asked(client, 1500, 1500)
    rows = {each["id"]: each for each in found["facilities"]}
    assert rows["kindergarten"]["distance_m"] == 300
    for row in rows.values():
        assert row["status"] == "measured"
        nearest = row["nearest"]
        assert row["within"] == (nearest is not None and nearest["walk_m"] <= row["distance_m"])
        if nearest:
            straight = np.hypot(
                *(np.array(TO_METRES.transform(nearest["lon"], nearest["lat"])) - small_city.ORIGIN - 1500)
            )
            assert nearest["walk_m"] >= straight - 0.2


def test_names_are_in_no_language_but_titles_are(client):
    zh, en = (asked(client, 1500, 1500, lang=lang)["facilities"][0] for lang in ("zh", "en"))
    assert zh["title"] != en["title"]


def test_who_walks_here_grows_with_the_minutes(client):
    found = asked(client, 1500, 1500, inward="1")
    amounts = found["within"]["amount"]
    assert found["within"]["unit"] == "people"
    assert 0 < amounts[0] < amounts[1] < amounts[2]
    assert found["facilities"] == []


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ({"speed": "0"}, "parameter_invalid", 400),
        ({"speed": "nan"}, "parameter_invalid", 400),
        ({"speed": "fast"}, "parameter_invalid", 400),
        ({"speed": "21"}, "parameter_invalid", 400),
        ({"minutes": "0"}, "parameter_invalid", 400),
        ({"minutes": "5,,10"}, "parameter_invalid", 400),
        ({"minutes": "inf"}, "parameter_invalid", 400),
        ({"minutes": "1,2,3,4,5,6,7"}, "parameter_invalid", 400),
        ({"minutes": "76"}, "parameter_invalid", 400),  # 76 min at 4 km/h are 5,067 m
        ({"lon": "nan"}, "parameter_invalid", 400),
        ({"lon": "abc"}, "parameter_invalid", 400),
        ({"lat": "36.69", "lon": "36.69"}, "place_outside", 400),
    ],
)
def test_what_cannot_be_walked_is_refused_in_one_sentence(client, query, code, status):
    answer = client.get("/api/isochrone", params={**degrees(750, 750), **query, "lang": "en"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].endswith(".")
    assert "Input should" not in answer.json()["message"]


def test_a_place_without_streets_says_how_far_the_nearest_is(client):
    # D4 has no streets: its south-west corner is (3000, 3000); the nearest street ends at x = 2850.
    answer = client.get("/api/isochrone", params={**degrees(3350, 4500), "lang": "en"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_street_near")
    assert answer.json()["fields"]["nearest_m"] in (500, 501)
    assert "501 m" in answer.json()["message"] or "500 m" in answer.json()["message"]


def test_the_page_says_what_the_json_says(client):
    place = degrees(1500, 1500)
    data = client.get("/api/isochrone", params={**place, "lang": "en"}).json()
    page = client.get("/walk", params={"from": f"{place['lon']},{place['lat']}", "lang": "en"}).text
    listed = re.findall(r'data-category="(\w+)"', page)
    missing = [each["id"] for each in data["facilities"] if not each["within"]]
    assert listed == missing + [each["id"] for each in data["facilities"] if each["within"]]
    inert = re.search(r'data-map-element="reach">(.*?)</script>', page, re.S)
    assert json.loads(inert.group(1))["features"] == data["features"]
    assert page.count('class="still"') == 1


def test_the_map_page_with_a_place_holds_the_same_panel(client):
    place = degrees(1500, 1500)
    query = {"from": f"{place['lon']},{place['lat']}", "lang": "en"}
    alone, beside = (client.get(path, params=query).text for path in ("/walk", "/"))
    rows = [re.findall(r'data-category="\w+">.*?</li>', page) for page in (alone, beside)]
    assert rows[0] == rows[1] != []


def test_a_page_of_a_place_without_streets_is_an_answer_and_not_an_error(client):
    place = degrees(3350, 4500)
    answer = client.get("/walk", params={"from": f"{place['lon']},{place['lat']}", "lang": "en"})
    assert answer.status_code == 200
    assert "No street lies within 200 m" in answer.text


@pytest.mark.parametrize("place", ["", "1", "a,b", "1,2,3", "nan,36"])
def test_a_place_that_cannot_be_read_is_refused(client, place):
    for path in ("/walk", "/"):
        if place or path == "/walk":
            answer = client.get(path, params={"from": place, "lang": "en"})
            assert answer.status_code == 400
            assert "longitude and latitude" in answer.text


def test_a_past_is_answered_from_what_was_known_then(client):
    assert asked(client, 750, 750, as_of="8")["sequence"] <= 8
