"""Findings as files: what an officer finds in them, and that equal findings give equal bytes."""

import io

import geopandas as gpd
import openpyxl
import pytest
from shapely.geometry import Point, box

from api.findings_files import as_gpkg, as_xlsx
from api.words import LANGUAGES, Words
from geo.writers import read_geopackage
from layers.findings import Finding

FINDINGS = [
    Finding("outside_city", "error", "shops", 2, key="=1+1", field="geometry", value="119, 36",
            point=(119, 36)),
    Finding("value_range", "error", "shops", 1, key="a", field="people", value="-5",
            fields={"minimum": 0, "maximum": None}),
    Finding("zone_gap", "warning", "shops", field="geometry", value=12.5, fields={"area_m2": 12.5},
            point=(117.5, 36.5)),
    Finding("value_type", "error", "shops", field="people", fields={"more": 7}),
]  # fmt: skip


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content)).active


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_workbook_has_a_row_for_each_finding_with_typed_cells(lang):
    sheet = opened(as_xlsx(FINDINGS, Words(lang)))
    assert sheet.max_row == 1 + len(FINDINGS)
    row, key, field, _, what, mend, value, lon, lat = (cell.value for cell in sheet[2])
    assert (row, key, field, value, lon, lat) == (
        2,
        "=1+1",
        Words(lang).say("changes_geometry"),
        "119, 36",
        119,
        36,
    )
    assert sheet["B2"].data_type == "s"  # never a formula
    assert "119, 36" in what
    assert mend
    assert sheet["G4"].value == 12.5
    assert sheet["A5"].value is None
    assert "7" in sheet["E5"].value


def test_a_workbook_has_a_frozen_header_a_filter_and_severities_in_words():
    sheet = opened(as_xlsx(FINDINGS, Words("zh")))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I5"
    assert [sheet.cell(row, 4).value for row in range(2, 6)] == [
        "必须修改",
        "必须修改",
        "值得一看",
        "必须修改",
    ]
    assert sheet["D2"].fill.fgColor.rgb != sheet["D4"].fill.fgColor.rgb


def test_an_empty_list_is_a_workbook_too():
    assert opened(as_xlsx([], Words("zh"))).max_row == 1


def test_equal_findings_give_equal_bytes():
    assert as_xlsx(FINDINGS, Words("en")) == as_xlsx(list(FINDINGS), Words("en"))
    frame = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=[Point(117, 36), Point(119, 36)], crs=4326)
    assert as_gpkg(FINDINGS, frame, Words("en")) == as_gpkg(FINDINGS, frame.copy(), Words("en"))


def test_a_geopackage_has_the_geometry_of_the_feature_else_the_place(tmp_path):
    shape = box(117.0, 36.0, 117.1, 36.1)
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shape], crs=4326)
    path = tmp_path / "findings.gpkg"
    path.write_bytes(as_gpkg(FINDINGS, frame, Words("zh")))
    table = read_geopackage(path, "findings")
    assert table["rule"].tolist() == ["outside_city", "value_range", "zone_gap", "value_type"]
    assert table.geometry[0].equals(Point(119, 36))  # row 2 is not in the frame
    assert table.geometry[1].equals(shape)
    assert table.geometry[2].equals(Point(117.5, 36.5))
    assert table.geometry[3] is None
    assert table["text"][2] == "各区之间有空隙，面积 12.5 平方米"
    assert table["mend"][2] == "请把空隙并入相邻的区"
    assert table["row"].tolist()[:2] == [2, 1]


def test_rows_say_which_features_of_the_file_the_frame_has(tmp_path):
    frame = gpd.GeoDataFrame({"id": ["b"]}, geometry=[Point(118, 37)], crs=4326)
    path = tmp_path / "findings.gpkg"
    import numpy as np

    path.write_bytes(as_gpkg(FINDINGS[:1], frame, Words("zh"), rows=np.array([2])))
    assert read_geopackage(path, "findings").geometry[0].equals(Point(118, 37))


def test_a_shape_that_crosses_itself_lies_where_it_does_and_has_no_value():
    reason = Finding(
        "geometry_changed_too_much",
        "error",
        "parks",
        1,
        key="4",
        field="geometry",
        value="Self-intersection[116.901 36.661]",
        fields={"before_m2": 0.0, "after_m2": 19842.9, "share": 1.0},
    )
    sheet = opened(as_xlsx([reason], Words("zh")))
    assert [cell.value for cell in sheet[2]][6:] == [None, 116.901, 36.661]
