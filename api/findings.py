"""Puts findings and problems of the store into words, in the reader's language.

`layers` knows rules and fields; the sentences are `finding_<rule>` and `problem_<code>` in `api/words/`.
"""

from typing import TYPE_CHECKING

from api.words import Words

if TYPE_CHECKING:
    from layers.check import Problem
    from layers.findings import Finding


def in_words(finding: "Finding", words: Words) -> str:
    """One sentence: what is wrong and how to mend it."""
    fields = {name: plain(value) for name, value in finding.fields.items()}
    if fields.keys() == {"more"}:
        return words.say("finding_more", **fields)
    if "share" in fields:
        fields["share"] = words.percent(float(finding.fields["share"]))
    named = {
        "rule": finding.rule,
        "field": finding.field or "",
        "key": finding.key or "",
        "value": "" if finding.value is None else str(finding.value),
        **fields,
    }
    key = f"finding_{form(finding)}"
    if words.has(key):
        return words.say(key, **named)
    cause = f"reading_{finding.fields.get('cause')}"
    if words.has(cause):  # a file that cannot be read: the reader names the cause
        return words.say(cause, **fields)
    if words.has(f"error_{finding.rule}"):
        return words.say(f"error_{finding.rule}", **named)
    return words.say("finding_unworded", rule=finding.rule, fields=str(finding.fields))


def form(finding: "Finding") -> str:
    """The rule, or the form of its sentence that fits the fields."""
    if finding.rule == "value_range":
        if finding.fields.get("maximum") is None:
            return "value_range_from"
        if finding.fields.get("minimum") is None:
            return "value_range_to"
    if finding.rule == "direction_taken":
        return "direction_taken_directed" if finding.fields["directed"] else "direction_taken_undirected"
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
