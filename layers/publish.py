"""Publishing a state of an agency: as a change of what its head holds, in any mode, or as the first there is.

What counts as unchanged under the layer's precision keeps the head's own values; nothing changed makes no
version. A head that moved meanwhile is no conflict while both changes touch different features: the change
is then done to the new head. A changed spec comes first, as a version of its own.
"""

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd

from layers.catalog import Store
from layers.commit import (
    UNSET,
    Content,
    Published,
    Sources,
    Unset,
    may_publish,
    publish_content,
)
from layers.diff import Delta, apply, diff, touched
from layers.disk import disk_told
from layers.errors import HeadMoved, LayerKindError, Rejected, VersionNotFound
from layers.findings import Finding, has_errors
from layers.history import tables_under
from layers.keys import foreign_keys
from layers.ledger import Version
from layers.modes import combine
from layers.reading import read_part
from layers.sealed import in_stored_order
from layers.spec import LayerSpec
from layers.validate import Prepared, prepare

__all__ = [
    "UNSET",
    "Content",
    "Published",
    "Sources",
    "Unset",
    "may_publish",
    "publish_content",
    "publish_frame",
    "publish_prepared",
    "publish_state",
    "state_under",
    "table_keys",
]

_TRIES = 5
_Foreign = Callable[[dict[str, Version]], list[Finding]]


@disk_told()
def publish_frame(
    store: Store,
    layer: str,
    agency: str,
    frame: pd.DataFrame,
    *,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | Unset | None = UNSET,
) -> Version:
    """Make the frame this agency's state of a features or table layer, and return the head.

    The frame is validated as an upload is; Rejected carries the findings when one is an error. `source` names
    the files it came from, which are kept. `expected` is the version the caller takes for the head (None: no
    head); HeadMoved is raised if it is not the head when the call begins or when the work is done. Without
    it the head of the beginning is taken, and may move while the features changed are others.
    """
    spec = store.spec(layer)
    if spec.kind not in ("features", "table"):
        raise LayerKindError(layer, spec.kind, "features or table")
    return publish_prepared(
        store,
        spec,
        agency,
        prepare(frame, spec, store.workspace.city),
        author=author,
        note=note,
        mode=mode,
        source=source,
        expected=expected,
    ).version


@disk_told()
def publish_prepared(
    store: Store,
    spec: LayerSpec,
    agency: str,
    prepared: Prepared,
    *,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | Unset | None = UNSET,
    present: Collection[str] | None = None,
    key_columns: Sequence[str] = (),
    carrier: str | None = None,
) -> Published:
    """Publish what `prepare` made of a frame, in any of the modes.

    `present` and `key_columns` are those of `layers.modes.combine`, `carrier` that of `layers.diff.diff`;
    without `present` the frame has every column.
    """
    may_publish(store, spec, agency, mode)
    head = store.heads(spec.name).get(agency)
    _refuse_unexpected(spec, agency, expected, head)
    columns = [field.name for field in spec.fields] if present is None else present
    if has_errors(prepared.findings) and mode != "upsert":
        raise Rejected(spec.name, prepared.findings)
    old = state_under(store, head, spec)
    combined = combine(old, prepared, spec, mode, columns, key_columns=key_columns)
    if has_errors(combined.findings):
        raise Rejected(spec.name, combined.findings)
    return _publish(
        store,
        spec,
        agency,
        diff(old, combined.state, spec, carrier=carrier),
        head,
        old,
        combined.findings,
        lambda heads: table_keys(store, spec, combined.prepared, heads),
        author=author,
        note=note,
        source=source,
        may_move=expected is UNSET,
    )


@disk_told()
def publish_state(
    store: Store,
    spec: LayerSpec,
    agency: str,
    state: pd.DataFrame | None,
    *,
    base: str | None,
    delta: Delta | None = None,
    carrier: str | None = None,
    findings: tuple[Finding, ...] = (),
    author: str,
    note: str = "",
    source: Sources = None,
) -> Published:
    """Publish a new state that was worked out, and perhaps looked at, upon the version `base`.

    Parameters
    ----------
    state
        All the agency would have; may be None where `delta` is given.
    base
        The id of the head when the delta was made; None if there was no head.
    delta
        What turns `base` into the state, under `spec`; made of the state without it.
    findings
        What is known of the upload: an error among them is Rejected.

    Where the head has moved, the delta is done to the new head if none of its features changed between the
    two, and `Published.rebased` says so; else HeadMoved. `base` must be a version of this agency and layer.
    """
    may_publish(store, spec, agency)
    if has_errors(findings):
        raise Rejected(spec.name, findings)
    version = None if base is None else store.version(base)
    if version is not None and (version.layer, version.agency) != (spec.name, agency):
        raise VersionNotFound(version.id, spec.name)
    old = state_under(store, version, spec)
    if delta is None:
        if state is None:
            raise TypeError("publish_state needs a state or a delta")
        delta = diff(old, state, spec, carrier=carrier)
    added = delta.added[spec.key]
    return _publish(
        store,
        spec,
        agency,
        delta,
        version,
        old,
        findings,
        lambda heads: foreign_keys(added, _owned(store, heads), spec.key, spec.name, None),
        author=author,
        note=note,
        source=source,
        may_move=True,
    )


def _publish(
    store: Store,
    spec: LayerSpec,
    agency: str,
    delta: Delta,
    base: Version | None,
    old: pd.DataFrame | None,
    findings: tuple[Finding, ...],
    foreign: _Foreign,
    *,
    author: str,
    note: str,
    source: Sources,
    may_move: bool,
) -> Published:
    """Do the delta to the head, which is `base` (holding `old`) or one that moved aside from it."""
    for last in range(_TRIES, 0, -1):
        head = store.heads(spec.name).get(agency)
        rebased = _id(head) != _id(base)
        now = old
        if rebased:
            now = state_under(store, head, spec)
            if not may_move or _collide(delta, old, now, spec):
                raise HeadMoved(spec.name, agency, _id(base), _id(head))
        if head is not None and head.spec_hash != spec.spec_hash and now is not None:
            head = _migrate(store, spec, agency, head, now, author)
            if delta.is_empty:
                return Published(head, True, findings, rebased)
        if head is not None and delta.is_empty:
            return Published(head, False, findings, rebased)
        try:
            done = publish_content(
                store,
                spec,
                agency,
                _content(now, delta, spec),
                findings,
                foreign,
                author=author,
                note=note,
                source=source,
                expected=_id(head),
            )
        except HeadMoved:
            if not may_move or last == 1:
                raise
        else:
            return Published(done.version, done.changed, done.findings, rebased)
    raise AssertionError("the last try returns or raises")


def _migrate(
    store: Store, spec: LayerSpec, agency: str, head: Version, state: pd.DataFrame, author: str
) -> Version:
    """The head's data under the new spec, as a version of its own; data changes come after it."""
    return publish_content(
        store,
        spec,
        agency,
        _content(state, None, spec),
        (),
        lambda _heads: [],
        author=author,
        note="",
        source=None,
        expected=head.id,
        action="migrate",
    ).version


def _content(old: pd.DataFrame | None, delta: Delta | None, spec: LayerSpec) -> Callable[[], Content]:
    def made() -> Content:
        state = old
        if delta is not None:
            state = delta.added if old is None else apply(old, delta)
        assert state is not None  # noqa: S101 - one of the two is there
        frame = in_stored_order(state, spec.key)
        return Content({"features": frame}, len(frame), {})

    return made


def state_under(store: Store, version: Version | None, spec: LayerSpec) -> pd.DataFrame | None:
    """What a version holds, under the given spec; None without a version, or if no key survives the spec."""
    if version is None:
        return None
    frame = tables_under(store, version, spec)["features"]
    keys = frame[spec.key]
    return None if keys.isna().any() or keys.duplicated().any() else frame


def _collide(delta: Delta, old: pd.DataFrame | None, now: pd.DataFrame | None, spec: LayerSpec) -> bool:
    """Whether a feature the delta touches was touched between the two states."""
    if now is None:
        return True
    return bool(np.isin(touched(delta), touched(diff(old, now, spec))).any())


def table_keys(store: Store, spec: LayerSpec, prepared: Prepared, heads: dict[str, Version]) -> list[Finding]:
    """Keys of the main table that are another agency's at those heads."""
    owned = _owned(store, heads)
    return foreign_keys(prepared.frame[spec.key], owned, spec.key, spec.name, prepared.rows)


def _owned(store: Store, heads: dict[str, Version]) -> dict[str, pd.Series]:
    owned = {}
    for other, version in heads.items():
        theirs = store.spec_of(version)
        table = "edges" if theirs.kind == "network" else "features"
        owned[other] = read_part(store.workspace, version, theirs, table, columns=[theirs.key])[theirs.key]
    return owned


def _refuse_unexpected(
    spec: LayerSpec, agency: str, expected: str | Unset | None, head: Version | None
) -> None:
    if not isinstance(expected, Unset) and expected != _id(head):
        raise HeadMoved(spec.name, agency, expected, _id(head))


def _id(version: Version | None) -> str | None:
    return None if version is None else version.id
