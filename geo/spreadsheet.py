"""Workbooks (XLSX, XLSB, ODS, XLS) as tables, inside the reading process: a sheet is a layer.

Cells keep the type they have in the workbook, so a code typed as text keeps its zeros. A column of several
kinds becomes text, and that is said. Formulas are never run; their last value is taken.
"""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from geo import archive, headers, reader_result
from geo.formats import NamedFile
from geo.headers import Cell, is_filled
from geo.notes import Note
from geo.read_problems import problem
from geo.reader_task import Task

_NAMES = ("in.xlsx", "in.ods", "in.xls")
_ZIPPED = ("in.xlsx", "in.ods")


def sheet_names(task: Task) -> list[str]:
    """The sheets with something in them that are not hidden, in their order."""
    with _opened(task) as book:
        found = [name for name in _visible(book) if _sheet(task, book, name).height]
    if not found:
        raise problem("no_sheets", task.file)
    return found


def read(task: Task, layer: str) -> tuple[pa.Table, tuple[Note, ...]]:
    """The rows below the header of a sheet, without blank ones, and what was decided."""
    with _opened(task) as book:
        sheet = _sheet(task, book, layer)
        reader_result.check_count(task, sheet.total_height, "rows")
        reader_result.check_count(task, sheet.total_width, "columns")
        rows: Sequence[Sequence[Cell]] = sheet.to_python(skip_empty_area=False)
        header = headers.find(rows, sheet.merged_cell_ranges)
    if header is None:
        raise problem("no_header", task.file, layer=layer)
    titles = sum(any(map(is_filled, row)) for row in rows[: header.first])
    notes = list(header.notes(titles))
    body = list(rows[header.last + 1 :])
    while body and not any(map(is_filled, body[-1])):
        body.pop()
    kept = [row for row in body if any(map(is_filled, row))]
    if len(kept) < len(body):
        notes.append(Note("blank_rows", {"count": len(body) - len(kept)}))
    table = _table(header.names, kept, notes)
    return table, tuple(notes)


def _opened(task: Task) -> CalamineWorkbook:
    name = next(each for each in _NAMES if Path(each).exists())
    if name in _ZIPPED:
        archive.check(NamedFile(task.file, Path(name)), limits=task.limits)
    return _guarded(task, lambda: CalamineWorkbook.from_path(name))


def _sheet(task: Task, book: CalamineWorkbook, name: str) -> CalamineSheet:
    return _guarded(task, lambda: book.get_sheet_by_name(name))


def _guarded(task: Task, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except PasswordError as error:
        raise problem("locked", task.file) from error
    except (CalamineError, OSError, ValueError) as error:
        raise problem("unreadable", task.file, reason=str(error)[:300]) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust, misled by numbers in the workbook
            raise
        raise problem("unreadable", task.file, reason=str(error)[:300]) from error


def _visible(book: CalamineWorkbook) -> list[str]:
    return [
        each.name
        for each in book.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
    ]


def _table(names: Sequence[str], rows: Sequence[Sequence[Cell]], notes: list[Note]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    kept, arrays = [], []
    for at, values in enumerate(columns):
        name = names[at] if at < len(names) else ""
        if not name and not any(map(is_filled, values)):
            continue
        name = name or f"column_{at + 1}"
        array, mixed = _column(values)
        if mixed:
            notes.append(Note("mixed_types", {"column": name}))
        kept.append(name)
        arrays.append(array)
    return pa.table(arrays, names=kept)


def _column(values: Sequence[Cell]) -> tuple[pa.Array, bool]:
    """A column of one type, and whether its cells were of several."""
    cells = [cell if is_filled(cell) else None for cell in values]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {str}:
        return pa.array(cells, pa.string()), False
    if kinds == {bool}:
        return pa.array(cells, pa.bool_()), False
    if kinds <= {int, float}:
        return _numbers(cells), False
    if kinds == {datetime.date}:
        return pa.array(cells, pa.date32()), False
    if kinds <= {datetime.date, datetime.datetime}:
        moments = [
            datetime.datetime.combine(cell, datetime.time()) if type(cell) is datetime.date else cell
            for cell in cells
        ]
        return pa.array(moments, pa.timestamp("ms")), False
    return pa.array([None if cell is None else _words(cell) for cell in cells], pa.string()), len(kinds) > 1


def _numbers(cells: Sequence[Any]) -> pa.Array:
    whole = all(cell is None or (float(cell).is_integer() and abs(cell) < 2**53) for cell in cells)
    if whole:
        return pa.array([None if cell is None else int(cell) for cell in cells], pa.int64())
    return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())


def _words(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
