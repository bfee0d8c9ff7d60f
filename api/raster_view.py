"""A raster as its page shows it: the facts of an examination or of a version, in the reader's form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.words import Words
from layers.spec import LayerSpec

_DIGITS = 3  # decimals of values that are no whole numbers
_CELL_DECIMALS = 2  # centimetres


@dataclass(frozen=True)
class BandView:
    """One band: its number or name, the type of its cells, their range, and how many have a value."""

    name: str
    kind: str
    range: str
    valid: str
    nodata: str


@dataclass(frozen=True)
class RasterView:
    """What `_raster.html` needs; `picture` and `download` are addresses, empty where there is nothing."""

    size: str
    cell: str
    crs: str
    bands: tuple[BandView, ...]
    agency: str = ""
    picture: str = ""
    download: str = ""


def raster_view(
    words: Words,
    spec: LayerSpec | None,
    facts: Mapping[str, Any],
    *,
    agency: str = "",
    picture: str = "",
    download: str = "",
) -> RasterView | None:
    """None where nothing is known of the raster, as without a place."""
    if not facts.get("bands"):
        return None
    width, height = facts["cell_m"]
    unit = spec.raster.unit if spec is not None and spec.raster is not None else None
    return RasterView(
        size=words.say("raster_size", width=facts["width"], height=facts["height"]),
        cell=words.say(
            "raster_cell",
            width=words.number(width, _CELL_DECIMALS),
            height=words.number(height, _CELL_DECIMALS),
        ),
        crs=f"{facts['crs_title']} ({facts['crs']})" if len(facts["crs"]) < 20 else facts["crs_title"],
        bands=tuple(
            _band(words, unit, number, band, facts["width"] * facts["height"])
            for number, band in enumerate(facts["bands"], start=1)
        ),
        agency=agency,
        picture=picture,
        download=download,
    )


def _band(words: Words, unit: str | None, number: int, band: Mapping[str, Any], cells: int) -> BandView:
    told = words.say("raster_nothing")
    if band["least"] is not None:
        told = words.say(
            "raster_range_of",
            least=_value(words, band["least"]),
            greatest=_value(words, band["greatest"]),
            unit=f" {unit}" if unit else "",
        )
    return BandView(
        name=band["description"] or str(number),
        kind=band["kind"],
        range=told,
        valid=words.percent(band["cells"] / cells),
        nodata=_no_value(words, band),
    )


def _no_value(words: Words, band: Mapping[str, Any]) -> str:
    """The mark for no value; a file without one is allowed, and readers are told that all numbers count."""
    mark = band["nodata"]
    if mark is None:
        masked = "." in band["digest"]  # behind it stands the digest of the file's mask
        return words.say("raster_nodata_mask" if masked else "raster_nodata_none")
    return mark if isinstance(mark, str) else f"{mark:.10g}"


def _value(words: Words, value: float) -> str:
    return words.number(value, 0 if float(value).is_integer() else _DIGITS)
