"""One park moved in the demo city: answering the rules of parks anew, against full runs.

Parks within a walk and within a radius, by district, kept before and after. One process does both in turns; a
full run remembers streets and layers as a refresh does, so only measuring is compared. Results and the tables
of their pieces are compared byte by byte. Rules that read no parks keep their recipe: they cost nothing.
"""

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import geopandas as gpd
from shapely.affinity import translate

from api import demo
from benchmarks._measure import ROOT, Row, report
from inventory.coverage_refresh import refreshed_coverage
from inventory.coverage_run import run_coverage
from inventory.questions import Question, pin_question
from inventory.readiness import ready
from inventory.results import keep
from layers.catalog import Store
from layers.publish import publish_frame
from layers.workspace import Workspace

RULES = ("park-walk", "park-radius")
ROUNDS = 3
BAR = 10.0
Seconds = dict[str, list[float]]


def publish(store: Store, number: int) -> None:
    """Move one park by some 300 m."""
    agency = sorted(store.heads("parks"))[0]
    frame = store.read_version(store.heads("parks")[agency])
    assert isinstance(frame, gpd.GeoDataFrame)
    one = frame.iloc[[97 * (number + 1) % len(frame)]].copy()
    moved = one.set_geometry([translate(one.geometry.iloc[0], 0.0025, 0.0015)], crs=frame.crs)
    publish_frame(store, "parks", agency, moved, author="benchmark", mode="upsert")


def measured(store: Store) -> Seconds:
    spent: Seconds = {}
    for rule in RULES:
        keep(store, run_coverage(store, pin_question(store, Question(rule))))
    for number in range(ROUNDS + 1):
        publish(store, number)
        for rule in RULES:
            recipe = pin_question(store, Question(rule))
            start = time.perf_counter()
            made = refreshed_coverage(store, recipe)
            between = time.perf_counter()
            whole = run_coverage(store, recipe)
            end = time.perf_counter()
            assert made is not None
            assert made.content == whole.content
            assert all(table.equals(whole.tables[name]) for name, table in made.tables.items())
            keep(store, made)
            spent.setdefault(rule, []).append(between - start)
            spent.setdefault(f"{rule}, full", []).append(end - between)
    return spent


def main() -> None:
    ready()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        built = Path(os.environ.get("QUANTU_DEMO", ROOT / "home"))
        if (built / demo.MARK_FILE).is_file():
            shutil.copytree(built, home, ignore=shutil.ignore_patterns("worker.bell", "results"))
        else:
            demo.build(home)
        with Store.open(Workspace.open(home)) as store:
            spent = {name: statistics.median(values[1:]) for name, values in measured(store).items()}
    facts: dict[str, object] = {name: f"{seconds * 1000:.0f} ms" for name, seconds in spent.items()}
    rows = [Row(rule, spent[rule], "full run", spent[f"{rule}, full"], BAR) for rule in RULES]
    report("coverage_refresh", "One park moved in the demo city: rules of parks made anew", rows, facts)


if __name__ == "__main__":
    main()
