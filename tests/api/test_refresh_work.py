"""After a publish a job makes the kept results anew; until it has, nobody is shown the old as the new."""

import json
import shutil

import bare_city
import pytest
import small_city
from test_worker import until
from upload_killers import start_worker

from api.params import When
from api.refresh_queue import REFRESH, SUBJECT, refreshing
from api.refresh_work import handle
from api.results import Results
from api.worker_registry import Context, load
from inventory.coverage_run import run_coverage
from inventory.pins import pin
from inventory.questions import Question, pin_question
from inventory.results import find_recipe, keep
from inventory.run import run
from layers import jobs
from layers.catalog import Store
from layers.withdraw import withdraw
from layers.workspace import Workspace

SCHOOLS = """
kind = "coverage"
id = "own"
title_zh = "学校"
title_en = "Schools"
clause = "1"
source = "tests"
standing = "assumed"
catchment = "walk"
[[services]]
layer = "education"
distance_m = 500
[[demands]]
kind = "people"
layer = "people"
amount = "people"
"""


@pytest.fixture(scope="module")
def built(small_built, tmp_path_factory):
    """The small city, looked at by district and by community."""
    home = shutil.copytree(small_built, tmp_path_factory.mktemp("refresh") / "home")
    with Store.open(Workspace.open(home)) as store:
        results = Results(1)
        for by in ("district", "community"):
            results.get(store, by, When())
    return home


@pytest.fixture
def store(built, tmp_path):
    shutil.copytree(built, tmp_path / "home")
    with refreshing(Store.open(Workspace.open(tmp_path / "home"))) as store:
        yield store


def publish(store, count):
    """The schools but for some; the version."""
    small_city.publish(store, "education", small_city.facilities("education").iloc[20 * count :])
    return store.heads("education")["planning"].id


def waiting(store):
    return jobs.claim(store.database, "tester", (REFRESH,))


def done(store):
    job = waiting(store)
    outcome = handle(Context(store, job))
    jobs.finish(store.database, job, outcome)
    return json.loads(json.dumps(outcome))["results"]


def test_the_worker_knows_the_kind():
    assert load()[REFRESH] is handle


def test_a_publish_queues_a_job_that_keeps_what_a_full_run_gives(store):
    """By subdistrict nobody looked: that is not made. The two that are share one file of walks."""
    publish(store, 1)
    made = done(store)
    assert made.keys() == {"district", "community"}
    assert 0 < made["community"]["counted"] <= 16
    folders = []
    for by in made:
        recipe = pin(store, by=by)
        kept = find_recipe(store, recipe)
        assert kept is not None
        assert made[by]["recipe"] == recipe.hash
        assert kept.content == run(store, recipe).content
        folders.append(kept)
    assert folders[0].distances.samefile(folders[1].distances)
    assert waiting(store) is None


def test_rules_somebody_asked_are_answered_anew_too(store):
    """A rule of schools and of people: only the schools move, so people are asked again around them."""
    (store.workspace.home / "rules" / "own.toml").write_text(SCHOOLS, "utf-8")
    keep(store, run_coverage(store, pin_question(store, Question("own"))))
    publish(store, 1)
    job = waiting(store)
    outcome = json.loads(json.dumps(handle(Context(store, job))))
    recipe = pin_question(store, Question("own"))
    assert outcome["rules"] == [
        {"rule": "own", "by": "district", "recipe": recipe.hash, "taken": {"people": "near"}, "error": None}
    ]
    assert outcome["left"] == 0
    assert find_recipe(store, recipe).content == run_coverage(store, recipe).content


def test_moves_before_the_job_begins_are_one_job(store):
    first = store.heads("education")["planning"].id
    publish(store, 1)
    second = publish(store, 2)
    store.revert("education", first, author="tests")
    withdraw(store, second, why="wrong", actor="tests")
    job = waiting(store)
    assert waiting(store) is None
    publish(store, 3)  # while the job is at work: it may have read the heads already
    later = jobs.latest(store.database, REFRESH, SUBJECT)
    assert (later.state, later.id != job.id) == ("queued", True)


def test_a_move_that_fails_queues_nothing(store):
    def fails(_connection, _entry):
        raise ZeroDivisionError

    store.on_move.append(fails)
    with pytest.raises(ZeroDivisionError):
        publish(store, 1)
    assert waiting(store) is None


def test_after_a_withdrawal_results_are_made_from_those_before_it(store):
    """The newest results stand on the withdrawn version; those before it have what is shown again."""
    version = publish(store, 1)
    done(store)
    withdraw(store, version, why="wrong", actor="tests")
    made = done(store)
    assert {by: each["counted"] for by, each in made.items()} == {"district": 0, "community": 0}


def test_between_publish_and_job_a_reader_gets_the_new_result(store):
    results = Results(1)
    old = results.get(store, "district", When())
    version = publish(store, 1)
    new = results.get(store, "district", When())
    assert new.recipe != old.recipe
    assert version in {each["version"] for each in new.values["inputs"]}
    assert new.bytes == run(store, pin(store)).content
    assert done(store).keys() == {"community"}


@pytest.mark.slow
def test_a_worker_does_the_job_and_pages_say_how_it_stands(store):
    home = store.workspace.home
    worker = start_worker(home)
    try:
        publish(store, 1)
        job = jobs.latest(store.database, REFRESH, SUBJECT)
        until(lambda: jobs.find(store.database, job.id).is_over)
    finally:
        worker.kill()
        worker.join()
    with bare_city.administering(home) as client:
        told = client.get(f"/api/jobs/{job.id}").json()
    assert (told["kind"], told["state"], told["error"]) == (REFRESH, "done", None)
    assert told["outcome"]["results"].keys() == {"district", "community"}
    assert find_recipe(store, pin(store, by="community")) is not None
