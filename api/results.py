"""Results for pages: kept ones found, missing ones computed once, parsed ones remembered.

There is one present and no end of pasts, so pasts are bounded: dates that ask for one state are one question,
few are computed at once, few requests wait, and of what is kept the longest unused goes.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from api.params import CoverageBusy, When
from api.remember import Memory
from geo.errors import GeoError
from inventory.area import Area
from inventory.changes import same_question
from inventory.coverage_refresh import compute_coverage
from inventory.coverage_rule_file import coverage_rules
from inventory.coverage_rules import CoverageRule
from inventory.errors import InventoryError
from inventory.pins import Recipe, pin
from inventory.questions import Question, pin_question
from inventory.refresh import compute
from inventory.results import RESULT, Kept, Run, find_recipe, folder_of, keep, prune, touch
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
class Asked:
    """What is asked of a coverage rule, times aside: see `inventory.questions.Question`."""

    rule: CoverageRule
    by: str | None = None
    area: Area | None = None
    speed_km_h: float | None = None

    def at(self, day: date | None, moment: int) -> Question:
        """The same at these times."""
        return Question(self.rule, self.by, self.area, day, moment, self.speed_km_h)

    @property
    def is_common(self) -> bool:
        """Whether many ask the same: the whole city, by the rule as it is."""
        return self.area is None and self.speed_km_h is None

    @property
    def key(self) -> Hashable:
        return self.rule.hash, self.by, self.area, self.speed_km_h


@dataclass(frozen=True)
class Result:
    """One kept result: the recipe it answers, its values, its canonical bytes and the folder it lies in."""

    recipe: str
    values: Mapping[str, Any]
    bytes: bytes
    kept: Kept

    @property
    def distances(self) -> Path:
        """The walks under circles."""
        return self.kept.distances

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


Compute = Callable[[], Run]


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
        """The circles by these zones at these times; CoverageBusy where it would have to wait too long."""
        recipe = self.recipe(store, by, when)
        return self._answer(
            store,
            recipe,
            by,
            lambda: compute(store, recipe, threads=self._threads),
            lambda: when.is_now or recipe.hash == self.recipe(store, by, When()).hash,
        )

    def coverage(self, store: Store, asked: Asked, when: When) -> Result:
        """The result of a coverage rule at these times; CoverageBusy as for circles.

        There is no end of drawn areas and walking speeds: they are bounded like pasts.
        """
        recipe = self.coverage_recipe(store, asked, when)
        return self._answer(
            store,
            recipe,
            asked.rule.id,
            lambda: compute_coverage(store, recipe, threads=self._threads),
            lambda: (
                asked.is_common
                and (when.is_now or recipe.hash == self.coverage_recipe(store, asked, When()).hash)
            ),
        )

    def kept(self, store: Store, asked: Asked, when: When) -> Mapping[str, Any] | None:
        """The values of a coverage rule's result if it was computed before; nothing is computed."""
        recipe = self.coverage_recipe(store, asked, when)
        known = self._known.known(recipe.hash)
        if known is not None:
            return known.values
        kept = Kept(folder_of(store, recipe), recipe)
        return kept.result if kept.holds_whole(RESULT) else None

    def recipe(self, store: Store, by: str, when: When) -> Recipe:
        """What is asked, in one form: a time as its sequence number, a date as the first day of its state."""
        return self._recipe(store, by, when, lambda day, moment: pin(store, by=by, at=day, as_of=moment))

    def coverage_recipe(self, store: Store, asked: Asked, when: When) -> Recipe:
        """The same of a coverage rule."""
        return self._recipe(
            store, asked.key, when, lambda day, moment: pin_question(store, asked.at(day, moment))
        )

    def _recipe(
        self, store: Store, key: Hashable, when: When, pinned: Callable[[date | None, int], Recipe]
    ) -> Recipe:
        moment = store.sequence(when.as_of)

        def make() -> Recipe:
            undated = pinned(None, moment)
            day = None if when.at is None else same_question(store, undated, when.at)
            return undated if day is None else pinned(day, moment)

        return self._recipes.get((moment, key, when.at), make)

    def prepare(self, store: Store, by: str, when: When) -> None:
        """Compute what a reader may ask for next; she is told what is wrong when she does."""
        try:
            self.get(store, by, when)
        except (InventoryError, LayerError, GeoError, CoverageBusy) as error:
            log.info("coverage by %s cannot be prepared: %s", by, error)

    def _answer(
        self, store: Store, recipe: Recipe, what: str, make: Compute, is_present: Callable[[], bool]
    ) -> Result:
        known = self._known.known(recipe.hash)
        if known is not None and known.kept.folder.is_dir():  # another process may have let it go
            touch(known.kept)
            return known
        with self._lock:
            under_way = self._making.get(recipe.hash)
            mine: Future[Result] = Future()
            if under_way is None:
                self._making[recipe.hash] = mine
        if under_way is not None:
            return self._await(under_way, what)
        try:
            made = self._make(store, recipe, what, make, present=is_present())
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

    def _await(self, under_way: "Future[Result]", what: str) -> Result:
        with self._lock:
            if self._waiting >= self.bounds.waiting:
                raise CoverageBusy(what)
            self._waiting += 1
        try:
            return under_way.result()
        finally:
            with self._lock:
                self._waiting -= 1

    def _make(self, store: Store, recipe: Recipe, what: str, make: Compute, *, present: bool) -> Result:
        kept = find_recipe(store, recipe)
        if kept is None:
            with self._turn(what, present=present):
                kept = find_recipe(store, recipe)
                if kept is None:
                    kept = Kept(keep(store, make()), recipe)
        touch(kept)
        self._prune(store, recipe)  # also of what jobs made
        content = kept.content
        return Result(recipe.hash, kept.result, content, kept)

    @contextmanager
    def _turn(self, what: str, *, present: bool) -> Iterator[None]:
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
            raise CoverageBusy(what)

    def _prune(self, store: Store, made: Recipe) -> None:
        """Let the longest unused results go; those of now, and the one just made, stay."""

        def staying() -> set[str]:
            zones = store.workspace.city.zones
            rules = coverage_rules(store.workspace.home).values()
            return {
                made.hash,
                *(pin(store, by=by).hash for by in zones),
                *(pin_question(store, Question(rule, by)).hash for rule in rules for by in zones),
            }

        prune(store, most=self.bounds.kept, most_bytes=self.bounds.kept_bytes, pinned=staying)
