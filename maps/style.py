"""How a map looks: colours, patterns and glyphs read from TOML, never written in code.

Styles are packaged under `maps/styles/` and overlaid by a city's own `home/styles/`.
"""

import hashlib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from maps.errors import StyleInvalid, StyleNotFound

PACKAGED = Path(__file__).parent / "styles"
PATTERNS = ("dots", "diagonal", "cross")
GLYPHS = ("circle", "square", "triangle", "diamond", "cross", "ex", "heart", "drop")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class RampClass:
    """One class of a sequential ramp: shares from `start` (included) up to `end` (not included)."""

    start: float
    end: float
    colour: str


@dataclass(frozen=True)
class Hatch:
    """How a zone without a share is drawn."""

    reason: str
    pattern: str
    ink: str
    paper: str


@dataclass(frozen=True)
class Glyph:
    """The mark of a facility layer on the map."""

    shape: str
    ink: str


@dataclass(frozen=True)
class Style:
    """One map style, checked when it is read."""

    name: str
    title_zh: str
    title_en: str
    classes: tuple[RampClass, ...]
    hatches: Mapping[str, Hatch]
    groups: Mapping[str, Glyph]
    zone: Mapping[str, Any]
    backdrop: Mapping[str, Mapping[str, Any]]
    uncovered: Mapping[str, str]
    hash: str

    def class_of(self, share: float | None) -> int | None:
        """Index of the class a share of 0 to 1 falls into; None for a missing share."""
        if share is None:
            return None
        return max(0, bisect_right([each.start for each in self.classes], share) - 1)

    def colour(self, share: float | None) -> str | None:
        """Fill colour of a share, None for a missing one (which is hatched)."""
        index = self.class_of(share)
        return None if index is None else self.classes[index].colour

    def glyph(self, group: str) -> Glyph:
        """The mark of a facility layer; layers the style does not name share one."""
        return self.groups.get(group, self.groups["other"])

    def hatch(self, reason: str | None) -> Hatch:
        """The hatch of a zone without a share."""
        return self.hatches.get(reason or "no_data", self.hatches["no_data"])


def load(name: str, overlay: Path | None = None) -> Style:
    """Read a style by name; a file of the same name in `overlay` takes the packaged one's place."""
    if re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        for folder in (overlay, PACKAGED):
            if folder is not None and (path := folder / f"{name}.toml").is_file():
                return parse(name, path.read_bytes())
    raise StyleNotFound(name)


def parse(name: str, raw: bytes) -> Style:
    """Check the bytes of a style file and return the style."""
    try:
        table = tomllib.loads(raw.decode("utf-8"))
        starts = [float(each["from"]) for each in table["ramp"]["classes"]]
        classes = tuple(
            RampClass(start, end, _colour(name, f"ramp.classes[{i}].colour", each["colour"]))
            for i, (each, (start, end)) in enumerate(
                zip(table["ramp"]["classes"], pairwise([*starts, 1.0]), strict=True)
            )
        )
        hatches = {
            reason: Hatch(
                reason,
                _one_of(name, f"ramp.without.{reason}.pattern", each["pattern"], PATTERNS),
                _colour(name, f"ramp.without.{reason}.ink", each["ink"]),
                _colour(name, f"ramp.without.{reason}.paper", each["paper"]),
            )
            for reason, each in table["ramp"]["without"].items()
        }
        groups = {
            group: Glyph(
                _one_of(name, f"groups.{group}.glyph", each["glyph"], GLYPHS),
                _colour(name, f"groups.{group}.ink", each["ink"]),
            )
            for group, each in table["groups"].items()
        }
        style = Style(
            name=name,
            title_zh=table["title_zh"],
            title_en=table["title_en"],
            classes=classes,
            hatches=hatches,
            groups=groups,
            zone=table["zone"],
            backdrop=table["backdrop"],
            uncovered=table["uncovered"],
            hash=hashlib.sha256(raw).hexdigest(),
        )
    except KeyError as error:
        raise StyleInvalid(name, str(error.args[0]), "is missing") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise StyleInvalid(name, "file", str(error)) from error
    if not starts or starts[0] != 0.0 or starts != sorted(set(starts)) or starts[-1] >= 1.0:
        raise StyleInvalid(name, "ramp.classes", "`from` must start at 0 and rise below 1")
    for field, table_of, needed in (("groups", groups, "other"), ("ramp.without", hatches, "no_data")):
        if needed not in table_of:
            raise StyleInvalid(name, field, f"needs an entry {needed!r}")
    return style


def _colour(name: str, field: str, value: object) -> str:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise StyleInvalid(name, field, f"{value!r} is not a colour like #1a2b3c")
    return value


def _one_of(name: str, field: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise StyleInvalid(name, field, f"{value!r} is not one of {', '.join(allowed)}")
    return str(value)
