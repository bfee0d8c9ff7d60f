"""What requests may ask, parsed once: times, boxes, languages. A wrong value names itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from math import isfinite
from typing import ClassVar

from starlette.requests import Request

from api.times import catalog_time

LANGUAGE_COOKIE = "lang"
VERSION_DIGITS = 32


class RequestError(Exception):
    """Base of what is wrong with a request."""

    code: ClassVar[str] = "request_error"


class ParameterInvalid(RequestError):
    """A value in the address is not what the page understands.

    `expected` names what would be: a word `expected_<name>` of `api/words`, or the values there are.
    """

    code: ClassVar[str] = "parameter_invalid"

    def __init__(self, name: str, value: str, expected: str) -> None:
        self.name = name
        self.value = value
        self.expected = expected
        super().__init__(f"parameter {name!r} is {value!r}, expected {expected}")


class ZoneNotFound(RequestError):
    """No zone of the city has this code."""

    code: ClassVar[str] = "zone_not_found"

    def __init__(self, zone: str) -> None:
        self.zone = zone
        super().__init__(f"no zone of the city has the code {zone!r}")


class PageNotFound(RequestError):
    """Nothing lives at this address."""

    code: ClassVar[str] = "page_not_found"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"nothing lives at {path!r}")


class CoverageBusy(RequestError):
    """Other coverage is being computed; as many ask for more as may wait."""

    code: ClassVar[str] = "coverage_busy"

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(f"coverage by {by!r} has to wait until other coverage is computed; ask again soon")


@dataclass(frozen=True)
class When:
    """Two times of a question: the date the world is asked about, and what the catalog knew.

    `version` is how the second was said, if it was said by a version: the moment that one became the head.
    """

    at: date | None = None
    as_of: int | datetime | None = None
    version: str | None = None

    @property
    def is_now(self) -> bool:
        """Whether the present is asked for, of which there is one, and not one of many pasts."""
        return self == When()

    def query(self) -> dict[str, str]:
        """The same times as they stand in an address; a sequence number stays a number."""
        found = {}
        if self.at is not None:
            found["at"] = self.at.isoformat()
        if self.version is not None:
            found["version"] = self.version
        elif self.as_of is not None:
            found["as_of"] = self.as_of.isoformat() if isinstance(self.as_of, datetime) else str(self.as_of)
        return found


def parse_when(at: str | None, as_of: str | None, zone: tzinfo = UTC) -> When:
    """Times as written in an address, days being days of `zone`; empty means now."""
    return When(_date(at) if at else None, _catalog_time(as_of, zone) if as_of else None)


def parse_version(text: str) -> str:
    """The id of a version as it stands in an address."""
    if not 1 <= len(text) <= VERSION_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise ParameterInvalid("version", text[:VERSION_DIGITS], "version_id")
    return text


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ParameterInvalid("at", text, "date") from error


def _catalog_time(text: str, zone: tzinfo) -> int | datetime | None:
    try:
        return catalog_time(text, zone)
    except (ValueError, OverflowError) as error:
        raise ParameterInvalid("as_of", text, "catalog_time") from error


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ParameterInvalid("bbox", text, "bbox") from error
    finite = all(map(isfinite, (west, south, east, north)))
    if not (finite and -180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ParameterInvalid("bbox", text, "bbox_order")
    return west, south, east, north


def choose_language(request: Request, offered: tuple[str, ...], default: str) -> str:
    """The reader's language: as the address says, else her cookie, else her browser, else the city's."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if asked in offered:
            return str(asked)
    weighed = []
    for place, part in enumerate(request.headers.get("accept-language", "")[:400].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        short = tag.split("-")[0].lower()
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if short in offered and value > 0:
            weighed.append((-value, place, short))
    return min(weighed)[2] if weighed else (default if default in offered else offered[0])
