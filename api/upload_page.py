"""What an upload is, from its examination's report: conclusions with their evidence, and columns.

Values only, worded for one reader; the templates place them and compute nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup
from pyproj import CRS
from pyproj.exceptions import CRSError

from api.findings import Names, field_in_words, names_of
from api.upload_forms import DATUMS, EAST_FIRST, NORTH_FIRST
from api.words import Words
from layers.city import City
from layers.publishing import CONFIRM_BELOW, TO_CONFIRM
from layers.said import MODES
from layers.spec import LayerSpec

CERTAIN, LIKELY = CONFIRM_BELOW, 0.6
ENCODINGS = ("UTF-8", "GB18030", "GBK", "Big5", "UTF-16")
SYSTEMS = ("EPSG:4490", "EPSG:4326", "EPSG:4548", "EPSG:4527", "EPSG:4549", "EPSG:4528", *DATUMS)
ORDER = (
    "source_layer", "layer", "agency", "encoding", "crs", "axes", "datum", "unit", "key", "removal",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Another value a reader may say, and how it reads."""

    value: str
    text: str


@dataclass(frozen=True)
class Conclusion:
    """One thing that was found out: what, from what, how sure, and what it may be instead.

    `sure` is a word of its own (`certain`, `likely`, `unsure`).
    """

    subject: str
    title: str
    value: str
    evidence: str
    sure: str
    choices: tuple[Choice, ...]
    rivals: str
    suggestions: tuple[str, ...]
    free: bool


@dataclass(frozen=True)
class Reading:
    """All that is needed to word an examination: the reader's words, the city, its specs and the report."""

    words: Words
    city: City
    specs: Mapping[str, LayerSpec]
    report: Mapping[str, Any]

    @cached_property
    def names(self) -> Names:
        """What the city and the spec call their fields, values and agencies."""
        return names_of(self.words, self.city, self.spec)

    @property
    def spec(self) -> LayerSpec | None:
        return self.specs.get(self.report.get("layer") or "")

    def layer_title(self, name: str | None) -> str:
        """A layer as the reader calls it; its own name while it has no spec."""
        spec = self.specs.get(name or "")
        return (self.words.title(spec) if spec else "") or (name or "")

    def agency_title(self, code: str | None) -> str:
        found = next((each for each in self.city.agencies if each.code == code), None)
        return (self.words.title(found, "name") if found else "") or (code or "")

    def field_title(self, name: str | None) -> str:
        """A field as the reader calls it; the column's own name where the spec has no such field."""
        return field_in_words(name, self.words, self.names)


def summary(reading: Reading) -> str:
    """The one sentence: how many of what, for which layer of whom."""
    report, words = reading.report, reading.words
    if not report.get("layer"):
        return words.say("upload_summary_unknown", n=report.get("rows") or 0)
    shape = "raster" if report.get("kind") == "raster" else report.get("geometry") or "none"
    counted = words.say(f"upload_rows_{shape}", n=report.get("rows") or 0)
    title = _strong(reading.layer_title(report["layer"]))
    if not report.get("agency"):
        return words.say("upload_summary_layer", rows=_strong(counted), layer=title)
    agency = reading.agency_title(report["agency"])
    return words.say("upload_summary", rows=_strong(counted), layer=title, agency=agency)


def conclusions(reading: Reading) -> list[Conclusion]:
    """What was found out, one for each subject, in the order one would check it; columns have a table."""
    found = [each for each in reading.report.get("detected", ()) if each["subject"] in ORDER]
    found.sort(key=lambda each: ORDER.index(each["subject"]))
    return [_conclusion(reading, each) for each in found]


def to_confirm(reading: Reading) -> list[Conclusion]:
    """What publishing asks to be ticked: the conclusions that are not sure enough."""
    found = [
        each
        for each in reading.report.get("detected", ())
        if each["subject"] in TO_CONFIRM and _confidence(each) < CONFIRM_BELOW
    ]
    return [_conclusion(reading, each) for each in found]


def _conclusion(reading: Reading, detected: Mapping[str, Any]) -> Conclusion:
    words, subject, value = reading.words, detected["subject"], str(detected["value"])
    confidence = _confidence(detected)
    sure = "certain" if confidence >= CERTAIN else "likely" if confidence >= LIKELY else "unsure"
    others = tuple(
        Choice(str(each["value"]), _other_text(reading, subject, each)) for each in detected.get("others", ())
    )
    column = dict(detected.get("fields") or {}).get("column")
    title = words.say(f"detected_subject_{subject}")
    return Conclusion(
        subject=subject,
        title=f"{title}: {column}" if subject == "column" and column else title,
        value=value_text(reading, subject, value),
        evidence=evidence(words, detected),
        sure=sure,
        choices=_choices(reading, subject, value, others),
        rivals=_rivals(reading, subject, detected, others),
        suggestions=_suggestions(subject),
        free=subject in ("encoding", "crs", "datum", "unit", "source_layer", "key"),
    )


def _confidence(detected: Mapping[str, Any]) -> float:
    value = detected.get("confidence")
    return 1.0 if value is None else float(value)


def evidence(words: Words, detected: Mapping[str, Any]) -> str:
    """Why it was concluded, in a sentence where its code is worded, else the code."""
    key = f"detected_{detected['why']}"
    fields = {name: _plain(value, words) for name, value in dict(detected.get("fields") or {}).items()}
    if words.has(key):
        try:
            return words.say(key, **{"value": str(detected["value"]), **fields})
        except (KeyError, IndexError):
            return words.say("upload_evidence_plain", why=detected["why"])
    return words.say("upload_evidence_plain", why=detected["why"])


def value_text(reading: Reading, subject: str, value: str) -> str:
    """A concluded value as a reader says it."""
    words = reading.words
    if subject == "layer":
        return reading.layer_title(value) or words.say("upload_unknown")
    if subject == "agency":
        return reading.agency_title(value) or words.say("upload_unknown")
    if subject == "column":
        return reading.field_title(value)
    if subject == "removal":
        known = value in MODES
        return words.say(f"upload_mode_{value}") if known else words.say("upload_value_removal", n=int(value))
    if subject == "crs":
        name = system_name(value)
        return f"{name} ({value})" if name else value or words.say("upload_unknown")
    if subject == "axes":
        return words.say(f"upload_value_axes_{NORTH_FIRST if value.startswith('north') else EAST_FIRST}")
    return value or words.say("upload_unknown")


def system_name(value: str) -> str:
    """The name of a coordinate system by its code; empty for what is not one."""
    if not value or value in DATUMS:
        return ""
    try:
        return str(CRS.from_user_input(value).name)
    except CRSError:
        return ""


def _other_text(reading: Reading, subject: str, other: Mapping[str, Any]) -> str:
    text = value_text(reading, subject, str(other["value"]))
    fields = dict(other.get("fields") or {})
    if isinstance(fields.get("shift_m"), (int, float)):
        return reading.words.say(
            "upload_other_shift", value=text, shift=_metres(reading.words, fields["shift_m"])
        )
    if isinstance(fields.get("share"), (int, float)):
        return reading.words.say(
            "upload_other_share", value=text, share=reading.words.percent(fields["share"])
        )
    return text


def _rivals(reading: Reading, subject: str, detected: Mapping[str, Any], others: Sequence[Choice]) -> str:
    """The other systems the coordinates would fit, with how far off each would put them."""
    if subject != "crs" or not others or _confidence(detected) >= CERTAIN:
        return ""
    return reading.words.say(
        "upload_rivals", others=reading.words.say("upload_note_join").join(each.text for each in others)
    )


def notes(reading: Reading) -> list[str]:
    """What was decided while the file was read, one sentence each."""
    words = reading.words
    return [
        words.say(f"note_{each['code']}", **{name: _plain(v, words) for name, v in each["fields"].items()})
        for each in reading.report.get("notes") or ()
        if words.has(f"note_{each['code']}")
    ]


def _metres(words: Words, value: float) -> str:
    unit = words.metres(0).removeprefix("0")
    return words.number(value, 1 if abs(value) < 100 else 0) + unit


def _choices(reading: Reading, subject: str, value: str, others: Sequence[Choice]) -> tuple[Choice, ...]:
    """The other candidates first, then whatever else there is to choose from."""
    words, listed = reading.words, {value, *(each.value for each in others)}
    more: list[Choice] = []
    if subject == "layer":
        more = [Choice(name, reading.layer_title(name)) for name in sorted(reading.specs)]
    elif subject == "agency":
        more = [Choice(each.code, words.title(each, "name")) for each in reading.city.agencies]
    elif subject == "source_layer":
        names = [name for each in reading.report.get("datasets", ()) for name in each.get("layers", ())]
        more = [Choice(name, name) for name in dict.fromkeys(names)]
    elif subject == "axes":
        more = [Choice(each, words.say(f"upload_value_axes_{each}")) for each in (EAST_FIRST, NORTH_FIRST)]
    elif subject == "datum":
        more = [Choice(each, each) for each in DATUMS]
    return (*others, *(each for each in more if each.value not in listed))


def _suggestions(subject: str) -> tuple[str, ...]:
    return {"encoding": ENCODINGS, "crs": SYSTEMS, "datum": SYSTEMS, "unit": SYSTEMS}.get(subject, ())


def column_rows(reading: Reading) -> list[dict[str, Any]]:
    """The file's columns: a sample, how each was matched, and the field it serves."""
    words = reading.words
    return [
        {
            "column": str(each["column"]),
            "field": each.get("field") or "",
            "how": each["how"],
            "how_text": words.say(f"upload_how_{each['how']}"),
            "sample": words.say("list_join").join(
                str(value)[:40] for value in (each.get("sample") or ())[:3]
            ),
        }
        for each in reading.report.get("columns") or ()
    ]


def _strong(text: str) -> Markup:
    return Markup("<strong>{}</strong>").format(text)


def _plain(value: Any, words: Words) -> Any:
    if isinstance(value, (list, tuple)):
        return words.say("list_join").join(map(str, value))
    return value if isinstance(value, (str, int, float)) or value is None else str(value)
