"""What the page says of a raster's cells without a value."""

import pytest

from api.raster_view import raster_view
from api.words import Words


@pytest.mark.parametrize(
    ("nodata", "digest", "told"),
    [
        (-9999.0, "ab", "-9999"),
        ("nan", "ab", "nan"),
        (None, "ab", "not declared: every number counts"),
        (None, "ab.cd", "by a mask in the file"),
    ],
)
def test_a_raster_without_a_mark_for_no_value_is_allowed_and_said(nodata, digest, told):
    band = {"least": 0.0, "greatest": 1.0, "cells": 1, "description": "", "kind": "uint8"}
    facts = {
        "cell_m": [1.0, 1.0],
        "width": 1,
        "height": 1,
        "crs": "EPSG:4548",
        "crs_title": "CGCS2000",
        "bands": [{**band, "nodata": nodata, "digest": digest}],
    }
    view = raster_view(Words("en"), None, facts)
    assert view is not None
    assert view.bands[0].nodata == told
