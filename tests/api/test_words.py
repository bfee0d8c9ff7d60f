"""Words: the same keys and fields in both languages, and numbers in the reader's form."""

import ast
import re
import string
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

import api
from api.words import LANGUAGES, PLURAL, WordMissing, Words, dictionary, unit_text

FOLDER = Path(api.__file__).parent
THIN = "\u00a0"


def forms(text: str | Mapping[str, str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def fields(text: str | Mapping[str, str]) -> set[str]:
    """The fields of a sentence; a form for one may leave `n` out."""
    return {name for form in forms(text) for _, name, _, _ in string.Formatter().parse(form) if name}


def test_both_languages_say_the_same_things():
    assert dictionary("zh").keys() == dictionary("en").keys()


def test_a_sentence_has_the_same_fields_in_both_languages():
    zh, en = dictionary("zh"), dictionary("en")
    assert {key for key in zh if fields(zh[key]) != fields(en[key])} == set()


def test_every_plural_has_a_form_for_many():
    plurals = [text for lang in LANGUAGES for text in dictionary(lang).values() if not isinstance(text, str)]
    assert plurals
    assert all(text.keys() <= PLURAL and "other" in text for text in plurals)


def said_in_python() -> set[str]:
    """First arguments of every `say(...)` written out in the code."""
    found = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name == "say" and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found


def said_in_templates() -> set[str]:
    texts = [path.read_text("utf-8") for path in FOLDER.rglob("*.html")]
    return {key for text in texts for key in re.findall(r"say\(\s*[\"']([a-z0-9_]+)[\"']\s*[,)]", text)}


def test_whatever_code_and_templates_say_is_worded():
    asked = said_in_python() | said_in_templates()
    assert len(asked) > 100
    assert asked - dictionary("en").keys() == set()


def test_a_key_nobody_worded_is_an_error():
    with pytest.raises(WordMissing, match="no_such_key"):
        Words("en").say("no_such_key")


@pytest.mark.parametrize(
    ("lang", "value", "decimals", "shown"),
    [
        ("en", 1234567.4, 0, "1,234,567"),
        ("zh", 1234567.4, 0, "1,234,567"),
        ("en", -0.2, 0, "0"),
        ("en", 0.125, 2, "0.12"),
        ("en", None, 0, "–"),
    ],
)
def test_numbers_have_thousands_separators_and_no_minus_zero(lang, value, decimals, shown):
    assert Words(lang).number(value, decimals) == shown


@pytest.mark.parametrize(
    ("lang", "value", "shown"),
    [
        ("en", 99_999, "99,999"),
        ("en", 412_345, "412,000"),
        ("en", 9_234_567, f"9.2{THIN}million"),
        ("en", 2_000_000, f"2{THIN}million"),
        ("zh", 412_345, "41.2万"),
        ("zh", 820_000, "82万"),
        ("zh", 9_234_567, "923万"),
    ],
)
def test_large_counts_are_said_as_one_says_them(lang, value, shown):
    assert Words(lang).many(value) == shown


def test_shares_walks_and_dates_are_in_the_readers_form():
    en, zh = Words("en"), Words("zh")
    assert (en.percent(0.614), zh.percent(0.614)) == (f"61.4{THIN}%", "61.4%")
    assert (en.metres(1234.5), zh.metres(1234.5)) == (f"1,234{THIN}m", f"1,234{THIN}米")
    assert (en.metres(None, beyond_m=5000), en.metres(None)) == (f"> 5{THIN}km", "–")
    assert (en.date("2020-09-30"), zh.date(date(2020, 9, 30))) == ("30 September 2020", "2020年9月30日")
    moment = datetime.fromisoformat("2020-09-30T08:05:00+08:00")
    assert en.moment(moment) == "30 September 2020, 00:05 UTC"
    assert en.moment(moment.astimezone(UTC).replace(tzinfo=None)) == "30 September 2020, 00:05 UTC"


def test_times_and_days_are_those_of_the_city_with_how_far_its_clock_is_from_utc():
    """21:58 on the 24th in Greenwich is 05:58 on the 25th in Jinan."""
    zh, en = Words("zh", ZoneInfo("Asia/Shanghai")), Words("en", ZoneInfo("Asia/Kolkata"))
    moment = datetime(2026, 11, 24, 21, 58, tzinfo=UTC)
    assert zh.moment(moment) == "2026年11月25日 05:58 UTC+8"
    assert zh.date(moment) == "2026年11月25日"
    assert en.moment(moment) == "25 November 2026, 03:28 UTC+5:30"
    west = Words("en", ZoneInfo("America/Sao_Paulo"))
    assert west.moment(moment) == "24 November 2026, 18:58 UTC-3"


def test_one_and_many_choose_their_form():
    words = Words("en")
    assert words.say("zone_people", n=1) == "one person"
    assert words.say("zone_people", n=1200.0) == "1,200 people"


def test_markup_in_a_field_leaves_the_other_fields_escaped():
    said = Words("en").say("computed", date=Markup("<b>x</b>"), rule="<i>", standing="s", sequence=1)
    assert "<b>x</b>" in said
    assert "&lt;i&gt;" in said


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["zh", "en"]))
def test_a_difference_of_shares_is_that_of_the_printed_shares(one, other, lang):
    """83.35 % and 16.64 % are printed as 83.4 and 16.6: the difference is 66.8, not 66.7."""
    words = Words(lang)

    def printed(share):
        return Decimal(words.percent(share).rstrip("%").strip("\u00a0"))

    high, low = max(one, other), min(one, other)
    assert Decimal(words.lost(high, low)) == printed(high) - printed(low)
    assert words.lost(None, 0.5) == words.lost(0.5, None) == "–"


def test_a_gap_too_small_to_print_is_not_none():
    words = Words("en")
    assert (words.points(0.0004), words.points(0.0006), words.points(0.0)) == (f"<{THIN}0.1", "0.1", "0.0")
    assert words.points(None) == "–"


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_beyond_reading_are_written_and_end_nothing(language):
    words = Words(language)
    assert words.number(123_456_789_012_345) == "123,456,789,012,345"
    assert [words.number(value) for value in (10**400, -1e300, float("inf"))] == [
        "1.000E+400", "-1.000E+300", "Infinity",
    ]  # fmt: skip
    assert words.number(float("nan"), 2) == "NaN"


def test_squares_are_printed_as_squares_and_an_account_has_a_name():
    assert [unit_text(each) for each in ("m2", "km2", "m3", "m", "CO2", None)] == [
        "m²",
        "km²",
        "m³",
        "m",
        "CO2",
        "",
    ]
    assert (Words("zh").person("administrator"), Words("zh").person("王工")) == ("管理员", "王工")


def test_a_state_of_an_upload_is_said_in_the_readers_words():
    said = Words("zh").failure("upload_state", {"state": "publishing", "wanted": ["examined", "unreadable"]})
    assert said == "这次上传的状态是“发布中”，这一步要求它是：已检查、无法读取。请刷新页面。"
