"""Raster layers as the store has them: what is known of one, what its content is, and how its part is sealed.

The part is the Cloud Optimized GeoTIFF as the reading process left it. Its logical hash is of size, place,
coordinate system, types, marks for no value and the cells themselves, and so survives another GDAL.
"""

import hashlib
import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pyproj import CRS

from geo.raster_place import cell_size_m, lonlat_bounds, own_bounds
from geo.raster_reading import Band, RasterReading
from geo.readers import look_at_raster
from layers.catalog import Store
from layers.commit import Content, Published, publish_content
from layers.failpoint import failpoint
from layers.findings import Finding
from layers.originals import Sources
from layers.sealed import Sealed, file_hash
from layers.spec import LayerSpec
from layers.staging import fsync_file

LOGICAL_FORMAT = "quantu-raster-1"
TABLE = "raster"
"""What a raster's part holds one of, where other parts name their tables."""

_BOUND = ("width", "height", "transform", "crs")
_BOUND_BAND = ("kind", "nodata", "scale", "offset", "digest")


@dataclass(frozen=True)
class Raster:
    """A raster that would be published: its file, what is known of it, its preview (see RasterReading)."""

    path: Path
    facts: dict[str, Any]
    preview: NDArray[Any]


def facts_of(reading: RasterReading, crs: CRS) -> dict[str, Any]:
    """What is known of a raster, as plain values that JSON has.

    `cell_m` are a cell's width and height in metres, `bounds` west, south, east, north in its own system,
    `bbox` in longitude and latitude; a mark for no value that is NaN or infinite is a text.
    """
    return {
        "width": reading.width,
        "height": reading.height,
        "cell_m": list(cell_size_m(reading, crs)),
        "crs": crs_text(crs),
        "crs_title": crs.name,
        "transform": list(reading.transform),
        "bounds": list(own_bounds(reading)),
        "bbox": list(lonlat_bounds(reading, crs)),
        "bands": [_band(band) for band in reading.bands],
    }


def crs_text(crs: CRS) -> str:
    """The EPSG code where the system is one, else WKT."""
    code = crs.to_epsg(min_confidence=90)
    return f"EPSG:{code}" if code else crs.to_wkt("WKT2_2019")


def _band(band: Band) -> dict[str, Any]:
    nodata = None if band.nodata is None else float(band.nodata)
    return {**vars(band), "nodata": nodata if nodata is None or math.isfinite(nodata) else str(nodata)}


def raster_hash(facts: Mapping[str, Any]) -> str:
    """The logical hash of what `facts_of` tells: only of what makes up the content."""
    content = {
        "format": LOGICAL_FORMAT,
        **{name: facts[name] for name in _BOUND},
        "bands": [{name: band[name] for name in _BOUND_BAND} for band in facts["bands"]],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def facts_again(path: Path, work_in: Path) -> dict[str, Any]:
    """The facts of a part, read again in a process of its own; an error of `geo` where it cannot be read."""
    reading = look_at_raster(path, work_in=work_in)
    return facts_of(reading, reading.crs_declared) if reading.crs_declared is not None else {}


def is_head(store: Store, version_id: str | None, facts: Mapping[str, Any]) -> bool:
    """Whether the version holds that content already."""
    return version_id is not None and store.version(version_id).logical_hash == raster_hash(facts)


def seal_raster(stage: Path, raster: Path, facts: Mapping[str, Any]) -> Sealed:
    """Copy the file into the staging folder, sync and hash it."""
    path = stage / "part.tif"
    shutil.copyfile(raster, path)
    failpoint("part_written")
    path.chmod(0o444)
    fsync_file(path)
    digest = file_hash(path)
    failpoint("part_hashed")
    west, south, east, north = facts["bbox"]
    return Sealed(
        path=path,
        hash=digest,
        logical_hash=raster_hash(facts),
        bytes=path.stat().st_size,
        tables={TABLE: 1},
        bbox=(west, south, east, north),
    )


def publish_raster(
    store: Store,
    spec: LayerSpec,
    agency: str,
    raster: Path,
    facts: Mapping[str, Any],
    *,
    findings: tuple[Finding, ...] = (),
    author: str,
    note: str = "",
    source: Sources = None,
    expected: str | None,
) -> Published:
    """Make the file this agency's state of a raster layer; HeadMoved unless `expected` is the head."""
    return publish_content(
        store,
        spec,
        agency,
        lambda: Content({}, 1, dict(facts), lambda stage: seal_raster(stage, raster, facts)),
        findings,
        lambda _heads: [],
        author=author,
        note=note,
        source=source,
        expected=expected,
    )
