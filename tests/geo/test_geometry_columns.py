"""Only the column that is the geometry is read as geometry, whatever other columns are called."""

import pyarrow as pa
import pytest
from shapely import Point

from geo.writers import frame_from_arrow


@pytest.mark.parametrize("name", ["wkb_geometry", ""])
def test_a_column_with_gdals_own_name_beside_the_geometry_is_data(name):
    content = pa.table({"geometry": [Point(1, 2).wkb], name: ["no geometry at all"]})
    frame = frame_from_arrow(content, "geometry", "EPSG:4326")
    assert frame.geometry.tolist() == [Point(1, 2)]
    assert frame[name].tolist() == ["no geometry at all"]
