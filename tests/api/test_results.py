"""Results are bounded: no question, asked however often or with whatever date, fills disk or threads."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import httpx
import pandas as pd
import pytest
import small_city
from site_server import serving

from api.params import CoverageBusy, When, parse_when
from api.results import Bounds, Results
from inventory.results import damaged, prune
from layers.catalog import Store
from layers.workspace import Workspace

BUILT, CLOSED = date(2015, 5, 1), date(2018, 9, 1)


@pytest.fixture(scope="module")
def home(small_built, tmp_path_factory):
    """The small city, half of whose schools opened on one day, one of them closed on another."""
    made = shutil.copytree(small_built, tmp_path_factory.mktemp("dated") / "home")
    frame = small_city.facilities("education")
    opened = [pd.Timestamp(BUILT) if n % 2 else None for n in range(len(frame))]
    closed = [pd.Timestamp(CLOSED) if n == 1 else None for n in range(len(frame))]
    with Store.open(Workspace.open(made)) as store:
        small_city.publish(store, "education", frame.assign(completed=opened, removed=closed))
    return made


@pytest.fixture
def store(home):
    with Store.open(Workspace.open(home)) as found:
        yield found


def folders(store):
    return {path.name for path in (store.workspace.home / "results").glob("*")}


def test_dates_between_two_changes_are_one_question(store):
    """States: before BUILT, from BUILT, from CLOSED on (which is today's)."""
    results = Results(2)
    asked = [date.min, date(1900, 1, 1), BUILT - timedelta(1), BUILT, date(2016, 1, 1), CLOSED, date.max]
    found = [results.get(store, "district", When(day)).recipe for day in asked]
    assert found[0] == found[1] == found[2]
    assert found[3] == found[4]
    assert found[5] == found[6] == results.get(store, "district", When()).recipe
    assert len(set(found)) == 3
    sites = [
        results.get(store, "district", When(day)).values["categories"][0]["sites"]
        for day in (date.min, BUILT, CLOSED)
    ]
    assert sites[0] < sites[1]
    assert results.get(store, "district", When(BUILT)).values["date"] == BUILT.isoformat()


def test_a_time_and_its_sequence_number_are_one_question(store):
    results = Results(2)
    entry = store.history("education")[0]
    named = parse_when(None, entry.moved_at.isoformat())
    one = results.get(store, "district", named)
    assert one is results.get(store, "district", When(None, entry.sequence))


def test_equal_questions_are_computed_once(store):
    results = Results(2)
    start = threading.Barrier(8)

    def ask(_):
        start.wait()
        return results.get(store, "subdistrict", When(BUILT))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert all(each is found[0] for each in found)


def test_more_pasts_than_may_be_computed_are_told_to_come_again(store, home):
    results = Results(2, Bounds(pasts_at_once=1))
    with results._turn("community", present=False):
        with pytest.raises(CoverageBusy):
            results.get(store, "community", When(BUILT))
        assert results.get(store, "community", When()).values["by"] == "community", (
            "the present does not wait"
        )
    assert results.get(store, "community", When(BUILT)).values["date"] == BUILT.isoformat()


def test_more_than_may_wait_are_told_to_come_again(store):
    results = Results(2, Bounds(waiting=0))
    before = When(BUILT - timedelta(1))
    outcomes = []
    start = threading.Barrier(6)

    def ask():
        start.wait()
        try:
            outcomes.append(results.get(store, "community", before).recipe)
        except CoverageBusy as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = {each for each in outcomes if each != "coverage_busy"}
    assert len(made) == 1
    assert len(outcomes) == 6


def test_the_longest_unused_results_go_and_the_pinned_stay(store):
    results = Results(2)
    days = [None, BUILT, date(1900, 1, 1)]
    now, built, old = (results.get(store, "district", When(day)).recipe for day in days)
    for age, name in enumerate([built, old, now]):
        os.utime(store.workspace.home / "results" / name, (1e9 - age, 1e9 - age))
    others = folders(store) - {now, built, old}
    for name in others:
        os.utime(store.workspace.home / "results" / name, (1, 1))
    removed = prune(store, most=2, most_bytes=10**12, pinned=lambda: {now})
    assert set(removed) == others | {old}
    assert folders(store) == {now, built}
    assert damaged(store) == []
    assert prune(store, most=9, most_bytes=0, pinned=lambda: {now}) == [built]
    again = results.get(store, "district", When(BUILT))
    assert again.recipe == built, "what was let go is computed again, though this process remembers it"
    assert again.distances.is_file()


def test_readers_are_told_the_date_they_asked_for(home):
    """The canonical result says from when its state holds: it is what can be replayed."""
    with serving(home) as address, httpx.Client(base_url=address, timeout=120) as client:
        for day in ("0001-01-01", "1900-02-03", "2016-01-02", "9999-12-31"):
            asked = {"at": day, "lang": "en"}
            for suffix in ("csv", "xlsx"):
                answer = client.get(f"/api/coverage/circles.{suffix}", params=asked)
                assert answer.status_code == 200, (day, suffix)
                assert day in answer.headers["content-disposition"]
            assert client.get("/", params=asked).status_code == 200
            assert client.get("/coverage/circles", params=asked).status_code == 200
        page = client.get("/coverage/circles", params={"at": "2016-01-02", "lang": "en"}).text
        assert "2 January 2016" in page
        assert client.get("/api/coverage/circles?at=2016-01-02").json()["at"] == BUILT.isoformat()


def test_a_server_keeps_no_more_results_than_it_is_told(home, store):
    """Each head move of a layer gives results of its own: more than four pasts, and four are kept."""
    with serving(home, results_kept=4) as address, httpx.Client(base_url=address, timeout=120) as client:
        for sequence in range(store.sequence() - 6, store.sequence() + 1):
            answer = client.get("/api/coverage/circles", params={"by": "district", "as_of": sequence})
            assert answer.status_code == 200
            assert len(folders(store)) <= 4
        with ThreadPoolExecutor(12) as pool:
            for each in pool.map(
                lambda n: client.get("/api/coverage/circles", params={"by": "community", "as_of": n}),
                range(store.sequence() - 6, store.sequence() + 1),
            ):
                assert each.status_code in (200, 503)
                if each.status_code == 503:
                    assert each.json()["code"] == "coverage_busy"
                    assert int(each.headers["retry-after"]) > 0
        assert len(folders(store)) <= 4 + len(store.workspace.city.zones)
