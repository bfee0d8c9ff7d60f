"""Which encoding a text or a .dbf is in: told by its owner and checked, else by its bytes."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import encodings
from geo.errors import EncodingUnfit


@settings(deadline=None)
@given(
    st.text(
        st.characters(codec="gb18030", exclude_characters="\ufeff", exclude_categories=["Cs"]), max_size=50
    )
)
def test_a_declared_encoding_is_followed(text):
    assert encodings.decode("t", text.encode("gb18030"), "GBK") == (text, "GB18030")
    assert encodings.decode("t", text.encode("utf-8"), "utf8") == (text, "UTF-8")


def test_chinese_bytes_are_told_apart():
    words = "济南市历下区趵突泉街道"
    assert encodings.decode("t", words.encode("gb18030"), None) == (words, "GB18030")
    assert encodings.decode("t", words.encode("utf-8"), None) == (words, "UTF-8")
    with pytest.raises(EncodingUnfit, match="byte 1 is not UTF-8"):
        encodings.decode("t", words.encode("gb18030"), "UTF-8")


def dbf(path, names, rows, width=12):
    """A .dbf of text fields, byte by byte; texts and names are bytes already."""
    head = struct.pack(
        "<4sIHH20x", b"\x03\x00\x01\x01", len(rows), 33 + 32 * len(names), 1 + width * len(names)
    )
    fields = b"".join(struct.pack("<11sc4xB15x", name, b"C", width) for name in names)
    body = b"".join(b" " + b"".join(text[:width].ljust(width) for text in row) for row in rows)
    path.write_bytes(head + fields + b"\r" + body + b"\x1a")
    return path


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_the_encoding_of_a_dbf_is_told_by_its_bytes(tmp_path, encoding):
    rows = [["历下区".encode(encoding), b"plain"], [b"", "泉".encode(encoding)]]
    path = dbf(tmp_path / "t.dbf", ["名称".encode(encoding), b"note"], rows)
    assert encodings.of_dbf(path, "t.shp", None, None) == encoding
    assert encodings.of_dbf(path, "t.shp", encoding, "cp1252") == encoding  # the caller goes before the .cpg


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_character_cut_by_its_field_is_no_other_encoding(tmp_path, encoding):
    long = "泉城济南历下区趵突泉".encode(encoding)
    path = dbf(tmp_path / "t.dbf", [b"name"], [[long], [b"x" + long]], width=13)
    assert encodings.of_dbf(path, "t.shp", None, None) == encoding


def test_names_alone_tell_it_and_bytes_after_them_do_not(tmp_path):
    path = dbf(tmp_path / "t.dbf", ["名称".encode("gb18030")], [[b"plain"]])
    assert encodings.of_dbf(path, "t.shp", None, None) == "GB18030"
    path = dbf(tmp_path / "t.dbf", [b"name\x00\xff\xff\xff"], [["泉".encode()]])
    assert encodings.of_dbf(path, "t.shp", None, None) == "UTF-8"
    assert encodings.of_dbf(dbf(path, [b"name"], []), "t.shp", None, None) == "UTF-8"  # ASCII is both


def test_a_contradicted_encoding_and_bytes_of_none_are_refused(tmp_path):
    path = dbf(tmp_path / "t.dbf", [b"name"], [["历下区".encode("gb18030")]])
    with pytest.raises(EncodingUnfit, match="as was declared"):
        encodings.of_dbf(path, "t.shp", "UTF-8", None)
    with pytest.raises(EncodingUnfit, match=r"as its \.cpg file says"):
        encodings.of_dbf(path, "t.shp", None, "utf8")
    with pytest.raises(EncodingUnfit, match="neither UTF-8 nor GB18030"):
        encodings.of_dbf(dbf(path, [b"name"], [[b"\xff\xff\xff"]]), "t.shp", None, None)


@pytest.mark.parametrize(
    ("words", "meaning"),
    [("UTF-8", "UTF-8"), ("936", "cp936"), ("OEM 936\n", "cp936"), ("", None), ("GBK", "GBK")],
)
def test_a_cpg_is_understood(tmp_path, words, meaning):
    path = tmp_path / "t.cpg"
    path.write_text(words)
    assert encodings.of_cpg(path) == meaning
    assert encodings.of_cpg(tmp_path / "none.cpg") is None
