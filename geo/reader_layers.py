"""The layers of formats that may hold several: feature classes, folders, drawing layers, sheets."""

from collections.abc import Callable

from geo import formats, reader_drawings, reader_gdal
from geo.read_problems import problem
from geo.reader_task import Task


def names(task: Task) -> list[str]:
    """The names a caller may choose from, in the order of the file."""
    if task.driver == formats.SPREADSHEET:
        from geo import spreadsheet

        return spreadsheet.sheet_names(task)
    found = _LAYERS.get(task.driver, reader_gdal.layers)(task)
    if not found:
        raise problem("no_tables", task.file)
    return found


_LAYERS: dict[str, Callable[[Task], list[str]]] = {
    formats.KML: reader_drawings.kml_layers,
    formats.DXF: reader_drawings.dxf_layers,
}
