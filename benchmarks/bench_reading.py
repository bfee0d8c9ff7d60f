"""What opening one file of somebody else's costs: a confined child of the server, against one started anew.

Small files, since it is for them that the process itself is most of the time. The peer is started for the
file under the limits alone, imports what reading takes, and does the same task.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import box

from benchmarks._measure import Row, interleaved, report
from geo import formats, read_client, reader_run, readers
from geo.reader_environment import START, environment
from geo.reader_task import Task
from geo.sandbox import Protections, protections
from geo.task_folders import task_folder
from layers.mend import mend

LIMIT_S = 0.3
REPEATS = 9
STARS = 120
ONLY_LIMITS = Protections(limits=True, landlock=None, seccomp=False, network_namespace=False, bubblewrap=None)


def spawned(path: Path) -> None:
    """The same task in a process started for it."""
    source = formats.detect(path)
    with task_folder() as folder:
        work = folder / "work"
        for role, part in source.parts.items():
            (work / {"dbf": "table.dbf"}.get(role, f"in.{role}")).symlink_to(part)
        (work / "task.json").write_text(Task("read", source.name, source.driver).to_json())
        command = [
            sys.executable,
            "-I",
            "-c",
            START.format(module="reader_child"),
            json.dumps(asdict(ONLY_LIMITS)),
        ]
        subprocess.run(command, cwd=folder, env=environment(), check=True, stderr=subprocess.DEVNULL)
        answer = json.loads((work / "outcome.json").read_text())
        reader_run.table(folder, "out.arrow", Task("read", source.name, source.driver), answer["rows"])


def files(folder: Path) -> dict[str, Path]:
    """A hundred squares as three formats."""
    squares = [box(500000 + 10 * i, 4050000, 500009 + 10 * i, 4050009) for i in range(100)]
    frame = gpd.GeoDataFrame({"name": ["趵突泉"] * 100, "n": range(100)}, geometry=squares, crs=4548)
    found = {"Shapefile": folder / "s.shp", "GeoPackage": folder / "g.gpkg", "CSV": folder / "c.csv"}
    frame.to_file(found["Shapefile"], encoding="UTF-8")
    frame.to_file(found["GeoPackage"])
    found["CSV"].write_text("name,lon,lat\n" + "趵突泉,117.01,36.66\n" * 100, encoding="utf-8")
    return found


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for kind, path in files(Path(name)).items():
            readers.read(path)  # starts the server, once
            ours, theirs = f"{kind}, server", f"{kind}, spawned"
            times = interleaved({ours: partial(readers.read, path), theirs: partial(spawned, path)}, REPEATS)
            rows.append(Row(f"small {kind}", times[ours], "a process of its own", times[theirs], 5.0))
            rows.append(Row(f"small {kind}", times[ours], "limit", LIMIT_S, 1.0))
    first = interleaved({"first": _first}, 5)["first"]
    rows.append(Row("first file, with the server's start", first, "limit", 2.0, 1.0))
    random = np.random.default_rng(1)
    stars = np.array([shapely.Polygon(random.random((60, 2))) for _ in range(STARS)])
    hostile = interleaved({"stars": partial(mend, stars, seconds_a_file=2.0)}, 3)["stars"]
    rows.append(Row(f"{STARS} stars of 60 points, 2 s allowed", hostile, "limit", 3.0, 1.0))
    facts = {"protections": asdict(protections()), "server memory, MB": _server_megabytes()}
    report("reading", "Opening a file of somebody else's in a confined process", rows, facts)


def _first() -> None:
    read_client.close()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "p.csv"
        path.write_text("lon,lat\n117,36\n")
        readers.read(path)


def _server_megabytes() -> int:
    pages = Path(f"/proc/{read_client.running_pid()}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") // 10**6
