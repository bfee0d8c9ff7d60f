"""Coverage rules on the command line, in the city of one street (see test_cli)."""

import json
import shutil
from pathlib import Path

import pytest
from pyproj import Transformer
from test_cli import EAST, NORTH, files, home, quantu

__all__ = ["files", "home"]  # fixtures

RULE = """
kind = "coverage"
id = "market-walk"
title_zh = "菜市场步行可达率"
title_en = "Markets within a walk"
clause = "clause 7"
clause_zh = "第7条"
source = "tests"
standing = "recalled"
catchment = "walk"
[[services]]
layer = "shops"
title_zh = "菜市场"
title_en = "Market"
where = { category = "market" }
minutes = 7.5
[[services]]
layer = "education"
title_zh = "学校"
title_en = "School"
minutes = 7.5
[[demands]]
kind = "people"
layer = "people"
amount = "people"
[[targets]]
share = 0.8
source = "tests"
standing = "draft"
"""


@pytest.fixture(scope="module")
def ruled(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same workspace with a rule of its own: 7.5 minutes at 4 km/h are 500 m."""
    own = Path(shutil.copytree(home, tmp_path_factory.mktemp("ruled") / "home"))
    (own / "rules" / "market-walk.toml").write_text(RULE, encoding="utf-8")
    return own


def test_rules_are_listed_with_clause_and_standing(ruled: Path):
    listed = {each["id"]: each for each in json.loads(quantu(ruled, "coverage", "--list", "--json").stdout)}
    assert listed["market-walk"]["clause"] == "clause 7"
    assert {"circles", "park-radius", "market-walk"} <= listed.keys()
    printed = quantu(ruled, "coverage", "--list", lang="zh").stdout
    assert "菜市场步行可达率" in printed
    assert "第7条" in printed
    assert "clause 7" not in printed
    assert "clause 7" in quantu(ruled, "coverage", "--list", lang="en").stdout


def test_a_broken_rule_file_is_named_after_the_other_rules(ruled: Path):
    path = ruled / "rules" / "park-walk.toml"
    path.write_bytes(b'id = "park-walk"\n' + b"a." * 50_000)
    try:
        done = quantu(ruled, "coverage", "--list", "--json")
        listed = {each["id"] for each in json.loads(done.stdout)}
        assert {"circles", "market-walk"} <= listed
        assert "park-walk" not in listed
        assert done.returncode != 0
        assert "park-walk.toml" in done.stderr
        assert "dots" in done.stderr
        assert "park-walk.toml" in quantu(ruled, "coverage", "park-walk").stderr
        assert quantu(ruled, "coverage", "market-walk").returncode == 0
    finally:
        path.unlink()


def test_a_rule_is_counted_as_by_hand_and_kept(ruled: Path):
    """100 at 200 m and 10 at 150 m of 200; 40 are not attached. The target is 80 %: 25 points to go."""
    done = quantu(ruled, "coverage", "market-walk", "--json")
    assert done.returncode == 0, done.stderr
    figure = json.loads(done.stdout)["city"]["figures"]["people"]
    assert (figure["demand"], figure["met"], figure["share"], figure["gap"]) == (200, 110, 0.55, 0.25)
    assert figure["unattached"] == {"amount": 40, "points": 1}
    printed = quantu(ruled, "coverage", "market-walk").stdout
    for words in ("First", "55.0", "80.0", "25.0", "no data: School", "not published yet: education"):
        assert words in printed
    recipe = Path(printed.rsplit(": ", 1)[1].replace("\n", ""))
    again = quantu(ruled, "replay", recipe.name)
    assert again.returncode == 0, again.stdout
    assert "identical" in again.stdout


def test_who_walks_faster_reaches_farther(ruled: Path):
    done = quantu(ruled, "coverage", "market-walk", "--speed", "8", "--json")  # 7.5 minutes are 1000 m
    assert json.loads(done.stdout)["city"]["figures"]["people"]["met"] == 160


def test_a_drawn_area_is_one_zone(ruled: Path, tmp_path: Path):
    """A box around the two westernmost kilometres: all but the 50 people at 2,000 m."""
    to_degrees = Transformer.from_crs(4548, 4326, always_xy=True).transform
    corners = ((0, -500), (1500, -500), (1500, 500), (0, 500), (0, -500))
    ring = [to_degrees(EAST + x, NORTH + y) for x, y in corners]
    drawn = tmp_path / "drawn.geojson"
    drawn.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    result = json.loads(quantu(ruled, "coverage", "market-walk", "--area", drawn, "--json").stdout)
    (zone,) = result["zones"]
    assert (zone["code"], zone["figures"]["people"]["demand"]) == ("area", 150)
    assert result["city"]["figures"]["people"]["demand"] == 150  # what lies outside is not measured
    assert result["outside"]["figures"]["people"]["demand"] == 0
    assert "Drawn area" in quantu(ruled, "coverage", "market-walk", "--area", drawn).stdout


def test_a_rule_is_written_as_csv_and_workbook(ruled: Path, tmp_path: Path):
    table, book = tmp_path / "out.csv", tmp_path / "out.xlsx"
    assert quantu(ruled, "coverage", "market-walk", "-o", table).returncode == 0
    lines = table.read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Code,Zone,Demand,Unit,Group,Amount,Met")
    assert lines[1].startswith("1,First,People,people,,200,110,0.55")
    assert quantu(ruled, "coverage", "market-walk", "-o", book).returncode == 0
    first = book.read_bytes()
    assert quantu(ruled, "coverage", "market-walk", "-o", book).returncode == 0
    assert book.read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a rule"),
        (["village"], "No coverage rule is called “village”"),
        (["market-walk", "--by", "village"], "village"),
        (["market-walk", "--speed", "0"], "walking speed in km/h"),
        (["market-walk", "--rules", "gb50180-2018"], "--rules is for circles"),
        (["circles", "--speed", "5"], "not for circles"),
        (["market-walk", "--area", "nowhere.json"], "nowhere.json cannot be read as GeoJSON"),
        (["park-radius"], "no agency has published parks"),
    ],
)
def test_a_question_that_has_no_answer_is_one_sentence(ruled: Path, arguments: list[str], words: str):
    done = quantu(ruled, "coverage", *arguments)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
