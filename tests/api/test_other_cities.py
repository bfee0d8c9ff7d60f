"""Cities that are not complete: categories without data, streets instead of people, targets."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import small_city
from site_server import serving
from test_pages import words_of

import inventory
from api.charts import share_bar
from maps.style import load

RULES = (Path(inventory.__file__).parent / "rules" / "gb50180-2018.toml").read_text("utf-8")
STREETS = re.sub(
    r"(?s)\[demand\].*?\n\n",
    '[demand]\nkind = "street_metres"\npiece_m = 25.0\n\n',
    RULES,
    count=1,
)
TARGET = '[target]\nshare = 0.85\nsource = "a plan"\nstanding = "draft"\n\n[network]'


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A city that counts metres of street, has a target, and where nobody published sanitation."""
    rules = STREETS.replace("[network]", TARGET, 1)
    home = small_city.build(tmp_path_factory.mktemp("other") / "home", without="sanitation", rules=rules)
    with serving(home) as address, httpx.Client(base_url=address, timeout=120.0) as client:
        client.headers["Accept-Language"] = "en"
        yield client


def test_categories_without_data_are_named_and_not_counted_as_zero(other):
    result = other.get("/api/coverage/circles").json()
    assert [each["category"] for each in result["excluded"]] == ["refuse_collection", "public_toilet"]
    assert result["city"]["share"] > 0
    said = words_of(other.get("/coverage/circles").text)
    assert "not counted as zero: Refuse collection, Public toilet." in said
    assert "2 of 24 required categories have no data" in words_of(other.get("/").text)
    assert "Excluded" not in said


def test_streets_are_told_in_kilometres_and_metres(other):
    city = other.get("/api/coverage/circles").json()["city"]
    said = words_of(other.get("/").text)
    assert f"of {city['demand'] / 1000:,.0f} km of streets have all that is needed within 15 minutes" in said
    assert re.search(r"[\d,]+ m of streets", said)
    assert "people have" not in said
    assert (
        "m of streets in view lack something"
        in other.get(
            "/api/coverage/circles/uncovered", params={"bbox": "116.9,36.5,117.3,36.9", "zoom": 16}
        ).json()["message"]
    )


def test_a_target_stands_beside_the_share(other):
    row = other.get("/api/coverage/circles").json()["zones"][0]
    assert row["target"] == 0.85
    said = words_of(other.get("/?zone=D1").text)
    assert f"Target 85 %; {row['gap'] * 100:.1f} points to go" in said
    assert "target 85 %" in words_of(other.get("/").text)
    assert 'class="bar-target"' in other.get("/").text
    assert re.search(r"Target .*85 %", words_of(other.get("/coverage/circles").text))


def test_downloads_work_for_streets_too(other):
    assert other.get("/api/coverage/circles.xlsx?lang=zh").status_code == 200
    assert "Metres of street" in other.get("/api/coverage/circles.csv?lang=en").text


def test_a_bar_is_as_long_as_its_share_and_ticks_its_target():
    bar = share_bar({"share": 0.25, "target": 0.5}, load("circles"))
    assert '<rect class="bar-fill" x="0.0" y="0.0" width="60.0"' in bar  # 240 wide: a quarter is 60
    assert '<rect class="bar-target" x="119.0"' in bar  # the middle, 2 wide
    assert share_bar({"share": None, "target": 0.5}, load("circles")) == ""


def test_zones_may_be_called_in_chinese(small_built, tmp_path):
    home = shutil.copytree(small_built, tmp_path / "home")
    toml = home / "city.toml"
    toml.write_text(toml.read_text("utf-8").replace("[zones.community]", '[zones."网格"]'), "utf-8")
    with serving(home) as address, httpx.Client(base_url=address, timeout=120.0) as client:
        for suffix in ("json", "csv", "xlsx"):
            answer = client.get(f"/api/coverage/circles.{suffix}", params={"by": "网格"})
            assert answer.status_code == 200, answer.text
            assert "filename*=UTF-8''circles-%E7%BD%91%E6%A0%BC-" in answer.headers["content-disposition"]
        assert "网格" in client.get("/coverage/circles", params={"by": "网格"}).text
        assert client.get("/").status_code == 200
