"""What headers of columns mean, whatever their width, spacing, brackets, and wherever a format cut them.

A Shapefile keeps ten bytes of a name; programs number the ones that would be equal, as `geo.exports` does
(`category1`) or with a line before the number.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from layers.units import is_unit

CUT_BYTES = 10
ENCODINGS = ("utf-8", "gb18030")
_IGNORED = re.compile(r"[\s_\-.·:：/\\#*,、，。'\"“”]+")
_BRACKET = re.compile(r"^(?P<name>[^(\[【〔{]+)[(\[【〔{](?P<inside>[^)\]】〕}]*)[)\]】〕}]?$")
_LAST = re.compile(r"^(?P<name>.+)[\s_\-/](?P<inside>[^\s_\-/]+)$")
_NUMBERED = re.compile(r"^(?P<start>.*?)_?(?P<number>[1-9]\d?)$")


@dataclass(frozen=True)
class Header:
    """A header taken apart: `whole` and `name` are folded, `name` without the remark in brackets.

    `unit` is that remark, or the last word, if it names a unit of measure.
    """

    whole: str
    name: str
    unit: str | None


def folded(text: str) -> str:
    """Text without width, capitals, blanks and punctuation: `占地面积 （㎡）` is `占地面积(m2)`."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


def header(text: str) -> Header:
    """A header taken apart."""
    whole = folded(text)
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    bracket = _BRACKET.match(whole)
    if bracket:
        inside = bracket["inside"].removeprefix("单位")
        return Header(whole, bracket["name"], inside if is_unit(inside) else None)
    last = _LAST.match(plain)
    if last and is_unit(folded(last["inside"])):
        return Header(whole, folded(last["name"]), folded(last["inside"]))
    return Header(whole, whole, None)


def is_cut(column: str, name: str) -> bool:
    """Whether a column's header is a longer name cut to the ten bytes of a Shapefile, maybe numbered."""
    return not _cuts(name).isdisjoint(_starts(column))


@lru_cache(maxsize=8192)
def _starts(column: str) -> tuple[tuple[str, int], ...]:
    """A header, and what it is without the number behind it, with the characters that number takes."""
    numbered = _NUMBERED.match(column)
    whole = (column.casefold(), 0)
    if not numbered:
        return (whole,)
    return whole, (numbered["start"].casefold(), len(column) - len(numbered["start"]))


@lru_cache(maxsize=8192)
def _cuts(name: str) -> frozenset[tuple[str, int]]:
    """What may be left of a name of more than ten bytes, by the bytes that a number takes behind it."""
    return frozenset(
        (cut(name, encoding, CUT_BYTES - taken).casefold(), taken)
        for encoding in ENCODINGS
        if len(name.encode(encoding, errors="replace")) > CUT_BYTES
        for taken in range(4)
    )


def cut(text: str, encoding: str, size: int) -> str:
    """The longest start of a text that fits into so many bytes."""
    return text.encode(encoding, errors="replace")[:size].decode(encoding, errors="ignore")
