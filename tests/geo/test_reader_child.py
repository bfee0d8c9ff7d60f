"""The reading process: hostile files get nothing out, and whatever ends the child does not end its caller."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point

from geo import read_client
from geo.errors import FormatUnknown, ReaderCrashed, ReadError, ReadTimeout, ReadTooLarge
from geo.readers import ReadLimits, layer_names, read

CANARY = "canary-7f3a"


@pytest.fixture
def canary(tmp_path):
    """Another file on the server, which must not be read."""
    path = tmp_path / "elsewhere" / "secret.geojson"
    path.parent.mkdir()
    gpd.GeoDataFrame({"secret": [CANARY]}, geometry=[Point(1, 2)], crs=4326).to_file(path)
    return path


def vrt(canary):
    layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{canary}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


def algorithm(canary):
    return f'{{"type": "gdal_streamed_alg", "command_line": "gdal vector convert {canary} --of stream"}}'


def service(canary):
    return "<OGRWFSDataSource><URL>http://127.0.0.1:9/wfs</URL></OGRWFSDataSource>"


def list_of_commas(canary):
    return f"{vrt(canary)},a,b\n1,2,3\n"


@pytest.mark.parametrize(
    "suffix",
    [
        ".geojson",
        ".json",
        ".kml",
        ".csv",
        ".gpkg",
        ".shp",
        ".xlsx",
        ".parquet",
        ".vrt",
        ".kmz",
        ".dxf",
        ".tif",
        ".fgb",
        ".ods",
        ".dbf",
    ],
)
@pytest.mark.parametrize("hostile", [vrt, algorithm, service, list_of_commas])
def test_a_description_of_another_file_is_refused_under_any_name(tmp_path, canary, hostile, suffix):
    path = tmp_path / f"upload{suffix}"
    path.write_text(hostile(canary))
    with pytest.raises(FormatUnknown) as caught:
        read(path)
    assert CANARY not in str(caught.value)


def test_the_canary_can_be_read_by_a_driver_left_free(tmp_path, canary):
    """Otherwise the test above would prove nothing."""
    path = tmp_path / "upload.geojson"
    path.write_text(vrt(canary))
    assert pyogrio.read_dataframe(path)["secret"].tolist() == [CANARY]


def test_paths_that_are_commands_are_files_that_do_not_exist(canary):
    for text in (
        f"GEOJSON:{canary}",
        f"/vsizip/{canary}",
        "/vsicurl/http://127.0.0.1:9/x",
        '{"type": "Point"}',
    ):
        with pytest.raises(ReadError, match="no such file"):
            read(text)


def test_a_view_that_never_ends_is_not_a_layer(tmp_path):
    path = tmp_path / "d.gpkg"
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)], crs=4326), path, layer="good"
    )
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE VIEW endless AS "
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c"
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('endless', 'attributes', 'endless')"
        )
        database.commit()
    assert layer_names(path) == ("good",)
    assert read(path).rows == 1


def test_a_shape_that_overflows_the_stack_ends_the_child_only(tmp_path):
    depth = 200_000
    path = tmp_path / "deep.csv"
    path.write_text(
        "name;wkt\na;POINT (1 2)\nb;" + "GEOMETRYCOLLECTION (" * depth + "POINT (1 2)" + ")" * depth + "\n"
    )
    with pytest.raises(ReaderCrashed, match="SIGSEGV"):
        read(path, limits=ReadLimits(depth=depth))


def test_collections_in_collections_have_a_limit(tmp_path):
    path = tmp_path / "deep.csv"
    path.write_text("name;wkt\na;" + "GEOMETRYCOLLECTION (" * 20 + "POINT (1 2)" + ")" * 20 + "\n")
    with pytest.raises(ReadError, match="nested too deeply"):
        read(path)


def test_a_slow_file_is_given_up(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("lon,lat\n1,2\n")
    with pytest.raises(ReadTimeout, match=r"0\.01 s"):
        read(path, limits=ReadLimits(wall_s=0.01))


def many_points(path: Path, size: int) -> Path:
    """So many bytes of coordinates; 80 MB take far more than a second of processor time."""
    rows = pd.DataFrame({"lon": np.linspace(100, 120, 1000), "lat": np.linspace(30, 40, 1000)})
    text = rows.to_csv(index=False, header=False)
    path.write_text("lon,lat\n" + text * (size // len(text)))
    return path


def test_processor_time_memory_output_and_rows_are_limited(tmp_path):
    path = many_points(tmp_path / "p.csv", 80_000_000)
    with pytest.raises(ReadTimeout, match="1 s of processor time"):
        read(path, limits=ReadLimits(cpu_s=1))
    with pytest.raises((ReadTooLarge, ReaderCrashed)):
        read(path, limits=ReadLimits(memory_bytes=600 * 1024**2))
    many_points(path, 1_000_000)
    with pytest.raises(ReadTooLarge, match="more data than the limit"):
        read(path, limits=ReadLimits(output_bytes=10**5))
    with pytest.raises(ReadTooLarge, match="the limit is 1000"):
        read(path, limits=ReadLimits(rows=1000))


def test_columns_and_vertices_are_limited(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(",".join(f"c{i}" for i in range(600)) + "\n" + ",".join("1" * 600) + "\n")
    with pytest.raises(ReadTooLarge, match="600 columns"):
        read(path)
    path.write_text("lon,lat\n1,2\n3,4\n")
    with pytest.raises(ReadTooLarge, match="2 vertices"):
        read(path, limits=ReadLimits(vertices=1))


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    place = tmp_path / "private"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    path = tmp_path / "p.csv"
    path.write_text("lon,lat\n1,2\n")
    read(path)
    with pytest.raises(ReadTimeout):
        read(path, limits=ReadLimits(wall_s=0.01))
    assert list(place.iterdir()) == []
    read(path)  # its children, those that were ended too, were waited for
    server = read_client.running_pid()
    assert Path(f"/proc/{server}/task/{server}/children").read_text() == ""
