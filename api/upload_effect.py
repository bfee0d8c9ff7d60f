"""What an upload would do to coverage, or did: the outcome of its job `effect` as lines of a small table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.words import DASH, Words
from layers.jobs import Job

ROWS_MOST = 40


@dataclass(frozen=True)
class EffectRow:
    """A zone, or one category in it, before and after."""

    name: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class EffectView:
    """What `_effect.html` needs: rows, or why there are none (`waiting`, `failed`, `sentence`)."""

    title: str
    waiting: str = ""
    failed: str = ""
    sentence: str = ""
    rows: tuple[EffectRow, ...] = ()


def effect_view(words: Words, job: Job | None) -> EffectView | None:
    """None where nobody asked for the effect."""
    if job is None:
        return None
    title = words.say("upload_effect_title")
    if job.state == "failed":
        text = words.failure(job.error.code, job.error.fields) if job.error else ""
        return EffectView(title, failed=words.say("upload_effect_failed", problem=text))
    if job.state != "done" or job.outcome is None:
        return EffectView(title, waiting=words.say("upload_effect_waiting"))
    return from_outcome(words, title, job.outcome)


def from_outcome(words: Words, title: str, outcome: Mapping[str, Any]) -> EffectView:
    """The zones whose figures change, the city first, each category that changes below its zone."""
    reason = outcome.get("reason")
    if reason:
        key = f"upload_effect_reason_{reason}"
        text = words.say(key) if words.has(key) else words.failure(str(reason), {})
        return EffectView(title, sentence=text)
    city = outcome.get("city")
    zones = ([{**city, "name": words.say("whole_city"), "name_en": None}] if city else []) + list(
        outcome["rows"]
    )
    rows: list[EffectRow] = []
    for zone in zones:
        rows.append(_row(words, words.name(zone), zone))
        rows += [
            _row(words, f"{words.name(zone)} · {words.title(each)}", each) for each in zone["categories"]
        ]
    sentence = "" if zones else words.say("upload_effect_reason_unchanged")
    return EffectView(title, sentence=sentence, rows=tuple(rows[:ROWS_MOST]))


def _row(words: Words, name: str, figure: Mapping[str, Any]) -> EffectRow:
    before, after = figure["before"], figure["after"]
    known = before is not None and after is not None
    difference = words.gained(before, after) if known else DASH
    return EffectRow(name, words.percent(before), words.percent(after), difference)
