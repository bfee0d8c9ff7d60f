"""Publishing what an examination showed: the change its owner looked at, what was uncertain confirmed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.detected import Detected
from geo.formats import NamedFile
from layers.catalog import Store
from layers.diff import Delta
from layers.errors import Rejected, Unconfirmed
from layers.findings import Finding, has_errors
from layers.networks import PreparedNetwork, publish_prepared_network
from layers.publish import Published, publish_state
from layers.rasters import publish_raster
from layers.reading import in_normal_form
from layers.validate import Prepared

CONFIRM_BELOW = 0.9
"""Conclusions less sure than this are put to the uploader before anything is published."""
TO_CONFIRM = ("source_layer", "encoding", "crs", "axes", "datum", "unit", "layer", "agency", "removal")
EVERYTHING = "all"


@dataclass(frozen=True)
class Ready:
    """What is published: a delta to `base` for features and tables, whole tables for a network, a file for a
    raster."""

    layer: str
    agency: str
    kind: str
    base: str | None
    detected: tuple[Detected, ...]
    findings: tuple[Finding, ...]
    delta: Delta | None
    table: Callable[[str], pd.DataFrame]
    facts: Mapping[str, Any]
    raster: Path | None = None


def unconfirmed(detected: Sequence[Detected], confirmed: Collection[str]) -> list[Detected]:
    """What is still to be confirmed before publishing; `all` confirms everything."""
    if EVERYTHING in confirmed:
        return []
    return [
        each
        for each in detected
        if each.subject in TO_CONFIRM and each.confidence < CONFIRM_BELOW and each.subject not in confirmed
    ]


def publish_ready(
    store: Store,
    ready: Ready,
    files: Sequence[NamedFile],
    *,
    author: str,
    note: str = "",
    confirmed: Collection[str] = (),
) -> Published:
    """Publish it, the files kept as its original.

    Rejected if a finding is an error, Unconfirmed if a conclusion is uncertain and not in `confirmed`,
    HeadMoved if somebody changed the same features meanwhile.
    """
    if has_errors(ready.findings):
        raise Rejected(ready.layer, ready.findings)
    left = unconfirmed(ready.detected, confirmed)
    if left:
        raise Unconfirmed(ready.layer, [(each.subject, each.value) for each in left])
    spec = store.spec(ready.layer)
    if ready.kind == "raster":
        assert ready.raster is not None  # noqa: S101 - what is publishable has one
        return publish_raster(
            store,
            spec,
            ready.agency,
            ready.raster,
            ready.facts,
            findings=ready.findings,
            author=author,
            note=note,
            source=files,
            expected=ready.base,
        )
    if ready.kind == "network":
        return publish_prepared_network(
            store,
            spec,
            ready.agency,
            _network(ready, {field.name: field for field in spec.nodes}, spec.by_name),
            directed=bool(ready.facts["directed"]),
            author=author,
            note=note,
            source=files,
            expected=ready.base,
        )
    return publish_state(
        store,
        spec,
        ready.agency,
        None,
        base=ready.base,
        delta=ready.delta,
        findings=ready.findings,
        author=author,
        note=note,
        source=files,
    )


def _network(ready: Ready, nodes: Mapping[str, Any], edges: Mapping[str, Any]) -> PreparedNetwork:
    def prepared(table: str, fields: Mapping[str, Any]) -> Prepared:
        frame = in_normal_form(ready.table(table), dict(fields))
        return Prepared(frame, (), np.arange(1, len(frame) + 1))

    return PreparedNetwork(prepared("nodes", nodes), prepared("edges", edges), ready.findings)
