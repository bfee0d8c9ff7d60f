"""The header that names a download fits every name."""

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from api.respond import attachment


def test_a_plain_name_is_said_plainly():
    assert attachment("circles-district-2020-09-30.csv") == (
        'attachment; filename="circles-district-2020-09-30.csv"'
    )


def test_a_chinese_name_is_said_twice():
    """网 is E7 BD 91 and 格 is E6 A0 BC in UTF-8."""
    assert attachment("circles-网格.csv") == (
        "attachment; filename=\"circles-__.csv\"; filename*=UTF-8''circles-%E7%BD%91%E6%A0%BC.csv"
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_name_makes_a_header_of_one_line_and_can_be_read_back(name):
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    shown = "".join("_" if each in "/\\" or not each.isprintable() else each for each in name)
    _, _, encoded = header.partition("filename*=UTF-8''")
    assert (unquote(encoded) if encoded else header.split('"')[1]) == shown
