"""What `quantu ingest` prints of an upload: every conclusion and note, and what would be new."""

import json

import geopandas as gpd
import pytest
from shapely.geometry import Point
from test_cli import files, home, quantu  # noqa: F401 - the fixtures of the one-street city

from api.cli_outcome import conclusion
from api.cli_show import Session
from geo.detected import Detected


def benches(folder, count=3):
    frame = gpd.GeoDataFrame(
        {"长椅": [f"d{row}" for row in range(count)]},
        geometry=[Point(117.0 + 0.01 * row, 36.7) for row in range(count)],
        crs=4326,
    )
    frame.to_file(folder / "benches.shp")
    return folder / "benches.shp"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_conclusion_nobody_worded_shows_its_code(lang):
    found = Detected("crs", "EPSG:4490", 0.5, "read_in_tea_leaves", {"cups": 3})
    assert "read_in_tea_leaves" in conclusion(found, Session(None, lang))
    short = Detected("crs", "EPSG:4490", 0.5, "crs_declared", {})  # its sentence wants a title
    assert "crs_declared" in conclusion(short, Session(None, lang))


def test_a_shapefile_without_its_table_is_told(home, tmp_path):  # noqa: F811
    path = benches(tmp_path)
    path.with_suffix(".dbf").unlink()
    done = quantu(home, "ingest", path, "--layer", "shops", "--dry-run")
    assert "while reading: the .dbf table was missing" in done.stdout, done.stdout
    told = json.loads(quantu(home, "ingest", path, "--layer", "shops", "--dry-run", "--json").stdout)["notes"]
    assert [note["code"] for note in told] == ["dbf_missing"]
    assert all(note["text"] for note in told)


def test_a_first_upload_says_how_much_would_be_new(home, tmp_path):  # noqa: F811
    rows = "".join(f"p{row},城西公园,park,{117.0 + row / 100},36.7\n" for row in range(3))
    (tmp_path / "homes.csv").write_text("id,name,category,lon,lat\n" + rows, encoding="utf-8")
    done = quantu(home, "ingest", tmp_path / "homes.csv", "--layer", "culture_sport", "--dry-run")
    assert "the first of this agency: 3 new" in done.stdout, done.stdout + done.stderr


def test_a_file_of_no_known_layer_says_how_to_name_one_and_counts_its_rows(home, tmp_path):  # noqa: F811
    done = quantu(home, "ingest", benches(tmp_path), "--dry-run")
    assert "name one with --layer" in done.stdout
    assert "3 rows read" in done.stdout
