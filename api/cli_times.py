"""The two times of a read, as people type them: a date of validity, a moment or number of the catalog."""

from datetime import date, datetime, tzinfo

from api.cli_show import Refused
from api.times import catalog_time


def as_date(text: str | None) -> date | None:
    """`2020-09-30` as a date; None stays None (the present state)."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("cli_date", value=text) from None


def as_catalog_time(text: str | None, zone: tzinfo) -> int | datetime | None:
    """A sequence number (`17`), a day or a time (`2020-09-30T08:00:00+08:00`; without a zone: of `zone`)."""
    if text is None:
        return None
    try:
        return catalog_time(text, zone)
    except (ValueError, OverflowError):
        raise Refused("cli_as_of", value=text) from None
