"""Tables whose rows may stand for places: CSV text, its types, and the columns that hold coordinates.

Runs in the reading process, on pyarrow and shapely alone. Columns called lon/lat, lng/lat, longitude/latitude
or 经度/纬度 are taken as degrees of EPSG:4326; x/y and WKT say nothing about their system, the caller must.
Columns such as lon_gcj02/lat_gcj02 are used only when the caller names them.
"""

import csv
import io
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import shapely
from numpy.typing import NDArray

from geo import decoding, headers
from geo.decoding import Decoded
from geo.notes import Note
from geo.read_problems import problem

_DEGREES = "EPSG:4326"
_PAIRS = {
    ("lon", "lat"): _DEGREES,
    ("lng", "lat"): _DEGREES,
    ("longitude", "latitude"): _DEGREES,
    ("经度", "纬度"): _DEGREES,
    ("x", "y"): None,
}
_WKT = ("wkt", "geometry", "geom", "the_geom", "wkt_geom")
_WKT_STARTS = re.compile(
    r"\s*(SRID=\d+;)?\s*(POINT|LINESTRING|POLYGON|MULTI(POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)",
    re.IGNORECASE,
)
_QUOTED_TIMES = 10  # separators inside quotes are none; so many of them are no names of columns
_LOOKED_AT = 100_000  # characters in which a header below titles is looked for
_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"  # no leading zeros: 0531 is a code, not a number
_NUMBER = r"^-?((0|[1-9][0-9]{0,15})(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_COORDINATE = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True)
class Coordinates:
    """Which columns hold the place of a row: a pair, or one of WKT (`y` is None)."""

    x: str
    y: str | None
    crs: str | None


def read_csv(file: str, text: str, most: int | None = None) -> tuple[pa.Table, tuple[Note, ...]]:
    """A table of CSV text; columns of nothing but numbers become numbers, codes such as 0531 stay text.

    Empty cells are missing. The separator (comma, semicolon, tab) is the one most frequent in the first line
    that has any. Titles above the names of columns are passed over, and that is said. Far more than `most`
    columns are refused before a table is made of them.
    """
    text, separator, notes = _below_titles(text.lstrip("\ufeff\r\n"))
    count = text.partition("\n")[0].count(separator) + 1
    if most is not None and count > _QUOTED_TIMES * most:
        raise problem("too_many_columns", file, count=count, limit=most)
    try:
        table = pacsv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=1 << 24),
            parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                default_column_type=pa.string(),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise problem("uneven_rows", file, reason=str(error)[:200]) from error
    names = [name.strip() for name in table.column_names]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise problem("column_twice", file, column=twice)
    return pa.table([_typed(table[i]) for i in range(table.num_columns)], names=names), notes


def _below_titles(text: str) -> tuple[str, str, tuple[Note, ...]]:
    """The text from its header on, and the separator; a first line that fills half of the columns is one."""
    lines = text[:_LOOKED_AT].splitlines()[: headers.LOOKED_AT]
    first = next((line for line in lines if any(mark in line for mark in ",;\t")), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    rows, ends = [], [0]
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        return text, separator, ()
    header = headers.find(rows, two_rows=False)
    if header is None or header.first == 0:
        return text, separator, ()
    titles = sum(any(map(headers.is_filled, row)) for row in rows[: header.first])
    rest = text.splitlines(keepends=True)[ends[header.first] :]
    return "".join(rest), separator, header.notes(titles)


def find_coordinates(file: str, table: pa.Table, x: str | None, y: str | None) -> Coordinates | None:
    """The columns that hold coordinates: those the caller names, else the one pair that is called so.

    None where nothing is called like a coordinate: then it is a plain table. More than one candidate, or one
    with a suffix that may mean another datum, is an error: which to use is for the caller to say.
    """
    names = {name.casefold(): name for name in table.column_names}
    if x or y:
        return _named(file, names, x, y)
    found = [
        Coordinates(names[a], names[b], crs) for (a, b), crs in _PAIRS.items() if a in names and b in names
    ]
    found += [
        Coordinates(names[name], names[partner], crs)
        for name in names
        for (a, b), crs in _PAIRS.items()
        if len(a) > 1 and name.endswith(f"_{a}") and (partner := f"{name[: -len(a)]}{b}") in names
    ]  # under a heading of their own: 坐标 over 经度 and 纬度
    wkt = [Coordinates(names[a], None, None) for a in _WKT if a in names and _looks_like_wkt(table[names[a]])]
    suffixed = [
        Coordinates(names[name], names[partner], None)
        for name in names
        for (a, b) in _PAIRS
        if name.startswith(f"{a}_") and (partner := f"{b}_{name[len(a) + 1 :]}") in names
    ]
    candidates = found + wkt + suffixed
    if len(candidates) > 1 or suffixed:
        pairs = ", ".join(f"{each.x}/{each.y}" if each.y else each.x for each in candidates)
        raise problem("several_places", file, columns=pairs)
    return found[0] if found else wkt[0] if wkt else None


def points(file: str, table: pa.Table, where: Coordinates, *, most_nested: int) -> Decoded:
    """The geometry of each row, and which rows have coordinates that cannot be used.

    A row without any is missing (None). NaN, infinite or half a pair and text that is no number are unusable,
    broken WKT is unreadable: None too, and marked. WKT of more than `most_nested` collections in one another
    is refused before it is parsed.
    """
    if where.y is None:
        texts = table[where.x].cast(pa.string()).to_pylist()
        if decoding.depth(texts) > most_nested:
            raise problem("nested", file)
        return decoding.from_wkt(np.array(texts, dtype=object))
    (x, no_x, bad_x), (y, no_y, bad_y) = _numbers(table[where.x]), _numbers(table[where.y])
    missing = no_x & no_y
    bad = (bad_x | bad_y | no_x | no_y) & ~missing
    geometry = np.full(table.num_rows, None, dtype=object)
    good = ~(missing | bad)
    geometry[good] = shapely.points(x[good], y[good])
    return Decoded.whole(geometry, bad)


def _named(file: str, names: dict[str, str], x: str | None, y: str | None) -> Coordinates:
    for name in (x, y):
        if name and name.casefold() not in names:
            raise problem("no_column", file, column=name, listed=", ".join(names.values()))
    if not x:
        raise problem("half_a_place", file, column=y)
    x = names[x.casefold()]
    if not y:
        return Coordinates(x, None, None)
    y = names[y.casefold()]
    return Coordinates(x, y, _PAIRS.get((x.casefold(), y.casefold())))


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    present = column.drop_null()
    if not len(present):
        return column
    if pc.all(pc.match_substring_regex(present, _WHOLE)).as_py():
        return column.cast(pa.int64())
    if pc.all(pc.match_substring_regex(present, _NUMBER)).as_py():
        return column.cast(pa.float64())
    return column


def _numbers(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Values, which are missing, and which are no finite number."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
        missing = column.is_null().to_numpy(zero_copy_only=False)
        fits = pc.fill_null(pc.match_substring_regex(column, _COORDINATE), False)
        column = pc.if_else(fits, column, pa.scalar(None, column.type))
        column = pc.utf8_ltrim(column, "+")
    elif (
        pa.types.is_integer(column.type)
        or pa.types.is_floating(column.type)
        or pa.types.is_decimal(column.type)
    ):
        missing = column.is_null().to_numpy(zero_copy_only=False)
    else:
        missing = column.is_null().to_numpy(zero_copy_only=False)
        return np.full(len(column), np.nan), missing, ~missing
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return values, missing, ~missing & ~np.isfinite(values)


def _looks_like_wkt(column: pa.ChunkedArray) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    first = column.drop_null()[:1].to_pylist()
    return bool(first and _WKT_STARTS.match(first[0]))
