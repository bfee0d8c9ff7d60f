"""A moment of the catalog as people write it: a number, a time, or a day, which is a day of the city."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = timedelta(microseconds=1)
DIGITS = 12


def catalog_time(text: str, zone: tzinfo, now: datetime | None = None) -> int | datetime | None:
    """A sequence number or a moment; None for today, whose end nobody knows yet: it means now.

    A day means its end, all that was known on it; a time without a zone is one of `zone`. ValueError or
    OverflowError for anything else.
    """
    if text.isascii() and text.isdigit() and len(text) <= DIGITS:
        return int(text)
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        if day == (now or datetime.now(UTC)).astimezone(zone).date():
            return None
        moment = datetime.combine(day + timedelta(days=1), time(), zone) - _INSTANT
    else:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    moment.astimezone(UTC)  # the first and last day of the calendar may lie outside it in UTC
    return moment
