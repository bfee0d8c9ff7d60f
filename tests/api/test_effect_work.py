"""The effect of an upload as a job: what an examination kept, in; plain values, out."""

import json
import shutil

import pytest
import small_city

from api.effect_work import EFFECT, handle
from api.worker_registry import Context, load
from geo.crs import to_stored
from geo.writers import write_sidecar
from layers import examined, jobs
from layers.catalog import Store
from layers.upload_errors import UploadNotFound
from layers.upload_folder import examination
from layers.validate import prepare
from layers.workspace import Workspace

UPLOAD = "0" * 32


@pytest.fixture(scope="module")
def store(small_built, tmp_path_factory):
    home = shutil.copytree(small_built, tmp_path_factory.mktemp("effect") / "home")
    with Store.open(Workspace.open(home)) as found:
        yield found


def job_of(store, number):
    jobs.enqueue(store.database, EFFECT, UPLOAD, {"upload": UPLOAD, "examination": number}, "tests")
    return Context(store, jobs.claim(store.database, "tester", (EFFECT,)))


def keep_examination(store, number, layer, frame):
    """The files of an examination that the effect needs."""
    folder = examination(store.workspace, UPLOAD, number)
    folder.mkdir(parents=True)
    state = prepare(to_stored(frame), store.spec(layer), store.workspace.city).frame
    write_sidecar(folder / "state-features.parquet", state)
    report = {"format": 1, "kind": "features", "layer": layer, "agency": "planning", "facts": {}}
    (folder / "report.json").write_text(json.dumps(report))
    assert len(examined.load(folder).state(store)) == len(frame)


def test_the_worker_knows_the_kind():
    assert load()[EFFECT] is handle


def test_an_upload_without_its_schools_takes_them_from_everybody(store):
    """All planning schools go: the shares of the three school categories fall to 0 in the city."""
    keep_examination(store, 1, "education", small_city.facilities("education").iloc[:0])
    context = job_of(store, 1)
    outcome = handle(context)
    jobs.finish(store.database, context.job, outcome)
    assert json.loads(json.dumps(outcome)) == outcome
    assert (outcome["layer"], outcome["reason"], outcome["by"]) == ("education", None, "district")
    after = {each["id"]: each["after"] for each in outcome["city"]["categories"]}
    assert after == {"kindergarten": 0.0, "primary_school": 0.0, "secondary_school": 0.0}
    assert all(each["before"] > 0 for each in outcome["city"]["categories"])
    assert [each["rule"] for each in outcome["rules"]] == ["school-places"]


def test_an_examination_that_is_gone_is_said_to_be(store):
    with pytest.raises(UploadNotFound):
        handle(job_of(store, 7))
