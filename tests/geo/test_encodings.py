"""Which encoding a text or a .dbf is in: told by its owner and checked, else by its bytes."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import encodings
from geo.errors import EncodingUnfit


def decoded(content, declared=None):
    text, found = encodings.decode("t", content, declared)
    assert found.subject == "encoding"
    return text, found.value


def of_dbf(path, declared=None, stated=None):
    return encodings.of_dbf(path, "t.shp", declared, stated)


@settings(deadline=None)
@given(
    st.text(
        st.characters(codec="gb18030", exclude_characters="\ufeff", exclude_categories=["Cs"]), max_size=50
    )
)
def test_a_declared_encoding_is_followed(text):
    assert decoded(text.encode("gb18030"), "GBK") == (text, "GB18030")
    assert decoded(text.encode("utf-8"), "utf8") == (text, "UTF-8")


def test_chinese_bytes_are_told_apart():
    words = "济南市历下区趵突泉街道"
    assert decoded(words.encode("gb18030")) == (words, "GB18030")
    assert decoded(words.encode("utf-8")) == (words, "UTF-8")
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
    assert of_dbf(path).value == encoding
    assert of_dbf(path, encoding, "cp1252").value == encoding  # the caller goes before the .cpg


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_character_cut_by_its_field_is_no_other_encoding(tmp_path, encoding):
    long = "泉城济南历下区趵突泉".encode(encoding)
    path = dbf(tmp_path / "t.dbf", [b"name"], [[long], [b"x" + long]], width=13)
    assert of_dbf(path).value == encoding


def test_names_alone_tell_it_and_bytes_after_them_do_not(tmp_path):
    path = dbf(tmp_path / "t.dbf", ["名称".encode("gb18030")], [[b"plain"]])
    assert of_dbf(path).value == "GB18030"
    path = dbf(tmp_path / "t.dbf", [b"name\x00\xff\xff\xff"], [["泉".encode()]])
    assert of_dbf(path).value == "UTF-8"
    assert of_dbf(dbf(path, [b"name"], [])).value == "UTF-8"  # ASCII is both


def test_a_contradicted_word_and_bytes_of_none_are_refused(tmp_path):
    path = dbf(tmp_path / "t.dbf", [b"name"], [["历下区".encode("gb18030")]])
    with pytest.raises(EncodingUnfit, match="as was declared"):
        of_dbf(path, "UTF-8")
    with pytest.raises(EncodingUnfit, match="names no encoding"):
        of_dbf(path, "泉城码")
    with pytest.raises(EncodingUnfit, match="in no encoding"):
        of_dbf(dbf(path, [b"name"], [[b"\xff\xff\xff"]]))


STREETS = ["历下区趵突泉街道泉城路", "槐荫区西市场街道经二路", "天桥区北坦街道生产路", "钢城区艾山街道永兴路"]


@pytest.mark.parametrize("label", ["utf8", "UTF-8", "ISO-8859-1", "cp1252", "no-such-code", "BIG5"])
def test_a_label_that_the_bytes_contradict_loses(tmp_path, label):
    path = dbf(tmp_path / "t.dbf", [b"name"], [[row.encode("gb18030")] for row in STREETS], width=40)
    found = of_dbf(path, stated=label)
    assert (found.value, found.why, found.fields["label"]) == ("GB18030", "encoding_label_wrong", label)
    assert found.fields["percent"] >= 90


@pytest.mark.parametrize("label", ["cp936", "GBK", "GB2312", "ISO-8859-1", "big5"])
def test_utf8_bytes_under_another_label_stay_utf8(tmp_path, label):
    path = dbf(tmp_path / "t.dbf", [b"name"], [[row.encode()] for row in STREETS], width=40)
    assert (of_dbf(path, stated=label).value, of_dbf(path, stated=label).why) == (
        "UTF-8",
        "encoding_label_wrong",
    )


@pytest.mark.parametrize(("label", "name"), [("GBK", "GB18030"), ("cp936", "GB18030"), ("gb2312", "GB18030")])
def test_a_label_that_the_bytes_bear_out_is_believed(tmp_path, label, name):
    path = dbf(tmp_path / "t.dbf", [b"name"], [[row.encode("gbk")] for row in STREETS], width=40)
    found = of_dbf(path, stated=label)
    assert (found.value, found.why, found.confidence) == (name, "encoding_label", 1.0)


def test_the_language_byte_is_a_label_too(tmp_path):
    path = dbf(tmp_path / "t.dbf", [b"name"], [["泉".encode("gbk")]])
    content = bytearray(path.read_bytes())
    for byte, why in ((0x4D, "encoding_label"), (0x57, "encoding_bytes"), (0xC9, "encoding_label_wrong")):
        content[29] = byte
        path.write_bytes(content)
        assert (of_dbf(path).value, of_dbf(path).why) == ("GB18030", why)


OTHERS = {
    "Big5": "濟南市歷下區趵突泉街道 臺北市中正區重慶南路一段 高雄市前鎮區中華五路 停車場名稱面積",
    "Shift_JIS": "東京都千代田区霞が関 となりのトトロ ひらがなとカタカナ きれいな町です",
    "EUC-KR": "서울특별시 종로구 세종대로 부산광역시 해운대구 대한민국 한국어 주차장 이름",
    "CP1252": "Praça da República, São João, Avenida da Boavista, Rua de Cedofeita, Trindade, Câmara",
    "CP1251": "Москва, Тверская улица, дом семь; Санкт-Петербург, Невский проспект, парковка",
    "CP866": "Москва, Тверская улица, дом семь; Санкт-Петербург, Невский проспект, парковка",
}


@pytest.mark.parametrize("encoding", OTHERS)
def test_other_encodings_are_told_with_less_confidence(encoding):
    words = OTHERS[encoding]
    text, found = encodings.decode("t", "\n".join(words.split()).encode(encoding), None)
    assert (found.value, text.split()) == (encoding, words.split())
    assert found.confidence < 0.9 or encoding == "Big5"


def test_chinese_bytes_without_a_label_are_sure_enough_to_go_on():
    _, found = encodings.decode("t", "\n".join(STREETS).encode("gbk"), None)
    assert (found.why, found.confidence > 0.9) == ("encoding_bytes", True)
    assert found.fields == {"encoding": "GB18030", "percent": 98, "characters": 42}  # all but 趵, a rare one
    _, one = encodings.decode("t", "泉".encode("gbk"), None)
    assert (one.value, one.confidence < found.confidence) == ("GB18030", True)


@settings(deadline=None)
@given(st.lists(st.sampled_from("泉城济南历下槐荫天桥区街道路停车场公园学校中心"), min_size=6, max_size=60))
def test_texts_of_common_characters_are_told_apart_whatever_they_say(characters):
    words = "".join(characters)
    assert decoded(words.encode("gbk")) == (words, "GB18030")
    assert decoded(words.encode()) == (words, "UTF-8")


def test_a_rare_text_at_the_end_of_a_long_file_is_not_missed(tmp_path):
    """The sample reads as GB18030; one row among twenty thousand does not, and the file is refused."""
    rows = [[STREETS[n % 4].encode("gbk")] for n in range(20_000)]
    path = dbf(tmp_path / "t.dbf", [b"name"], rows, width=30)
    assert of_dbf(path).value == "GB18030"
    rows[19_321] = ["济南".encode()[:4] + b"\xff\xff,"]
    with pytest.raises(EncodingUnfit):
        of_dbf(dbf(tmp_path / "t.dbf", [b"name"], rows, width=30))


def test_what_follows_a_nul_is_leftover(tmp_path):
    path = dbf(tmp_path / "t.dbf", [b"name"], [["泉城路".encode() + b"\x00\xff\xfe"]])
    assert of_dbf(path).value == "UTF-8"


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("UTF-8", "UTF-8"),
        ("936", "cp936"),
        ("OEM 936\n", "cp936"),
        ("", None),
        ("GBK", "GBK"),
        ("88591", "iso8859-1"),
    ],
)
def test_a_cpg_is_understood(tmp_path, words, meaning):
    path = tmp_path / "t.cpg"
    path.write_text(words)
    assert encodings.of_cpg(path) == meaning
    assert encodings.of_cpg(tmp_path / "none.cpg") is None


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
def test_a_long_text_is_sampled_all_over(encoding):
    """Twelve megabytes of ASCII with a Chinese line in every hundred."""
    lines = [STREETS[n // 100 % 4] if n % 100 == 99 else "1,2,3," + "x" * 54 for n in range(200_000)]
    content = "\n".join(lines).encode(encoding)
    text, found = encodings.decode("t", content, None)
    assert (found.value, found.why, text.splitlines()[99]) == (encoding, "encoding_bytes", STREETS[0])


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
@pytest.mark.parametrize("end", ["", "\n", "\nx\n"])
def test_one_chinese_line_in_a_long_text_is_enough(encoding, end):
    content = ("1,2,3\n" * 900_000 + "泉城路街道办事处" + end).encode(encoding)
    text, found = encodings.decode("t", content, None)
    assert (found.value, found.fields["characters"]) == (encoding, 8)
    assert "泉城路街道办事处" in text


def test_few_chinese_characters_over_and_over_are_not_korean():
    names = [f"店{n}" for n in range(200)] + [f"便利店{n}" for n in range(200)]
    text, found = encodings.decode("t", "\n".join(names).encode("gbk"), None)
    assert (found.value, text.splitlines()[0]) == ("GB18030", "店0")
    assert found.confidence > 0.9
