"""Identities by counting: things numbered within their subdistrict, and days drawn between two others."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from api.demo.ground import Ints, subdistricts


@dataclass(frozen=True)
class Numbered:
    """Things in the order of their subdistricts: `order` are rows of what was numbered; the rest follows."""

    order: Ints
    code: list[str]
    stem: list[str]
    agency: list[str]
    serial: Ints

    def ids(self, kind: str, digits: int = 3) -> list[str]:
        """Identifiers such as park-370102001-003."""
        return [f"{kind}-{code}-{n:0{digits}d}" for code, n in zip(self.code, self.serial, strict=True)]

    def names(self, suffix: str) -> list[str]:
        """Names such as 姚家第3公园."""
        return [f"{stem}第{n}{suffix}" for stem, n in zip(self.stem, self.serial, strict=True)]


@lru_cache(maxsize=1)
def _stems() -> tuple[str, ...]:
    return tuple(row.name.removesuffix("街道").removesuffix("镇") for row in subdistricts())


def numbered(subdistrict: Ints) -> Numbered:
    """Number things within their subdistricts, given as rows of `ground.subdistricts()`."""
    order = np.argsort(subdistrict, kind="stable")
    home = subdistrict[order]
    rows, stems = subdistricts(), _stems()
    return Numbered(
        order=order,
        code=[rows[k].code for k in home],
        stem=[stems[k] for k in home],
        agency=[rows[k].agency for k in home],
        serial=np.arange(len(home)) - np.searchsorted(home, home) + 1,
    )


def days(random: np.random.Generator, count: int, first: str, last: str, known: float = 1.0) -> np.ndarray:
    """Days from the first to the last, datetime64[s]; NaT for a share of about 1 - `known`."""
    span = int((np.datetime64(last) - np.datetime64(first)).astype(int)) + 1
    day = np.datetime64(first) + random.integers(0, span, count).astype("timedelta64[D]")
    day[random.uniform(0, 1, count) >= known] = np.datetime64("NaT")
    return day.astype("datetime64[s]")
