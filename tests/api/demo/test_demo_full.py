"""The demo city at its true size: what the README and the demo page promise of it."""

from pathlib import Path

import pytest

from api.demo import build
from api.demo.ground import districts
from inventory.circles import circles
from layers.catalog import Store
from layers.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("full") / "home"
    build(home)
    return home


def test_the_full_city_is_of_true_size(full: Path) -> None:
    with Store.open(Workspace.open(full)) as store:
        network = store.read_network("walk_network")
        assert len(network.nodes) >= 200_000
        assert len(network.edges) >= 280_000
        people = store.read("people")
        assert 100_000 <= len(people) <= 120_000
        assert people["people"].sum() == 9_200_000
        assert 2_000 <= len(store.read("communities")) <= 5_800
        area = store.read("districts").to_crs("EPSG:4548").set_index("code").area / 1e6
        for district in districts():
            assert area[district["code"]] == pytest.approx(district["area_km2"], rel=0.06), district["name"]
        assert store.check() == []


def test_the_full_city_has_about_six_in_ten_served(full: Path) -> None:
    with Store.open(Workspace.open(full)) as store:
        result = circles(store, by="district").result
    share = {row["code"]: row["share"] for row in result["zones"]}
    assert 0.55 <= result["city"]["share"] <= 0.65
    assert 300_000 <= result["city"]["one_missing"]["total"] <= 900_000
    for code in ("370102", "370103"):
        assert share[code] > 0.85
    tianqiao = next(row for row in result["zones"] if row["code"] == "370105")
    assert tianqiao["share_straight"] - tianqiao["share"] > 0.08  # the river and the railways cost this much
    assert 0 < result["city"]["unattached"]["amount"] < 100_000
