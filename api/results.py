"""Circle results for pages: kept ones found, missing ones computed once, parsed ones remembered.

There is one present and no end of pasts, so pasts are bounded: dates that ask for one state are one question,
few are computed at once, few requests wait, and of what is kept the longest unused goes.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from api.params import CoverageBusy, When
from api.remember import Memory
from geo.errors import GeoError
from inventory.changes import same_question
from inventory.errors import InventoryError
from inventory.pins import Recipe, pin
from inventory.refresh import compute
from inventory.results import Kept, find_recipe, keep, prune, touch
from layers.catalog import Store
from layers.errors import LayerError

REMEMBERED = 6  # those by community are large
QUESTIONS = 512
MEGABYTE = 1_000_000
log = logging.getLogger("quantu.api")


@dataclass(frozen=True)
class Bounds:
    """How many results are kept, of how many bytes; how many pasts are computed and requests wait at once."""

    kept: int = 100
    kept_bytes: int = 4096 * MEGABYTE
    pasts_at_once: int = 1
    waiting: int = 16


@dataclass(frozen=True)
class Result:
    """One kept result: the recipe it answers, its values, its canonical bytes and the walks beside it."""

    recipe: str
    values: Mapping[str, Any]
    bytes: bytes
    distances: Path

    def as_of_day(self, when: When) -> "Result":
        """The same for a reader who asked for a date: its state is that of the date computed, and it is told.

        Only what is read by people says so; `bytes` are what was computed and can be replayed.
        """
        if when.at is None:
            return self
        day = when.at.isoformat()
        return replace(self, values={**self.values, "at": day, "date": day})

    def known_at(self, store: Store) -> str | datetime | None:
        """The day of the state asked for, else the moment its newest data came: a day where the reader is."""
        if self.values["at"] is not None or not self.values["inputs"]:
            return self.values["date"]
        return max(store.version(each["version"], auditor=True).created_at for each in self.values["inputs"])

    def row(self, code: str | None) -> Mapping[str, Any] | None:
        """The row of a zone, of the city for None; None if no zone has this code."""
        if code is None:
            return dict(self.values["city"])
        return next((row for row in self.values["zones"] if row["code"] == code), None)


class Results:
    """Answers by recipe. Many threads may ask: a missing result is computed by one, awaited by others."""

    def __init__(self, threads: int, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self._threads = threads
        self._recipes: Memory[Recipe] = Memory(QUESTIONS)
        self._known: Memory[Result] = Memory(REMEMBERED)
        self._present = threading.Lock()
        self._pasts = threading.Semaphore(self.bounds.pasts_at_once)
        self._lock = threading.Lock()
        self._making: dict[str, Future[Result]] = {}
        self._waiting = 0

    def get(self, store: Store, by: str, when: When) -> Result:
        """The result by these zones at these times; CoverageBusy where it would have to wait too long."""
        recipe = self.recipe(store, by, when)
        known = self._known.known(recipe.hash)
        if known is not None and known.distances.is_file():  # another process may have let it go
            touch(Kept(known.distances.parent, recipe))
            return known
        with self._lock:
            under_way = self._making.get(recipe.hash)
            mine: Future[Result] = Future()
            if under_way is None:
                self._making[recipe.hash] = mine
        if under_way is not None:
            return self._await(under_way, by)
        try:
            present = when.is_now or recipe.hash == self.recipe(store, by, When()).hash
            made = self._make(store, recipe, present=present)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            self._known.put(recipe.hash, made)
            mine.set_result(made)
            return made
        finally:
            with self._lock:
                del self._making[recipe.hash]

    def recipe(self, store: Store, by: str, when: When) -> Recipe:
        """What is asked, in one form: a time as its sequence number, a date as the first day of its state."""
        moment = store.sequence(when.as_of)

        def make() -> Recipe:
            undated = pin(store, by=by, as_of=moment)
            day = None if when.at is None else same_question(store, undated, when.at)
            return undated if day is None else pin(store, by=by, at=day, as_of=moment)

        return self._recipes.get((moment, by, when.at), make)

    def prepare(self, store: Store, by: str, when: When) -> None:
        """Compute what a reader may ask for next; she is told what is wrong when she does."""
        try:
            self.get(store, by, when)
        except (InventoryError, LayerError, GeoError, CoverageBusy) as error:
            log.info("coverage by %s cannot be prepared: %s", by, error)

    def _await(self, under_way: "Future[Result]", by: str) -> Result:
        with self._lock:
            if self._waiting >= self.bounds.waiting:
                raise CoverageBusy(by)
            self._waiting += 1
        try:
            return under_way.result()
        finally:
            with self._lock:
                self._waiting -= 1

    def _make(self, store: Store, recipe: Recipe, *, present: bool) -> Result:
        kept = find_recipe(store, recipe)
        if kept is None:
            with self._turn(recipe.by, present=present):
                kept = find_recipe(store, recipe)
                if kept is None:
                    kept = Kept(keep(store, compute(store, recipe, threads=self._threads)), recipe)
        touch(kept)
        self._prune(store, recipe)  # also of what jobs made
        content = kept.content
        return Result(recipe.hash, kept.result, content, kept.distances)

    @contextmanager
    def _turn(self, by: str, *, present: bool) -> Iterator[None]:
        """The present waits for its turn, one at a time: a second run would only make both slower."""
        if present:
            with self._present:
                yield
        elif self._pasts.acquire(blocking=False):
            try:
                yield
            finally:
                self._pasts.release()
        else:
            raise CoverageBusy(by)

    def _prune(self, store: Store, made: Recipe) -> None:
        """Let the longest unused results go; those of now, and the one just made, stay."""

        def staying() -> set[str]:
            return {made.hash, *(pin(store, by=by).hash for by in store.workspace.city.zones)}

        prune(store, most=self.bounds.kept, most_bytes=self.bounds.kept_bytes, pinned=staying)
