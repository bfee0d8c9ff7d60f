"""What people type for a version: its id, the beginning of it, a number of `quantu history`, or `head`."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.cli_show import Refused

if TYPE_CHECKING:
    from layers.catalog import Store
    from layers.ledger import HistoryEntry

HEAD = "head"
SHORTEST = 6
"""Of an id so many digits at least; fewer decimal ones are a number of the history."""
_NUMBER = re.compile(r"#(\d+)|(\d{1,5})")


def version_named(store: "Store", layer: str, text: str, agency: str | None = None) -> str:
    """The id of a version of the layer; a text that names none is given back, for the store to refuse.

    `head` is that of the agency, or the only one; Refused where several could be meant.
    """
    if text.casefold() == HEAD:
        heads = store.heads(layer, auditor=True)
        if agency in heads:
            return heads[agency].id
        return _only(text, {each.id for each in heads.values()})
    return _among(text, store.history(layer))


def two_named(store: "Store", layer: str, before: str, after: str) -> tuple[str, str]:
    """The ids of two versions to compare: beside a version `head` means that of the same agency."""
    if before.casefold() == HEAD and after.casefold() != HEAD:
        new = version_named(store, layer, after)
        return version_named(store, layer, before, _agency(store, new)), new
    old = version_named(store, layer, before)
    return old, version_named(store, layer, after, _agency(store, old))


def version_anywhere(store: "Store", text: str) -> str:
    """The id of a version of any layer; `head` means nothing here."""
    return _among(text, (entry for name in store.workspace.specs for entry in store.history(name)))


def _agency(store: "Store", identity: str) -> str | None:
    from layers.errors import VersionNotFound

    try:
        return store.version(identity, auditor=True).agency
    except VersionNotFound:
        return None


def _among(text: str, entries: "Iterable[HistoryEntry]") -> str:
    moves = list(entries)
    number = _NUMBER.fullmatch(text)
    if number:
        wanted = int(number[1] or number[2])
        return next((move.version for move in moves if move.sequence == wanted), text)
    if len(text) < SHORTEST:
        return text
    return _only(text, {move.version for move in moves if move.version.startswith(text.casefold())})


def _only(text: str, found: set[str]) -> str:
    if len(found) > 1:
        raise Refused("cli_version_several", version=text, listed=", ".join(sorted(found)))
    return found.pop() if found else text
