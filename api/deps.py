"""What routes ask for by name. One `Site` holds what lives as long as the app."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from api.assets import Assets
from api.backdrop import Backdrops
from api.params import ParameterInvalid, When, parse_version, parse_when
from api.refresh_queue import refreshing
from api.remember import Memory
from api.results import Result, Results
from api.rule_uncovered import Uncovered
from api.rule_uncovered import read as read_uncovered
from api.rule_words import chosen_demand
from api.settings import Settings
from api.tries import Tries
from api.uncovered import Lacking
from api.uncovered import read as read_lacking
from api.zones import ZoneBook
from inventory.changes import first_day
from layers.catalog import Store
from layers.workspace import Workspace

if TYPE_CHECKING:
    from api.changes import Changes

BOOKS_REMEMBERED, LACKING_REMEMBERED, UNCOVERED_REMEMBERED = 4, 3, 6
CHANGES_REMEMBERED, COUNTS_REMEMBERED = 4, 2000
PAGES_REMEMBERED = 48  # of a third of a megabyte each


@dataclass
class Site:
    """The open store and what is remembered beside it.

    The store is opened by the first request that needs it: a server may start before its city is built, and
    says so until it is.
    """

    settings: Settings
    assets: Assets
    results: Results
    release: str
    backdrops: Backdrops = field(default_factory=Backdrops)
    tries: Tries = field(default_factory=Tries)
    pages: Memory[bytes] = field(default_factory=lambda: Memory(PAGES_REMEMBERED))
    counts: Memory[dict[str, int]] = field(default_factory=lambda: Memory(COUNTS_REMEMBERED))
    changes: "Memory[Changes]" = field(default_factory=lambda: Memory(CHANGES_REMEMBERED))
    _books: Memory[ZoneBook] = field(default_factory=lambda: Memory(BOOKS_REMEMBERED))
    _uncovered: Memory[Uncovered] = field(default_factory=lambda: Memory(UNCOVERED_REMEMBERED))
    _lacking: Memory[Lacking] = field(default_factory=lambda: Memory(LACKING_REMEMBERED))
    _store: Store | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def store(self) -> Store:
        """The store of the workspace; `WorkspaceMissing` until there is one."""
        if self._store is None:
            with self._lock:
                if self._store is None:
                    workspace = Workspace.open(self.settings.home)
                    self._store = refreshing(Store.open(workspace, self.settings.catalog_url()))
        return self._store

    def book(self, when: When) -> ZoneBook:
        """The zones at these times."""
        store = self.store()
        moment = store.sequence(when.as_of)
        layers = {entry.layer for entry in store.workspace.city.zones.values()}
        at = None if when.at is None else first_day(store, layers, when.at, as_of=moment)
        return self._books.get((moment, at), lambda: ZoneBook(store, When(at, moment)))

    def lacking(self, result: Result) -> Lacking:
        """Who lacks what in a result."""
        return self._lacking.get(result.recipe, lambda: read_lacking(result))

    def uncovered(self, store: Store, result: Result, demand: str) -> Uncovered:
        """What a coverage rule leaves uncovered of a demand, by default the headline's."""
        chosen = chosen_demand(result.values, demand)["id"]
        return self._uncovered.get((result.recipe, chosen), lambda: read_uncovered(store, result, chosen))

    def close(self) -> None:
        """Close the store, if it was opened."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None


def site_of(request: Request) -> Site:
    """The site of the app that got this request."""
    site = request.app.state.site
    assert isinstance(site, Site)  # noqa: S101 - set by create_app, narrows the type
    return site


def store_of(request: Request) -> Store:
    """The open store."""
    return site_of(request).store()


def when_of(
    request: Request,
    at: Annotated[
        str | None, Query(description="State of the world on this date, such as 2020-09-30.")
    ] = None,
    as_of: Annotated[
        str | None, Query(description="What the catalog knew: a sequence number, an ISO time, or a day.")
    ] = None,
    version: Annotated[
        str | None, Query(description="What the catalog knew when this version became the head.")
    ] = None,
) -> When:
    """The two times of a question; a version stands for the moment it became its agency's head."""
    found = parse_when(at, as_of, store_of(request).workspace.city.zone) if at or as_of else When()
    if not version:
        return found
    if found.as_of is not None:
        raise ParameterInvalid("version", version, "one_moment")
    identity = parse_version(version)
    return When(found.at, store_of(request).sequence_of(identity), identity)


SiteDep = Annotated[Site, Depends(site_of)]
StoreDep = Annotated[Store, Depends(store_of)]
WhenDep = Annotated[When, Depends(when_of)]
