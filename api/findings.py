"""Puts findings and problems of the store into words, in the reader's language.

`layers` knows rules and fields; the sentences are `finding_<rule>` (what is wrong), `mend_<rule>` (how to
mend it, `upload_mend_<rule>` where a page has its own way) and `problem_<code>` in `api/words/`. `names` are
what a city and a spec call their fields, values and agencies: without them their codes are said.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from api.words import Words

if TYPE_CHECKING:
    from layers.check import Problem
    from layers.city import City
    from layers.findings import Finding
    from layers.spec import LayerSpec

Names = Mapping[str, str]
NO_NAMES: Names = MappingProxyType({})
_SPOT = re.compile(r"\[(-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)\]")
_SELF_CROSSING = ("geometry_mended", "geometry_changed_too_much", "geometry_left_out", "geometry_invalid")


def names_of(words: Words, city: "City", spec: "LayerSpec | None") -> Names:
    """Titles of fields by name, of agencies by code, of a field's values by `field:value`."""
    found = {each.code: words.title(each, "name") for each in city.agencies}
    for field in spec.fields if spec else ():
        found[field.name] = words.title(field)
        for value, titles in field.domain_titles.items():
            found[f"{field.name}:{value}"] = titles[0 if words.lang == "zh" else 1]
    return {code: title for code, title in found.items() if title}


def field_in_words(name: str | None, words: Words, names: Names = NO_NAMES) -> str:
    """A field as the reader calls it; the place of a feature is no field of the spec."""
    return words.say("changes_geometry") if name == "geometry" else names.get(name or "", name or "")


def spot(finding: "Finding") -> tuple[float, float] | None:
    """Longitude and latitude to look at: the finding's own, else where GEOS says a shape crosses itself."""
    if finding.point is not None:
        return finding.point
    found = _SPOT.search(str(finding.value)) if finding.rule in _SELF_CROSSING else None
    return (float(found[1]), float(found[2])) if found else None


def value_shown(finding: "Finding") -> object:
    """The value as it was found; nothing where it is GEOS's reason, which is no value of the file."""
    return None if finding.rule in _SELF_CROSSING else finding.value


def in_words(finding: "Finding", words: Words, names: Names = NO_NAMES) -> str:
    """One sentence: what is wrong and how to mend it."""
    what, mend = what_in_words(finding, words, names), mend_in_words(finding, words, names)
    return words.say("finding_joined", what=what, mend=mend) if mend else what


def what_in_words(finding: "Finding", words: Words, names: Names = NO_NAMES) -> str:
    """What is wrong, or worth knowing."""
    if "more" in finding.fields:
        return words.say("finding_more", more=finding.fields["more"])
    named = _named(finding, words, names)
    key = f"finding_{form(finding)}"
    if words.has(key):
        return words.say(key, **named)
    cause = f"reading_{finding.fields.get('cause')}"
    if words.has(cause):  # a file that cannot be read: the reader names the cause
        return words.say(cause, **named)
    if words.has(f"error_{finding.rule}"):
        return words.say(f"error_{finding.rule}", **named)
    return words.say("finding_unworded", rule=finding.rule, fields=str(finding.fields))


def mend_on_page(finding: "Finding", words: Words, names: Names = NO_NAMES) -> str:
    """How to mend it on the page of an upload, where the command line's way would be another."""
    key = f"upload_mend_{finding.rule}"
    if not words.has(key) or "more" in finding.fields:
        return mend_in_words(finding, words, names)
    return words.say(key, **_named(finding, words, names))


def mend_in_words(finding: "Finding", words: Words, names: Names = NO_NAMES) -> str:
    """How to mend it; empty where the sentence about what is wrong says it already."""
    if "more" in finding.fields:
        return ""
    named = _named(finding, words, names)
    nearest = finding.rule in ("value_domain", "value_type") and finding.fields.get("nearest") is not None
    for key in (f"{finding.rule}_nearest" if nearest else form(finding), finding.rule):
        if words.has(f"mend_{key}"):
            return words.say(f"mend_{key}", **named)
    return ""


def _named(finding: "Finding", words: Words, names: Names) -> dict[str, object]:
    """What sentences may ask for, in the reader's form where that is not a plain number."""
    value, field = finding.value, finding.field
    measure = isinstance(value, float) and field == "geometry"
    return {
        "rule": finding.rule,
        "field": field_in_words(field, words, names),
        "key": finding.key or "",
        "value": value if measure else "" if value is None else str(value),
        **{name: _shown(name, each, finding, words, names) for name, each in finding.fields.items()},
    }


def _shown(name: str, value: Any, finding: "Finding", words: Words, names: Names) -> object:
    """One field of a finding: codes by their titles, shares in percent, lists as one writes them."""
    if name == "share":
        return words.percent(float(value))
    if name == "subject" and finding.rule == "unconfirmed":  # about a conclusion, not a field
        return words.say(f"detected_subject_{value}")
    if name in ("agency", "owner"):
        return names.get(str(value), str(value))
    if name == "type" and words.has(f"type_{value}"):
        return words.say(f"type_{value}")
    if name == "nearest":
        return names.get(f"{finding.field}:{value}", value)
    if isinstance(value, (tuple, list, set, frozenset)):
        known = [names.get(f"{finding.field}:{each}", str(each)) for each in value]
        return words.say("list_join").join(known)
    return plain(value)


def form(finding: "Finding") -> str:
    """The rule, or the form of its sentence that fits the fields."""
    if finding.rule in ("value_range", "area_range", "length_range"):
        if finding.fields.get("maximum") is None:
            return f"{finding.rule}_from"
        if finding.fields.get("minimum") is None:
            return f"{finding.rule}_to"
    if finding.rule == "direction_taken":
        return "direction_taken_directed" if finding.fields["directed"] else "direction_taken_undirected"
    if finding.rule == "row_repeated" and finding.severity == "mended":
        return "row_repeated_left_out"
    return finding.rule


def problem_in_words(problem: "Problem", words: Words) -> str:
    """One sentence about what is not as it should be in the store."""
    return words.say(
        f"problem_{problem.code}", **{name: plain(value) for name, value in problem.fields.items()}
    )


def plain(value: object) -> object:
    """Lists as words separated by commas; hashes and counts as they are."""
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(map(str, value))
    return value if isinstance(value, (int, float, str)) or value is None else str(value)
