"""An older state under a newer spec: a change of the spec, kept apart from changes of data."""

import pandas as pd

from layers.fields import cast, missing
from layers.spec import LayerSpec


def under(frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """The frame with the spec's fields, in its order and dtypes; geometry stays as it is.

    Fields that are gone are left out, new ones are missing, values that do not fit a field's new type become
    missing. Values outside a new domain or range stay.
    """
    columns = {
        field.name: cast(frame[field.name], field).values
        if field.name in frame
        else missing(len(frame), field)
        for field in spec.fields
    }
    plain = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    if "geometry" not in frame:
        return plain
    return frame[["geometry"]].reset_index(drop=True).assign(**columns)[[*columns, "geometry"]]
