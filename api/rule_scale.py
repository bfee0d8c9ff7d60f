"""How the zones of a rule are coloured: by the ramp of shares, in steps around a target, or by places."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.words import Words
from maps.style import RampClass, Style

CROWDED_CLASSES = 2
"""Shares that fall into no more of the ramp's classes look alike, and get steps of their own."""
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
PLACES_LEAST = 0.01
PLACES_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """style: with the classes the zones are coloured by. texts: their ranges, rising. note: what they are."""

    style: Style
    texts: tuple[str, ...]
    note: str

    def colour_of(self, figure: Mapping[str, Any]) -> str | None:
        """The colour of a figure; None where it has neither share nor value."""
        return self.style.colour(level(figure))


def level(figure: Mapping[str, Any]) -> float | None:
    """The share of a figure, or the places for 1000 people of a supply."""
    value = figure["share"] if figure["value"] is None else figure["value"]
    return None if value is None else float(value)


def scale(
    look: Style, figures: Sequence[Mapping[str, Any]], words: Words, *, target: float | None, supply: bool
) -> Scale:
    """The scale of the zones' figures.

    Supplies rise in round steps from 0 to their highest. Shares have the style's ramp, unless they crowd into
    few of its classes: then steps around `target`, or without one below the highest share.
    """
    levels = [value for value in map(level, figures) if value is not None]
    if supply:
        starts = places_starts(levels, len(look.classes))
        return Scale(with_starts(look, starts), _ranges(starts, words, 1.0), words.say("scale_places"))
    used = {look.class_of(value) for value in levels}
    if len(levels) < 2 or len(used) > CROWDED_CLASSES:
        starts = [each.start for each in look.classes]
        return Scale(look, _ranges(starts, words, 100.0), words.say("scale_shares"))
    starts = close_starts(levels, target, len(look.classes))
    note = (
        words.say("scale_close")
        if target is None
        else words.say("scale_target", target=words.percent(target, 0 if target * 100 % 1 == 0 else 1))
    )
    return Scale(with_starts(look, starts), _ranges(starts, words, 100.0), note)


def close_starts(levels: Sequence[float], target: float | None, most: int) -> list[float]:
    """Starts of at most `most` classes in equal steps; one begins at the target, the first at 0.

    The step is the smallest of `STEPS` that leads from the target down to the lowest share, and in one more
    class up to the highest.
    """
    below = most - 2
    for step in STEPS:
        middle = math.floor(max(levels) / step + 1e-9) * step if target is None else target
        low, high = min(*levels, middle), max(*levels, middle)
        reaches_down = middle - low <= step * below + 1e-9
        reaches_up = high - middle <= step * 2 + 1e-9
        if (reaches_down and reaches_up) or step == STEPS[-1]:
            break
    starts = [middle - step * number for number in range(below, 0, -1)] + [middle, middle + step]
    kept = [round(each, 6) for each in starts if 0 < round(each, 6) <= 1]
    if high < middle + step:
        kept = [each for each in kept if each <= middle]
    return [0.0, *kept]


def places_starts(levels: Sequence[float], most: int) -> list[float]:
    """Starts of classes in round, equal steps up to the highest value, the first at 0.

    Where the lowest value is above half of the highest, the steps lead from there, below it is one class.
    """
    high = max([*levels, PLACES_LEAST])
    low = min([*levels, high])
    low = low if low > high / 2 else 0.0
    rough = max((high - low) / most, PLACES_LEAST / most)
    power = 10 ** math.floor(math.log10(rough))
    step = next(each * power for each in PLACES_STEPS if each * power >= rough - 1e-12)
    first, last = math.floor(low / step), max(1, math.ceil(high / step))
    return [0.0, *(round(step * number, 9) for number in range(first + 1, last))]


def with_starts(look: Style, starts: Sequence[float]) -> Style:
    """The style with these classes; colours are taken evenly from its ramp, both ends kept."""
    ramp = [each.colour for each in look.classes]
    count = len(starts)
    picked = [ramp[round(i * (len(ramp) - 1) / max(count - 1, 1))] for i in range(count)]
    ends = [*starts[1:], max(1.0, starts[-1])]
    classes = tuple(RampClass(*each) for each in zip(starts, ends, picked, strict=True))
    return replace(look, classes=classes)


def _ranges(starts: Sequence[float], words: Words, factor: float) -> tuple[str, ...]:
    numbers = [round(each * factor, 6) for each in starts]
    decimals = 0 if all(each.is_integer() for each in numbers) else 1
    said = [words.number(each, decimals) for each in numbers]
    kind = "class" if factor == 100.0 else "places"
    found = []
    for i, low in enumerate(said):
        if i + 1 == len(said) and starts[i] >= 1.0 and factor == 100.0:
            found.append(words.percent(1.0, 0))
        elif i + 1 == len(said):
            found.append(words.say(f"{kind}_from", low=low))
        elif i == 0:
            found.append(words.say(f"{kind}_below", high=said[1]))
        else:
            found.append(words.say(f"{kind}_between", low=low, high=said[i + 1]))
    return tuple(found)
