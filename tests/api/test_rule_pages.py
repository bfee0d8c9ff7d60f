"""Pages, JSON and files of coverage rules, asked of a real server of the small city with rules of its own."""

import csv
import io
import json
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import httpx
import pytest
import small_city
from pyproj import Transformer
from site_server import serving
from test_pages import words_of

from api.asked import read_area
from api.params import CoverageBusy, When
from api.results import Asked, Bounds, Results
from inventory.coverage_rule_file import coverage_rule
from layers.catalog import Store
from layers.workspace import Workspace

EN, ZH = {"Accept-Language": "en"}, {"Accept-Language": "zh"}
TO_DEGREES = Transformer.from_crs(small_city.METRES, 4326, always_xy=True)
RULE = """
kind = "coverage"
id = "{id}"
title_zh = '''{title}'''
title_en = '''{title}'''
clause = '''clause 7'''
source = '''{source}'''
standing = "recalled"
"""
MARKETS = """
catchment = "walk"
[[services]]
layer = "shops"
title_zh = "菜市场"
title_en = "Market"
where = { category = "market" }
minutes = 3
[[demands]]
kind = "people"
layer = "people"
amount = "people"
[[targets]]
share = 0.8
source = "tests"
standing = "draft"
"""
PARKS = """
catchment = "straight"
[[services]]
layer = "parks"
distance_m = 300
[[demands]]
kind = "land"
"""
NEVER = MARKETS.replace('where = { category = "market" }', 'where = { category = "opera" }')


def rule(name: str, text: str, title: str = "Markets within a walk", source: str = "tests") -> str:
    return RULE.format(id=name, title=title, source=source) + text


@pytest.fixture(scope="module")
def home(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small city with a rule, one without data, one that nothing fulfils, and one that attacks."""
    made = Path(shutil.copytree(small_home, tmp_path_factory.mktemp("ruled") / "home"))
    shutil.rmtree(made / "results", ignore_errors=True)
    attack = small_city.XSS.replace("'", "’")
    for name, text in {
        "market-walk": rule("market-walk", MARKETS),
        "park-land": rule("park-land", PARKS, "Parks near"),
        "opera-walk": rule("opera-walk", NEVER, "Operas within a walk"),
        "attack": rule("attack", MARKETS, attack, attack),
    }.items():
        (made / "rules" / f"{name}.toml").write_text(text, "utf-8")
    return made


@pytest.fixture(scope="module")
def site(home: Path):
    with serving(home) as address, httpx.Client(base_url=address, timeout=120.0) as client:
        yield client


def square(x: float, y: float, side: float) -> str:
    """A square of the small city, metres from its corner, as it stands in an address."""
    east, north = small_city.ORIGIN
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    degrees = [TO_DEGREES.transform(east + a, north + b) for a, b in corners]
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in degrees)


def test_the_list_computes_nothing_and_names_what_is_not_published(site, home):
    before = sorted(home.glob("results/*"))
    page = words_of(site.get("/coverage", headers=EN).text)
    listed = {each["id"]: each for each in site.get("/api/coverage").json()["rules"]}
    assert sorted(home.glob("results/*")) == before
    assert {"market-walk", "park-radius", "park-land"} <= listed.keys()
    assert listed["market-walk"]["measurable"]
    assert listed["park-land"]["unpublished"] == ["parks"]
    assert not listed["park-land"]["measurable"]
    assert "No data: Parks" in page


def test_the_list_has_the_figure_once_somebody_asked(site):
    asked = site.get("/api/coverage/market-walk").json()["city"]["figures"]["people"]
    listed = {each["id"]: each for each in site.get("/api/coverage").json()["rules"]}
    assert listed["market-walk"]["city"]["share"] == asked["share"]
    assert f"{asked['share'] * 100:.1f} %" in words_of(site.get("/coverage", headers=EN).text)


def test_a_broken_file_is_named_and_takes_down_its_own_rule_only(site, home):
    path = home / "rules" / "park-radius.toml"
    path.write_text(rule("park-radius", MARKETS.replace("minutes = 3", "minutes = -3")), "utf-8")
    try:
        page = words_of(site.get("/coverage", headers=EN).text)
        assert "park-radius.toml is not usable" in page
        assert "services[1].minutes" in page
        listed = site.get("/api/coverage").json()
        assert [(each["file"], each["key"]) for each in listed["broken"]] == [
            ("park-radius.toml", "services[1].minutes")
        ]
        assert "park-radius" not in {each["id"] for each in listed["rules"]}
        assert site.get("/api/coverage/park-radius").json()["code"] == "rule_invalid"
        for address in ("/coverage/market-walk", "/coverage/circles", "/layers/shops", "/"):
            assert site.get(address, headers=EN).status_code == 200, address
    finally:
        path.unlink()
    assert site.get("/api/coverage").json()["broken"] == []


def test_the_page_says_the_figures_of_the_json_in_both_languages(site):
    result = site.get("/api/coverage/market-walk").json()
    figure = result["city"]["figures"]["people"]
    english = words_of(site.get("/coverage/market-walk", headers=EN).text)
    assert f"{figure['share'] * 100:.1f} % of people" in english
    assert f"missed by {figure['gap'] * 100:.1f}" in english
    for row in result["zones"]:
        assert (row["name_en"] or row["name"]) in english
    chinese = words_of(site.get("/coverage/market-walk", headers=ZH).text)
    assert f"{figure['share'] * 100:.1f}%" in chinese
    assert "南泉区" in chinese


def test_clauses_conditions_and_layers_are_told_in_the_reader_s_language(site):
    chinese = words_of(site.get("/coverage", headers=ZH).text)
    assert "GB 55014-2021 第2.1.3条" in chinese
    assert "济南市2020年行动计划第31项" in chinese
    assert "路灯：状态为亮。" in chinese
    assert "泉水：水位高于" in chinese
    assert "没有违法建设。" in chinese
    english = words_of(site.get("/coverage", headers=EN).text)
    assert "Street lamps, State: Lit." in english
    page = words_of(site.get("/coverage/market-walk", headers=ZH).text)
    assert "people:" not in page
    assert "walk_network" not in page
    assert "类别为菜市场" in page


def test_zero_nobody_and_no_street_are_told_apart(site):
    """Nobody sells opera: 0 % of all who live on a street; D4 has no street, the east of D2 nobody."""
    rows = {
        row["code"]: row["figures"]["people"]
        for row in site.get("/api/coverage/opera-walk?by=subdistrict").json()["zones"]
    }
    assert (rows["D11"]["share"], rows["D11"]["reason"]) == (0.0, None)
    assert (rows["D22"]["share"], rows["D22"]["reason"]) == (None, "no_demand")
    assert (rows["D41"]["share"], rows["D41"]["reason"]) == (None, "no_network")
    page = words_of(site.get("/coverage/opera-walk?by=subdistrict", headers=EN).text)
    assert "0.0 %" in page
    assert "no network" in page
    assert "nobody" in page


def test_areas_speeds_and_pasts_are_bounded_the_present_is_not(home):
    """No past may be computed at all here: who asks for one is told to come again."""
    results = Results(2, Bounds(pasts_at_once=0))
    with Store.open(Workspace.open(home)) as store:
        markets = coverage_rule("market-walk", home)
        drawn = read_area(store, square(1000, 1000, 700))
        for asked in (Asked(markets, speed_km_h=6.5), Asked(markets, area=drawn)):
            with pytest.raises(CoverageBusy):
                results.coverage(store, asked, When())
        found = results.coverage(store, Asked(markets), When())
        assert results.coverage(store, Asked(markets), When(date(2030, 1, 1))).recipe == found.recipe
        assert results.kept(store, Asked(markets), When()) == found.values
        assert results.kept(store, Asked(markets, speed_km_h=6.5), When()) is None


def test_files_hold_the_same_zones_as_the_json(site):
    result = site.get("/api/coverage/market-walk.json")
    codes = [row["code"] for row in result.json()["zones"]]
    assert result.content == site.get("/api/coverage/market-walk").content
    text = site.get("/api/coverage/market-walk.csv", headers=EN).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows[1:]][: len(codes)] == codes
    book = site.get("/api/coverage/market-walk.xlsx")
    assert "market-walk-district" in book.headers["content-disposition"]
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(book.content)).namelist()


def test_the_tag_is_the_recipe_s_and_saves_the_body(site):
    first = site.get("/api/coverage/market-walk")
    again = site.get("/api/coverage/market-walk", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = site.get("/api/coverage/market-walk?by=community")
    assert other.headers["etag"] != first.headers["etag"]


def test_what_is_uncovered_in_view_is_what_the_figures_miss(site):
    """All of the city in view: the sum of the squares is all who are not met, attached or not."""
    city = site.get("/api/coverage/market-walk").json()["city"]["figures"]["people"]
    asked = {"bbox": "116.9,36.6,117.2,36.8", "zoom": 11}
    found = site.get("/api/coverage/market-walk/uncovered", params=asked, headers=EN).json()
    assert found["grouped"]
    assert found["amount"] == pytest.approx(city["demand"] - city["met"])
    summed = sum(each["properties"]["amount"] for each in found["features"])
    assert summed == pytest.approx(found["amount"], abs=0.1 * len(found["features"]))
    assert "not covered in view" in found["message"]
    near = {"bbox": "117.0,36.68,117.005,36.685", "zoom": 16}
    assert not site.get("/api/coverage/market-walk/uncovered", params=near).json()["grouped"]


def test_the_list_of_who_stands_on_no_street_adds_up(site):
    city = site.get("/api/coverage/market-walk").json()["city"]["figures"]["people"]["unattached"]
    answer = site.get("/api/coverage/market-walk/unattached.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == city["points"] > 0
    assert sum(float(row["amount"]) for row in rows) == pytest.approx(city["amount"])
    assert "unattached" in answer.headers["content-disposition"]


def test_a_drawn_area_is_on_the_map(site):
    zones = site.get("/api/coverage/market-walk/zones", params={"area": square(350, 350, 400)}).json()
    assert [each["properties"]["code"] for each in zones["features"]] == ["area"]


def test_pages_lead_from_layers_to_rules_and_from_rows_to_zones(site):
    shops = site.get("/layers/shops", headers=EN).text
    assert 'href="/coverage/market-walk"' in shops
    assert 'href="/coverage"' in site.get("/", headers=EN).text
    page = site.get("/coverage/market-walk", headers=EN).text
    assert 'href="/?zone=D1"' in page
    assert 'href="/layers/shops"' in page


def test_times_and_speed_asked_for_are_told_and_can_be_left(site):
    page = site.get("/coverage/market-walk?at=2030-01-01&speed=5", headers=EN).text
    assert "1 January 2030" in words_of(page)
    assert "Walking at 5 km/h" in words_of(page)
    assert 'name="speed"' in page
    assert 'name="speed"' not in site.get("/coverage/school-places", headers=EN).text


def test_places_of_a_layer_for_staff_are_not_for_strangers(site, home):
    spec = Path(small_city.__file__).parents[2] / "layers" / "specs" / "people.toml"
    own = home / "specs" / "people.toml"
    own.write_text(spec.read_text("utf-8").replace('audience = "public"', 'audience = "staff"'), "utf-8")
    try:
        with serving(home) as address, httpx.Client(base_url=address, timeout=120.0) as client:
            assert client.get("/api/coverage/market-walk").status_code == 200
            for part in ("uncovered?bbox=116.9,36.6,117.2,36.8", "unattached.csv"):
                assert client.get(f"/api/coverage/market-walk/{part}").status_code == 404
    finally:
        own.unlink()


def test_who_walks_faster_reaches_more(site):
    shares = [
        site.get(f"/api/coverage/market-walk?speed={speed}").json()["city"]["figures"]["people"]["share"]
        for speed in (2, 4, 8)
    ]
    assert shares == sorted(set(shares))


def test_a_drawn_area_holds_the_people_who_live_in_it(site):
    """People stand every 100 m from 75 on: 4 x 4 of them in the square of 400 m from (350, 350)."""
    frame = small_city.people()
    x, y = (frame.geometry.x - small_city.ORIGIN[0], frame.geometry.y - small_city.ORIGIN[1])
    mine = frame["people"][(x > 350) & (x < 750) & (y > 350) & (y < 750)]
    assert len(mine) == 16
    for text in (square(350, 350, 400), geojson(square(350, 350, 400))):
        result = site.get("/api/coverage/market-walk", params={"area": text}).json()
        (row,) = result["zones"]
        assert (row["code"], row["figures"]["people"]["demand"]) == ("area", mine.sum())
    share = row["figures"]["people"]["share"]
    page = site.get("/coverage/market-walk", params={"area": square(350, 350, 400)}, headers=EN)
    said = words_of(page.text)
    assert f"{share * 100:.1f} % of people ({mine.sum():,.0f} people)" in said
    assert "Drawn area" in said
    assert "Whole city" not in said


def geojson(text: str) -> str:
    ring = [[float(each) for each in corner.split(",")] for corner in text.split(";")]
    return json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/coverage/nothing-like-it", 404, "market-walk"),
        ("/coverage/park-land", 409, "parks"),
        ("/coverage/market-walk?by=province", 404, "province"),
        ("/coverage/market-walk?at=yesterday", 400, "yesterday"),
        ("/coverage/market-walk?as_of=soon", 400, "soon"),
        ("/coverage/market-walk?speed=fast", 400, "walking speed"),
        ("/coverage/market-walk?speed=0", 400, "walking speed"),
        ("/coverage/market-walk?speed=nan", 400, "walking speed"),
        ("/coverage/park-radius?speed=4", 400, "states minutes"),
        ("/coverage/market-walk?area=somewhere", 400, "area"),
        ("/coverage/market-walk?area={", 400, "area"),
        ("/coverage/market-walk?area=117.01,36.68;117.02,36.68", 400, "three different corners"),
        (
            "/coverage/market-walk?area=117.01,36.68;117.02,36.69;117.02,36.68;117.01,36.69",
            400,
            "does not cross itself",
        ),
        ("/coverage/market-walk?area=10,10;11,10;11,11", 400, "in the city"),
        (
            "/coverage/market-walk?by=district&area=117.01,36.68;117.02,36.68;117.02,36.69",
            400,
            "either zones",
        ),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(site, path, status, said):
    page = site.get(path, headers=EN)
    assert page.status_code == status
    assert said in words_of(page.text)
    told = site.get(f"/api{path}", headers=EN)
    assert told.status_code == status
    assert told.json()["code"]
    assert said in told.json()["message"]


def test_too_long_an_area_is_refused(site):
    far = ";".join(["117.010000,36.680000"] * 501)
    answer = site.get("/api/coverage/market-walk", params={"area": far}, headers=EN)
    assert answer.status_code == 400
    longer = site.get("/coverage/market-walk", params={"area": "1" * 13_000}, headers=EN)
    assert 400 <= longer.status_code < 500


@pytest.mark.parametrize("path", ["/coverage", "/coverage/attack", "/coverage/attack?by=community"])
def test_a_rule_that_attacks_is_text_and_nothing_else(site, path):
    page = site.get(path, headers=EN).text
    assert "<img" not in page
    assert not re.search(r"<script(?![^>]*(application/json|src=))[^>]*>", page)
    assert "&lt;img src=x" in page


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_an_address_that_attacks_is_text(site, value):
    for name in ("area", "by", "speed", "demand", "at"):
        page = site.get("/coverage/market-walk", params={name: value}, headers=EN).text
        assert "<script>alert" not in page
        assert "<img" not in page
