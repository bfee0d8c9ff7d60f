"""How changes and findings look: one mark, ink and line for each kind, read from `maps/styles/changes.toml`.

A city may overlay the file as it may every style. What a kind looks like on the map, in the still picture and
in the legend comes from here, so that the three agree.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maps.errors import StyleInvalid
from maps.legend import GLYPH_PATHS, glyph_swatch
from maps.style import PACKAGED, Glyph

NAME = "changes"
KINDS = ("same", "removed", "changed", "added")  # drawn in this order: what is new lies on top
SEVERITIES = ("note", "mended", "warning", "error")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_DASH = re.compile(r"(\d{1,2}( \d{1,2})*)?")


@dataclass(frozen=True)
class Mark:
    """One kind: ink, glyph of points, line (`dash` as SVG has it, `width` in pixels) and fill of areas."""

    ink: str
    glyph: str
    dash: str
    width: float
    fill: float

    @property
    def path(self) -> str:
        """The outline of the glyph in a box of 16 by 16."""
        return GLYPH_PATHS[self.glyph]

    def as_values(self) -> dict[str, Any]:
        """What the browser draws with."""
        return {**asdict(self), "path": self.path}

    def swatch(self) -> str:
        """The mark for a legend."""
        return glyph_swatch(Glyph(self.glyph, self.ink))


@dataclass(frozen=True)
class ChangeStyle:
    """Marks by kind of change and by severity of finding."""

    kinds: Mapping[str, Mark]
    findings: Mapping[str, Mark]
    hash: str


def load(overlay: Path | None = None) -> ChangeStyle:
    """Read the style; a file of the same name in `overlay` takes the packaged one's place."""
    for folder in (overlay, PACKAGED):
        if folder is not None and (path := folder / f"{NAME}.toml").is_file():
            return parse(path.read_bytes())
    raise StyleInvalid(NAME, "file", "is missing")


def parse(raw: bytes) -> ChangeStyle:
    """Check the bytes of a style file and return the style."""
    try:
        table = tomllib.loads(raw.decode("utf-8"))
        kinds = {kind: _mark(f"kinds.{kind}", table["kinds"][kind]) for kind in KINDS}
        findings = {each: _mark(f"findings.{each}", table["findings"][each]) for each in SEVERITIES}
    except KeyError as error:
        raise StyleInvalid(NAME, str(error.args[0]), "is missing") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise StyleInvalid(NAME, "file", str(error)) from error
    return ChangeStyle(kinds, findings, hashlib.sha256(raw).hexdigest())


def _mark(field: str, table: Mapping[str, Any]) -> Mark:
    mark = Mark(
        str(table["ink"]),
        str(table["glyph"]),
        str(table["dash"]),
        float(table["width"]),
        float(table["fill"]),
    )
    if not _COLOUR.fullmatch(mark.ink):
        raise StyleInvalid(NAME, f"{field}.ink", f"{mark.ink!r} is not a colour like #1a2b3c")
    if mark.glyph not in GLYPH_PATHS:
        raise StyleInvalid(NAME, f"{field}.glyph", f"{mark.glyph!r} is not one of {', '.join(GLYPH_PATHS)}")
    if not _DASH.fullmatch(mark.dash):
        raise StyleInvalid(NAME, f"{field}.dash", f"{mark.dash!r} is not a dash like 6 4")
    if not (0 < mark.width <= 12 and 0 <= mark.fill <= 1):
        raise StyleInvalid(NAME, field, "width lies in 0 to 12, fill in 0 to 1")
    return mark
