"""Keys of features: found missing or repeated, or made where the file has none."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.findings import Finding
from layers.spec import FieldSpec

MADE_DIGITS = 16
MADE_BITS = 52


def key_findings(keys: pd.Series, field: FieldSpec, layer: str, rows: NDArray[np.int64]) -> list[Finding]:
    """Rows without key, and rows whose key an earlier row has; each names the other row."""
    found = [
        Finding("key_missing", "error", layer, feature=int(rows[position]), field=field.name)
        for position in np.flatnonzero(keys.isna().to_numpy())
    ]
    present = keys.dropna()
    again = present[present.duplicated()]
    if len(again):
        first = present.drop_duplicates()
        row_of = dict(zip(first.tolist(), rows[first.index.to_numpy()].tolist(), strict=True))
        found += [
            Finding(
                rule="key_repeated",
                severity="error",
                layer=layer,
                feature=int(rows[position]),
                key=str(key),
                field=field.name,
                value=str(key),
                fields={"first": row_of[key]},
            )
            for position, key in zip(again.index.to_numpy(), again.tolist(), strict=True)
        ]
    return found


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
    keys: pd.Series, owned: dict[str, pd.Series], field: str, layer: str, rows: NDArray[np.int64]
) -> list[Finding]:
    """Rows whose key is in another agency's head; `owned` holds those keys by agency."""
    found = []
    for agency, theirs in sorted(owned.items()):
        for position in np.flatnonzero(keys.isin(theirs).to_numpy()):
            key = str(keys.iloc[position])
            found.append(
                Finding(
                    rule="key_foreign",
                    severity="error",
                    layer=layer,
                    feature=int(rows[position]),
                    key=key,
                    field=field,
                    value=key,
                    fields={"owner": agency},
                )
            )
    return found
