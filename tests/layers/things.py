"""Any content of a layer with a field of every type, for laws that hold for all of it."""

import datetime as dt

import geopandas as gpd
import pandas as pd
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, box

from layers.fields import normal
from layers.spec import FieldSpec, LayerSpec

FIELDS = (
    FieldSpec("id", required=True),
    FieldSpec("words"),
    FieldSpec("count", "integer"),
    FieldSpec("share", "number"),
    FieldSpec("open", "boolean"),
    FieldSpec("since", "date"),
)
SPEC = LayerSpec("things", "物", "Things", "features", "any", "id", FIELDS)
TABLE = LayerSpec("notes", "表", "Notes", "table", "none", "id", FIELDS)

# few values, so that states share cells
_numbers = st.sampled_from([0.0, 0.5, 1e300]) | st.floats(allow_nan=False, allow_infinity=False)
_places = st.tuples(st.sampled_from([117.1, 117.2]), st.sampled_from([36.1, 36.2, 36.3]))


@st.composite
def geometries(draw):
    x, y = draw(_places)
    return draw(
        st.sampled_from(
            [
                Point(x, y),
                LineString([(x, y), (x + 0.01, y), (x, y + 0.01)]),
                box(x, y, x + 0.01, y + 0.01).difference(box(x + 0.002, y + 0.002, x + 0.004, y + 0.004)),
                MultiPolygon([box(x, y, x + 0.01, y + 0.01), box(x + 0.02, y, x + 0.03, y + 0.01)]),
            ]
        )
    )


rows = st.fixed_dictionaries(
    {
        "words": st.none() | st.sampled_from(["路", "街", "road"]) | st.text(max_size=8),
        "count": st.none() | st.integers(0, 2) | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | _numbers,
        "open": st.none() | st.booleans(),
        "since": st.none() | st.dates(dt.date(1, 1, 1)),
        "geometry": geometries(),
    }
)
contents = st.dictionaries(st.sampled_from([f"t{n}" for n in range(9)]), rows, max_size=9)


def frame_of(content, spec=SPEC):
    """The rows by key, in normal form."""
    columns = {"id": pd.Series(list(content), dtype=object)} | {
        field.name: pd.Series([row[field.name] for row in content.values()], dtype=object)
        for field in FIELDS[1:]
    }
    frame = pd.DataFrame({field.name: normal(columns[field.name], field) for field in FIELDS})
    if spec.geometry == "none":
        return frame
    return gpd.GeoDataFrame(frame, geometry=[row["geometry"] for row in content.values()], crs=4326)


def plain(frame):
    """What a frame holds, by key: values with None for what is missing, geometry as text."""
    result = {}
    for row in frame.to_dict("records"):
        values = {
            name: (value.wkt if hasattr(value, "wkt") else None if pd.isna(value) else value)
            for name, value in row.items()
        }
        result[values.pop("id")] = values
    return result
