"""Texts that would make PROJ open files are refused; texts that name real systems are not."""

import json
import os
import warnings

import pyproj
import pytest
from pyproj import CRS
from pyproj.database import query_crs_info

from geo.crs import parse
from geo.crs_text import DEEPEST, LONGEST, refusal
from geo.errors import CrsUnknown

GRID = 'PARAMETERFILE["Latitude and longitude difference file","{path}"]'
BOUND = 'BOUNDCRS[SOURCECRS[{wkt}],TARGETCRS[{wkt}],ABRIDGEDTRANSFORMATION["x",METHOD["NTv2"],' + GRID + "]]"


@pytest.fixture
def secret(tmp_path):
    """An initialisation file of PROJ somewhere on the server."""
    path = tmp_path / "secret"
    path.write_text("<7> +proj=longlat +ellps=GRS80 +no_defs <>\n")
    return path


def test_proj_itself_opens_a_file_that_is_named(secret):
    """Otherwise the tests below would prove nothing."""
    with warnings.catch_warnings(action="ignore"):
        assert CRS.from_user_input(f"+init={secret}:7").is_geographic


@pytest.mark.parametrize(
    "text",
    [
        "+init={path}:7",
        "init={path}:7",
        "{path}:7",
        "+proj=longlat +ellps=bessel +nadgrids={path} +no_defs",
        "+proj=longlat +ellps=bessel +nadgrids=@{path},null +no_defs",
        "+proj=tmerc +lon_0=117 +geoidgrids={path}",
        "+proj=pipeline +step +proj=vgridshift +grids={path}",
        "proj=longlat ellps=GRS80 catalog={path}",
        "+proj=longlat +datum={path}",
        "+proj=longlat +datum=../../secret",
        'GEOGCS["x",DATUM["y",SPHEROID["z",6378137,298.25],EXTENSION["PROJ4_GRIDS","+nadgrids={path}"]],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]',
        BOUND,
        "{path}",
        "../secret.prj",
        "NOSUCHBODY:7",
    ],
)
def test_a_text_that_names_a_file_is_refused(secret, text):
    wkt = CRS.from_epsg(4490).to_wkt()
    with pytest.raises(CrsUnknown, match="names no usable coordinate system"):
        parse(text.replace("{path}", str(secret)).replace("{wkt}", wkt))
    assert refusal(text.replace("{path}", str(secret)).replace("{wkt}", wkt)) is not None


def test_a_description_in_json_names_no_grid_either(secret):
    system = CRS.from_epsg(4490).to_json_dict()
    parameter = {"name": "Latitude and longitude difference file", "value": str(secret)}
    bound = {
        "type": "BoundCRS",
        "source_crs": system,
        "target_crs": system,
        "transformation": {"name": "x", "method": {"name": "NTv2"}, "parameters": [parameter]},
    }
    assert refusal(json.dumps(bound)) == "it names a grid file"


def test_a_pipe_in_place_of_a_grid_does_not_keep_anybody_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for text in (f"+init={tmp_path / 'pipe'}:7", f"+proj=longlat +nadgrids={tmp_path / 'pipe'}"):
        with pytest.raises(CrsUnknown):
            parse(text)


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "A[" * (DEEPEST + 1), '{"a":' * 5000, "[" * 10**4])
def test_long_and_deep_texts_are_refused_at_once(text):
    with pytest.raises(CrsUnknown):
        parse(text)


def test_real_systems_are_read_in_every_form():
    kinds = ["PROJECTED_CRS", "GEOGRAPHIC_2D_CRS"]
    found = [each for each in query_crs_info(pj_types=kinds) if each.auth_name in ("EPSG", "ESRI")]
    for info in found[:: len(found) // 60]:
        system = CRS.from_authority(info.auth_name, info.code)
        with warnings.catch_warnings(action="ignore"):
            texts = [system.to_json(), system.to_wkt(), system.to_proj4()]
        forms = [*texts, f"{info.auth_name}:{info.code}", info.name]
        assert [refusal(form) for form in forms] == [None] * len(forms), info


@pytest.mark.parametrize(
    "text",
    [
        "4490",
        "epsg:4548",
        "OGC:CRS84",
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:EPSG::4490",
        "+proj=merc +a=6378137 +b=6378137 +lon_0=0 +k=1 +units=m +nadgrids=@null +wktext",
        "+proj=tmerc +lon_0=117 +k=1 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3,0,0,0,0",
        "CGCS2000 / 3-degree Gauss-Kruger CM 117E",
        CRS.from_epsg(3857).to_wkt("WKT1_GDAL"),
    ],
)
def test_what_people_write_is_read(text):
    assert parse(text).axis_info


def test_grids_are_not_fetched():
    assert not pyproj.network.is_network_enabled()
