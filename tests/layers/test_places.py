"""Why a point is in the wrong place: each gets the reason that explains it best."""

from collections import Counter
from pathlib import Path

import geopandas as gpd
import pytest
from layer_worlds import CITY, points
from shapely.geometry import LineString, box

from geo.readers import read
from layers.city import parse_city, read_city
from layers.places import AreaOf
from layers.spec_files import load_specs, read_spec
from layers.validate import prepare

CITY_OF_TESTS = parse_city(CITY)  # 117 to 118 E, 36 to 37 N
SHOPS = load_specs()["shops"]
FINE = [(117.10001 + 0.01 * number, 36.10001) for number in range(12)]
JINAN = Path(__file__).parents[1] / "cities" / "jinan"


def judged(*doubtful, **options):
    """What is found about these points among a dozen good ones."""
    frame = points([*FINE, *doubtful])
    frame["category"] = "market"
    findings = prepare(frame, SHOPS, CITY_OF_TESTS, **options).findings
    assert all(finding.feature > len(FINE) for finding in findings)
    return [(finding.rule, finding.severity, finding.point) for finding in findings]


@pytest.mark.parametrize(
    ("place", "rule", "severity", "point"),
    [
        ((0, 0), "coordinates_zero", "error", (0, 0)),
        ((36.2, 117.3), "coordinates_swapped", "error", (117.3, 36.2)),
        ((10.99, 10.99), "outside_city", "error", (10.99, 10.99)),
        ((117, 36), "coordinates_coarse", "error", (117, 36)),
        ((116, 36), "coordinates_coarse", "error", (116, 36)),
        ((117.25, 36.7), "coordinates_coarse", "warning", (117.25, 36.7)),
        ((9999999999, 36.5), "coordinates_impossible", "error", None),
    ],
)
def test_a_point_gets_its_own_reason(place, rule, severity, point):
    assert judged(place) == [(rule, severity, point)]


def test_degrees_below_ninety_can_be_exchanged_too():
    """A city at 20 E, 40 N: the exchanged pair is possible, only not there."""
    city = parse_city(CITY.replace("117.0, 36.0, 118.0, 37.0", "20.0, 40.0, 21.0, 41.0"))
    frame = points([(20.50001, 40.50001), (40.6, 20.7)], category=["market"] * 2)
    (finding,) = prepare(frame, SHOPS, city).findings
    assert (finding.rule, finding.feature) == ("coordinates_swapped", 2)
    assert finding.fields == {"exchanged": [20.7, 40.6]}


def test_a_file_that_is_coarse_throughout_is_what_it_is():
    frame = points([(117.1 + 0.05 * number, 36.5) for number in range(12)], category=["market"] * 12)
    assert prepare(frame, SHOPS, CITY_OF_TESTS).findings == ()


def test_round_metres_say_nothing_about_degrees():
    frame = points(FINE, category=["market"] * len(FINE)).to_crs(4548)
    assert prepare(frame, SHOPS, CITY_OF_TESTS).findings == ()


def test_lines_that_only_partly_leave_the_city_are_fine():
    lines = [LineString([(116.5, 36.5), (117.5, 36.5)]), LineString([(118.5, 36.5), (119, 36.5)])]
    frame = gpd.GeoDataFrame({"id": ["in", "out"]}, geometry=lines, crs=4326)
    found = prepare(frame, load_specs()["railways"], CITY_OF_TESTS).findings
    assert [(f.rule, f.key) for f in found] == [("outside_city", "out")]


def test_beyond_the_agencys_area_is_a_warning():
    area = AreaOf("east", box(117, 36, 117.5, 37))
    assert judged((117.40001, 36.50001), (117.60001, 36.50001), area=area) == [
        ("outside_area", "warning", (117.60001, 36.50001))
    ]


@pytest.mark.shared
def test_each_dirty_charging_station_of_jinan_has_its_reason(shared):
    """992 rows: 41 at 0/0, 4 exchanged, 3 with a telephone number, 5 on whole degrees, 4 elsewhere: 57."""
    reading = read(shared / "data/poi/jinan_charging_stations_raw.csv")
    spec, city = read_spec(JINAN / "specs/charging.toml"), read_city(JINAN / "city.toml")
    found = prepare(reading.frame, spec, city, not_finite=reading.nonfinite).findings
    errors = [finding for finding in found if finding.severity == "error"]
    assert Counter(finding.rule for finding in errors) == {
        "coordinates_zero": 41,
        "coordinates_swapped": 4,
        "coordinates_impossible": 3,
        "coordinates_coarse": 5,
        "outside_city": 4,
    }
    table = reading.frame
    xy = table.geometry
    west, south, east, north = city.bbox
    inside = (xy.x >= west) & (xy.x <= east) & (xy.y >= south) & (xy.y <= north)
    dirty = ~inside | ((xy.x % 1 == 0) & (xy.y % 1 == 0))
    assert dirty.sum() == 57
    assert {finding.feature for finding in errors} == set((table.index[dirty] + 1).tolist())
    assert {finding.key for finding in errors} == set(table["id"][dirty].astype(str))


@pytest.mark.shared
def test_the_old_districts_of_jinan_are_mended_and_listed(shared):
    """Seven of ten outlines cross themselves, by less than a square metre."""
    reading = read(shared / "data/boundaries/jinan_districts_pre2019_gcj02_invalid.geojson")
    frame = reading.frame.assign(code=reading.frame["name"])
    found = prepare(frame, load_specs()["districts"], read_city(JINAN / "city.toml")).findings
    mended = [finding for finding in found if finding.rule == "geometry_mended"]
    assert len(mended) == 7
    assert all(abs(f.fields["after_m2"] - f.fields["before_m2"]) < 1 for f in mended)
    assert not [finding for finding in found if finding.severity == "error"]
