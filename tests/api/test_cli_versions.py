"""Versions of two agencies, by what people type for them."""

import json

import pytest
from test_cli import quantu

CITY = """
id = "two"
name_zh = "两家"
name_en = "Two"
bbox = [116.9, 36.6, 117.2, 36.8]
working_crs = "EPSG:4548"
[zones.district]
layer = "districts"
""" + "".join(
    f'[[agencies]]\ncode = "{code}"\nname_zh = "{code}"\nname_en = "{code}"\nkind = "city"\n'
    for code in ("east", "west")
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    (folder / "city.toml").write_text(CITY, encoding="utf-8")
    assert quantu(folder / "home", "init", folder / "city.toml").returncode == 0
    for agency in ("east", "west"):
        path = folder / f"{agency}.csv"
        path.write_text(f"id,name,category,lon,lat\n{agency},市场,market,117.0,36.7\n", encoding="utf-8")
        done = quantu(
            folder / "home", "ingest", path, "--layer", "shops", "--agency", agency, "--accept", "all"
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "home"


def test_a_difference_of_two_agencies_says_so(home):
    west, east = (move["version"] for move in json.loads(quantu(home, "history", "shops", "--json").stdout))
    done = quantu(home, "diff", "shops", east[:6], west[:6])
    assert "two agencies" in done.stdout
    assert "1 new, 0 changed, 1 gone" in done.stdout
    assert "不同机构" in quantu(home, "diff", "shops", east, west, lang="zh").stdout


def test_head_beside_a_version_is_that_of_its_agency(home):
    west, east = (move["version"] for move in json.loads(quantu(home, "history", "shops", "--json").stdout))
    assert json.loads(quantu(home, "diff", "shops", "head", east, "--json").stdout)["before"] == east
    assert json.loads(quantu(home, "diff", "shops", west, "HEAD", "--json").stdout)["after"] == west
    done = quantu(home, "revert", "shops", "head")
    assert done.returncode == 1
    assert "several versions" in done.stderr
    assert east in done.stderr


def test_a_file_of_no_agency_says_how_to_name_one(home, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("id,name,category,lon,lat\nn,市场,market,117.0,36.7\n", encoding="utf-8")
    done = quantu(home, "ingest", path, "--layer", "shops", "--dry-run")
    assert "name one by its code with --agency" in done.stdout


def test_findings_name_fields_with_what_is_typed_for_them(home, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("id,名称,category,lon,lat\nn,市场,casino,117.0,36.7\n", encoding="utf-8")
    arguments = ("ingest", path, "--layer", "shops", "--agency", "east", "--dry-run")
    assert "名称（name）" in quantu(home, *arguments, lang="zh").stdout
    assert "Category (category)" in quantu(home, *arguments).stdout
