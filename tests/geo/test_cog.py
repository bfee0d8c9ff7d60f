"""Cloud Optimized copies: what their overviews hold."""

import numpy as np
from grid_worlds import write

from geo.cog import cloud_optimized
from geo.raster_windows import opened


def test_classes_have_no_means_in_overviews(tmp_path):
    stripes = np.tile(np.array([[1, 3]], dtype=np.uint8), (1024, 512))
    write(tmp_path / "s.tif", stripes)
    cloud_optimized(str(tmp_path / "s.tif"), str(tmp_path / "c.tif"), means=False)
    with opened(tmp_path / "c.tif", resolution_m=20) as raster:
        assert set(np.unique(raster.values(raster.whole))) <= {1, 3}
