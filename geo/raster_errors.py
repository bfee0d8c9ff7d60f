"""What can be wrong with a raster that is measured; each error names the file and how to mend it."""

from typing import ClassVar

from geo.errors import GeoError

Bounds = tuple[float, float, float, float]


class RasterError(GeoError):
    """A raster, or a question put to it, cannot be used as it is; `raster` names its file or layer."""

    code: ClassVar[str] = "raster_unfit"

    def __init__(self, raster: str, problem: str) -> None:
        self.raster = raster
        self.problem = problem
        super().__init__(f"{raster}: {problem}")


class RasterUnreadable(RasterError):
    """The file is missing, no GeoTIFF, or breaks off before its end."""

    code: ClassVar[str] = "raster_unreadable"

    def __init__(self, raster: str, reason: str) -> None:
        self.reason = reason
        super().__init__(raster, f"cannot be read ({reason}): copy or export it again as a GeoTIFF")


class RasterWithoutCrs(RasterError):
    """The file does not say where it lies."""

    code: ClassVar[str] = "raster_without_crs"

    def __init__(self, raster: str) -> None:
        super().__init__(
            raster, "names no coordinate system: declare one when it is uploaded, such as EPSG:4326"
        )


class RasterElsewhere(RasterError):
    """The raster lies where no polygon is; both places are west, south, east, north in degrees."""

    code: ClassVar[str] = "raster_elsewhere"

    def __init__(self, raster: str, crs: str, lies: Bounds, zones: Bounds) -> None:
        self.crs = crs
        self.lies = _listed(lies)
        self.zones = _listed(zones)
        super().__init__(
            raster,
            f"lies at {self.lies} (read as {crs}), the zones at {self.zones} (west, south, east, north in "
            "degrees): check its coordinate system, or take the raster of this city",
        )


class RasterBandMissing(RasterError):
    """No band has this number."""

    code: ClassVar[str] = "raster_band_missing"

    def __init__(self, raster: str, band: int, bands: int) -> None:
        self.band = band
        self.bands = bands
        super().__init__(raster, f"has no band {band}: name one from 1 to {bands}")


class RasterIndexBands(RasterError):
    """A vegetation index is asked of one band, which is always 0 or nothing."""

    code: ClassVar[str] = "raster_index_bands"

    def __init__(self, raster: str, red: int, nir: int, bands: int) -> None:
        self.red = red
        self.nir = nir
        self.bands = bands
        super().__init__(
            raster,
            f"cannot give an NDVI of bands {red} (red) and {nir} (near infrared) of its {bands}: "
            "give a raster with both bands, and name two that differ",
        )


class RasterWithoutValues(RasterError):
    """Every cell within the zones is marked as without a value."""

    code: ClassVar[str] = "raster_without_values"

    def __init__(self, raster: str, nodata: str) -> None:
        self.nodata = nodata
        super().__init__(
            raster,
            f"has no cell with a value within the zones (no value is {nodata}): "
            "check its mark for no value and export it again",
        )


class RasterNegative(RasterError):
    """Cells that count something hold less than nothing."""

    code: ClassVar[str] = "raster_negative"

    def __init__(self, raster: str, value: float, nodata: str) -> None:
        self.value = value
        self.nodata = nodata
        super().__init__(
            raster,
            f"counts {value:g} in a cell, less than nothing (no value is {nodata}): "
            "declare that number as its mark for no value, or correct the cells",
        )


class RasterScale(RasterError):
    """A band's scale or offset turns its cells into nothing."""

    code: ClassVar[str] = "raster_scale"

    def __init__(self, raster: str, band: int, scale: float, offset: float) -> None:
        self.band = band
        self.scale = scale
        self.offset = offset
        super().__init__(
            raster,
            f"band {band} has the scale {scale:g} and the offset {offset:g}: both must be finite, "
            "the scale not 0; correct these tags",
        )


class RasterTurned(RasterError):
    """Cells in degrees do not lie along the meridians, so that a row has no one size."""

    code: ClassVar[str] = "raster_turned"

    def __init__(self, raster: str) -> None:
        super().__init__(
            raster, "has turned cells in degrees: warp it north up, or into a projected system in metres"
        )


class RasterArgument(RasterError):
    """A question about a raster has an argument that means nothing."""

    code: ClassVar[str] = "raster_argument"

    def __init__(self, argument: str, value: object, needs: str) -> None:
        self.argument = argument
        self.value = value
        self.needs = needs
        super().__init__(argument, f"is {value!r}, but must be {needs}")


def _listed(bounds: Bounds) -> str:
    return ", ".join(f"{each:.4f}" for each in bounds)
