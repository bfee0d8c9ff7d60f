"""What can go wrong in geometry, coordinates, reading and networks."""

from typing import Any, ClassVar


class GeoError(Exception):
    """Base of every error of this package; `str` of it is one sentence."""

    code: ClassVar[str] = "geo"


class CrsError(GeoError):
    """A coordinate system is missing, unknown or unfit for the task."""

    code: ClassVar[str] = "crs_unfit"


class CrsMissing(CrsError):
    """Coordinates came without a statement of their coordinate system."""

    code: ClassVar[str] = "crs_missing"

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"{subject} names no coordinate system: declare one, such as EPSG:4490")


class CrsUnknown(CrsError):
    """A text does not name a coordinate system."""

    code: ClassVar[str] = "crs_unknown"

    def __init__(self, text: str, reason: str = "") -> None:
        self.text = text
        self.reason = reason
        super().__init__(
            f"{text!r} names no usable coordinate system{f' ({reason})' if reason else ''}: "
            "give an EPSG code such as EPSG:4548, or the text of a .prj file"
        )


class CrsUnfit(CrsError):
    """A coordinate system cannot serve a task, such as a length in degrees."""

    code: ClassVar[str] = "crs_unfit"

    def __init__(self, task: str, found: str) -> None:
        self.task = task
        self.found = found
        super().__init__(f"{task} needs a projected coordinate system in metres, not {found}: convert first")


class CoordinatesOutside(CrsError):
    """Coordinates lie where their coordinate system has no place for them."""

    code: ClassVar[str] = "coordinates_outside"

    def __init__(self, count: int, first_row: int, example: str, system: str) -> None:
        self.count = count
        self.first_row = first_row
        self.example = example
        self.system = system
        super().__init__(
            f"{count} coordinates are impossible in {system}, first in row {first_row} ({example}): "
            "check the declared coordinate system and the order of the axes (east first, then north)"
        )


class ReadError(GeoError):
    """A file cannot be read. `cause` is a name of `geo.read_problems`, whose fields are attributes too."""

    code: ClassVar[str] = "read_failed"

    def __init__(self, file: str, what: str, mend: str, cause: str = "", **fields: object) -> None:
        self.file = file
        self.what = what
        self.mend = mend
        self.cause = cause
        vars(self).update(fields)
        super().__init__(f"{file}: {what}: {mend}")


class FileMissing(ReadError):
    """No file has this path."""

    code: ClassVar[str] = "file_missing"


class FileEmpty(ReadError):
    """The file has no bytes, or a data set without any column."""

    code: ClassVar[str] = "file_empty"


class FormatUnknown(ReadError):
    """The content is none of the formats that are read."""

    code: ClassVar[str] = "format_unknown"


class FileDamaged(ReadError):
    """The content starts like a known format and then breaks it."""

    code: ClassVar[str] = "file_damaged"


class EncodingUnfit(ReadError):
    """The text is not in the stated encoding, nor in one that is tried."""

    code: ClassVar[str] = "encoding_unfit"


class SourceLayerUnknown(ReadError):
    """The file has no layer of this name, or several and none was named; `names` are those it has."""

    code: ClassVar[str] = "source_layer_unknown"


class ColumnsUnfit(ReadError):
    """The columns that should hold coordinates are missing, ambiguous or not numbers."""

    code: ClassVar[str] = "columns_unfit"


class ReadTooLarge(ReadError):
    """The file, or what came out of it, is over a limit."""

    code: ClassVar[str] = "read_too_large"


class ReadTimeout(ReadError):
    """The reader took longer than its limit and was ended."""

    code: ClassVar[str] = "read_timeout"


class ConfinementMissing(GeoError):
    """This machine offers nothing that keeps a hostile file from other files and the network."""

    code: ClassVar[str] = "confinement_missing"

    def __init__(self) -> None:
        super().__init__(
            "neither Landlock (Linux 5.13 or later) nor bubblewrap is there to confine the process that "
            "opens files of others: install bubblewrap or a newer kernel, or turn QUANTU_PRODUCTION off"
        )


class ReaderCrashed(ReadError):
    """The reader was ended by a signal: the file is damaged or hostile."""

    code: ClassVar[str] = "reader_crashed"


class NetworkError(GeoError):
    """A walking network, or a question put to it, cannot be used as it is."""

    code: ClassVar[str] = "network_unfit"


class NetworkEmpty(NetworkError):
    """No street is left to walk on."""

    code: ClassVar[str] = "network_empty"

    def __init__(self, edges: int) -> None:
        self.edges = edges
        super().__init__(
            f"all {edges} edges of the network are closed to walkers: check the classes not for walking"
            if edges
            else "the network has no edges: publish its streets before measuring walks"
        )


class NodesUnknown(NetworkError):
    """Edges name nodes that are not there."""

    code: ClassVar[str] = "nodes_unknown"

    def __init__(self, count: int, first_row: int, node: str) -> None:
        self.count = count
        self.first_row = first_row
        self.node = node
        super().__init__(
            f"{count} edges name nodes that are not among the network's nodes, first in row {first_row} "
            f"(node {node}): publish nodes and edges of one source together"
        )


class NodesRepeated(NetworkError):
    """Two nodes have one id."""

    code: ClassVar[str] = "nodes_repeated"

    def __init__(self, count: int, node: int) -> None:
        self.count = count
        self.node = node
        super().__init__(
            f"{count} nodes repeat an id that another node has, for one {node}: give each node its own id"
        )


class NetworkColumn(NetworkError):
    """A column that a network needs is missing, or holds what it cannot."""

    code: ClassVar[str] = "network_column"

    def __init__(self, table: str, column: str, needs: str) -> None:
        self.table = table
        self.column = column
        self.needs = needs
        super().__init__(f"the {table} of a network need a column {column} of {needs}: add or correct it")


class EdgesNotLines(NetworkError):
    """An edge is drawn as something else than one line."""

    code: ClassVar[str] = "edges_not_lines"

    def __init__(self, count: int, first_row: int) -> None:
        self.count = count
        self.first_row = first_row
        super().__init__(
            f"{count} edges are drawn as something else than one line, first in row {first_row}: "
            "split lines of several parts into edges of their own"
        )


class WalkArgument(NetworkError):
    """A question about walks has an argument that means nothing."""

    code: ClassVar[str] = "walk_argument"

    def __init__(self, argument: str, value: object, needs: str) -> None:
        self.argument = argument
        self.value = value
        self.needs = needs
        super().__init__(f"{argument} is {value!r}, but must be {needs}")


class WriteError(GeoError):
    """A file cannot be written. `cause` is a name of `geo.write_problems`, its fields are attributes too."""

    code: ClassVar[str] = "write_failed"

    def __init__(self, file: str, what: str, mend: str, cause: str, **fields: Any) -> None:
        self.file = file
        self.what = what
        self.mend = mend
        self.cause = cause
        vars(self).update(fields)
        super().__init__(f"{file}: {what}: {mend}")


class GeometryError(GeoError):
    """Geometries are of the wrong kind, invalid or not finite; `rows` count from 1."""

    code: ClassVar[str] = "geometry_unfit"

    def __init__(self, subject: str, what: str, rows: tuple[int, ...]) -> None:
        self.subject = subject
        self.what = what
        self.rows = rows
        self.count = len(rows)
        first = ", ".join(map(str, rows[:5]))
        super().__init__(f"{subject}: {len(rows)} rows {what}, first {first}: correct or remove them")


class GeometryNotFinite(GeometryError):
    """NaN or infinite coordinates, which would make an overlay silently wrong."""

    code: ClassVar[str] = "geometry_not_finite"

    def __init__(self, subject: str, rows: tuple[int, ...]) -> None:
        super().__init__(subject, "have NaN or infinite coordinates", rows)
