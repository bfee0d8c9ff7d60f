"""Examining a GeoTIFF: where it lies, what its cells hold, and whether that is what the layer expects."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
from pyproj import CRS

from geo.crs import STORED, transform_xy
from geo.crs_guess import CrsGuess
from geo.detected import Detected
from geo.errors import CoordinatesOutside
from geo.raster_crs import conclude, covers
from geo.raster_place import corners_and_middle
from geo.raster_reading import RasterReading
from geo.readers import read_raster
from layers.catalog import Store
from layers.examination import Examined, Progress
from layers.findings import Finding
from layers.guess import guess_raster_layer
from layers.known import Known
from layers.opening import Choice, Heap
from layers.owning import agency_of_raster
from layers.placing import overruled
from layers.publish import may_publish
from layers.rasters import Raster, facts_of
from layers.said import Said
from layers.spec import LayerSpec
from layers.spec_draft import raster_draft

_UNPLACED = "raster_unplaced"


@dataclass(frozen=True)
class FoundRaster:
    """A raster as found; `raster` and `middle` (a frame of one point) are None where it has no place."""

    reading: RasterReading
    raster: Raster | None
    middle: gpd.GeoDataFrame | None
    detected: tuple[Detected, ...] = ()
    findings: tuple[Finding, ...] = ()


def examine_raster(choice: Choice, known: Known, said: Said, folder: Path) -> FoundRaster:
    """Read the file, its copy being left in the folder, and find out where it lies.

    The copy is of the concluded system, whatever the file itself says.
    """
    layer = said.layer or ""
    reading = read_raster(choice.source, into=folder / "raster.tif")
    if _has_no_place(reading):
        return FoundRaster(reading, None, None, findings=(Finding(_UNPLACED, "error", layer),))
    found = conclude(reading, known.area, said.crs)
    findings = overruled(reading.crs_declared, said)
    if found.shifted is not None:
        told = Finding("raster_shifted", "error", layer, value=found.shifted)
        return FoundRaster(reading, None, None, found.detected, (*findings, told))
    crs = _system(found)
    try:
        if crs is None:
            raise CoordinatesOutside(1, 1, "", "")
        if reading.crs_declared is None or not _same(crs, reading.crs_declared):
            reading = read_raster(choice.source, into=folder / "placed.tif", crs=crs)
        raster = Raster(reading.path, facts_of(reading, crs), reading.preview)
        middle = transform_xy(corners_and_middle(reading)[-1:], crs, STORED)
    except CoordinatesOutside:
        told = Finding(_UNPLACED, "error", layer)
        return FoundRaster(reading, None, None, found.detected, (*findings, told))
    point = gpd.GeoDataFrame(geometry=gpd.points_from_xy(middle[:, 0], middle[:, 1]), crs=STORED)
    return FoundRaster(reading, raster, point, found.detected, findings)


def unfit(found: FoundRaster, spec: LayerSpec, known: Known) -> tuple[Finding, ...]:
    """What the layer does not expect of the raster: its place, its bands, its values."""
    return (*_outside(found, spec, known), *_values(found.reading, spec))


def _outside(found: FoundRaster, spec: LayerSpec, known: Known) -> Iterator[Finding]:
    if found.raster is None or covers(found.reading, CRS(found.raster.facts["crs"]), known.area):
        return
    fields = {"found": found.raster.facts["bbox"], "city": list(known.area.bbox)}
    yield Finding("raster_outside", spec.checks.outside, spec.name, fields=fields)


def _values(reading: RasterReading, spec: LayerSpec) -> Iterator[Finding]:
    cells, bands = spec.raster, reading.bands
    if cells is not None and cells.bands is not None and len(bands) != cells.bands:
        yield Finding("raster_bands", "error", spec.name, value=len(bands), fields={"expected": cells.bands})
    nothing = all(band.cells == 0 for band in bands)
    for number, band in enumerate(bands, start=1):
        if band.least is None or band.greatest is None:
            yield Finding(
                "raster_empty", "error" if nothing else "warning", spec.name, fields={"band": number}
            )
            continue
        if cells is not None and cells.minimum is not None and band.least < cells.minimum:
            fields = {"band": number, "minimum": _whole(cells.minimum)}
            yield Finding("raster_below", "error", spec.name, value=_whole(band.least), fields=fields)
        if cells is not None and cells.maximum is not None and band.greatest > cells.maximum:
            fields = {"band": number, "maximum": _whole(cells.maximum)}
            yield Finding("raster_above", "error", spec.name, value=_whole(band.greatest), fields=fields)


def _has_no_place(reading: RasterReading) -> bool:
    """A file without a place has one cell for each unit, counted from 0, 0; or cells without any size."""
    a, b, c, d, e, f = reading.transform
    return (a, b, c, d, abs(e), f) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0) or abs(a * e - b * d) == 0.0


def _system(found: CrsGuess) -> CRS | None:
    return found.crs if found.factor == 1.0 and not found.swapped else None


def _whole(value: float) -> float | int:
    """Whole numbers as people write them."""
    return int(value) if float(value).is_integer() else value


def _same(one: CRS, other: CRS) -> bool:
    return bool(one.equals(other, ignore_axis_order=True))


def raster_examined(
    store: Store,
    heap: Heap,
    choice: Choice,
    said: Said,
    spec: LayerSpec | None,
    folder: Path,
    progress: Progress,
) -> Examined:
    """Look at a raster; without a spec its layer is found out, or a draft of one is made."""
    progress("read")
    known = Known(store)
    seen = examine_raster(choice, known, said, folder)
    progress("detect")
    detected = (*choice.detected, *seen.detected)
    facts = {} if seen.raster is None else seen.raster.facts
    found = Examined(
        said,
        kind="raster",
        heap=heap,
        dataset=choice.source.name,
        source_layer=choice.layer,
        read_rows=1,
        taken_rows=1,
        bounds=tuple(facts["bbox"]) if facts else None,
        findings=seen.findings,
        facts=facts,
        carrier=choice.source.driver,
        raster=seen.raster,
    )
    if spec is None:
        guess = guess_raster_layer(choice.dataset.called, store.workspace.specs)
        detected = (*detected, guess)
        if not guess.value:
            plain = raster_draft(choice.source.name, len(seen.reading.bands), store.workspace.specs)
            return replace(found, detected=detected, draft=plain)
        spec = store.spec(guess.value)
    agency, concluded = agency_of_raster(store, known, seen.middle, said, spec)
    if agency is not None:
        may_publish(store, spec, agency, said.mode)
    progress("validate")
    findings = tuple(replace(each, layer=spec.name) for each in seen.findings)
    return replace(
        found,
        layer=spec.name,
        agency=agency,
        detected=(*detected, *concluded),
        findings=(*findings, *unfit(seen, spec, known)),
        base=store.heads(spec.name).get(agency or ""),
    )
