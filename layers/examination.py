"""What one look at an upload found, as a value: shown as a report, kept on disk, published as it is.

Owns `Examined` and the form of report.json (docs/uploads.md); who finds what lives in `layers.examine`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from geo.detected import Detected
from geo.errors import ReadError
from layers import findings as facts_found
from layers.arranging import Column
from layers.diff import Delta, counts
from layers.errors import AgencyRequired, LayerRequired
from layers.findings import Finding, has_errors
from layers.ledger import Version
from layers.network_diff import NetworkDelta, counts_network
from layers.opening import Heap
from layers.publishing import Ready
from layers.rasters import Raster
from layers.said import Said

Progress = Callable[[str], None]
"""Told the name of each step as it begins."""


@dataclass(frozen=True)
class Examined:
    """What one look at an upload found. `state` holds the tables the agency would have; empty without any.

    `nodes` is what would change among the nodes of a network, whose edges are in `delta`.
    """

    said: Said
    kind: str = "features"
    heap: Heap | None = None
    dataset: str | None = None
    source_layer: str | None = None
    layer: str | None = None
    agency: str | None = None
    geometry: str | None = None
    read_rows: int = 0
    taken_rows: int = 0
    bounds: tuple[float, float, float, float] | None = None
    detected: tuple[Detected, ...] = ()
    notes: tuple[Any, ...] = ()
    columns: tuple[Column, ...] = ()
    findings: tuple[Finding, ...] = ()
    base: Version | None = None
    delta: Delta | None = None
    nodes: Delta | None = None
    state: dict[str, pd.DataFrame] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    rows: pd.DataFrame | None = None
    draft: dict[str, Any] | None = None
    carrier: str | None = None
    failure: ReadError | None = None
    raster: Raster | None = None

    @property
    def publishable(self) -> bool:
        """Whether it can be published once what is uncertain is confirmed."""
        there = bool(self.state) or (self.raster is not None and self.layer is not None and bool(self.agency))
        return there and not has_errors(self.findings)

    def ready(self) -> Ready:
        """What would be published. Only with a layer and an agency."""
        if self.layer is None:
            raise LayerRequired()
        if self.agency is None:
            raise AgencyRequired([])
        return Ready(
            self.layer,
            self.agency,
            self.kind,
            self.base.id if self.base else None,
            self.detected,
            self.findings,
            self.delta,
            self.state.__getitem__,
            self.facts,
            None if self.raster is None else self.raster.path,
        )

    def _counted(self) -> dict[str, Any] | None:
        if self.delta is None:
            return None
        if self.nodes is None:
            return counts(self.delta)
        return counts_network(NetworkDelta(self.nodes, self.delta))

    def report(self, upload: str = "", examination: int = 0) -> dict[str, Any]:
        """Plain values, as docs/uploads.md describes report.json."""
        return {
            "upload": upload,
            "examination": examination,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "said": self.said.as_values(),
            "datasets": [] if self.heap is None else self.heap.as_values(),
            "unfit": [] if self.heap is None else [_told(each.error) for each in self.heap.unfit],
            "dataset": self.dataset,
            "source_layer": self.source_layer,
            "layer": self.layer,
            "agency": self.agency,
            "mode": self.said.mode,
            "kind": self.kind,
            "geometry": self.geometry,
            "rows": self.read_rows,
            "bounds": self.bounds,
            "detected": [_conclusion(each) for each in self.detected],
            "notes": [{"code": each.code, "fields": each.fields} for each in self.notes],
            "columns": [vars(each) for each in self.columns],
            "counts": _counts(self.findings),
            "rules": [
                {"rule": rule, "severity": severity, "field": name, "count": count}
                for (rule, severity, name), count in facts_found.tally(self.findings).items()
            ],
            "base": self.base.id if self.base else None,
            "base_rows": self.base.rows if self.base else 0,
            "delta": self._counted(),
            "publishable": self.publishable,
            "draft": self.draft,
            "facts": self.facts,
            "carrier": self.carrier,
            "failure": None if self.failure is None else _told(self.failure),
        }


def _counts(found: Sequence[Finding]) -> dict[str, int]:
    totals = dict.fromkeys(facts_found.SEVERITIES, 0)
    for (_, severity, _), count in facts_found.tally(found).items():
        totals[severity] += count
    return totals


def _conclusion(each: Detected) -> dict[str, Any]:
    others = [vars(other) for other in each.others]
    return {
        "subject": each.subject,
        "value": each.value,
        "confidence": each.confidence,
        "why": each.why,
        "fields": each.fields,
        "others": others,
    }


def _told(error: ReadError) -> dict[str, Any]:
    return {"code": error.code, "fields": dict(vars(error))}
