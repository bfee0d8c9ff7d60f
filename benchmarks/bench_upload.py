"""An upload to a published version, and its preview, against pyogrio's own read plus GeoPackage write.

The peer reads the same ZIP with the encoding named and writes a GeoPackage: no checks, no versions. Ours does
all that an officer gets: unpacks, detects, validates, compares, seals, moves the head. Memory is that of the
web server, its worker and the reading process together while the same file comes in over HTTP.
"""

import os
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pyogrio

from benchmarks._measure import Row, interleaved, report
from benchmarks.upload_memory import peak_bytes
from benchmarks.upload_worlds import CITY, points, polygons, spec, with_changes, zipped
from layers.catalog import Store
from layers.examine import examine
from layers.intake import ingest, named_files
from layers.said import Said
from layers.staging import staged
from layers.workspace import Workspace

POINTS, POLYGONS, INVALID, CHANGED = 500_000, 50_000, 500, 0.01
LIMIT_BYTES = 2 * 1024**3
ROUNDS = int(os.environ.get("QUANTU_BENCH_ROUNDS", "3"))
SAID = {"crs": "EPSG:4548", "accept": ("all",)}


def peer(path: Path, folder: Path) -> None:
    """What a script does: read, write."""
    frame = pyogrio.read_dataframe(f"/vsizip/{path}", encoding="GB18030")
    target = folder / "peer.gpkg"
    target.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, target, driver="GPKG")


class Case:
    """One kind of file: published as new each time, then looked at again with changes."""

    def __init__(self, folder: Path, name: str, geometry: str, frame: gpd.GeoDataFrame) -> None:
        self.folder, self.name = folder, name
        self.first = zipped(frame, folder, name)
        self.second = zipped(with_changes(frame, CHANGED), folder, f"{name}_changed")
        self.specs = {f"specs/{name}.toml": spec(name, geometry).encode()}
        self.count = 0

    def home(self) -> Path:
        """A fresh workspace."""
        self.count += 1
        home = self.folder / f"{self.name}-{self.count}"
        Workspace.init(home, CITY, self.specs)
        return home

    def publish(self) -> None:
        """From the ZIP to a version in an empty workspace."""
        self.last = self.home()
        with Store.open(Workspace.open(self.last)) as store:
            outcome = ingest(store, self.first, layer=self.name, author="bench", **SAID)
            assert outcome.changed, outcome.findings[:3]

    def preview(self) -> None:
        """What would change, against what was published last."""
        with (
            Store.open(Workspace.open(self.last)) as store,
            staged(store.workspace.staging, "bench") as stage,
        ):
            said = Said(layer=self.name, crs="EPSG:4548")
            found = examine(store, named_files(self.second), said, folder=stage)
            assert found.delta is not None
            assert len(found.delta.after) == int(self.rows * CHANGED)

    @property
    def rows(self) -> int:
        return POINTS if self.name == "points" else POLYGONS

    def rows_of(self) -> list[Row]:
        """Times, side by side."""
        self.publish()  # warm: the reading server has imported, numba and pyogrio are there
        cases = {
            "peer": lambda: peer(self.first, self.folder),
            "publish": self.publish,
            "preview": self.preview,
        }
        seconds = interleaved(cases, ROUNDS)
        label = f"{self.rows:,} {self.name}"
        return [
            Row(
                f"publish {label}",
                seconds["publish"],
                "pyogrio read + write",
                seconds["peer"],
                3,
                at_most=True,
            ),
            Row(
                f"preview of 1 % changed, {label}",
                seconds["preview"],
                "pyogrio read + write",
                seconds["peer"],
                1,
                at_most=True,
            ),
        ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="quantu-bench-") as name:
        folder = Path(name)
        began = time.perf_counter()
        cases = [
            Case(folder, "points", "point", points(POINTS)),
            Case(folder, "polygons", "polygon", polygons(POLYGONS, INVALID)),
        ]
        made = time.perf_counter() - began
        rows = [row for case in cases for row in case.rows_of()]
        for case in cases:
            peak = peak_bytes(case.home(), case.first, Said(layer=case.name, crs="EPSG:4548"))
            what = f"memory of web, worker, child, {case.rows:,} {case.name}"
            rows.append(Row(what, peak, "limit of 2 GiB", LIMIT_BYTES, 1, at_most=True, unit="B"))
        report(
            "upload",
            "An upload, against pyogrio's own read plus GeoPackage write",
            rows,
            {
                "text columns": 12,
                "encoding": "GB18030, not stated",
                "invalid polygons": INVALID,
                "files made in s": round(made, 1),
                "rounds": ROUNDS,
            },
        )


if __name__ == "__main__":
    main()
