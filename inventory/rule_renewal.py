"""Coverage rules made anew after a publish: the questions of the present that somebody has asked before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import GeoError
from inventory.bases import documents
from inventory.coverage_refresh import compute_coverage
from inventory.coverage_rule_file import coverage_rules
from inventory.engine import engine
from inventory.errors import InventoryError
from inventory.pins import AGENCY
from inventory.questions import Question, pin_question
from inventory.results import find_recipe, keep
from inventory.rule_documents import COVERAGE
from layers.catalog import Store
from layers.errors import LayerError

UNFIT = (InventoryError, LayerError, GeoError)
"""What data or a rule can lack: the others are made all the same."""


@dataclass(frozen=True)
class RenewedRule:
    """What became of a question. recipe: of the result that was made and kept; None where `error`, a code,
    stood against it. taken: how each demand was come by, see `coverage_refresh`; empty after a full run."""

    rule: str
    by: str
    recipe: str | None
    taken: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


def kept_questions(store: Store) -> list[Question]:
    """The rules and zones of which a result of some present is kept, by the rule as it is today.

    The smallest first, by the bytes of the largest kept result: it is made the soonest. Drawn areas and
    other walking speeds are left out: there is no end of them.
    """
    rules = {id_: rule.hash for id_, rule in coverage_rules(store.workspace.home).items()}
    zones = {*store.workspace.city.zones, AGENCY}
    wanted = {"kind": COVERAGE, "engine": engine(), "at": None, "area": None, "speed_km_h": None}
    sizes: dict[tuple[str, str], int] = {}
    for folder, _, document in documents(store):
        if any(document.get(key, ...) != value for key, value in wanted.items()):
            continue
        asked = str(document["rule"]["id"]), str(document["by"])
        if rules.get(asked[0]) == document["rule_hash"] and asked[1] in zones:
            sizes[asked] = max(sizes.get(asked, 0), _size(folder))
    return [Question(rule, by) for _, rule, by in sorted((size, *asked) for asked, size in sizes.items())]


def renew_rules(
    store: Store, questions: Iterable[Question], *, threads: int | None = None
) -> Iterator[RenewedRule | None]:
    """Answer these questions on the heads of now, one by one; None of one whose answer is kept already."""
    for question in questions:
        rule, by = str(question.rule), str(question.by)
        try:
            recipe = pin_question(store, question)
            if find_recipe(store, recipe) is not None:
                yield None
                continue
            made = compute_coverage(store, recipe, threads=threads)
            keep(store, made)
            yield RenewedRule(rule, by, recipe.hash, made.taken)
        except UNFIT as error:
            yield RenewedRule(rule, by, None, error=error.code)


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:  # it was let go just now
        return 0
