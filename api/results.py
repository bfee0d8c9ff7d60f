"""Circle results for pages: kept ones found, missing ones computed once, parsed ones remembered."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.params import PublishedMeanwhile, When
from api.remember import Memory
from geo.errors import GeoError
from inventory.circles import circles, find, keep
from inventory.errors import InventoryError
from layers.catalog import Store
from layers.errors import LayerError

REMEMBERED = 6  # those by community are large
log = logging.getLogger("quantu.api")


@dataclass(frozen=True)
class Result:
    """One kept result: the recipe it answers, its values, its canonical bytes and the walks beside it."""

    recipe: str
    values: Mapping[str, Any]
    bytes: bytes
    distances: Path

    def row(self, code: str | None) -> Mapping[str, Any] | None:
        """The row of a zone, of the city for None; None if no zone has this code."""
        if code is None:
            return dict(self.values["city"])
        return next((row for row in self.values["zones"] if row["code"] == code), None)


class Results:
    """Answers by recipe. Many threads may ask: a missing result is computed by one, awaited by all."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._known: Memory[Result] = Memory(REMEMBERED)
        self._computing = threading.Lock()

    def get(self, store: Store, by: str, when: When) -> Result:
        """The result by these zones at these times."""
        moment = store.sequence() if when.as_of is None else when.as_of
        return self._known.get((moment, by, when.at), lambda: self._kept(store, by, when))

    def _kept(self, store: Store, by: str, when: When) -> Result:
        at, as_of = when.at, when.as_of
        kept = find(store, by=by, at=at, as_of=as_of)
        if kept is None:
            with self._computing:  # one at a time: a second run would only make both slower
                kept = find(store, by=by, at=at, as_of=as_of)
                if kept is None:
                    keep(store, circles(store, by=by, at=at, as_of=as_of, threads=self._threads))
                    kept = find(store, by=by, at=at, as_of=as_of)
        if kept is None:
            raise PublishedMeanwhile(by)
        return Result(kept.recipe.hash, kept.result, kept.content, kept.distances)

    def prepare(self, store: Store, by: str, when: When) -> None:
        """Compute what a reader may ask for next; she is told what is wrong when she does."""
        try:
            self.get(store, by, when)
        except (InventoryError, LayerError, GeoError, PublishedMeanwhile) as error:
            log.info("coverage by %s cannot be prepared: %s", by, error)
