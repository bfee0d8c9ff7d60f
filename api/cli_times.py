"""The two times of a read, as people type them: a date of validity, a moment or number of the catalog."""

from datetime import UTC, date, datetime

from api.cli_show import Refused


def as_date(text: str | None) -> date | None:
    """`2020-09-30` as a date; None stays None (the present state)."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("cli_date", value=text) from None


def as_catalog_time(text: str | None) -> int | datetime | None:
    """A sequence number (`17`) or a time (`2020-09-30T08:00:00+08:00`; without a zone: UTC)."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)  # the first and last day of the calendar may lie outside it in UTC
    except (ValueError, OverflowError):
        raise Refused("cli_as_of", value=text) from None
    return moment
