"""A layer's history as a table: every move of a head, what it changed, what can be done with the version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.access import Actor, decide
from api.changes import KINDS, Changes, changes_of
from api.deps import Site
from api.pages import link
from api.words import Words
from layers import ledger
from layers.catalog import Store
from layers.diff import Delta
from layers.ledger import HistoryEntry, Version

COUNTED_ROWS = 20_000  # larger versions are compared when somebody asks, not for the list
COUNTED_MOST = 12  # comparisons made for one page; those made before are remembered


@dataclass(frozen=True)
class Line:
    """One move. `counts` is None where nobody has compared yet, a link where there is nothing to do."""

    sequence: int
    moved_at: datetime
    action: str
    agency: str
    version: str
    rows: int | None
    author: str
    note: str
    is_head: bool
    withdrawn: str
    counts: Mapping[str, int] | None
    diff: str | None
    show: str | None
    original: str | None
    undo: str | None
    revert: str | None
    withdraw: str | None
    purge: str | None


def lines(site: Site, store: Store, words: Words, actor: Actor, layer: str, most: int) -> list[Line]:
    """The newest moves, newest first."""
    agencies = {each.code: words.title(each, "name") for each in store.workspace.city.agencies}
    heads = {version.id for version in store.heads(layer, auditor=True).values()}
    with store.database.read() as connection:
        hidden = ledger.withdrawals(connection)
    budget = [COUNTED_MOST]
    moves = store.history(layer, auditor=decide(actor, "read_withdrawn"))
    newest = {move.agency: move.sequence for move in reversed(moves)}
    return [
        _line(site, store, words, actor, each, agencies, heads, hidden, budget, newest[each.agency])
        for each in moves[:most]
    ]


def _line(
    site: Site,
    store: Store,
    words: Words,
    actor: Actor,
    move: HistoryEntry,
    agencies: Mapping[str, str],
    heads: set[str],
    hidden: Mapping[str, Any],
    budget: list[int],
    newest: int,
) -> Line:
    version = store.version(move.version, auditor=True)
    gone = hidden.get(move.version)
    said = ""
    if gone is not None and decide(actor, "read_withdrawn", version):
        said = words.say("history_purged" if gone.purged_at else "history_withdrawn", why=gone.why)
    seen = gone is None
    before = move.previous if move.previous not in hidden else None
    base = f"/layers/{move.layer}"
    return Line(
        sequence=move.sequence,
        moved_at=move.moved_at,
        action=move.action,
        agency=agencies.get(move.agency, move.agency),
        version=move.version,
        rows=version.rows if seen else None,
        author=move.author,
        note=move.note,
        is_head=move.version in heads,
        withdrawn=said,
        counts=counts_of(site, store, before, version, budget) if seen else None,
        diff=link(f"{base}/diff", **{"from": before, "to": move.version})
        if seen and before and version.kind != "raster"
        else None,
        show=link(base, version=move.version) if seen else None,
        original=f"/api/versions/{move.version}/original"
        if seen and version.source_hash and decide(actor, "read_original", version)
        else None,
        undo=undo_of(actor, version, before) if seen and move.sequence == newest else None,
        revert=f"{base}/revert/{move.version}"
        if seen and move.version not in heads and decide(actor, "revert", version)
        else None,
        withdraw=f"{base}/withdraw/{move.version}" if seen and decide(actor, "withdraw", version) else None,
        purge=f"{base}/purge/{move.version}"
        if gone is not None and not gone.purged_at and decide(actor, "withdraw", version)
        else None,
    )


def undo_of(actor: Actor, head: Version, before: str | None) -> str | None:
    """Where to undo what made a version the head: back to the one before, else its withdrawal.

    An agency's first version has nothing to go back to: undoing it means that it is withdrawn.
    """
    base = f"/layers/{head.layer}"
    if before is not None:
        allowed = decide(actor, "revert", head)
        return link(f"{base}/revert/{before}", undo="yes") if allowed else None
    return link(f"{base}/withdraw/{head.id}", undo="yes") if decide(actor, "withdraw", head) else None


def counts_of(
    site: Site, store: Store, before: str | None, version: Version, budget: list[int]
) -> Mapping[str, int] | None:
    """What a move added, changed and removed, where finding that out is quick or was done before."""
    if version.kind == "raster":
        return None
    if before is None:
        return {"added": version.rows, "changed": 0, "removed": 0}
    key = (before, version.id)
    known = site.counts.known(key)
    if known is not None:
        return known
    older = store.version(before, auditor=True)
    if budget[0] <= 0 or max(older.rows, version.rows) > COUNTED_ROWS or older.layer != version.layer:
        return None
    budget[0] -= 1
    counts = between(site, store, version.layer, before, version.id).counts
    return site.counts.get(key, lambda: {kind: counts[kind] for kind in KINDS})


def between(site: Site, store: Store, layer: str, before: str, after: str) -> Changes:
    """What turns one version into another, remembered; of a network its edges."""

    def make() -> Changes:
        found = store.diff(layer, before, after)
        delta = found if isinstance(found, Delta) else found.edges
        return changes_of(delta, store.spec_of(store.version(after)))

    return site.changes.get(("versions", before, after), make)
