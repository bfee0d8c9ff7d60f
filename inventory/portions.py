"""What a measure says of one demand: pieces of it, each in one zone, and how much of each is met."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.coverage_rules import Unit
from inventory.errors import PortionsInvalid

Amounts = NDArray[np.int64]  # thousandths of the unit
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Portions:
    """n pieces. Building one checks what it promises; PortionsInvalid is a fault of the measure.

    zone: row of the zones, -1 outside all. amount: thousandths of `unit`, zero or more. met: 0 to amount;
    None only of a supply, which has `ratio` instead: places per unit of demand. met_straight: the same by
    straight line, never less than `met` by a law that tests hold, not this class. attached: whether a piece
    stands on a street. known: False where the state of a piece, or the value of its cells, is not known: it
    stays out of the denominator, is met by nothing, and is counted apart. group: row of `groups`, -1 in none.
    walk_mm: to the nearest service, `figures.BEYOND` beyond the search. id, xy: the feature of a piece and
    its place in the working CRS; None of pieces of area.
    """

    unit: Unit
    zone: NDArray[np.int32]
    amount: Amounts
    met: Amounts | None
    met_straight: Amounts | None = None
    attached: Flags | None = None
    known: Flags | None = None
    group: NDArray[np.int32] | None = None
    groups: tuple[str, ...] = ()
    walk_mm: NDArray[np.int32] | None = None
    ratio: NDArray[np.float64] | None = None
    id: NDArray[np.object_] | None = None
    xy: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            _check_shape(name, getattr(self, name), kind, len(self.zone))
        if self.xy is not None and self.xy.shape != (len(self.zone), 2):
            raise PortionsInvalid("xy", f"has shape {self.xy.shape}, not ({len(self.zone)}, 2)")
        if (self.met is None) == (self.ratio is None):
            raise PortionsInvalid("met", "and ratio: one of the two is needed, and only one")
        _expect("zone", "is below -1", self.zone >= -1)
        _expect("amount", "is below zero", self.amount >= 0)
        for name in ("met", "met_straight"):
            part = getattr(self, name)
            if part is not None:
                _expect(name, "is not between zero and the amount", (part >= 0) & (part <= self.amount))
                if self.known is not None:
                    _expect(name, "is above zero where the state is not known", self.known | (part == 0))
        if self.group is not None:
            within = (self.group >= -1) & (self.group < len(self.groups))
            _expect("group", f"is no row of its {len(self.groups)} groups", within)
            if len(set(self.groups)) < len(self.groups):
                raise PortionsInvalid("groups", "has a name twice")
        if self.ratio is not None:
            _expect("ratio", "is not finite or below zero", np.isfinite(self.ratio) & (self.ratio >= 0))

    def __len__(self) -> int:
        return len(self.zone)


_KINDS = {
    "zone": np.int32,
    "amount": np.int64,
    "met": np.int64,
    "met_straight": np.int64,
    "attached": np.bool_,
    "known": np.bool_,
    "group": np.int32,
    "walk_mm": np.int32,
    "ratio": np.float64,
    "id": np.object_,
}


def empty(unit: Unit, *, supply: bool = False) -> Portions:
    """No piece at all."""
    nothing = np.empty(0, np.int64)
    return Portions(
        unit,
        np.empty(0, np.int32),
        nothing,
        None if supply else nothing,
        ratio=np.empty(0) if supply else None,
    )


def without(portions: Portions, zones: Flags) -> Portions:
    """The same, with nothing known of the pieces in some zones, shape (zones,)."""
    if not zones.any():
        return portions
    hidden = (portions.zone >= 0) & zones[portions.zone]
    known = ~hidden if portions.known is None else portions.known & ~hidden
    met, straight = (
        None if part is None else np.where(hidden, 0, part) for part in (portions.met, portions.met_straight)
    )
    return replace(portions, known=known, met=met, met_straight=straight)


def inside(portions: Portions) -> Portions:
    """The pieces that lie in some zone."""
    return take(portions, portions.zone >= 0)


def take(portions: Portions, some: Flags) -> Portions:
    """Some of the pieces, by a mask of shape (n,)."""
    if some.all():
        return portions
    parts = {name: getattr(portions, name) for name in (*_KINDS, "xy")}
    return replace(portions, **{name: each[some] for name, each in parts.items() if each is not None})


def concatenate(parts: Sequence[Portions]) -> Portions:
    """All pieces of some portions, one after another; PortionsInvalid if they do not say the same things.

    Groups of the same name become one; `groups` are sorted. An optional field stands in all parts or in none,
    parts without a piece left aside.
    """
    if not parts:
        raise PortionsInvalid("parts", "are none")
    first = parts[0]
    if any(each.unit != first.unit for each in parts):
        raise PortionsInvalid("unit", "differs between parts")
    parts = [each for each in parts if len(each)] or [first]
    names = tuple(sorted({name for each in parts for name in each.groups}))
    joined: dict[str, Any] = {}
    for name in [each.name for each in fields(Portions) if each.name not in ("unit", "groups", "group")]:
        joined[name] = _joined(name, [getattr(each, name) for each in parts])
    group = _joined("group", [_renamed(each, names) for each in parts])
    return Portions(first.unit, group=group, groups=names, **joined)


def _renamed(part: Portions, names: tuple[str, ...]) -> NDArray[np.int32] | None:
    if part.group is None:
        return None
    place = {name: number for number, name in enumerate(names)}
    row = np.array([*(place[name] for name in part.groups), -1], np.int32)
    return row[part.group]


def _joined(name: str, values: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    given = [value for value in values if value is not None]
    if not given:
        return None
    if len(given) < len(values):
        raise PortionsInvalid(name, "stands in some parts only")
    return np.concatenate(given)


def _check_shape(name: str, value: Any, kind: type, count: int) -> None:
    if value is None:
        return
    if not isinstance(value, np.ndarray) or value.dtype != kind:
        raise PortionsInvalid(name, f"is no array of {kind.__name__}")
    if value.shape != (count,):
        raise PortionsInvalid(name, f"has shape {value.shape}, not ({count},)")


def _expect(name: str, problem: str, holds: Flags) -> None:
    if not holds.all():
        raise PortionsInvalid(name, f"{problem} in piece {int(np.argmin(holds))}")
