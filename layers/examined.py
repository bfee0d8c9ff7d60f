"""An examination on disk: what one look at an upload found, kept so that pages and publishing agree on it.

A folder that is written once and then only read: `report.json` (plain values, see docs/uploads.md),
`findings.jsonl`, the rows that findings are about, the state the agency would have, the delta to its head.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.detected import Candidate, Detected
from geo.raster_picture import picture
from geo.writers import read_sidecar, write_sidecar
from layers.catalog import NetworkFrames, Store
from layers.diff import Delta, apply, from_folder, to_folder
from layers.errors import AgencyRequired, LayerRequired
from layers.examination import Examined
from layers.findings import Finding
from layers.publish import state_under
from layers.publishing import Ready

FORMAT = 1
REPORT, FINDINGS = "report.json", "findings.jsonl"
ROW = "row"
_STATE = "state-{}.parquet"
_ROWS = "rows.parquet"
_RASTER, PREVIEW = "state.tif", "preview.png"


def findings_as_values(findings: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    """Findings as the lines of findings.jsonl, numbered from 1."""
    for number, finding in enumerate(findings, start=1):
        values = asdict(finding)
        values.pop("layer")
        yield {"n": number, **values}


def save(folder: Path, found: Examined, *, upload: str = "", examination: int = 0) -> None:
    """Write an examination into an empty folder; the report last, so that a folder with one is whole."""
    with (folder / FINDINGS).open("w", encoding="utf-8", errors="surrogateescape") as lines:
        for values in findings_as_values(found.findings):
            lines.write(json.dumps(values, ensure_ascii=False, default=_plain) + "\n")
    if found.rows is not None:
        write_sidecar(folder / _ROWS, found.rows)
    for table, frame in found.state.items():
        write_sidecar(folder / _STATE.format(table), frame)
    if found.delta is not None:
        to_folder(found.delta, folder)
    if found.raster is not None:
        raster = found.raster
        shutil.copyfile(raster.path, folder / _RASTER)
        bands = raster.facts["bands"]
        colours = len(bands) in (3, 4) and all(band["kind"] == "uint8" for band in bands)
        south_up = raster.facts["transform"][4] > 0
        (folder / PREVIEW).write_bytes(picture(raster.preview, colours=colours, south_up=south_up))
    values = {"format": FORMAT, **found.report(upload, examination)}
    text = json.dumps(values, ensure_ascii=False, indent=1, default=_plain)
    (folder / REPORT).write_text(text + "\n", encoding="utf-8", errors="surrogateescape")


@dataclass(frozen=True)
class Saved:
    """An examination as it was kept; frames are read when asked for."""

    folder: Path
    report: dict[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each severity there are, those left out of the list included."""
        return dict(self.report["counts"])

    def findings(
        self, severity: str | None = None, rule: str | None = None, start: int = 0, limit: int | None = 100
    ) -> list[dict[str, Any]]:
        """Lines of findings.jsonl, of one severity or rule if asked, at most `limit` from `start` on."""
        found: list[dict[str, Any]] = []
        skip = start
        with (self.folder / FINDINGS).open(encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                values = json.loads(line)
                if (severity and values["severity"] != severity) or (rule and values["rule"] != rule):
                    continue
                if skip:
                    skip -= 1
                    continue
                found.append(values)
                if limit is not None and len(found) == limit:
                    break
        return found

    def rows(self) -> pd.DataFrame | None:
        """The file's rows that findings are about, with column `row`; None where nothing was read."""
        path = self.folder / _ROWS
        return read_sidecar(path) if path.exists() else None

    def table(self, name: str = "features") -> pd.DataFrame:
        """A table of the state the agency would have: "features", or "nodes" and "edges" of a network."""
        return read_sidecar(self.folder / _STATE.format(name))

    @property
    def preview(self) -> Path | None:
        """The picture of a raster, None where there is none."""
        path = self.folder / PREVIEW
        return path if path.exists() else None

    def state(self, store: Store) -> pd.DataFrame | NetworkFrames | None:
        """The state the agency would have, in the form `layers.candidate` takes; None of a raster.

        Values that count as equal are those of the head it was compared with, as they are once published.
        """
        if self.report["kind"] == "raster":
            return None
        if self.report["kind"] != "network":
            return self._features(store)
        directed = bool(self.report["facts"].get("directed", False))
        return NetworkFrames(self.table("nodes"), self.table("edges"), directed)

    def _features(self, store: Store) -> pd.DataFrame:
        delta, base = self.delta(), self.report.get("base")
        if delta is None or base is None:
            return self.table()
        old = state_under(store, store.version(base), store.spec(self.report["layer"]))
        return self.table() if old is None else apply(old, delta)

    @cached_property
    def detected(self) -> tuple[Detected, ...]:
        """What was concluded."""
        return tuple(
            Detected(**{**each, "others": tuple(Candidate(**other) for other in each["others"])})
            for each in self.report["detected"]
        )

    def ready(self) -> Ready:
        """What would be published."""
        report = self.report
        if report["layer"] is None:
            raise LayerRequired()
        if report["agency"] is None:
            raise AgencyRequired([])
        errors = (
            Finding(**{name: value for name, value in line.items() if name != "n"}, layer=report["layer"])
            for line in self.findings("error", limit=None)
        )
        return Ready(
            report["layer"],
            report["agency"],
            report["kind"],
            report["base"],
            self.detected,
            tuple(errors),
            self.delta(),
            self.table,
            report["facts"],
            self.folder / _RASTER if report["kind"] == "raster" else None,
        )

    def delta(self) -> Delta | None:
        """What would change, None where nothing could be compared."""
        return from_folder(self.folder) if self.report.get("delta") is not None else None


def load(folder: Path) -> Saved:
    """The examination in that folder; FileNotFoundError while it is not whole."""
    return Saved(folder, json.loads((folder / REPORT).read_text(encoding="utf-8", errors="surrogateescape")))


def _plain(value: Any) -> Any:
    """Numbers of numpy, tuples and sets as JSON has them; anything else as text."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)
