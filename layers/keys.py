"""Keys of features: found missing or repeated, made where the file has none, or taken over by place."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo.sameness import METRES_PER_DEGREE, same_place
from layers.findings import Finding, Found
from layers.spec import FieldSpec, LayerSpec

MADE_DIGITS = 16
MADE_BITS = 52
_BETWEEN = "\x1f"  # stands in no text that people write
Hashes = NDArray[np.uint64]
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose bits look like chance (2**64 by the golden ratio), by which hashes are spread."""


def key_findings(keys: pd.Series, field: FieldSpec, layer: str, rows: NDArray[np.int64]) -> list[Finding]:
    """What `check_keys` finds in keys of the rows of those numbers, index from 0."""
    found = Found(layer, rows)
    check_keys(keys, field, found)
    return found.all()


def check_keys(keys: pd.Series, field: FieldSpec, found: Found) -> None:
    """Rows without key, and rows whose key an earlier row has; each names the other row.

    The index of `keys` are positions of rows, some of which may be left out.
    """
    positions = keys.index.to_numpy()
    found.features("key_missing", "error", positions[keys.isna().to_numpy()], field=field.name)
    again = positions[(keys.duplicated() & keys.notna()).to_numpy()]
    if not len(again):
        return
    present = keys.dropna()
    first = present.drop_duplicates()
    position_of = pd.Series(first.index, index=first.to_numpy())
    found.features(
        "key_repeated",
        "error",
        again,
        field=field.name,
        value=lambda asked: [str(key) for key in keys.loc[again[asked]]],
        each=lambda asked: [
            {"first": row} for row in found.rows[position_of.loc[keys.loc[again[asked]]]].tolist()
        ],
    )


def made_keys(frame: pd.DataFrame, geometry: NDArray[np.object_] | None, field: FieldSpec) -> pd.Series:
    """A key for each row from what it holds, so that the same feature gets the same key in every upload.

    It depends on the names and values of the columns, in whatever order they stand, and on the WKB of the
    geometry: whole numbers by their 64 bits, others by those of the double, everything else by its text, each
    hashed as `pandas.util.hash_array` does (SipHash of the bytes under a fixed key), which has been the same
    since pandas 0.20; then mixed together. Text keys are hexadecimal, integer keys below 2**52, so that a
    browser keeps them exact. Rows that are equal in all get the same hash and a number behind it (integers:
    the next free one), in their order.
    """
    total = np.zeros(len(frame), np.uint64)
    texts = []
    for name in sorted(frame.columns):
        values = frame[name]
        if values.dtype.kind in "iubf":
            total = _mixed(total, _of_numbers(values), str(name))
        else:
            texts.append(values.astype("str").rename(str(name)))
    if texts:
        total = _mixed(total, _hashed(_joined(texts)), _BETWEEN.join(str(each.name) for each in texts))
    if geometry is not None:
        total = _mixed(total, _hashed(shapely.to_wkb(geometry)), "")
    if field.type == "integer":
        return pd.Series(_apart(total >> np.uint64(64 - MADE_BITS)), dtype="int64")
    return pd.Series(_texts(total), dtype="str")


def _mixed(total: Hashes, hashes: Hashes, name: str) -> Hashes:
    """The hashes so far, and those of what is called so, mixed."""
    (of_name,) = _hashed(np.array([name], dtype=object))
    total = (total ^ of_name) * _ODD + hashes
    return total ^ (total >> np.uint64(29))


def _of_numbers(values: pd.Series) -> Hashes:
    """One number for each; a missing one counts as zero."""
    if values.dtype.kind == "f":
        return _hashed(values.to_numpy(dtype=np.float64, na_value=0.0) + 0.0)  # no negative zero
    return _hashed(values.to_numpy(dtype=np.int64, na_value=0))


def _joined(texts: Sequence[pd.Series]) -> NDArray[np.object_]:
    """The texts of each row in one; a missing one counts as empty."""
    columns = [pa.array(each, pa.large_string(), from_pandas=True) for each in texts]
    between = pa.scalar(_BETWEEN, pa.large_string())
    joined = pc.binary_join_element_wise(*columns, between, null_handling="replace", null_replacement="")
    return np.asarray(joined.to_numpy(zero_copy_only=False), dtype=object)


def _hashed(values: NDArray[Any]) -> Hashes:
    if values.dtype == object:
        values = np.where(pd.isna(values), b"", values)
    return np.asarray(pd.util.hash_array(values, categorize=False), dtype=np.uint64)


def composite_keys(frame: pd.DataFrame, columns: Sequence[str], field: FieldSpec) -> pd.Series:
    """A key for each row of the values of several columns, joined by "-"; missing where one of them is.

    Integer keys are a hash of that text below 2**52.
    """
    texts = [frame[name].astype("str") for name in columns]
    missing = np.logical_or.reduce([frame[name].isna().to_numpy() for name in columns])
    joined = texts[0]
    for text in texts[1:]:
        joined = joined + "-" + text
    if field.type != "integer":
        return joined.astype("str").mask(missing)
    hashes = [int(hashlib.sha256(str(text).encode()).hexdigest()[: MADE_BITS // 4], 16) for text in joined]
    return pd.Series(hashes, index=frame.index, dtype="Int64").mask(missing)


def matched_by_place(head: pd.DataFrame, frame: pd.DataFrame, spec: LayerSpec) -> NDArray[np.int64]:
    """For each row of `frame` the row of `head` that is the same feature, -1 where there is none.

    A row is matched to the feature of its own key; the others one to one to features with the same geometry
    within the layer's precision. Where several share a place, those that are equal in most fields go first,
    then the earlier rows.
    """
    result = pd.Index(head[spec.key]).get_indexer(pd.Index(frame[spec.key]))
    result = np.where(frame[spec.key].isna() | frame[spec.key].duplicated(), -1, result)
    if "geometry" not in head or "geometry" not in frame:
        return result
    free = np.ones(len(head), bool)
    free[result[result >= 0]] = False
    ones, others = np.flatnonzero(result < 0), np.flatnonzero(free)
    left, right = _same_places(frame, head, ones, others, spec.precision_m)
    equal = np.zeros(len(left), np.int64)
    for name in (field.name for field in spec.fields if field.name != spec.key):
        if name in head and name in frame and len(left):
            one, other = (f[name].iloc[at].reset_index(drop=True) for f, at in ((frame, left), (head, right)))
            equal += ((one == other) | (one.isna() & other.isna())).to_numpy(dtype=bool, na_value=False)
    for pair in np.lexsort([right, left, -equal]):
        if result[left[pair]] < 0 and free[right[pair]]:
            result[left[pair]] = right[pair]
            free[right[pair]] = False
    return result


def _same_places(
    frame: pd.DataFrame,
    head: pd.DataFrame,
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
    precision_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of those rows whose geometry is the same."""
    shapes, theirs = frame["geometry"].to_numpy()[ones], head["geometry"].to_numpy()[others]
    present = ~shapely.is_missing(shapes)
    ones, shapes = ones[present], shapes[present]
    present = ~shapely.is_missing(theirs)
    others, theirs = others[present], theirs[present]
    if not len(ones) or not len(others):
        return ones[:0], others[:0]
    boxes = shapely.bounds(shapes), shapely.bounds(theirs)
    squeeze = np.cos(np.radians(np.abs(boxes[0][:, 1]).max()))
    reach = 2 * precision_m / (METRES_PER_DEGREE * squeeze) + 1e-12  # generous: the pairs are looked at below
    corners = [shapely.points(box[:, :2]) for box in boxes]
    left, right = shapely.STRtree(corners[1]).query(corners[0], predicate="dwithin", distance=reach)
    same = same_place(shapes[left], theirs[right], precision_m)
    return ones[left[same]], others[right[same]]


def _texts(hashes: Hashes) -> pd.Series:
    text = hashes.astype(">u8").tobytes().hex()
    keys = pd.Series([text[at : at + MADE_DIGITS] for at in range(0, len(text), MADE_DIGITS)], dtype="str")
    numbers = pd.Series(hashes)
    if numbers.is_unique:
        return keys
    count = numbers.groupby(numbers).cumcount() + 1
    return keys.mask(count > 1, keys + "-" + count.astype("str"))


def _apart(hashes: Hashes) -> NDArray[np.int64]:
    """The numbers, those that occur again moved up to the next that is free."""
    keys = hashes.astype(np.int64)
    again = np.flatnonzero(pd.Series(keys).duplicated())
    if len(again):
        taken = set(keys.tolist())
        for row in again.tolist():
            key = int(keys[row])
            while key in taken:
                key += 1
            taken.add(key)
            keys[row] = key
    return keys


def foreign_keys(
    keys: pd.Series, owned: dict[str, pd.Series], field: str, layer: str, rows: NDArray[np.int64] | None
) -> list[Finding]:
    """Rows whose key is in another agency's head; `owned` holds those keys by agency.

    Without `rows` the findings name keys alone.
    """
    found = []
    for agency, theirs in sorted(owned.items()):
        for position in np.flatnonzero(keys.isin(theirs).to_numpy()):
            key = str(keys.iloc[position])
            found.append(
                Finding(
                    rule="key_foreign",
                    severity="error",
                    layer=layer,
                    feature=None if rows is None else int(rows[position]),
                    key=key,
                    field=field,
                    value=key,
                    fields={"owner": agency},
                )
            )
    return found
