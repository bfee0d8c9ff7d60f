"""Workbooks made by the test: types, titles, joined cells, several sheets, and bombs."""

import datetime
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from pyproj import CRS
from shapely.geometry import Point

from geo.errors import ColumnsUnfit, FileDamaged, FileEmpty, FormatUnknown, ReadTooLarge, SourceLayerUnknown
from geo.readers import layer_names, read


def workbook(path, sheets):
    """A workbook of rows by sheet."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime.date):
                        sheet.write_datetime(at, column, cell, day)
                    elif isinstance(cell, str) and cell:
                        sheet.write_string(at, column, cell)
                    elif cell is not None and cell != "":
                        sheet.write(at, column, cell)
    return path


def open_document(path, rows):
    """The least an ODS may be: a sheet of texts and numbers."""

    def cell(value):
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>'
            f'<table:table table:name="泉水">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def test_a_sheet_is_a_table_whose_cells_keep_their_types(tmp_path):
    rows = [
        ["编号", "名称", "泊位", "面积", "建成", "开放", "经度", "纬度"],
        ["0102", "甲", 12, 1.5, datetime.date(2024, 1, 2), True, 117.0, 36.5],
        ["0103", "乙", 30, 2, datetime.date(2023, 5, 6), False, 117.1, 36.6],
    ]
    reading = read(workbook(tmp_path / "台账.xlsx", {"停车场": rows}))
    assert (reading.driver, reading.layer, reading.rows) == ("Spreadsheet", "停车场", 2)
    assert reading.frame["编号"].tolist() == ["0102", "0103"]
    assert reading.frame["泊位"].tolist() == [12, 30]
    assert str(reading.frame["泊位"].dtype).lower() == "int64"
    assert reading.frame["面积"].tolist() == [1.5, 2.0]
    assert [str(day)[:10] for day in reading.frame["建成"]] == ["2024-01-02", "2023-05-06"]
    assert reading.frame["开放"].tolist() == [True, False]
    assert reading.frame.geometry.tolist() == [Point(117.0, 36.5), Point(117.1, 36.6)]
    assert reading.crs_declared == CRS.from_epsg(4326)
    assert reading.notes == ()


def test_titles_joined_heads_and_blank_rows_are_found_and_said(tmp_path):
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        sheet.merge_range("A1:D1", "济南市停车场台账")
        sheet.merge_range("A2:A3", "编号")
        sheet.merge_range("B2:B3", "名称")
        sheet.merge_range("C2:D2", "坐标")
        sheet.write_row("C3", ["lon", "lat"])
        sheet.write_row("A4", ["1", "甲", 117, 36])
        sheet.write_row("A6", ["2", "乙", 118, 36])
    reading = read(path, x_column="坐标_lon", y_column="坐标_lat")
    assert list(reading.frame.columns) == ["编号", "名称", "坐标_lon", "坐标_lat", "geometry"]
    assert reading.frame["名称"].tolist() == ["甲", "乙"]
    assert [(note.code, note.fields) for note in reading.notes] == [
        ("title_rows", {"row": 2, "count": 1}),
        ("two_row_header", {"first": 2, "last": 3}),
        ("blank_rows", {"count": 1}),
    ]


def test_a_column_of_texts_and_numbers_is_text_and_that_is_said(tmp_path):
    rows = [["code", "name"], [370102, "甲"], ["3701A", "乙"], [1.5, "丙"]]
    reading = read(workbook(tmp_path / "t.xlsx", {"a": rows}))
    assert reading.frame["code"].tolist() == ["370102", "3701A", "1.5"]
    assert [(note.code, note.fields) for note in reading.notes] == [("mixed_types", {"column": "code"})]


def test_sheets_are_layers_and_empty_ones_are_not(tmp_path):
    path = workbook(
        tmp_path / "t.xlsx", {"甲": [["a", "b"], ["x", 1]], "空": [], "乙": [["c", "d"], ["y", 2]]}
    )
    assert layer_names(path) == ("甲", "乙")
    with pytest.raises(SourceLayerUnknown, match="has 2 layers"):
        read(path)
    assert read(path, layer="乙").frame.to_dict("list") == {"c": ["y"], "d": [2]}


def test_columns_without_a_name_get_one_if_they_hold_something(tmp_path):
    path = workbook(tmp_path / "t.xlsx", {"a": [["n", "", "k"], ["x", "y", "z"], ["u", "v", "w"]]})
    assert list(read(path).frame.columns) == ["n", "column_2", "k"]


def test_rows_that_are_nowhere_are_listed(tmp_path):
    rows = [["name", "lon", "lat"], ["甲", 117, 36], ["乙", "电话", 36], ["丙", None, None]]
    reading = read(workbook(tmp_path / "t.xlsx", {"a": rows}))
    assert reading.nonfinite == (2,)
    assert reading.frame.geometry.tolist() == [Point(117, 36), None, None]


def test_open_documents_are_read(tmp_path):
    path = open_document(tmp_path / "t.ods", [["名称", "lon", "lat"], ["趵突泉", 117.0, 36.6]])
    reading = read(path)
    assert (reading.driver, reading.layer) == ("Spreadsheet", "泉水")
    assert isinstance(reading.frame, gpd.GeoDataFrame)
    assert reading.frame["名称"].tolist() == ["趵突泉"]
    assert reading.frame.geometry.tolist() == [Point(117.0, 36.6)]


def test_a_workbook_that_swells_is_refused_before_it_is_opened(tmp_path):
    path = workbook(tmp_path / "t.xlsx", {"a": [["n", "k"], ["x", 1]]})
    source = zipfile.ZipFile(path)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", b"<row/>" * 2_000_000 + b"</sheetData>")
            archive.writestr(name, content)
    with pytest.raises(ReadTooLarge, match="over 200 times"):
        read(tmp_path / "bomb.xlsx")


def test_a_sheet_that_claims_all_cells_there_are_is_too_large(tmp_path):
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("a")
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write(1048575, 16383, "z")
    with pytest.raises(ReadTooLarge, match="more memory than the limit"):
        read(path)


def test_what_is_no_table_is_said(tmp_path):
    with pytest.raises(FileEmpty, match="no sheet with rows"):
        read(workbook(tmp_path / "e.xlsx", {"空": []}))
    with pytest.raises(ColumnsUnfit, match="looks like the names"):
        read(workbook(tmp_path / "n.xlsx", {"a": [[1, 2], [3, 4]]}))
    with zipfile.ZipFile(tmp_path / "d.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", "x")
    with pytest.raises(FormatUnknown, match="no workbook"):
        read(tmp_path / "d.docx")
    (tmp_path / "o.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000))
    with pytest.raises(FormatUnknown, match="no workbook"):
        read(tmp_path / "o.xls")


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_damaged_workbooks_are_refused(tmp_path, share):
    path = workbook(tmp_path / "t.xlsx", {"a": [["n", "k"], *([f"x{n}", n] for n in range(3000))]})
    content = bytearray(path.read_bytes())
    start = content.find(b"xl/worksheets/sheet1.xml") + int(2000 * share)
    content[start : start + 50] = bytes(50)
    path.write_bytes(content)
    with pytest.raises(FileDamaged):
        read(path)


def test_csv_with_titles_and_semicolons(tmp_path):
    path = tmp_path / "t.csv"
    text = "济南市停车场;;;\n填报单位：某局;;;\n名称;代码;lon;lat\n甲;0102;117;36\n"
    path.write_bytes(text.encode("gb18030"))
    reading = read(path)
    assert reading.frame["代码"].tolist() == ["0102"]
    assert reading.frame.geometry.tolist() == [Point(117, 36)]
    assert [(note.code, note.fields) for note in reading.notes] == [("title_rows", {"row": 3, "count": 2})]
    path.write_text("报表\n\n名称\t代码\n甲\t0102\n")
    assert read(path).frame.to_dict("list") == {"名称": ["甲"], "代码": ["0102"]}


def test_a_workbook_agrees_with_the_same_table_as_csv(tmp_path):
    frame = pd.DataFrame({"名称": ["甲", "乙"], "lon": [117.25, 118.5], "lat": [36.0, 36.5], "n": [1, 2]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    workbook(tmp_path / "t.xlsx", {"t": [list(frame.columns), *frame.to_numpy().tolist()]})
    one, other = read(tmp_path / "t.csv").frame, read(tmp_path / "t.xlsx").frame
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))
