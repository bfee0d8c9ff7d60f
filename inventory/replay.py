"""Make a kept result again and say whether it is the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inventory.coverage_run import run_coverage
from inventory.engine import engine
from inventory.errors import RecipeError
from inventory.pins import Recipe
from inventory.results import RESULT, Run, read_kept
from inventory.rule_documents import CIRCLES
from inventory.run import run
from layers.catalog import Store

TOLERANCE = 1e-9
ABSENT = "absent"


@dataclass(frozen=True)
class Difference:
    """A figure that came out otherwise. path: its keys, joined by dots; `ABSENT` where one side has none."""

    path: str
    kept: Any
    replayed: Any

    def __str__(self) -> str:
        return f"{self.path}: kept {self.kept}, replayed {self.replayed}"


@dataclass(frozen=True)
class Replay:
    """identical: equal bytes if the engine and its lock are those of the recipe, else no figure that differs
    by more than `TOLERANCE`. differences: under the same engine all of them."""

    recipe: Recipe
    same_engine: bool
    identical: bool
    differences: tuple[Difference, ...]


def replay(store: Store, recipe_path: Path | str) -> Replay:
    """Compute a recipe again from the versions it pins, and compare with the result kept beside it."""
    kept = read_kept(Path(recipe_path))
    recipe = kept.recipe
    _check_inputs(store, recipe, Path(recipe_path))
    try:
        stored, old = kept.content, kept.result
    except (OSError, ValueError, RecursionError) as error:
        raise RecipeError(recipe_path, f"{RESULT} beside it cannot be read: {error}") from error
    again: Run = run(store, recipe) if recipe.kind == CIRCLES else run_coverage(store, recipe)
    same_engine = recipe.document["engine"] == engine()
    tolerance = 0.0 if same_engine else TOLERANCE
    found = tuple(differences(old, again.result, tolerance=tolerance))
    equal = stored == again.content if same_engine else not found
    return Replay(recipe, same_engine, equal, found)


def differences(kept: Any, replayed: Any, *, tolerance: float, path: str = "") -> Iterator[Difference]:
    """Every leaf of two plain values that differs, numbers by more than `tolerance`."""
    if isinstance(kept, dict) and isinstance(replayed, dict):
        for key in sorted(kept.keys() | replayed.keys()):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(
                kept.get(key, ABSENT), replayed.get(key, ABSENT), tolerance=tolerance, path=below
            )
    elif isinstance(kept, list) and isinstance(replayed, list):
        for number in range(max(len(kept), len(replayed))):
            one = kept[number] if number < len(kept) else ABSENT
            other = replayed[number] if number < len(replayed) else ABSENT
            yield from differences(one, other, tolerance=tolerance, path=f"{path}[{number}]")
    elif _is_number(kept) and _is_number(replayed):
        if _differ(kept, replayed, tolerance):
            yield Difference(path, kept, replayed)
    elif kept != replayed or type(kept) is not type(replayed):
        yield Difference(path, kept, replayed)


def _differ(kept: float, replayed: float, tolerance: float) -> bool:
    """Whether two numbers are farther apart; NaN, and a number no float can hold, differ from any other."""
    try:
        return not abs(kept - replayed) <= tolerance
    except OverflowError:
        return kept != replayed


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_inputs(store: Store, recipe: Recipe, path: Path) -> None:
    """The catalog must still show the pinned versions at the recipe's sequence number."""
    for pinned in recipe.inputs:
        layer, agency = pinned["layer"], pinned["agency"]
        head = store.heads(layer, as_of=recipe.sequence).get(agency)
        if head is None or head.id != pinned["version"]:
            raise RecipeError(
                path, f"version {pinned['version']} of layer {layer!r} is not in this workspace"
            )
        if head.logical_hash != pinned["logical_hash"]:
            raise RecipeError(path, f"version {head.id} of layer {layer!r} holds other data than it pins")
