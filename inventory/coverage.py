"""Coverage under a single rule: compute it, keep it, find it again."""

from datetime import date, datetime

from inventory.area import Area
from inventory.coverage_rules import CoverageRule
from inventory.coverage_run import CoverageRun, run_coverage
from inventory.questions import Question, pin_question
from inventory.results import Kept, find_recipe, keep
from layers.catalog import Store

__all__ = ["CoverageRun", "Question", "coverage", "find_coverage", "keep"]


def coverage(
    store: Store,
    rule: CoverageRule | str,
    *,
    by: str | None = None,
    area: Area | None = None,
    at: date | None = None,
    as_of: int | datetime | None = None,
    speed_km_h: float | None = None,
    threads: int | None = None,
) -> CoverageRun:
    """How much of each demand of a rule is met, by zone; see `questions.Question` for what is asked."""
    question = Question(rule, by, area, at, as_of, speed_km_h)
    return run_coverage(store, pin_question(store, question), threads=threads)


def find_coverage(store: Store, question: Question) -> Kept | None:
    """The kept result of the same inputs, rule and engine; None if not computed yet, or damaged."""
    return find_recipe(store, pin_question(store, question))
