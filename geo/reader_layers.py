"""The layers of formats that may hold several: feature classes, folders, drawing layers, sheets."""

from geo import reader_gdal
from geo.read_problems import problem
from geo.reader_task import Task


def names(task: Task) -> list[str]:
    """The names a caller may choose from, in the order of the file."""
    found = reader_gdal.layers(task)
    if not found:
        raise problem("no_tables", task.file)
    return found
