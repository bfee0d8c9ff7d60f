"""What is wrong with the values of one column: type, absence, domain, range, and days no city has."""

import datetime as dt
import difflib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.cell_units import Written, resembling
from layers.fields import Cast, as_text
from layers.findings import Found
from layers.spec import FieldSpec, LayerSpec

SHOWN = 200
NEAREST_OF = 200
"""So many distinct wrong values get the allowed value most like theirs; comparing texts is slow."""
NEAREST_LENGTH = 60
EARLIEST = dt.date(1901, 1, 1)
"""Spreadsheets write an empty date as 1899-12-30 or 1900-01-01; what is truly older is rare: worth a look."""
YEARS_AHEAD = 30
"""A plan looks fifteen to twenty years ahead; what is further is a slip."""

Positions = NDArray[np.intp]


def value_findings(source: pd.Series, result: Cast, field: FieldSpec, is_key: bool, found: Found) -> None:
    """Findings about a column; `source` is the column as the file has it, index from 0."""
    values = result.values

    def shown(asked: Positions) -> list[str | None]:
        return [None if _is_missing(value) else str(value)[:SHOWN] for value in source.iloc[asked]]

    def tell(
        rule: str,
        where: NDArray[np.bool_],
        each: Callable[[Positions], Sequence[dict[str, Any]]] | None = None,
    ) -> None:
        if where.any():
            found.features(rule, "error", where, field=field.name, value=shown, each=each)

    def same(fields: dict[str, Any]) -> Callable[[Positions], Sequence[dict[str, Any]]]:
        return lambda asked: [fields] * len(asked)

    tell("value_type", result.unfit, partial(_types, source, field))
    absent = values.isna().to_numpy()
    if field.required and not is_key:
        tell("value_missing", absent & ~result.unfit)
    if field.domain:
        wrong = ~absent & ~values.isin(field.domain).to_numpy()
        tell("value_domain", wrong, partial(_domains, values, field))
    limits = same({"minimum": field.minimum, "maximum": field.maximum})
    if field.minimum is not None:
        tell("value_range", (values < field.minimum).to_numpy(dtype=bool, na_value=False), limits)
    if field.maximum is not None:
        tell("value_range", (values > field.maximum).to_numpy(dtype=bool, na_value=False), limits)


def unit_findings(source: pd.Series, result: Cast, written: Written, field: FieldSpec, found: Found) -> None:
    """Findings about cells whose number had a unit and was converted."""

    def each(asked: Positions) -> list[dict[str, Any]]:
        return [
            {
                "from": written.units[at].title,
                "to": field.unit or "",
                "factor": written.units[at].factor,
                "result": as_text(result.values.iloc[written.positions[at]]),
            }
            for at in asked.tolist()
        ]

    found.features(
        "value_unit",
        "mended",
        written.positions,
        field=field.name,
        value=lambda asked: [str(cell)[:SHOWN] for cell in source.iloc[written.positions[asked]]],
        each=each,
    )


def date_findings(frame: pd.DataFrame, spec: LayerSpec, today: dt.date, found: Found) -> None:
    """Dates that no feature of a city has, and features removed before they were completed."""
    latest = today.replace(year=today.year + YEARS_AHEAD, day=min(today.day, 28))
    likely = {"earliest": EARLIEST.isoformat(), "latest": latest.isoformat()}
    for field in spec.fields:
        if field.type != "date":
            continue
        days = frame[field.name]
        far = ((days < pd.Timestamp(EARLIEST)) | (days > pd.Timestamp(latest))).to_numpy()
        found.features(
            "date_far",
            "warning",
            far,
            field=field.name,
            value=partial(_days, days),
            each=lambda asked: [likely] * len(asked),
        )
    completed, removed = spec.dates.completed, spec.dates.removed
    if completed and removed:
        found.features(
            "dates_disagree",
            "warning",
            (frame[removed] < frame[completed]).to_numpy(),
            field=removed,
            value=partial(_days, frame[removed]),
            each=lambda asked: [{"completed": day} for day in _days(frame[completed], asked)],
        )


def _days(days: pd.Series, asked: Positions) -> list[str]:
    return [str(day) for day in days.iloc[asked].to_numpy().astype("datetime64[D]")]


def _is_missing(value: Any) -> bool:
    return value is None or bool(np.all(pd.isna(value)))


def _types(source: pd.Series, field: FieldSpec, asked: Positions) -> list[dict[str, Any]]:
    """The type, and the number that a text resembles."""
    cells = source.iloc[asked].tolist()
    return [{"type": field.type, "nearest": resembling(cell, field)} for cell in cells]


def _domains(values: pd.Series, field: FieldSpec, asked: Positions) -> list[dict[str, Any]]:
    """The allowed values, and of those the one that the value, or one of its names, is most like."""
    wrong = values.iloc[asked]
    nearest = {value: _nearest(value, field) for value in wrong.unique()[:NEAREST_OF]}
    domain = list(field.domain)
    return [{"domain": domain, "nearest": nearest.get(value)} for value in wrong]


def _nearest(value: str, field: FieldSpec) -> str | None:
    names = {allowed.casefold(): allowed for allowed in field.domain}
    for allowed, titles in field.domain_titles.items():
        for title in titles:
            names.setdefault(title.casefold(), allowed)
    close = difflib.get_close_matches(value[:NEAREST_LENGTH].casefold(), names, n=1)
    return names[close[0]] if close else None
