"""What can go wrong in geometry, coordinates, reading and networks."""

from typing import ClassVar


class GeoError(Exception):
    """Base of every error of this package; `str` of it is one sentence."""

    code: ClassVar[str] = "geo"


class CrsError(GeoError):
    """A coordinate system is missing, unknown or unfit for the task."""

    code: ClassVar[str] = "crs_unfit"


class ReadError(GeoError):
    """A file cannot be read."""

    code: ClassVar[str] = "read_failed"


class NetworkError(GeoError):
    """A walking network, or a question put to it, cannot be used as it is.

    Parameters
    ----------
    what
        What is wrong.
    where
        Which nodes, edges or argument it concerns.
    mend
        What the owner of the data can do about it.
    """

    code: ClassVar[str] = "network_unfit"

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what = what
        self.where = where
        self.mend = mend
        super().__init__(what + (f" ({where})" if where else "") + (f": {mend}" if mend else ""))


class GeometryError(GeoError):
    """A geometry is of the wrong kind or not finite."""

    code: ClassVar[str] = "geometry_unfit"
