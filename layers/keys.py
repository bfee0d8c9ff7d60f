"""Keys of features: found missing or repeated, made where the file has none, or taken over by place."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.sameness import METRES_PER_DEGREE, same_place
from layers.findings import Finding, Found
from layers.spec import FieldSpec, LayerSpec

MADE_DIGITS = 16
MADE_BITS = 52


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

    Text keys are hexadecimal, integer keys below 2**52, so that a browser keeps them exact. Rows that are
    equal in all get the same hash and a number behind it (integers: the next free one), in their order.
    """
    shapes: list[Any] = [None] * len(frame) if geometry is None else shapely.to_wkb(geometry).tolist()
    columns = [frame[name].astype("str").fillna("").tolist() for name in sorted(frame.columns)]
    digests: list[str] = []
    for row, shape in enumerate(shapes):
        digest = hashlib.sha256(shape or b"")
        for column in columns:
            digest.update(b"\x1f" + column[row].encode())
        digests.append(digest.hexdigest())
    if field.type == "integer":
        return pd.Series(list(_numbers(digests)), dtype="int64")
    return pd.Series(_texts(digests), dtype="str")


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


def _texts(digests: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    keys = []
    for digest in digests:
        key = digest[:MADE_DIGITS]
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
    return keys


def _numbers(digests: list[str]) -> Iterator[int]:
    taken: set[int] = set()
    for digest in digests:
        key = int(digest[: MADE_BITS // 4], 16)
        while key in taken:
            key += 1
        taken.add(key)
        yield key


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
