"""The command line as a person uses it: its entry point, a real folder, files made here.

The world: one street of 6,000 m running east, one market at 1,000 m. A market counts within 500 m, no other
category is published.

    people   100 at 800 m (walk 200 m)   50 at 2,000 m (walk 1,000 m)   10 at 1,000 m, 150 m off the street
             (access 150 m, walk 150 m)  40 at 500 m, 300 m off: no street within 200 m, not attached
    complete 100 + 10 of 200 = 55 %;  by straight line only the 50 at 1,000 m miss the market and the 40 are
             583 m away ((500^2 + 300^2)^0.5): 110 of 200 as well
"""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cli import main

EAST, NORTH = 500_000.0, 4_060_000.0
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


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def quantu(home: Path, *arguments: str | Path, lang: str = "en") -> Done:
    """The console script's own entry point, in this process: libraries are loaded once, not sixty times."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["quantu", *map(str, arguments)])
        for name, value in {"QUANTU_HOME": str(home), "QUANTU_LANG": lang, "COLUMNS": "160"}.items():
            patch.setenv(name, value)
        try:
            main()
            code: object = 0
        except SystemExit as leaving:
            code = leaving.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return Done(int(code or 0), *texts)


def csv(path: Path, header: str, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the city's files."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "city.toml").write_text(CITY, encoding="utf-8")
    west, east, south, north = EAST - 500, EAST + 6500, NORTH - 2000, NORTH + 2000
    ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
    csv(folder / "districts.csv", "code,name,name_en,wkt", f'1,一区,First,"POLYGON (({ring}))"')
    csv(
        folder / "nodes.csv",
        "node_id,x,y",
        *(f"{i},{EAST + 1000 * i},{NORTH}" for i in range(7)),
    )
    csv(folder / "edges.csv", "edge_id,u,v,highway", *(f"{i},{i},{i + 1},residential" for i in range(6)))
    csv(
        folder / "people.csv",
        "编号,人口,x,y",
        f"a,100,{EAST + 800},{NORTH}",
        f"b,50,{EAST + 2000},{NORTH}",
        f"c,10,{EAST + 1000},{NORTH + 150}",
        f"d,40,{EAST + 500},{NORTH + 300}",
        encoding="gb18030",
    )
    csv(folder / "shops.csv", "id,name,category,x,y", f"m1,北园菜市场,market,{EAST + 1000},{NORTH}")
    return folder


@pytest.fixture(scope="module")
def home(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that every file went into, by commands alone."""
    folder = tmp_path_factory.mktemp("workspace") / "home"
    assert quantu(folder, "init", files / "city.toml").returncode == 0
    crs = ("--crs", "EPSG:4548")
    for names, layer in (
        (["districts.csv"], "districts"),
        (["nodes.csv", "edges.csv"], "walk_network"),
        (["people.csv"], "people"),
        (["shops.csv"], "shops"),
    ):
        done = quantu(folder, "ingest", *(files / name for name in names), "--layer", layer, *crs)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_files_become_versions_that_are_listed(home: Path):
    listed = {one["name"]: one for one in json.loads(quantu(home, "layers", "--json").stdout)}
    assert {name: listed[name]["rows"] for name in ("districts", "walk_network", "people", "shops")} == {
        "districts": 1,
        "walk_network": 6,
        "people": 4,
        "shops": 1,
    }
    assert listed["education"]["agencies"] == []


def test_coverage_is_what_a_person_counts(home: Path):
    done = quantu(home, "coverage", "circles", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    (zone,) = result["zones"]
    assert (zone["demand"], zone["met"], zone["share"]) == (200, 0, 0)
    assert zone["categories"]["market"]["share"] == zone["categories"]["market"]["share_straight"] == 0.55
    assert zone["unattached"] == {"amount": 40, "points": 1}
    measured = {one["id"] for one in result["categories"] if one["status"] == "measured"}
    # The layer of shops is published: its other three categories are empty, which is 0 %, not "no data".
    assert measured == {"market", "shopping", "restaurant", "convenience_shop"}
    assert zone["categories"]["market"]["met"] == 110
    assert zone["categories"]["shopping"]["share"] == 0


def test_the_table_names_what_has_no_data(home: Path):
    english = quantu(home, "coverage", "circles")
    assert english.returncode == 0
    assert "no data: Kindergarten" in english.stdout
    chinese = quantu(home, "coverage", "circles", lang="zh")
    assert "没有数据：幼儿园" in chinese.stdout
    assert "一区" in chinese.stdout


def test_replay_gives_the_same_bytes(home: Path):
    quantu(home, "coverage", "circles")
    (recipe,) = (home / "results").glob("*/recipe.json")
    for named in (recipe, recipe.parent, recipe.parent.name, recipe.parent.name[:8]):
        done = quantu(home, "replay", named)
        assert (done.returncode, done.stderr) == (0, "")
        assert "byte for byte" in done.stdout


def test_check_names_a_result_that_was_changed(home: Path):
    quantu(home, "coverage", "circles")
    (result,) = (home / "results").glob("*/result.json")
    kept = result.read_bytes()
    result.write_bytes(kept.replace(b"0.55", b"0.99"))
    done = quantu(home, "check")
    assert done.returncode == 1
    assert result.parent.name in done.stdout
    assert json.loads(quantu(home, "coverage", "circles", "--json").stdout) == json.loads(kept)
    assert quantu(home, "check").returncode == 0


def test_results_are_written_by_suffix(home: Path, tmp_path: Path):
    for suffix in ("json", "csv", "xlsx"):
        done = quantu(home, "coverage", "circles", "-o", tmp_path / f"report.{suffix}")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"report.{suffix}").stat().st_size > 100
    refused = quantu(home, "coverage", "circles", "-o", tmp_path / "report.pdf")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "names no format" in refused.stderr
    assert not (tmp_path / "report.pdf").exists()


def test_a_bad_row_is_named_and_nothing_changes(home: Path, files: Path, tmp_path: Path):
    bad = csv(tmp_path / "people.csv", "编号,人口,x,y", f"a,约200,{EAST},{NORTH}", f"a,5,{EAST},nan")
    before = quantu(home, "history", "people", "--json").stdout
    done = quantu(home, "ingest", bad, "--layer", "people", "--crs", "EPSG:4548")
    assert done.returncode == 3
    assert "约200" in done.stdout
    assert "also in row 1" in done.stdout
    assert "not a number" in done.stdout
    assert "nothing published" in done.stdout
    assert quantu(home, "history", "people", "--json").stdout == before


def test_an_older_version_can_be_shown_again(home: Path, files: Path, tmp_path: Path):
    second = csv(tmp_path / "shops.csv", "id,name,category,x,y", f"m2,新市场,market,{EAST + 5000},{NORTH}")
    replaced = quantu(home, "ingest", second, "--layer", "shops", "--crs", "EPSG:4548")
    assert replaced.returncode == 0
    assert "before: 1 rows; quantu revert shops" in replaced.stdout
    first = json.loads(quantu(home, "history", "shops", "--json").stdout)[-1]["version"]
    assert quantu(home, "revert", "shops", first, "--note", "wrong file").returncode == 0
    done = quantu(home, "export", "shops", "-o", tmp_path / "shops.geojson")
    assert done.returncode == 0, done.stderr
    (feature,) = json.loads((tmp_path / "shops.geojson").read_text(encoding="utf-8"))["features"]
    assert feature["properties"]["name"] == "北园菜市场"
    assert quantu(home, "check").returncode == 0


def test_versions_go_by_the_start_of_their_id_their_number_and_head(home: Path, tmp_path: Path):
    moves = [
        *json.loads(quantu(home, "history", "shops", "--json").stdout),
        *json.loads(quantu(home, "history", "people", "--json").stdout),
    ]
    shops = [move for move in moves if move["rows"] == 1]
    last, first = shops[0], shops[-1]
    for before in (first["version"], first["version"][:6], f"#{first['sequence']}", str(first["sequence"])):
        done = json.loads(quantu(home, "diff", "shops", before, "head", "--json").stdout)
        assert (done["before"], done["after"]) == (first["version"], last["version"])
        assert done["agencies"] == ["city", "city"]
    for refused in (
        "12345",
        first["version"][:5] + "x",
        moves[-1]["version"],
    ):  # of no move, too short, of people
        assert quantu(home, "diff", "shops", refused, "head").returncode == 1
    reverted = json.loads(quantu(home, "revert", "shops", last["version"][:8], "--json").stdout)
    assert reverted["version"] == last["version"]
    unsaid = quantu(home, "withdraw", first["version"][:8])
    assert (unsaid.returncode, "--why" in unsaid.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ingest", "nowhere.shp", "--layer", "shops"], "nowhere.shp"),
        (["ingest", "city.toml", "--layer", "palaces"], "palaces"),
        (["ingest", "city.toml", "--layer", "shops"], "must be mended"),
        (["ingest", "shops.csv", "--layer", "shops"], "coordinate system"),
        (["ingest", "shops.csv", "--layer", "shops", "--crs", "EPSG:0"], "EPSG:0"),
        (["ingest", "shops.csv", "--layer", "shops", "--set", "novalue"], "NAME=VALUE"),
        (["coverage", "circles", "--by", "galaxy"], "galaxy"),
        (["coverage", "circles", "--at", "yesterday"], "yesterday"),
        (["coverage", "circles", "--as-of", "soon"], "soon"),
        (["coverage", "squares"], "squares"),
        (["replay", "city.toml"], "city.toml"),
        (["revert", "shops", "nothing"], "nothing"),
        (["history", "palaces"], "palaces"),
        (["export", "shops", "-o", "shops.pdf"], "shops.pdf"),
        (["export", "shops", "-o", "no-such-folder/shops.gpkg"], "no-such-folder"),
        (["coverage", "circles", "-o", "no-such-folder/report.csv"], "no-such-folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_one_sentence(home: Path, files: Path, arguments: list[str], says: str):
    words = [str(files / word) if (files / word).is_file() else word for word in arguments]
    before = quantu(home, "layers", "--json").stdout
    done = quantu(home, *words)
    assert done.returncode in (1, 3)
    said = done.stderr or done.stdout
    assert says in said
    assert "Traceback" not in said
    assert quantu(home, "layers", "--json").stdout == before


def test_a_word_nobody_wrote_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("api.words.dictionary", lambda lang: {})
    done = quantu(home, "layers")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no word 'cli_" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_city_each_command_says_what_to_do_first(tmp_path: Path):
    for command in (["layers"], ["coverage", "circles"], ["check"]):
        done = quantu(tmp_path / "nothing", *command)
        assert done.returncode == 1
        assert "quantu init" in done.stderr
    assert not (tmp_path / "nothing").exists()


def test_init_refuses_a_bad_city_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "city.toml").write_text("id = 'x'\nname_zh = 3\n", encoding="utf-8")
    done = quantu(tmp_path / "home", "init", tmp_path / "city.toml")
    assert done.returncode == 1
    assert "name_zh" in done.stderr
    assert not (tmp_path / "home").exists()
    assert quantu(tmp_path / "home", "init", tmp_path / "missing.toml").returncode == 1


def test_status_tells_what_this_machine_offers(home: Path):
    facts = json.loads(quantu(home, "status", "--json").stdout)
    assert facts["city"] == "One Street"
    assert facts["database"] == "SQLite"
    assert facts["browser_files"] is True


def test_listing_loads_no_geometry(home: Path):
    """`quantu layers` answers within a second because nothing heavy is imported."""
    code = (
        "import sys, api.cli\nsys.argv = ['quantu', 'layers']\n"
        "try:\n    api.cli.main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('geopandas', 'numba', 'scipy', 'fastapi', 'pyogrio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QUANTU_HOME": str(home)},
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_init_takes_the_files_beside_the_city_along_and_refuses_bad_ones(tmp_path: Path):
    city = tmp_path / "city"
    (city / "rules").mkdir(parents=True)
    (city / "city.toml").write_text(CITY, encoding="utf-8")
    (city / "rules" / "own.toml").write_text("id = 'own'\n", encoding="utf-8")
    refused = quantu(tmp_path / "home", "init", city)
    assert refused.returncode == 1
    assert "own.toml" in refused.stderr
    assert not (tmp_path / "home").exists()
    packaged = Path(__file__).parents[2] / "inventory" / "rules" / "gb50180-2018.toml"
    (city / "rules" / "own.toml").write_bytes(packaged.read_bytes())
    assert quantu(tmp_path / "home", "init", city).returncode == 0
    assert (tmp_path / "home" / "rules" / "own.toml").read_bytes() == packaged.read_bytes()


def test_a_setting_that_cannot_be_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUANTU_PORT", "abc")
    done = quantu(tmp_path, "status")
    assert done.returncode == 1
    assert "QUANTU_PORT" in done.stderr
