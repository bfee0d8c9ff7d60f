"""The fifteen-minute-circle report of a city: compute it, keep it, find it again."""

from datetime import date, datetime

from inventory.pins import pin
from inventory.results import find, keep
from inventory.rules import RuleSet
from inventory.run import CirclesRun, run
from layers.catalog import Store

__all__ = ["CirclesRun", "circles", "find", "keep"]


def circles(
    store: Store,
    *,
    rules: RuleSet | str | None = None,
    by: str = "district",
    at: date | None = None,
    as_of: int | datetime | None = None,
    threads: int | None = None,
) -> CirclesRun:
    """Who has all they need within a walk, by zone.

    Parameters
    ----------
    rules
        A rule set or its id, by default the city's.
    by
        One of the zones that city.toml names.
    at
        The state on that date; by default on the date of the newest input version, so that what is only
        planned or under construction serves nobody.
    as_of
        What the catalog knew then; by default now.
    """
    return run(store, pin(store, rules=rules, by=by, at=at, as_of=as_of), threads=threads)
