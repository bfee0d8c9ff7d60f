"""Everything a reader sees, in Chinese and English: sentences by key, and numbers and dates in her form.

Sentences live in `words/<language>*.toml`; nested tables are joined by `_`, so `[cli] clean` is `cli_clean`.
A table with `one` and `other` is a plural, chosen by the field `n`. Babel is imported when first needed.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}
FOLDER = Path(__file__).parent / "words"
PLURAL = frozenset({"one", "other"})
MOST_READ = 1e15
NO_BREAK = "\u00a0"
DASH = "–"


class WordMissing(KeyError):
    """A page asks for a sentence nobody wrote; a test finds these before a reader does."""

    def __init__(self, lang: str, key: str) -> None:
        self.lang = lang
        self.key = key
        super().__init__(f"no word {key!r} in language {lang!r}; add it to api/words/{lang}.toml")


@cache
def dictionary(lang: str) -> Mapping[str, str | Mapping[str, str]]:
    """All sentences of a language by their flat key; a plural's value is its table of forms."""
    found: dict[str, str | Mapping[str, str]] = {}
    for path in sorted(FOLDER.glob(f"{lang}*.toml")):
        for key, value in _flat(tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in found:
                raise ValueError(f"{path.name}: the key {key!r} is already written in another file")
            found[key] = value
    return found


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str | Mapping[str, str]]]:
    found: list[tuple[str, str | Mapping[str, str]]] = []
    for key, value in table.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and not (value.keys() and value.keys() <= PLURAL):
            found.extend(_flat(value, f"{name}_"))
        else:
            found.append((name, value))
    return found


class Words:
    """The sentences and number forms of one language; times are those of `zone`, the city's own."""

    def __init__(self, lang: str, zone: tzinfo = UTC) -> None:
        if lang not in LANGUAGES:
            raise WordMissing(lang, "")
        self.lang = lang
        self.zone = zone

    def say(self, key: str, /, **fields: object) -> str:
        """The sentence of a key with its fields; numbers are written in the reader's form.

        With a field that is markup, the sentence is markup too and the other fields are escaped.
        """
        text = dictionary(self.lang).get(key)
        if text is None:
            raise WordMissing(self.lang, key)
        if isinstance(text, Mapping):
            text = text.get("one" if fields.get("n") == 1 else "other") or text["other"]
        if not fields:
            return text
        shown = {name: self._shown(value) for name, value in fields.items()}
        if any(hasattr(value, "__html__") for value in shown.values()):
            from markupsafe import escape

            return escape(text).format(**shown)
        return text.format(**shown)

    def has(self, key: str) -> bool:
        """Whether a sentence of this key exists."""
        return key in dictionary(self.lang)

    def title(self, thing: object, field: str = "title") -> str:
        """The title (or another named field) of a thing that has it in both languages."""
        for lang in (self.lang, *LANGUAGES):
            name = f"{field}_{lang}"
            value = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
            if value:
                return str(value)
        return ""

    def name(self, zone: Mapping[str, Any]) -> str:
        """The name of a zone: `name`, or `name_en` for readers of English where it exists."""
        other = zone.get("name_en") if self.lang == "en" else None
        return str(other or zone.get("name") or zone.get("code") or "")

    def number(self, value: float | int | None, decimals: int = 0) -> str:
        """A number with thousands separators, rounded half to even; a dash for nothing.

        What has more digits than anybody reads, or is no number, is written as a machine would.
        """
        if value is None:
            return DASH
        if not abs(value) < MOST_READ:
            return f"{Decimal(str(value)):.3E}"
        from babel.numbers import format_decimal

        shape = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(round(value, decimals) + 0, format=shape, locale=LOCALES[self.lang])

    def person(self, name: str) -> str:
        """Who did something: an account's name, the administrator's in the reader's language."""
        return self.say(f"person_{name}") if self.has(f"person_{name}") else name

    def percent(self, share: float | None, decimals: int = 1) -> str:
        """A share of 0 to 1 in percent."""
        if share is None:
            return DASH
        return self.number(share * 100, decimals) + ("%" if self.lang == "zh" else f"{NO_BREAK}%")

    def points(self, difference: float | None, decimals: int = 1) -> str:
        """A difference of two shares, in percentage points; one that would print as none says so."""
        if difference is None:
            return DASH
        least = 10.0**-decimals
        if 0 < difference * 100 < least / 2:
            return f"<{NO_BREAK}{self.number(least, decimals)}"
        return self.number(difference * 100, decimals)

    def lost(self, whole: float | None, part: float | None, decimals: int = 1) -> str:
        """How many points a share lies below another, of the two as `percent` prints them.

        A reader who subtracts the printed shares gets the printed difference.
        """
        if whole is None or part is None:
            return DASH
        high, low = (round(share * 100, decimals) for share in (whole, part))
        return self.number(high - low, decimals)

    def gained(self, before: float | None, after: float | None, decimals: int = 1) -> str:
        """How many points a share rose, of the two as `percent` prints them, with its sign."""
        if before is None or after is None:
            return DASH
        rise = round(round(after * 100, decimals) - round(before * 100, decimals), decimals)
        return ("+" if rise > 0 else "") + self.number(rise, decimals)

    def many(self, value: float | None) -> str:
        """A large count as one says it: 9.2 million, 920万; below a hundred thousand in full."""
        if value is None:
            return DASH
        if abs(value) < 100_000:
            return self.number(value)
        if self.lang == "zh":
            return f"{self._short(value / 10_000, 1 if abs(value) < 1_000_000 else 0)}万"
        if abs(value) < 1_000_000:
            return self.number(round(value, -3))
        return f"{self._short(value / 1_000_000, 1)}{NO_BREAK}million"

    def _short(self, value: float, decimals: int) -> str:
        """A number without decimals that say nothing."""
        rounded = round(value, decimals)
        return self.number(rounded, 0 if float(rounded).is_integer() else decimals)

    def metres(self, value: float | None, *, beyond_m: float | None = None) -> str:
        """A walk in metres; `beyond_m` is where the search ended, for a walk that was not found."""
        metre, kilometre = ("米", "公里") if self.lang == "zh" else ("m", "km")
        if value is not None:
            return f"{self.number(value)}{NO_BREAK}{metre}"
        return DASH if beyond_m is None else f"> {self.number(beyond_m / 1000)}{NO_BREAK}{kilometre}"

    def date(self, value: str | date | datetime | None) -> str:
        """A day in the reader's form; a text is read as ISO 8601, a moment is the day it was in the zone."""
        if value is None:
            return DASH
        from babel.dates import format_date

        day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        if isinstance(day, datetime):
            day = (day if day.tzinfo else day.replace(tzinfo=UTC)).astimezone(self.zone)
        return format_date(day, format="long", locale=LOCALES[self.lang])

    def moment(self, value: str | datetime | None) -> str:
        """A day and minute in the zone and in the reader's form; read as UTC when it says nothing else."""
        if value is None:
            return DASH
        from babel.dates import format_datetime

        when = datetime.fromisoformat(value) if isinstance(value, str) else value
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        shape = "y年M月d日 HH:mm" if self.lang == "zh" else "d MMMM y, HH:mm"
        here = when.astimezone(self.zone)
        wall = here.replace(tzinfo=None)  # Babel would turn it into UTC
        return f"{format_datetime(wall, shape, locale=LOCALES[self.lang])} {offset(here)}"

    def error(self, error: Exception) -> str:
        """What went wrong, in this language where its cause or code is worded, else as the error says it."""
        return self._failure(_code(error), vars(error)) or str(error)

    def failure(self, code: str, fields: Mapping[str, Any]) -> str:
        """The same of an error that was kept as its code and fields."""
        return self._failure(code, fields) or self.say("error_internal")

    def _failure(self, code: str, values: Mapping[str, Any]) -> str | None:
        fields = {name: self._plain(value) for name, value in values.items()}
        if code == "upload_state":
            fields |= {name: self._states(values[name]) for name in ("state", "wanted") if name in values}
        if self.has(f"expected_{fields.get('expected')}"):
            fields["expected"] = self.say(f"expected_{fields['expected']}")
        file = fields.get("file")
        about = "writing" if code == "write_failed" else "reading"
        for key, form in (
            (f"{about}_{fields.get('cause')}", "{file}: {said}" if file else "{said}"),
            (f"error_{code}", "{said}"),
        ):
            if self.has(key):
                try:
                    return form.format(file=file, said=self.say(key, **fields))
                except (KeyError, IndexError):
                    return None
        return None

    def _states(self, value: object) -> str:
        states = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
        keys = [(str(each), f"upload_state_{each}") for each in states]
        return self.say("list_join").join(self.say(key) if self.has(key) else each for each, key in keys)

    def _shown(self, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "" if value is None else value
        return self.number(value, 0 if isinstance(value, int) or round(value, 1).is_integer() else 1)

    @staticmethod
    def _plain(value: object) -> object:
        if isinstance(value, (tuple, list, set, frozenset)):
            return ", ".join(map(str, value))
        return value if isinstance(value, (int, float, str)) or value is None else str(value)


def unit_text(unit: str | None) -> str:
    """A unit of measure as one prints it: m² for m2."""
    return re.sub(r"(?<=[a-z])[23]$", lambda found: "²³"[int(found[0]) - 2], unit or "")


def offset(when: datetime) -> str:
    """How far a moment's clock is from UTC: UTC, UTC+8, UTC-3:30."""
    ahead = when.utcoffset() or timedelta()
    minutes = round(abs(ahead).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours = f"{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")
    return f"UTC{'-' if ahead < timedelta() else '+'}{hours}"


def _code(error: Exception) -> str:
    return str(getattr(error, "code", ""))
