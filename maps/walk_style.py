"""How the streets reached on foot look: a line for each band, read from `maps/styles/walk.toml`.

A city may overlay the file as it may every style. The map, the still picture and the legend read it alike.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maps.errors import StyleInvalid
from maps.style import PACKAGED

NAME = "walk"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_DASH = re.compile(r"(\d{1,2}(\.\d)?( \d{1,2}(\.\d)?)*)?")


@dataclass(frozen=True)
class Band:
    """The line of one band: ink, dash as SVG has it, width in pixels."""

    ink: str
    dash: str
    width: float

    def swatch(self) -> str:
        """The line for a legend."""
        return (
            '<svg class="swatch" viewBox="0 0 28 8" width="28" height="8" aria-hidden="true" '
            'focusable="false">'
            f'<path d="M1 4H27" fill="none" stroke="{self.ink}" stroke-width="{self.width}"'
            f' stroke-dasharray="{self.dash or "none"}"/></svg>'
        )


@dataclass(frozen=True)
class WalkStyle:
    """Bands from the nearest, the mark of the place, the fill of the area."""

    bands: tuple[Band, ...]
    origin: str
    fill: str
    opacity: float
    hash: str

    def band(self, number: int) -> Band:
        """The look of a band by its number from 0; beyond the last it is the last one's."""
        return self.bands[min(number, len(self.bands) - 1)]

    def as_values(self) -> dict[str, Any]:
        """What the browser draws with."""
        return {
            "bands": [asdict(each) for each in self.bands],
            "origin": self.origin,
            "fill": self.fill,
            "opacity": self.opacity,
        }


def load(overlay: Path | None = None) -> WalkStyle:
    """Read the style; a file of the same name in `overlay` takes the packaged one's place."""
    for folder in (overlay, PACKAGED):
        if folder is not None and (path := folder / f"{NAME}.toml").is_file():
            return parse(path.read_bytes())
    raise StyleInvalid(NAME, "file", "is missing")


def parse(raw: bytes) -> WalkStyle:
    """Check the bytes of a style file and return the style."""
    try:
        table = tomllib.loads(raw.decode("utf-8"))
        bands = tuple(_band(f"bands[{i}]", each) for i, each in enumerate(table["bands"]))
        origin = _colour("origin.ink", table["origin"]["ink"])
        fill, opacity = _colour("area.fill", table["area"]["fill"]), float(table["area"]["opacity"])
    except KeyError as error:
        raise StyleInvalid(NAME, str(error.args[0]), "is missing") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise StyleInvalid(NAME, "file", str(error)) from error
    if not bands:
        raise StyleInvalid(NAME, "bands", "needs one band or more")
    if not 0 <= opacity <= 1:
        raise StyleInvalid(NAME, "area.opacity", "lies in 0 to 1")
    return WalkStyle(bands, origin, fill, opacity, hashlib.sha256(raw).hexdigest())


def _band(field: str, table: Mapping[str, Any]) -> Band:
    band = Band(_colour(f"{field}.ink", table["ink"]), str(table["dash"]), float(table["width"]))
    if not _DASH.fullmatch(band.dash):
        raise StyleInvalid(NAME, f"{field}.dash", f"{band.dash!r} is not a dash like 6 4")
    if not 0 < band.width <= 12:
        raise StyleInvalid(NAME, f"{field}.width", "lies in 0 to 12")
    return band


def _colour(field: str, value: object) -> str:
    if not _COLOUR.fullmatch(str(value)):
        raise StyleInvalid(NAME, field, f"{value!r} is not a colour like #1a2b3c")
    return str(value)
