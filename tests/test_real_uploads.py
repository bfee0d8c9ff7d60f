"""What officers really send, through the command line: outlines in GCJ-02, invalid ones, dirty points."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

pytestmark = pytest.mark.shared
ROOT = Path(__file__).resolve().parents[1]
CITY = ROOT / "tests/cities/jinan"
REGION = (115.7, 35.9, 118.1, 37.6)
"""The box around Jinan in which the data's own README counts its clean rows."""


def quantu(home: Path, *words: object, code: int | tuple[int, ...] = 0) -> str:
    command = [sys.executable, "-m", "api.cli", "--home", home, "--lang", "en", *words]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    expected = code if isinstance(code, tuple) else (code,)
    assert done.returncode in expected, done.stdout[-2000:] + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(shared, tmp_path_factory) -> Path:
    """Jinan with its districts in WGS 84."""
    folder = tmp_path_factory.mktemp("uploads") / "home"
    quantu(folder, "init", CITY)
    quantu(folder, "ingest", shared / "data/boundaries/jinan_districts_wgs84.geojson", "--layer", "districts")
    return folder


def looked_at(home: Path, file: Path, *words: object) -> dict:
    """What a dry run says; it ends with 3 where something must be mended."""
    return json.loads(quantu(home, "ingest", file, "--dry-run", "--json", *words, code=(0, 3)))


def conclusions(outcome: dict) -> dict[str, dict]:
    return {each["subject"]: each for each in outcome["detected"]}


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("jinan_districts_datav_gcj02.geojson", ["datum"]),
        ("jinan_districts_pre2019_gcj02_invalid.geojson", ["datum", "removal"]),  # no codes: all 12 would go
    ],
)
def test_outlines_in_gcj02_are_suspected_and_not_published_without_a_word(shared, home, name, asks):
    file = shared / "data/boundaries" / name
    outcome = looked_at(home, file, "--layer", "districts")
    datum = conclusions(outcome)["datum"]
    assert datum["value"] == "GCJ-02"
    assert datum["fields"]["before_m"] > 300  # the shift is some 520 m in the centre
    assert datum["fields"]["after_m"] < 100  # the sources differ by some tens of metres anyway
    refused = json.loads(quantu(home, "ingest", file, "--layer", "districts", "--json", code=3))
    asked = [each["field"] for each in refused["findings"] if each["rule"] == "unconfirmed"]
    assert asked == asks
    assert len(json.loads(quantu(home, "history", "districts", "--json"))) == 1


def test_outlines_declared_as_gcj02_are_moved_to_where_they_are(shared, home):
    file = shared / "data/boundaries/jinan_districts_datav_gcj02.geojson"
    outcome = looked_at(home, file, "--layer", "districts", "--crs", "GCJ-02")
    assert "datum" not in {each["subject"] for each in outcome["detected"] if each["confidence"] < 0.9}
    assert outcome["delta"]["added"] == outcome["delta"]["removed"] == 0


@pytest.mark.parametrize(
    "name", ["jinan_districts_wgs84.geojson", "jinan_districts_tianditu_cgcs2000.geojson"]
)
def test_outlines_in_wgs84_and_cgcs2000_are_not_suspected(shared, home, name):
    outcome = looked_at(home, shared / "data/boundaries" / name, "--layer", "districts")
    assert "datum" not in conclusions(outcome)


def test_the_same_file_again_changes_nothing(shared, home):
    outcome = looked_at(home, shared / "data/boundaries/jinan_districts_wgs84.geojson")
    assert outcome["layer"] == "districts"
    assert outcome["delta"] == {"added": 0, "removed": 0, "changed": 0, "unchanged": 12, "fields": {}}


def test_seven_invalid_polygons_are_repaired_and_listed(shared, home):
    file = shared / "data/boundaries/jinan_districts_pre2019_gcj02_invalid.geojson"
    invalid = ~gpd.read_file(file).geometry.is_valid
    outcome = looked_at(home, file, "--layer", "districts")
    mended = [each["feature"] for each in outcome["findings"] if each["rule"] == "geometry_mended"]
    assert mended == (invalid[invalid].index + 1).tolist()
    assert len(mended) == 7


def dirty_rows(file: Path) -> dict[str, list[int]]:
    """The rows the data's README calls dirty, counted here from the file itself."""
    table = pd.read_csv(file)
    west, south, east, north = REGION
    outside = ~(table["lon"].between(west, east) & table["lat"].between(south, north))
    whole = ~outside & (table["lon"] % 1 == 0) & (table["lat"] % 1 == 0)
    return {name: (table.index[mask] + 1).tolist() for name, mask in (("outside", outside), ("whole", whole))}


def test_each_dirty_row_of_the_charging_stations_is_listed_with_its_reason(shared, home, tmp_path):
    file = shared / "data/poi/jinan_charging_stations_raw.csv"
    dirty = dirty_rows(file)
    assert {name: len(rows) for name, rows in dirty.items()} == {"outside": 52, "whole": 5}
    book = tmp_path / "mend.xlsx"
    outcome = looked_at(home, file, "--layer", "charging", "--findings", book)
    errors = [each for each in outcome["findings"] if each["severity"] == "error"]
    assert sorted(each["feature"] for each in errors) == sorted(dirty["outside"] + dirty["whole"])
    assert Counter(each["rule"] for each in errors) == {
        "coordinates_zero": 41,
        "coordinates_coarse": 5,
        "coordinates_swapped": 4,
        "outside_city": 4,
        "coordinates_impossible": 3,
    }
    coarse = [each["feature"] for each in errors if each["rule"] == "coordinates_coarse"]
    assert coarse == dirty["whole"]
    assert all(each["text"] for each in errors)
    sheet = openpyxl.load_workbook(book).worksheets[0]
    listed = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert set(dirty["outside"] + dirty["whole"]) <= {row[0] for row in listed}


def test_clean_rows_are_published_once_the_dirty_ones_are_left_out(shared, home):
    file = shared / "data/poi/jinan_charging_stations_raw.csv"
    quantu(home, "ingest", file, "--layer", "charging", code=3)
    words = ("--layer", "charging", "--leave-out", "errors", "--note", "as collected")
    said = quantu(home, "ingest", file, *words)
    assert "935 rows" in said
    assert json.loads(quantu(home, "history", "charging", "--json"))[0]["rows"] == 992 - 57
    assert quantu(home, "check").strip()
