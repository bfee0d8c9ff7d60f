"""One facility moved in the demo city: publishing it and making three results anew, against full runs.

Results by district, subdistrict and community, kept before and after. A full run reads, walks, counts and
keeps all of it; nothing is remembered when it begins. *Warm*: one process does both in turns and remembers
streets and people between publishes, as a server does. *Cold*: each in a process of its own that has loaded
its code and read nothing, as a worker's job is. Results are compared byte by byte.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from shapely.affinity import translate

from api import demo
from benchmarks._measure import ROOT, Row, report
from inventory import changes, memory, refresh
from inventory.pins import pin
from inventory.readiness import ready
from inventory.renewal import renew
from inventory.results import keep
from inventory.run import run
from layers.catalog import Store
from layers.publish import publish_frame
from layers.workspace import Workspace

LAYERS = ("education", "shops", "culture_sport")
ROUNDS = 3
BAR = 10.0
Seconds = dict[str, list[float]]

COLD = """
import sys
from benchmarks.bench_refresh import cold
cold(sys.argv[1], sys.argv[2], sys.argv[3])
"""


def forget() -> None:
    """Begin as a process that has read nothing."""
    for module in (memory, refresh, changes):
        for each in vars(module).values():
            if isinstance(each, memory.Remembered):
                each.clear()


def publish(store: Store, number: int) -> None:
    """Move one facility by some 300 m."""
    layer = LAYERS[number % len(LAYERS)]
    agency = sorted(store.heads(layer))[0]
    frame = store.read_version(store.heads(layer)[agency])
    one = frame.iloc[[997 * (number + 1) % len(frame)]].copy()
    moved = one.set_geometry([translate(one.geometry.iloc[0], 0.0025, 0.0015)], crs=frame.crs)
    timed("publish", lambda: publish_frame(store, layer, agency, moved, author="benchmark", mode="upsert"))


SPENT: Seconds = {}


def timed(name: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    SPENT.setdefault(name, []).append(time.perf_counter() - start)


def full(store: Store, zones: Iterable[str]) -> None:
    """Full runs of what is kept of the present, which is kept again."""
    for by in zones:
        recipe = pin(store, by=by)
        keep(store, run(store, recipe))


def results(store: Store, zones: Iterable[str]) -> dict[str, Path]:
    return {by: store.workspace.home / "results" / pin(store, by=by).hash for by in zones}


def contents(store: Store, zones: Iterable[str]) -> dict[str, bytes]:
    return {by: (path / "result.json").read_bytes() for by, path in results(store, zones).items()}


def take_away(store: Store, zones: Iterable[str]) -> dict[str, bytes]:
    """Remove the results of the present; their bytes."""
    found = contents(store, zones)
    for folder in results(store, zones).values():
        shutil.rmtree(folder)
    return found


def warm(store: Store, zones: list[str]) -> None:
    full(store, zones)
    for number in range(ROUNDS + 1):
        publish(store, number)
        timed("refresh", lambda: list(renew(store, zones)))
        made = take_away(store, zones)
        timed("full, remembering", lambda: full(store, zones))
        take_away(store, zones)
        forget()
        timed("full", lambda: full(store, zones))
        assert made == contents(store, zones)
        list(renew(store, zones))


def cold(home: str, what: str, name: str) -> None:
    """In a process of its own: make the results of the present one way or the other, and tell the time."""
    with Store.open(Workspace.open(Path(home))) as store:
        zones = list(store.workspace.city.zones)
        ready()
        start = time.perf_counter()
        full(store, zones) if what == "full" else list(renew(store, zones))
        print(json.dumps({name: time.perf_counter() - start}))


def in_a_process(home: Path, what: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COLD, str(home), what, name],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    for key, seconds in json.loads(done.stdout.splitlines()[-1]).items():
        SPENT.setdefault(key, []).append(seconds)


def colds(store: Store, zones: list[str]) -> None:
    home = store.workspace.home
    for number in range(ROUNDS + 1):
        publish(store, 100 + number)
        in_a_process(home, "refresh", "refresh, cold")
        made = take_away(store, zones)
        in_a_process(home, "full", "full, cold")
        assert made == contents(store, zones)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        built = Path(os.environ.get("QUANTU_DEMO", ROOT / "home"))
        if (built / demo.MARK_FILE).is_file():
            shutil.copytree(built, home, ignore=shutil.ignore_patterns("worker.bell", "results"))
        else:
            demo.build(home)
        with Store.open(Workspace.open(home)) as store:
            zones = list(store.workspace.city.zones)
            warm(store, zones)
            colds(store, zones)
            people = sum(head.rows for head in store.heads("people").values())
    spent = {name: statistics.median(values[1:]) for name, values in SPENT.items()}
    told = {name: f"{seconds * 1000:.0f} ms" for name, seconds in spent.items()}
    facts: dict[str, object] = {"size": f"{people} places with people, results by {', '.join(zones)}", **told}
    rows = [
        Row("refresh", spent["refresh"], "full run", spent["full"], BAR),
        Row("publish and refresh", spent["publish"] + spent["refresh"], "full run", spent["full"], BAR),
        Row("refresh, cold", spent["refresh, cold"], "full run, cold", spent["full, cold"], BAR),
        Row(
            "publish and refresh, cold",
            spent["publish"] + spent["refresh, cold"],
            "full run, cold",
            spent["full, cold"],
            BAR,
        ),
    ]
    report("refresh", "One facility moved in the demo city: three results made anew", rows, facts)


if __name__ == "__main__":
    main()
