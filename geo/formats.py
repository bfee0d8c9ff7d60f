"""Which files make up which data set: drivers by content, companions by name.

What an uploader sends is a heap of files with her own names. Content tells what each is (`geo.signatures`);
names only tell which .dbf belongs to which .shp, and which files make up a file geodatabase.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from geo import signatures
from geo.errors import ReadError
from geo.read_problems import problem
from geo.regular import check_regular
from geo.signatures import (
    CSV,
    DBF,
    DXF,
    FILE_GEODATABASE,
    FLATGEOBUF,
    GEOJSON,
    GEOPACKAGE,
    GEOTIFF,
    KML,
    OSM,
    PARQUET,
    SHAPEFILE,
    SPREADSHEET,
    is_archive,
    is_binary_dxf,
)

__all__ = [
    "BY_GDAL",
    "CSV",
    "DBF",
    "DXF",
    "FILE_GEODATABASE",
    "FLATGEOBUF",
    "GEOJSON",
    "GEOPACKAGE",
    "GEOTIFF",
    "KML",
    "OF_LAYERS",
    "OSM",
    "PARQUET",
    "SHAPEFILE",
    "SPREADSHEET",
    "Grouped",
    "NamedFile",
    "Source",
    "Unfit",
    "datasets",
    "detect",
    "group",
    "is_archive",
    "is_binary_dxf",
    "is_ignored",
]

BY_GDAL = {
    SHAPEFILE: "in.shp",
    GEOPACKAGE: "in.gpkg",
    GEOJSON: "in.geojson",
    FLATGEOBUF: "in.fgb",
    FILE_GEODATABASE: "in.gdb",
    KML: "in.kml",
    DXF: "in.dxf",
}
"""Formats read by a GDAL driver, and the only name such a file has where it is read."""

OF_LAYERS = (FILE_GEODATABASE, KML, DXF, SPREADSHEET)
"""Formats other than GeoPackage that may hold several layers, tables or sheets."""

_COMPANIONS = {
    SHAPEFILE: ("shx", "dbf", "prj", "cpg"),
    DBF: ("cpg",),
    GEOTIFF: ("tfw",),
}
_NEVER_ALONE = {"shx": "shp", "prj": "shp", "cpg": "shp", "tfw": "tif"}
_IGNORED_NAMES = {".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"}
_IGNORED_FOLDERS = {"__macosx", ".git", ".svn", "@eadir"}
_IGNORED_SUFFIXES = {
    *(".qpj", ".xml", ".sbn", ".sbx", ".qix", ".fbn", ".fbx", ".ain", ".aih", ".atx", ".ixs", ".mxs"),
    *(".qml", ".qmd", ".sld", ".lyr", ".lyrx", ".lock", ".ovr", ".idm", ".ind"),
}
_GDB_SIGN = "a00000001.gdbtable"
_GDB_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


@dataclass(frozen=True)
class NamedFile:
    """A file and what its owner calls it (folders with `/`); where it lies says nothing about it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Source:
    """One data set whose format is known.

    Attributes
    ----------
    path
        Its main file; of a file geodatabase any of them.
    driver
        One of the names of `geo.signatures`.
    parts
        The files that belong to it by role: "shp", "dbf", ..., for a geodatabase "gdb/<name inside>".
    name
        What its owner calls it: the last part of the name if that is clear, else with folders.
    """

    path: Path
    driver: str
    parts: dict[str, Path]
    name: str


@dataclass(frozen=True)
class Unfit:
    """A file that belongs to no data set, and why."""

    file: NamedFile
    error: ReadError


@dataclass(frozen=True)
class Grouped:
    """What a heap of files holds; `unfit` are those that fit nothing, ignored ones are in neither."""

    sources: tuple[Source, ...]
    unfit: tuple[Unfit, ...]


def is_ignored(name: str) -> bool:
    """Whether a name is that of a file which systems and programs leave behind, never of data."""
    path = PurePosixPath(name.casefold())
    return (
        path.name in _IGNORED_NAMES
        or path.name.startswith(("._", "~$"))
        or path.suffix in _IGNORED_SUFFIXES
        or not _IGNORED_FOLDERS.isdisjoint(path.parts[:-1])
    )


def detect(path: Path) -> Source:
    """The data set of one file on disk, or of a `.gdb` folder; companions are found beside it.

    A link that the caller names is followed; those among files received (`group`) and companions are not.
    """
    if path.is_dir() and any(each.name.lower() == _GDB_SIGN for each in path.iterdir()):
        return _geodatabase(path.name, [NamedFile(each.name, each) for each in sorted(path.iterdir())])
    driver, role = signatures.tell(path, path.name)
    if driver == GEOPACKAGE:
        for end in ("-wal", "-journal"):
            journal = path.with_name(path.name + end)
            _check_journal(path.name, NamedFile(journal.name, journal))
    if driver not in _COMPANIONS:
        return Source(path.resolve(), driver, {role: path.resolve()}, path.name)
    beside = [NamedFile(each.name, each) for each in sorted(path.parent.iterdir())]
    source = _with_companions(NamedFile(path.name, path), driver, role, beside)
    for part in set(source.parts.values()) - {path}:
        check_regular(part)
    return replace(source, path=path.resolve(), parts=source.parts | {role: path.resolve()})


def datasets(files: Sequence[NamedFile]) -> tuple[Source, ...]:
    """The data sets in a heap of files; `group` also tells which files fit none, and why."""
    return group(files).sources


def group(files: Sequence[NamedFile]) -> Grouped:
    """The data sets in a heap of files, in the order of their main files, and the files that fit none."""
    kept = [file for file in files if not is_ignored(file.name)]
    sources, rest = _geodatabases(files, kept)
    told: list[tuple[NamedFile, str, str]] = []
    unfit: list[Unfit] = []
    for file in rest:
        if _suffix(file.name) in _NEVER_ALONE:
            unfit.append(Unfit(file, problem("companion", file.name, role=_NEVER_ALONE[_suffix(file.name)])))
            continue
        try:
            told.append((file, *signatures.tell(file.path, file.name)))
        except ReadError as error:
            unfit.append(Unfit(file, error))
    used: set[Path] = set()
    mains = sorted(told, key=lambda each: each[1] == DBF)  # a .dbf is a table only if no shapefile has it
    for file, driver, role in mains:
        if file.path in used:
            continue
        try:
            if driver == GEOPACKAGE:
                used |= _journals(file, rest)
            source = _with_companions(file, driver, role, rest)
        except ReadError as error:
            unfit.append(Unfit(file, error))
            continue
        sources.append(source)
        used |= set(source.parts.values())
    place = {file.path: at for at, file in enumerate(files)}
    return Grouped(
        _named_clearly(sources, place),
        tuple(each for each in unfit if each.file.path not in used),
    )


def _geodatabases(
    files: Sequence[NamedFile], kept: Sequence[NamedFile]
) -> tuple[list[Source], list[NamedFile]]:
    folders = {_folder(file.name) for file in kept if _base(file.name).lower() == _GDB_SIGN}
    sources = []
    for folder in sorted(folders):
        inside = [file for file in files if _folder(file.name) == folder]
        sources.append(_geodatabase(folder or "gdb", inside))
    return sources, [file for file in kept if _folder(file.name) not in folders]


def _geodatabase(name: str, files: Iterable[NamedFile]) -> Source:
    names = {_base(file.name).lower(): file.path for file in files}
    parts = {
        f"gdb/{name}": path
        for name, path in names.items()
        if _GDB_NAME.fullmatch(name) and not name.endswith((".lock", ".xml"))
    }
    return Source(names[_GDB_SIGN], FILE_GEODATABASE, parts, name)


def _with_companions(file: NamedFile, driver: str, role: str, others: Iterable[NamedFile]) -> Source:
    """The data set of a main file; a companion of exactly its stem goes before one of another case."""
    path = PurePosixPath(file.name)
    parts: dict[str, Path] = {}
    exact: set[str] = set()
    for other in others:
        name = PurePosixPath(other.name)
        kind = _suffix(other.name)
        near = name.parent == path.parent and name.stem.casefold() == path.stem.casefold()
        if other.name == file.name or not near or kind not in _COMPANIONS.get(driver, ()):
            continue
        if kind not in parts or (name.stem == path.stem and kind not in exact):
            parts[kind] = other.path
        if name.stem == path.stem:
            exact.add(kind)
    return Source(file.path, driver, parts | {role: file.path}, file.name)


def _journals(file: NamedFile, files: Iterable[NamedFile]) -> set[Path]:
    """The files a database has beside it; refused if one that may hold changes has any."""
    names = {f"{file.name}{end}" for end in ("-wal", "-shm", "-journal")}
    found = [other for other in files if other.name in names]
    for other in found:
        if not other.name.endswith("-shm"):
            _check_journal(file.name, other)
    return {other.path for other in found}


def _check_journal(name: str, journal: NamedFile) -> None:
    if journal.path.is_file() and journal.path.stat().st_size:
        raise problem("still_open", name, journal=_base(journal.name))


def _named_clearly(sources: list[Source], place: dict[Path, int]) -> tuple[Source, ...]:
    ordered = sorted(sources, key=lambda each: place[each.path])
    bases = [_base(source.name) for source in ordered]
    return tuple(
        Source(each.path, each.driver, each.parts, base if bases.count(base) == 1 else each.name)
        for each, base in zip(ordered, bases, strict=True)
    )


def _base(name: str) -> str:
    return PurePosixPath(name).name


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix[1:].lower()


def _folder(name: str) -> str:
    parent = str(PurePosixPath(name).parent)
    return "" if parent == "." else parent
