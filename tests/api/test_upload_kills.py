"""Workers killed over an upload, again and again: it comes to an end, and is published once or not at all."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from upload_killers import start_worker

from layers import jobs, uploads
from layers.catalog import Store
from layers.receiving import append
from layers.said import Said
from layers.tables import job
from layers.workspace import Workspace

CHECKER = Path(__file__).parents[1] / "layers" / "outside_checker.py"
CITY = """
id = "bare"
name_zh = "空城"
name_en = "Bare"
bbox = [117.0, 36.0, 118.0, 37.0]
[[agencies]]
code = "east"
name_zh = "东区"
name_en = "East"
"""
PATIENCE_S = 120.0


def people(number):
    """Thirty homes as GeoJSON, each with so many people."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"h{n}", "people": number},
            "geometry": {"type": "Point", "coordinates": [round(117.1 + 0.01 * n, 6), 36.5]},
        }
        for n in range(30)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def unowned(store):
    """Let the leases of dead workers run out now."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with store.database.write() as connection:
        connection.execute(job.update().where(job.c.state == "running").values(lease_until=past))


def finish_under_kills(store, made, rng, kills):
    """Kill so many workers at a random time after they took the job; then let one finish everything."""
    home = store.workspace.home
    for _ in range(kills):
        worker = start_worker(home)
        end = time.monotonic() + PATIENCE_S
        while not (found := jobs.find(store.database, made.id)).is_over and found.state != "running":
            assert time.monotonic() < end, "no worker took the job"
            worker.join(0.01)
        worker.join(rng.uniform(0.0, 0.6))
        os.kill(worker.pid, signal.SIGKILL)
        worker.join(30)
        unowned(store)
    worker = start_worker(home)
    try:
        end = time.monotonic() + PATIENCE_S
        while not all_over(store):
            assert time.monotonic() < end, "the jobs do not end"
            worker.join(0.05)
    finally:
        worker.terminate()
        worker.join(30)
    return jobs.find(store.database, made.id)


def all_over(store):
    with store.database.read() as connection:
        return not connection.execute(job.select().where(job.c.state.in_(("queued", "running")))).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_an_upload_whose_workers_are_killed_ends_and_is_published_once(tmp_path, seed):
    rng = random.Random(seed)  # noqa: S311 - chance, not secrets
    home, content = tmp_path / "home", people(seed + 1)
    with Store.open(Workspace.init(home, CITY)) as store:
        said = Said(layer="people", agency="east")
        upload = uploads.create(store, "li", said, [("people.geojson", len(content))])
        append(store, upload.id, 0, 0, content)
        _, examine = uploads.complete(store, upload.id, "li")
        assert finish_under_kills(store, examine, rng, 2).state == "done"
        _, publish = uploads.publish(store, upload.id, "li", confirm=["all"])
        assert finish_under_kills(store, publish, rng, 2).state == "done"
        found = uploads.find(store, upload.id)
        assert found.state == "published"
        assert [entry.version for entry in store.history("people")] == [found.version]
        assert set(store.read("people")["people"]) == {float(seed + 1)}
    with Store.open(Workspace.open(home)):
        pass
    command = [sys.executable, "-I", "-S", str(CHECKER), str(home), "--opened", "--at-rest"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""
