"""Times, boxes and languages as requests write them."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.params import ParameterInvalid, When, choose_language, parse_bbox, parse_when
from api.times import catalog_time
from api.words import Words


def asking(query: str = "", cookie: str = "", accept: str = "") -> Request:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


def test_nothing_asked_is_now():
    assert parse_when(None, "") == When(None, None)


def test_a_number_is_a_sequence_and_a_time_without_zone_is_utc():
    assert parse_when("2020-09-30", "12") == When(date(2020, 9, 30), 12)
    assert parse_when(None, "2020-09-30T12:00:00").as_of == datetime(2020, 9, 30, 12, tzinfo=UTC)
    east = timezone(timedelta(hours=8))
    assert parse_when(None, "2020-09-30T12:00:00 08:00").as_of == datetime(2020, 9, 30, 12, tzinfo=east)


EAST = ZoneInfo("Asia/Shanghai")


def test_a_day_of_knowledge_ends_at_midnight_in_the_city():
    """30 September ends in Jinan when it is 16:00 in Greenwich."""
    last = datetime(2020, 9, 30, 15, 59, 59, 999_999, tzinfo=UTC)
    assert parse_when(None, "2020-09-30", EAST).as_of == last
    assert parse_when(None, "2020-09-30T12:00:00", EAST).as_of == datetime(2020, 9, 30, 4, tzinfo=UTC)


def test_today_is_now_and_it_is_the_citys_today():
    """At 22:00 UTC on the 24th it is 06:00 on the 25th in Jinan."""
    now = datetime(2026, 11, 24, 22, tzinfo=UTC)
    assert catalog_time("2026-11-25", EAST, now) is None
    assert catalog_time("2026-11-24", EAST, now) == datetime(2026, 11, 24, 15, 59, 59, 999_999, tzinfo=UTC)
    assert catalog_time("2026-11-24", UTC, now) is None


@given(st.datetimes(timezones=st.just(UTC)) | st.integers(0, 10**9), st.dates())
def test_times_survive_an_address(as_of, at):
    when = When(at, as_of)
    query = when.query()
    assert parse_when(query["at"], query["as_of"]) == when


@pytest.mark.parametrize(
    ("at", "as_of"),
    [
        ("30.9.2020", None),
        (None, "yesterday"),
        (None, "-3"),
        (None, "٣"),
        (None, "0001-01-01T00:00:00+12:00"),
    ],
)
def test_another_writing_is_refused(at, as_of):
    with pytest.raises(ParameterInvalid) as refused:
        parse_when(at, as_of)
    said = Words("zh").error(refused.value)
    assert "应为：" in said
    assert "such as" not in said


@given(st.text(max_size=30))
def test_any_text_is_a_box_or_refused(text):
    try:
        west, south, east, north = parse_bbox(text)
    except ParameterInvalid:
        return
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90


def test_a_box_is_four_numbers():
    assert parse_bbox("116.9,36.6,117.2,36.8") == (116.9, 36.6, 117.2, 36.8)


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "chosen"),
    [
        ("lang=en", "lang=zh", "zh", "en"),
        ("lang=fr", "lang=en", "zh", "en"),
        ("", "lang=fr", "en-GB,en;q=0.9", "en"),
        ("", "", "fr,zh-CN;q=0.8,en;q=0.9", "en"),
        ("", "", "zh;q=0,en;q=0.1", "en"),
        ("", "", "fr", "zh"),
        ("", "", "zh;q=nonsense", "zh"),
        ("", "", "", "zh"),
    ],
)
def test_language_is_asked_in_the_address_then_cookie_then_browser(query, cookie, accept, chosen):
    assert choose_language(asking(query, cookie, accept), ("zh", "en"), "zh") == chosen


def test_a_city_that_offers_one_language_gives_it():
    assert choose_language(asking("lang=zh", accept="zh"), ("en",), "zh") == "en"
