"""The door of an upload, as far as `geo` has it: files under their senders' names, to data sets, to tables.

Everything an uploader could be shown comes out as text and bytes, so that a test can look for what must not
be in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo.errors import ReadError
from geo.formats import GEOTIFF, OSM, NamedFile, Source, group, is_archive
from geo.readers import Reading, ReadLimits, layer_names, read, read_osm_network, read_raster, unpack


@dataclass(frozen=True)
class Answer:
    """What came of the files: errors with their causes, readings, and all words and bytes that left.

    `opened` counts data sets and archives that a reading process was started for.
    """

    errors: tuple[ReadError, ...]
    readings: tuple[Reading, ...]
    shown: tuple[bytes, ...]
    opened: int

    @property
    def causes(self) -> list[str]:
        """The causes of what was refused, and "read" for each table that was read."""
        return [*(error.cause for error in self.errors), *("read" for _ in self.readings)] or (
            ["read"] if self.shown else ["nothing"]
        )

    def holds(self, text: str) -> bool:
        """Whether a text is anywhere in it."""
        return any(text.encode() in each for each in self.shown)


def received(files: Mapping[str, bytes], folder: Path) -> list[NamedFile]:
    """The files as the server keeps them: under numbers, each under a name of its sender beside it."""
    folder.mkdir(exist_ok=True)
    named = [NamedFile(name, folder / str(n)) for n, name in enumerate(files)]
    for file, content in zip(named, files.values(), strict=True):
        file.path.write_bytes(content)
    return named


def knock(files: list[NamedFile], room: Path, limits: ReadLimits, **said: Any) -> Answer:
    """Take the files apart, and read every layer of every data set in them."""
    errors: list[ReadError] = []
    readings: list[Reading] = []
    shown: list[bytes] = []
    loose: list[NamedFile] = []
    opened = 0
    for n, file in enumerate(files):
        if not (file.path.is_file() and is_archive(file.path)):
            loose.append(file)
            continue
        place = room / f"unpacked{n}"
        place.mkdir(parents=True)
        opened += 1
        try:
            loose += unpack(file, place, limits=limits)
        except ReadError as error:
            errors.append(error)
    grouped = group(loose)
    errors += [each.error for each in grouped.unfit]
    for source in grouped.sources:
        try:
            _read(source, room, limits, said, readings, shown)
        except ReadError as error:
            errors.append(error)
    shown += [f"{error} {vars(error)}".encode("utf-8", errors="replace") for error in errors]
    for reading in readings:
        shown += _words(reading)
    return Answer(tuple(errors), tuple(readings), tuple(shown), opened + len(grouped.sources))


def _read(
    source: Source,
    room: Path,
    limits: ReadLimits,
    said: Mapping[str, Any],
    readings: list[Reading],
    shown: list[bytes],
) -> None:
    if source.driver == GEOTIFF:
        into = room / "raster.tif"
        shown.append(repr(read_raster(source, into=into, limits=limits)).encode())
        shown.append(into.read_bytes())
        return
    if source.driver == OSM:
        tables = read_osm_network(source, limits=limits, work_in=room)
        shown.extend(table.to_csv().encode() for table in tables)
        return
    layers = layer_names(source, limits=limits, work_in=room)
    readings.extend(read(source, layer=layer, limits=limits, work_in=room, **said) for layer in layers)


def _words(reading: Reading) -> list[bytes]:
    told = [reading.layer, reading.crs_declared, reading.notes, reading.detected, list(reading.frame.columns)]
    rows = reading.frame.head(1000)
    if isinstance(rows, gpd.GeoDataFrame):
        told.append(rows.geometry.to_wkt().to_csv())
        rows = rows.drop(columns=rows.geometry.name)
    return [repr(told).encode("utf-8", errors="replace"), rows.to_csv().encode("utf-8", errors="replace")]
