"""A GeoTIFF from an upload to a version: examined, sealed, read back, checked, taken back."""

import signal
import zipfile

import numpy as np
import pandas as pd
import pytest
import rasterio
from layer_workers import start
from layer_worlds import CITY, open_store
from raster_files import heights, write
from rasterio import Affine

from layers.candidate import Candidate
from layers.catalog import RasterPart, Store
from layers.errors import LayerKindError, ModeNotSupported
from layers.failpoint import NAMES
from layers.intake import ingest
from layers.rasters import raster_hash
from layers.said import Said
from layers.withdraw import purge, withdraw
from layers.workspace import Workspace

OF_PUBLISHING = [
    "original_kept", "part_written", "part_hashed", "part_claimed", "part_renamed", "version_inserted",
    "before_commit", "after_commit",
]  # fmt: skip


def publish(store, path, **words):
    """Ingest for the bureau, everything confirmed."""
    given = {"agency": "bureau", "author": "li", "accept": ["all"], **words}
    return ingest(store, path, **given)


def codes(outcome):
    return sorted((each.rule, each.severity) for each in outcome.findings)


def test_a_raster_becomes_a_version_and_reads_back(store, tmp_path):
    outcome = publish(store, write(tmp_path / "高程.tif", nodata=-1.0), layer="elevation", note="first")
    version = outcome.version
    assert (outcome.changed, outcome.findings, outcome.rows) == (True, (), 1)
    assert (version.kind, version.rows, version.layer, version.agency) == ("raster", 1, "elevation", "bureau")
    assert version.bbox == (117.2, 36.78, 117.23, 36.8)  # 30 columns and 20 rows of 0.001 degrees
    assert (version.facts["width"], version.facts["height"], version.facts["crs"]) == (30, 20, "EPSG:4326")
    (band,) = version.facts["bands"]
    assert (band["kind"], band["nodata"], band["least"], band["greatest"]) == ("float32", -1.0, 10.0, 609.0)
    (part,) = store.read_raster("elevation")
    assert isinstance(part, RasterPart)
    assert part.path == store.workspace.part(version.part_hash)
    assert (part.crs, part.agency, part.version) == ("EPSG:4326", "bureau", version.id)
    assert part.bounds == pytest.approx(
        (117.2, 36.78, 117.23, 36.8), abs=1e-12
    )  # 36.8 - 20 * 0.001 in doubles
    assert part.path.suffix == ".tif"
    assert part.path.stat().st_mode & 0o777 == 0o444
    with rasterio.open(part.path) as raster:
        assert (raster.read() == heights()).all()
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert store.check() == []
    assert [one.rows for one in store.layers() if one.name == "elevation"] == [1]


def test_cells_are_measured_in_metres(sqlite_store, tmp_path):
    """A degree of the meridian at 36.79 is 110,974 m by the series for WGS 84, so that a cell is 110.97 m
    high; a degree of the parallel there is 89,257 m, so that it is 89.26 m wide."""
    degrees = publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation").version
    assert degrees.facts["cell_m"] == pytest.approx([89.26, 110.97], abs=0.01)
    place = Affine(30, 0, 520000, 0, -30, 4070000)
    metres = publish(
        sqlite_store, write(tmp_path / "m.tif", crs="EPSG:4548", transform=place), layer="elevation"
    ).version
    assert metres.facts["cell_m"] == [30.0, 30.0]
    assert metres.facts["bounds"] == [520000.0, 4069400.0, 520900.0, 4070000.0]


def test_the_same_cells_are_unchanged_however_they_are_written(store, tmp_path):
    first = publish(store, write(tmp_path / "dem.tif"), layer="elevation").version
    again = publish(store, write(tmp_path / "dem2.tif", compress="lzw", ENDIANNESS="BIG"), layer="elevation")
    assert (again.version, again.changed) == (first, False)
    assert codes(again) == [("unchanged", "note")]
    assert len(store.history("elevation")) == 1
    assert len(list(store.workspace.parts.iterdir())) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"values": heights(first=11)},
        {"nodata": 10.0},
        {"transform": Affine(0.001, 0, 117.3, 0, -0.001, 36.8)},
        {"crs": "EPSG:4490"},
        {"values": heights().astype(np.float64)},
        {"values": heights().reshape(1, 30, 20)},
    ],
)
def test_whatever_makes_a_raster_another_one_makes_a_version(sqlite_store, tmp_path, other):
    first = publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation").version
    second = publish(sqlite_store, write(tmp_path / "dem2.tif", **other), layer="elevation")
    assert second.changed
    assert second.version.parent == first.id
    assert second.version.logical_hash != first.logical_hash


def test_each_agency_has_its_own_raster(sqlite_store, tmp_path):
    publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation", agency="west")
    publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation", agency="east")
    assert [part.agency for part in sqlite_store.read_raster("elevation")] == ["east", "west"]
    assert sqlite_store.check() == []


def test_the_past_has_its_own_raster_and_revert_brings_it_back(store, tmp_path):
    first = publish(store, write(tmp_path / "dem.tif"), layer="elevation").version
    second = publish(store, write(tmp_path / "b.tif", heights(first=50)), layer="elevation").version
    assert [part.version for part in store.read_raster("elevation", as_of=1)] == [first.id]
    assert [part.version for part in store.read_raster("elevation")] == [second.id]
    store.revert("elevation", first.id, author="li")
    assert [part.version for part in store.read_raster("elevation")] == [first.id]
    withdraw(store, second.id, why="wrong sheet", actor="li")
    purge(store, second.id, actor="li")
    assert [path.name for path in store.workspace.parts.iterdir()] == [f"{first.part_hash}.tif"]
    assert [path.name for path in store.workspace.originals.iterdir()] == [first.source_hash]
    assert store.check() == []


def test_rasters_are_no_features_and_features_no_rasters(sqlite_store, tmp_path):
    publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation")
    for read in (sqlite_store.read, sqlite_store.read_network):
        with pytest.raises(LayerKindError):
            read("elevation")
    with pytest.raises(LayerKindError):
        sqlite_store.read_raster("people")
    with pytest.raises(ModeNotSupported):
        publish(sqlite_store, tmp_path / "dem.tif", layer="elevation", mode="append")


def test_a_raster_for_a_layer_of_features_is_told_so(sqlite_store, tmp_path):
    outcome = publish(sqlite_store, write(tmp_path / "dem.tif"), layer="people")
    assert outcome.version is None
    assert outcome.examined.failure is not None
    table = tmp_path / "a.csv"
    table.write_text("id,people\n1,2\n")
    outcome = publish(sqlite_store, table, layer="elevation")
    assert [each.fields["cause"] for each in outcome.findings] == ["no_raster"]


def test_the_layer_is_told_by_the_files_name_else_drafted(sqlite_store, tmp_path):
    named = publish(sqlite_store, write(tmp_path / "济南DEM_30m.tif"), dry_run=True).examined
    assert named.layer == "elevation"
    assert [each.why for each in named.detected] == ["crs_covers", "layer_by_raster_name"]
    unknown = publish(sqlite_store, write(tmp_path / "ndvi.tif"), dry_run=True).examined
    assert (unknown.layer, unknown.publishable) == (None, False)
    assert unknown.draft == {
        "name": "ndvi", "title_zh": "ndvi", "title_en": "ndvi", "kind": "raster", "raster": {"bands": 1},
        "fields": [],
    }  # fmt: skip


def test_a_raster_without_a_system_gets_the_concluded_one(sqlite_store, tmp_path):
    """520000, 4070000 of the zone at 117 E lies at 117.22 E, 36.76 N: the systems around are tried."""
    place = Affine(30, 0, 520000, 0, -30, 4070000)
    path = write(tmp_path / "dem.tif", crs=None, transform=place)
    asked = ingest(sqlite_store, path, layer="elevation", agency="bureau", author="li")
    assert codes(asked) == [("unconfirmed", "error")]
    done = publish(sqlite_store, path, layer="elevation")
    (part,) = sqlite_store.read_raster("elevation")
    assert part.crs == done.version.facts["crs"] == "EPSG:4548"
    with rasterio.open(part.path) as raster:
        assert raster.crs.to_epsg() == 4548
        assert (raster.read() == heights()).all()
    assert sqlite_store.check() == []


def test_the_uploaders_word_goes_before_the_files(sqlite_store, tmp_path):
    path = write(tmp_path / "dem.tif", crs="EPSG:32650", transform=Affine(30, 0, 520000, 0, -30, 4070000))
    done = publish(sqlite_store, path, layer="elevation", crs="EPSG:4548")
    assert codes(done) == [("crs_overruled", "note")]
    assert done.version.facts["crs"] == "EPSG:4548"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_place_is_an_error(sqlite_store, tmp_path):
    for options in ({"crs": None, "transform": None}, {"transform": None}):
        outcome = publish(sqlite_store, write(tmp_path / "dem.tif", **options), layer="elevation")
        assert codes(outcome) == [("raster_unplaced", "error")]
        assert outcome.version is None
    far = write(tmp_path / "far.tif", crs=None, transform=Affine(30, 0, 9e7, 0, -30, 9e7))
    assert codes(publish(sqlite_store, far, layer="elevation")) == [("raster_unplaced", "error")]
    shifted = publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation", crs="GCJ-02")
    assert codes(shifted) == [("raster_shifted", "error")]


def test_what_the_layer_does_not_expect_is_an_error(sqlite_store, tmp_path):
    low = heights()
    low[0, 0, 0] = -32768
    assert codes(publish(sqlite_store, write(tmp_path / "a.tif", low), layer="elevation")) == [
        ("raster_below", "error")
    ]
    high = publish(sqlite_store, write(tmp_path / "b.tif", heights(first=8900)), layer="elevation")
    (found,) = high.findings
    assert (found.rule, found.value, found.fields) == ("raster_above", 9499.0, {"band": 1, "maximum": 9000.0})
    marked = publish(sqlite_store, write(tmp_path / "c.tif", low, nodata=-32768.0), layer="elevation")
    assert marked.version is not None
    none = write(tmp_path / "d.tif", np.full((1, 4, 4), 7, np.float32), nodata=7.0)
    assert codes(publish(sqlite_store, none, layer="elevation")) == [("raster_empty", "error")]
    colours = write(tmp_path / "e.tif", np.ones((3, 4, 4), np.uint8))
    assert codes(publish(sqlite_store, colours, layer="elevation")) == [("raster_bands", "error")]
    elsewhere = write(tmp_path / "f.tif", transform=Affine(0.001, 0, 10.0, 0, -0.001, 50.0))
    assert codes(publish(sqlite_store, elsewhere, layer="elevation")) == [("raster_outside", "error")]
    assert len(sqlite_store.history("elevation")) == 1


def test_a_raster_far_beyond_the_city_is_believed(sqlite_store, tmp_path):
    """Ten degrees of which the city is one: no corner and not the middle lies in it."""
    path = write(tmp_path / "dem.tif", transform=Affine(0.5, 0, 110.0, 0, -0.5, 37.5))
    outcome = ingest(sqlite_store, path, layer="elevation", agency="bureau", author="li")
    assert outcome.version is not None


def test_damaged_rasters_end_in_a_cause(sqlite_store, tmp_path):
    whole = write(
        tmp_path / "dem.tif", np.random.default_rng(1).random((1, 300, 300), np.float32)
    ).read_bytes()
    for size in (8, 200, len(whole) // 2, len(whole) - 10):
        path = tmp_path / f"dem{size}.tif"
        path.write_bytes(whole[:size])
        outcome = publish(sqlite_store, path, layer="elevation")
        assert outcome.version is None
        assert [each.severity for each in outcome.findings] == ["error"], size
    assert sqlite_store.check() == []


def test_check_tells_a_raster_that_is_not_what_it_was(sqlite_store, tmp_path):
    version = publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation").version
    other = publish(
        sqlite_store, write(tmp_path / "b.tif", heights(first=50)), layer="elevation", agency="west"
    ).version
    part, twin = (sqlite_store.workspace.part(each.part_hash) for each in (version, other))
    content = part.read_bytes()
    part.chmod(0o644)
    part.write_bytes(twin.read_bytes())
    told = [problem.code for problem in sqlite_store.check()]
    assert set(told) >= {"part_writable", "part_hash", "part_content"}
    part.write_bytes(content[:300])
    assert {"part_size", "part_damaged"} <= {problem.code for problem in sqlite_store.check()}
    part.unlink()
    assert "part_missing" in [problem.code for problem in sqlite_store.check()]


def test_the_logical_hash_is_of_the_content_alone(sqlite_store, tmp_path):
    facts = publish(sqlite_store, write(tmp_path / "dem.tif"), layer="elevation").version.facts
    assert raster_hash(facts) == raster_hash({**facts, "bbox": [0, 0, 0, 0], "crs_title": "?"})
    assert raster_hash(facts) != raster_hash({**facts, "crs": "EPSG:4490"})


OWN = """
name = "elevation"
title_zh = "高程"
title_en = "Heights"
kind = "raster"
[raster]
unit = "m"
maximum = 100
"""


def test_a_changed_spec_makes_a_version_with_the_same_part(sqlite_store, tmp_path):
    first = publish(sqlite_store, write(tmp_path / "dem.tif", heights(first=-500)), layer="elevation").version
    (sqlite_store.workspace.home / "specs" / "elevation.toml").write_text(OWN, encoding="utf-8")
    refused = publish(sqlite_store, write(tmp_path / "dem.tif", heights(first=-450)), layer="elevation")
    assert codes(refused) == [("raster_above", "error")]  # -450 + 599 is 149
    second = publish(
        sqlite_store, write(tmp_path / "dem.tif", heights(first=-500)), layer="elevation"
    ).version
    assert (second.parent, second.part_hash) == (first.id, first.part_hash)
    assert second.spec_hash != first.spec_hash
    assert len(list(sqlite_store.workspace.parts.iterdir())) == 1
    withdraw(sqlite_store, second.id, why="no", actor="li")
    purge(sqlite_store, second.id, actor="li")
    assert [part.version for part in sqlite_store.read_raster("elevation")] == [first.id]
    assert sqlite_store.check() == []


def test_scales_are_part_of_the_content_and_of_the_range(sqlite_store, tmp_path):
    path = write(tmp_path / "dem.tif")
    first = publish(sqlite_store, path, layer="elevation").version
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.1,), (5.0,)
    second = publish(sqlite_store, path, layer="elevation").version
    assert second.logical_hash != first.logical_hash
    (band,) = second.facts["bands"]
    assert (band["least"], band["greatest"]) == pytest.approx((6.0, 65.9))  # 10 and 609 tenths, and 5
    with rasterio.open(sqlite_store.read_raster("elevation")[0].path) as copy:
        assert (copy.scales, copy.offsets) == ((0.1,), (5.0,))
    assert sqlite_store.check() == []


def test_no_candidate_has_a_raster(sqlite_store):
    with pytest.raises(LayerKindError):
        Candidate(sqlite_store, "elevation", "bureau", pd.DataFrame())


def test_a_table_and_a_raster_in_one_archive(sqlite_store, tmp_path):
    """With the layer named, the raster is taken; without, the first that opens, told as a guess."""
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("a.csv", "id,people\n1,2\n")
        made.write(write(tmp_path / "dem.tif"), "b/dem.tif")
    done = publish(sqlite_store, packed, layer="elevation")
    assert done.version is not None
    assert done.examined.dataset.endswith("dem.tif")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_world_file_gives_the_place(sqlite_store, tmp_path):
    """Size of cells, no turn, the middle of the first cell: 30 m cells whose corner is 520000, 4070000."""
    path = write(tmp_path / "dem.tif", crs=None, transform=None)
    (tmp_path / "dem.tfw").write_text("30\n0\n0\n-30\n520015\n4069985\n")
    done = publish(sqlite_store, path, layer="elevation", crs="EPSG:4548")
    assert done.version.facts["transform"] == [30.0, 0.0, 520000.0, 0.0, -30.0, 4070000.0]
    assert sqlite_store.check() == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "bbox", "cell_m", "ends"),
    [
        ("jinan_dem_coarse", [116.2, 35.9, 118.0, 37.6], (17840, 22200), (7, 726)),
        ("porto_alegre_elevation", [-51.27, -30.12, -51.13, -29.99], (26.5, 30.8), (0, 255)),
        ("helsinki_lapinlahti_elevation", [24.9, 60.15, 24.96, 60.18], (0.84, 1.67), (-0.5, 20)),
    ],
)
def test_real_rasters_become_versions(shared, tmp_path, name, bbox, cell_m, ends):
    """Cells of 0.2 degrees, of an arc second and of about 1.5 m; ranges as the data's own notes have them."""
    text = CITY.replace("[117.0, 36.0, 118.0, 37.0]", str(bbox))
    with Store.open(Workspace.init(tmp_path / "home", text)) as store:
        done = publish(store, shared / "data/raster" / f"{name}.tif", accept=["layer"])
        assert done.version is not None
        assert done.version.facts["cell_m"] == pytest.approx(cell_m, rel=0.02)
        (band,) = done.version.facts["bands"]
        assert ends[0] <= band["least"] < band["greatest"] <= ends[1]
        assert store.check() == []


def until_killed(home, database_url, path, failpoint):
    import os

    os.environ["QUANTU_FAILPOINT"] = failpoint
    with open_store(home, database_url) as store:
        publish(store, path, layer="elevation")


@pytest.mark.parametrize("name", OF_PUBLISHING)
def test_a_kill_at_a_named_point_leaves_a_whole_store(home, tmp_path, name, database_url):
    assert name in NAMES
    with open_store(home, database_url) as store:
        first = publish(store, write(tmp_path / "dem.tif"), layer="elevation").version
    path = write(tmp_path / "b.tif", heights(first=50))
    process = start(until_killed, home, database_url, path, name)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with open_store(home, database_url) as store:
        assert store.check() == []
        assert list(store.workspace.staging.iterdir()) == []
        parts = store.read_raster("elevation")
        assert (parts[0].version == first.id) == (name != "after_commit")
        assert len(list(store.workspace.parts.iterdir())) == 1 + (name == "after_commit")
        publish(store, path, layer="elevation")
        assert len(store.history("elevation")) == 2
        assert store.check() == []


def test_words_of_the_uploader_are_a_value_too(sqlite_store, tmp_path):
    said = Said(layer="elevation", agency="bureau")
    assert ingest(sqlite_store, write(tmp_path / "dem.tif"), said=said, author="li").version is not None
