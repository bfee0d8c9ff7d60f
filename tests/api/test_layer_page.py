"""The page of a layer over HTTP: the state asked for, its map, and the way back from a publication."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import bare_city
import httpx
import pytest
import small_city
import upload_example as example
from site_server import serving

from layers.catalog import Store
from layers.ledger import Version
from layers.publish import publish_frame
from layers.workspace import Workspace


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = example.build(tmp_path_factory.mktemp("layer") / "home").home
    with Store.open(Workspace.open(home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def versions(store: Store) -> tuple[Version, Version]:
    """Twelve car parks, then three."""
    first = store.heads("car_parks")["planning"]
    frame = example.car_parks([1, 2, 3])
    return first, publish_frame(store, "car_parks", "planning", frame, author="tests", note="fewer")


@pytest.fixture(scope="module")
def client(store: Store, versions: tuple[Version, Version]) -> Iterator[httpx.Client]:
    home: Path = store.workspace.home
    with serving(home) as address, bare_city.visiting(address) as found:
        bare_city.sign_in(found, Workspace.open(home))
        yield found


def text_of(page: str) -> str:
    inner = re.sub(r"<script.*?</script>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inner)).split())


def test_the_headline_counts_the_state_that_was_asked_for(client, store, versions):
    first, _ = versions
    assert "3 features, published" in text_of(client.get("/layers/car_parks").text)
    assert "12 features, published" in text_of(client.get(f"/layers/car_parks?version={first.id}").text)
    today = datetime.now(UTC).date().isoformat()
    assert "3 features, published" in text_of(client.get(f"/layers/car_parks?as_of={today}").text)


def test_before_the_first_version_a_page_says_that_there_was_none(client, store, versions):
    page = client.get(f"/layers/car_parks?as_of={store.sequence_of(versions[0].id) - 1}")
    assert page.status_code == 200
    assert "Nothing had been published" in page.text


def test_the_small_map_shows_the_state_that_was_asked_for(client, versions):
    first, _ = versions
    page = client.get(f"/layers/car_parks?version={first.id}").text
    assert f"/api/layers/car_parks/view?lang=en\\u0026version={first.id}" in page
    drawn = client.get(f"/api/layers/car_parks/view?version={first.id}").json()
    assert drawn["count"] == len(drawn["features"]) == 12
    assert {each["properties"]["kind"] for each in drawn["features"]} == {"same"}
    assert client.get("/api/layers/car_parks/view").json()["count"] == 3
    assert client.get("/api/layers/walk_network/view").status_code == 400


def test_a_publication_is_undone_by_going_back_to_the_version_before(client, versions):
    first, _ = versions
    page = client.get("/layers/car_parks").text
    assert f"/layers/car_parks/revert/{first.id}?undo=yes" in page
    assert page.count("?undo=yes") == 1
    asked = text_of(client.get(f"/layers/car_parks/revert/{first.id}?undo=yes").text)
    assert "Undo this publication?" in asked


def test_a_first_version_is_undone_by_withdrawing_it(client, store):
    small_city.publish(store, "people", small_city.people())
    (only,) = store.heads("people").values()
    assert f"/layers/people/withdraw/{only.id}?undo=yes" in client.get("/layers/people").text
    asked = text_of(client.get(f"/layers/people/withdraw/{only.id}?undo=yes").text)
    assert "first version" in asked
    assert f"{only.rows:,} features leave the map" in asked


def test_withdrawing_says_whether_people_see_the_version_and_what_they_see_then(client, versions):
    first, second = versions
    asked = text_of(client.get(f"/layers/car_parks/withdraw/{second.id}").text)
    assert f"shows version {first.id[:8]}" in asked
    assert "12 features" in asked
    old = text_of(client.get(f"/layers/car_parks/withdraw/{first.id}").text)
    assert "not the version people see" in old
