"""Names and places a command line cannot use: one sentence, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = "import os, sys; {before}; sys.argv[0] = 'quantu'; from api.cli import main; main()"
WITHOUT_PRIVILEGES = (
    "import ctypes, struct; "
    "ctypes.CDLL(None).capset(struct.pack('<Ii', 0x20080522, 0), struct.pack('<6I', *[0] * 6))"
)
"""Root too may then only write where modes let it."""


def quantu(*arguments, before="pass", **settings):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QUANTU_LANG": "en", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", RUN.format(before=before), *arguments],
        env=environment | settings,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("command", [["ingest", "--layer", "care"], ["init"]])
def test_a_name_in_gbk_is_one_sentence(tmp_path, command):
    path = os.fsencode(tmp_path) + "/停车场.csv".encode("gbk")
    with open(path, "w") as file:
        file.write("id\n1\n")
    done = quantu(*map(os.fsencode, command), path, QUANTU_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert "停车场.csv” (read as GB18030) is not UTF-8: rename it" in done.stderr.decode()
    chinese = quantu(*map(os.fsencode, command), path, QUANTU_LANG="zh")
    assert "请先改名" in chinese.stderr.decode()


CITY = """
id = "one-street"
name_zh = "一街市"
name_en = "One Street"
bbox = [116.9, 36.6, 117.2, 36.8]
working_crs = "EPSG:4548"
[[agencies]]
code = "city"
name_zh = "市规划局"
name_en = "Planning bureau"
kind = "city"
[zones.district]
layer = "districts"
"""


@pytest.fixture
def shut(tmp_path):
    """A folder with a home that may be read, not written."""
    (tmp_path / "city.toml").write_text(CITY)
    made = quantu("init", str(tmp_path / "city.toml"), QUANTU_HOME=str(tmp_path / "home"))
    assert made.returncode == 0
    places = [tmp_path, *tmp_path.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    yield tmp_path
    for place in places:
        place.chmod(0o755)


@pytest.mark.parametrize("command", [["layers"], ["check"], ["init", "city.toml"]])
def test_a_place_that_cannot_be_written_is_one_sentence(shut, command):
    arguments = [str(shut / each) if each.endswith(".toml") else each for each in command]
    home = shut / ("new" if command[0] == "init" else "home")
    done = quantu(*arguments, before=WITHOUT_PRIVILEGES, QUANTU_HOME=str(home))
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert str(shut) in done.stderr.decode()
    assert "cannot be opened or written (Permission denied)" in done.stderr.decode()


def test_looking_at_a_small_file_loads_no_scipy(small_home, tmp_path):
    """It takes half a second to load, and only points close together need it."""
    path = tmp_path / "shops.csv"
    path.write_text("id,name,category,lon,lat\na,甲,market,117.0,36.65\nb,乙,market,117.1,36.7\n", "utf-8")
    shown = "import atexit, sys; atexit.register(lambda: print('scipy' in sys.modules, file=sys.stderr))"
    words = ("ingest", str(path), "--layer", "shops", "--dry-run")
    done = quantu(*words, before=shown, QUANTU_HOME=str(small_home))
    assert done.stderr.decode().split()[-1] == "False", done.stderr.decode()
    assert "2 rows read" in done.stdout.decode()
