"""Puts findings and problems of the store into words, in the reader's language.

`layers` knows rules and fields; the sentences are `finding_<rule>` (what is wrong), `mend_<rule>` (how to
mend it) and `problem_<code>` in `api/words/`.
"""

from typing import TYPE_CHECKING

from api.words import Words

if TYPE_CHECKING:
    from layers.check import Problem
    from layers.findings import Finding


def in_words(finding: "Finding", words: Words) -> str:
    """One sentence: what is wrong and how to mend it."""
    what, mend = what_in_words(finding, words), mend_in_words(finding, words)
    return words.say("finding_joined", what=what, mend=mend) if mend else what


def what_in_words(finding: "Finding", words: Words) -> str:
    """What is wrong, or worth knowing."""
    if "more" in finding.fields:
        return words.say("finding_more", more=finding.fields["more"])
    named = _named(finding, words)
    key = f"finding_{form(finding)}"
    if words.has(key):
        return words.say(key, **named)
    cause = f"reading_{finding.fields.get('cause')}"
    if words.has(cause):  # a file that cannot be read: the reader names the cause
        return words.say(cause, **named)
    if words.has(f"error_{finding.rule}"):
        return words.say(f"error_{finding.rule}", **named)
    return words.say("finding_unworded", rule=finding.rule, fields=str(finding.fields))


def mend_in_words(finding: "Finding", words: Words) -> str:
    """How to mend it; empty where the sentence about what is wrong says it already."""
    if "more" in finding.fields:
        return ""
    named = _named(finding, words)
    nearest = finding.rule == "value_domain" and finding.fields.get("nearest") is not None
    for key in ("value_domain_nearest" if nearest else form(finding), finding.rule):
        if words.has(f"mend_{key}"):
            return words.say(f"mend_{key}", **named)
    return ""


def _named(finding: "Finding", words: Words) -> dict[str, object]:
    """What sentences may ask for, in the reader's form where that is not a plain number."""
    fields = {name: plain(value) for name, value in finding.fields.items()}
    if "share" in fields:
        fields["share"] = words.percent(float(finding.fields["share"]))
    value = finding.value
    if finding.rule == "unconfirmed":  # about a conclusion, not a field
        fields["subject"] = words.say(f"detected_subject_{finding.fields['subject']}")
    measure = isinstance(value, float) and finding.field == "geometry"
    return {
        "rule": finding.rule,
        "field": finding.field or "",
        "key": finding.key or "",
        "value": value if measure else "" if value is None else str(value),
        **fields,
    }


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
