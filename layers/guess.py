"""Which layer a file is, whose it is, and which columns could be its key, by names, values and places."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.detected import Candidate, Detected, percent
from layers.arranging import AGENCY
from layers.columns import PLACE_HEADERS, Match, match
from layers.headers import folded
from layers.spec import LayerSpec
from layers.value_likeness import Values, alike

LISTED = 5
"""Other candidates told with a conclusion."""

_NAME_WEIGHT = 0.6
_VALUES_WEIGHT = 0.6  # how far values that only one layer knows close the gap to certainty
_OWN_WEIGHT = 0.6  # the same of columns that are one layer's own fields, each and no other, as in its export
_FEW_FIELDS = 3
_OTHERS_COLUMNS = 0.3  # what a name still tells of a layer that knows no column, where another knows them all
_ALL_KNOWN = 0.9
_UNFIT_GEOMETRY = 0.1
_CLOSE = 0.1
_REPEATS = 0.3  # share of keys known to an agency from which a file is taken for its own
_LEAST = 0.25
_NAME_TOLD = 0.5  # share of a layer's name in the file's from which that tells a raster's layer
_MOST_KEYS = 3
_KEY_CANDIDATES = 12
_FIRST_LOOK = 20_000
_KEY_WORDS = ("编号", "编码", "代码", "标识", "code", "id", "number", "bh", "bm", "dm", "no")
_ROW_NUMBERS = ("fid", "objectid", "oid", "ogcfid", "序号", "行号", "xh")


def guess_layer(
    columns: Sequence[str],
    geometry_kinds: Collection[str],
    file_name: str,
    specs: Mapping[str, LayerSpec],
    values: Values = MappingProxyType({}),
) -> Detected:
    """The layer a file is most like.

    Parameters
    ----------
    columns
        Headers, without the geometry.
    geometry_kinds
        Those present: `point`, `line`, `polygon`; none for a table.
    file_name
        What its owner calls it; folders in front count too.
    values
        Texts of columns (`layers.value_likeness.samples`): those of a field's domain, or their titles, tell
        its layer.

    Returns
    -------
    Detected with an empty value and confidence 0 where no layer is much like it.
    """
    names = [str(column) for column in columns if str(column).strip().casefold() not in PLACE_HEADERS]
    matches = {spec.name: match(spec.fields, names) for spec in specs.values()}
    served = {name: found.columns for name, found in matches.items()}
    shared = Counter(column for columns in served.values() for column in columns.values())
    titles = {spec.name: _likeness_of_name(file_name, spec) for spec in specs.values()}
    shares = {
        spec.name: (titles[spec.name][0], _likeness_of_columns(spec, names, served[spec.name], shared))
        for spec in specs.values()
    }
    shares = _contradicted(shares, {name for name in specs if _fits(specs[name], geometry_kinds)})
    known = alike(specs, values)
    by_values = {name: known[name].weight if name in known else 0.0 for name in specs}
    scores = {
        name: _closer(_NAME_WEIGHT * by_name + (1 - _NAME_WEIGHT) * by_columns, by_values[name])
        * (1.0 if _fits(specs[name], geometry_kinds) else _UNFIT_GEOMETRY)
        for name, (by_name, by_columns) in shares.items()
    }
    whole = _whole(specs, names, matches, geometry_kinds)
    if whole is not None:
        scores[whole] += (1 - scores[whole]) * _OWN_WEIGHT
    ranked = sorted(scores, key=lambda name: (-scores[name], -titles[name][1], name))
    others = tuple(
        Candidate(name, round(scores[name], 3)) for name in ranked[: LISTED + 1] if scores[name] > 0
    )
    if not ranked or scores[ranked[0]] < _LEAST:
        return Detected("layer", "", 0.0, "layer_unknown", {}, others[:LISTED])
    best = ranked[0]
    by_name, by_columns = shares[best]
    close = len(ranked) > 1 and scores[best] - scores[ranked[1]] < _CLOSE
    why = "layer_by_name" if by_name >= 0.5 else "layer_by_columns"
    fields: dict[str, Any] = {
        "title": f"{specs[best].title_zh} / {specs[best].title_en}",
        "name_percent": percent(by_name),
        "columns_percent": percent(by_columns),
    }
    if by_name < 0.5 and by_values[best] >= 0.5:
        why = "layer_by_values"
        fields |= {"column": known[best].column, "values_percent": round(100 * known[best].share)}
    confidence = min(1.0, scores[best] * (0.75 if close else 1.0) + (0.1 if by_name == 1.0 else 0.0))
    return Detected("layer", best, round(confidence, 3), why, fields, others[1:])


def _whole(
    specs: Mapping[str, LayerSpec],
    names: Sequence[str],
    matches: Mapping[str, Match],
    geometry_kinds: Collection[str],
) -> str | None:
    """The only layer whose fields the columns are, each by its own name and none besides but `agency`.

    Few fields that other layers of such shapes have too, as id, name and kind, tell nothing.
    """
    given = {name for name in names if name != AGENCY}
    shared = Counter(
        column
        for name, each in matches.items()
        if _fits(specs[name], geometry_kinds)
        for column in each.columns.values()
    )
    found = [
        name
        for name, each in matches.items()
        if given <= set(each.columns.values())
        and each.columns.keys() == specs[name].by_name.keys()
        and set(each.how.values()) <= {"exact", "truncated"}
        and (len(given) > _FEW_FIELDS or any(shared[column] == 1 for column in given))
        and _fits(specs[name], geometry_kinds)
    ]
    return found[0] if len(found) == 1 else None


def _contradicted(
    shares: Mapping[str, tuple[float, float]], fitting: Collection[str]
) -> dict[str, tuple[float, float]]:
    """The shares of name and columns, the name worth less where the columns are another layer's throughout:
    a file called roads whose columns are u, v and highway is a network."""
    sure = any(shares[name][1] >= _ALL_KNOWN for name in fitting)
    return {
        name: (by_name * (_OTHERS_COLUMNS if sure and by_columns == 0 else 1.0), by_columns)
        for name, (by_name, by_columns) in shares.items()
    }


def _closer(score: float, by_values: float) -> float:
    return score + (1 - score) * _VALUES_WEIGHT * by_values


def guess_raster_layer(file_name: str, specs: Mapping[str, LayerSpec]) -> Detected:
    """The raster layer a file's name is most like; an empty value and confidence 0 where none is."""
    words = {spec.name: _raster_likeness(file_name, spec) for spec in specs.values() if spec.kind == "raster"}
    ranked = sorted(words, key=lambda name: (-words[name], name))
    if not ranked or words[ranked[0]] < _NAME_TOLD:
        return Detected("layer", "", 0.0, "layer_unknown", {})
    best = ranked[0]
    fields = {
        "title": f"{specs[best].title_zh} / {specs[best].title_en}",
        "percent": round(100 * words[best]),
    }
    others = tuple(Candidate(name, round(words[name], 3)) for name in ranked[1:] if words[name] > 0)
    return Detected("layer", best, round(0.8 * words[best], 3), "layer_by_raster_name", fields, others)


def _raster_likeness(file_name: str, spec: LayerSpec) -> float:
    aliases = () if spec.raster is None else spec.raster.aliases
    given = folded(PurePosixPath(file_name).stem)
    return max(
        _likeness_of_name(file_name, spec)[0], *(1.0 * (folded(each) in given) for each in aliases), 0.0
    )


def guess_agency(points: NDArray[np.float64], zones: Mapping[str, shapely.Geometry]) -> Detected:
    """The agency in whose zone the features lie.

    Parameters
    ----------
    points
        One longitude and latitude for each feature, shape (n, 2); pairs that are not finite do not count.
    zones
        The ground of each agency. Of zones that hold equally many, the smaller one is concluded: a functional
        zone lies inside a district.
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1)]
    share = {}
    for code, zone in zones.items():
        shapely.prepare(zone)
        share[code] = float(shapely.contains_xy(zone, xy[:, 0], xy[:, 1]).mean()) if len(xy) else 0.0
    ranked = sorted(share, key=lambda code: (-round(share[code], 2), zones[code].area))
    some = tuple(
        Candidate(code, round(share[code], 3), {"percent": percent(share[code])})
        for code in ranked[: LISTED + 1]
        if share[code] > 0
    )
    if not some:
        return Detected("agency", "", 0.0, "agency_unknown", {"features": len(xy)})
    best = some[0]
    fields = {
        "percent": best.fields["percent"],
        "features": len(xy),
        "zones": sum(each > 0 for each in share.values()),
    }
    if best.confidence < 0.5:
        return Detected("agency", "", 0.0, "agency_several", fields, some[:LISTED])
    rival = len(some) > 1 and some[1].confidence > best.confidence - _CLOSE
    confidence = round(best.confidence * (0.8 if rival else 0.95), 3)
    return Detected("agency", best.value, confidence, "agency_by_place", fields, some[1:])


def guess_owner(keys: pd.Series, heads: Mapping[str, pd.Series]) -> Detected | None:
    """The agency whose published features the file repeats, None where it repeats hardly any.

    Parameters
    ----------
    keys
        The file's own keys; missing ones do not count.
    heads
        The keys of each agency's head.
    """
    present = keys.dropna().drop_duplicates()
    if not len(present):
        return None
    share = {code: float(present.isin(theirs).mean()) for code, theirs in heads.items()}
    ranked = sorted(share, key=lambda code: (-share[code], code))
    if not ranked or share[ranked[0]] < _REPEATS:
        return None
    best = ranked[0]
    others = tuple(
        Candidate(code, round(share[code], 3), {"percent": percent(share[code])})
        for code in ranked[1 : LISTED + 1]
        if share[code] > 0
    )
    fields = {"percent": percent(share[best]), "features": len(present)}
    return Detected("agency", best, round(0.5 + 0.48 * share[best], 3), "agency_by_keys", fields, others)


def propose_key(frame: pd.DataFrame, spec: LayerSpec) -> Detected | None:
    """Columns of a file that together tell its rows apart, where no column serves the spec's key.

    One column if there is one, those named like a key first; else the fewest of up to three. Measured numbers
    and the numbers of rows are no keys: they change with the next export. None where the key has a column, or
    nothing tells the rows apart.
    """
    if spec.key in match((spec.field(spec.key),), [str(column) for column in frame.columns]).columns:
        return None
    codes = _distinct(frame)
    if not len(frame) or not codes:
        return None
    order = sorted(codes, key=lambda name: (not _like_key(name), -int(codes[name].max())))
    for count in range(1, _MOST_KEYS + 1):
        unique = list(_unique(order, codes, count))
        if unique:
            return _key(unique, len(frame))
    return None


def _key(found: list[tuple[str, ...]], rows: int) -> Detected:
    best = found[0]
    confidence = (0.85 if _like_key(best[0]) else 0.7) if len(best) == 1 else 0.6
    fields = {"columns": list(best), "listed": ", ".join(best), "rows": rows}
    others = tuple(
        Candidate(",".join(each), confidence * 0.7, {"columns": list(each)}) for each in found[1:LISTED]
    )
    why = "key_column" if len(best) == 1 else "key_columns"
    return Detected("key", ",".join(best), confidence, why, fields, others)


def _unique(
    order: list[str], codes: Mapping[str, NDArray[np.int64]], count: int
) -> Iterator[tuple[str, ...]]:
    """Sets of columns whose values together occur once each; a first look at some rows spares most sets."""
    candidates = order if count == 1 else order[:_KEY_CANDIDATES]
    for names in combinations(candidates, count):
        columns = [codes[name] for name in names]
        rows = len(columns[0])
        room = np.prod([float(column.max()) + 1 for column in columns])
        if room >= rows and _apart([each[:_FIRST_LOOK] for each in columns]) and _apart(columns):
            yield names


def _apart(columns: list[NDArray[np.int64]]) -> bool:
    together = columns[0]
    for column in columns[1:]:
        pairs = together * (int(column.max()) + 1) + column
        together = np.unique(pairs, return_inverse=True)[1]
    return len(np.unique(together)) == len(together)


def _distinct(frame: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """The columns that may be part of a key, each value as a number; a missing value is no key."""
    geometry = getattr(frame, "active_geometry_name", None)
    found = {}
    for column in frame.columns:
        values = frame[column]
        if column == geometry or values.isna().any() or _is_measured(values) or _counts_rows(column, values):
            continue
        texts = values if values.dtype != object else values.astype("str")
        numbers, distinct = pd.factorize(texts)
        if len(distinct) > 1 or len(frame) == 1:
            found[str(column)] = numbers.astype(np.int64)
    return found


def _is_measured(values: pd.Series) -> bool:
    if values.dtype.kind in "Mmb":
        return values.dtype.kind != "M"
    return values.dtype.kind == "f" and not bool((values == np.floor(values)).all())


def _counts_rows(column: object, values: pd.Series) -> bool:
    """Whether a column is named for row numbers, or counts the rows in their order."""
    if folded(str(column)) in _ROW_NUMBERS:
        return True
    if values.dtype.kind not in "iu" or len(values) < 2:
        return False
    return bool((np.diff(values.to_numpy()) == 1).all()) and int(values.iloc[0]) in (0, 1)


def _like_key(column: str) -> bool:
    name = folded(column)
    return any(name == word or name.endswith(word) for word in _KEY_WORDS)


def _fits(spec: LayerSpec, kinds: Collection[str]) -> bool:
    if spec.kind == "raster":
        return False
    if spec.kind == "network":
        return not kinds or set(kinds) <= {"line", "point"}
    if spec.geometry == "none":
        return True
    return bool(kinds) and (spec.geometry == "any" or set(kinds) == {spec.geometry})


def _likeness_of_columns(
    spec: LayerSpec,
    names: Sequence[str],
    served: Mapping[str, str],
    shared: Mapping[str, int],
) -> float:
    """How many of the required fields there are, how many columns are known, and how many only here.

    `shared` counts the layers that know a column.
    """
    if not names:
        return 0.0
    required = [each.name for each in spec.fields if each.required and each.name != spec.key]
    complete = sum(name in served for name in required) / len(required) if required else 1.0
    rarity = {column: 1 / max(1, shared.get(column, 0)) for column in names}
    rare = sum(rarity[column] for column in served.values()) / sum(rarity.values())
    share = len(served) / len(names)
    return share * (0.4 + 0.3 * complete) + 0.3 * rare


def _likeness_of_name(file_name: str, spec: LayerSpec) -> tuple[float, int]:
    """The longest part of a layer's name or title that is in the file's name, as a share of it; the names of
    its fields' values count too, somewhat less: a file called 幼儿园 is of education. With it the length of
    that part: subdistricts are districts too, but not the other way round."""
    path = PurePosixPath(file_name)
    given = folded(path.stem)
    parents = folded("/".join(path.parts[:-1]))
    titles = (spec.name, spec.title_zh, spec.title_en)
    parts = [part for title in titles for part in (title, *re.split("[和与、]", title))]
    found = [
        (share, round(share * len(folded(part))))
        for part in parts
        for share in (_common(folded(part), given), 0.8 * _common(folded(part), parents))
    ]
    values = {
        folded(title) for each in spec.fields for names in each.domain_titles.values() for title in names
    }
    found += [(0.9, len(value)) for value in values if len(value) > 1 and value in given]
    return max(found)


def _common(wanted: str, given: str) -> float:
    """The share of `wanted` that its longest run inside `given` makes; short runs do not count, and of Latin
    words only nearly the whole does."""
    least = max(4, int(0.8 * len(wanted))) if wanted.isascii() else 2
    for size in range(len(wanted), least - 1, -1):
        if any(wanted[at : at + size] in given for at in range(len(wanted) - size + 1)):
            return size / len(wanted)
    return 0.0
