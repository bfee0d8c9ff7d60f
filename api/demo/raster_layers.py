"""Publishing a drawn raster as an upload would be: written, read in the confined process, sealed."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from api.demo.ground import PLANE
from api.demo.surfaces import Surface
from geo.raster_writing import write_raster
from geo.readers import read_raster
from layers.rasters import facts_of, publish_raster

if TYPE_CHECKING:
    from layers.catalog import Store
    from layers.commit import Published


def publish(
    store: "Store", layer: str, agency: str, surface: Surface, *, author: str, note: str
) -> "Published":
    """Make the surface the first version of a raster layer; the part is a Cloud Optimized GeoTIFF."""
    with tempfile.TemporaryDirectory() as folder:
        drawn, part = Path(folder) / f"{layer}.tif", Path(folder) / "part.tif"
        write_raster(drawn, surface.bands, surface.grid, PLANE, nodata=surface.nodata)
        reading = read_raster(drawn, into=part)
        return publish_raster(
            store,
            store.spec(layer),
            agency,
            part,
            facts_of(reading, PLANE),
            author=author,
            note=note,
            expected=None,
        )
