"""Findings on the page of an upload: counted, filtered by the address, as rows with cells to correct.

Also the links from one page of any table to the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from api.findings import mend_on_page, spot, what_in_words
from api.pages import link
from api.upload_page import Reading
from layers.findings import SEVERITIES, Finding

PAGE_FINDINGS = 50


@dataclass(frozen=True)
class FoundRow:
    """One finding in the table. `cell` is the value to correct, None where nothing can be typed."""

    number: int
    severity: str
    row: int | None
    key: str
    field: str
    field_title: str
    what: str
    mend: str
    cell: str | None
    place: tuple[float, float] | None
    href: str
    marked: bool


def severity_links(reading: Reading, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many findings of each severity there are, each a link to only those; the chosen one links back."""
    counts = reading.report.get("counts") or {}
    chosen = query.get("severity")
    return [
        {
            "severity": each,
            "text": reading.words.say(f"upload_severity_{each}", n=counts[each]),
            "current": each == chosen,
            "href": link(
                path, **{**query, "severity": None if each == chosen else each, "rule": None, "start": None}
            )
            + "#wrong",
        }
        for each in SEVERITIES
        if counts.get(each)
    ]


def rule_links(reading: Reading, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules that found something, of the chosen severity; by field where a rule is about one."""
    chosen = query.get("rule")
    wanted = query.get("severity")
    merged: dict[str, int] = {}
    for each in reading.report.get("rules") or ():
        if wanted in (None, each["severity"]):
            merged[each["rule"]] = merged.get(each["rule"], 0) + int(each["count"])
    return [
        {
            "text": reading.words.say(f"rule_{rule}" if reading.words.has(f"rule_{rule}") else "rule_other"),
            "n": n,
            "current": rule == chosen,
            "href": link(path, **{**query, "rule": None if rule == chosen else rule, "start": None})
            + "#wrong",
        }
        for rule, n in merged.items()
    ]


def found_rows(
    reading: Reading, lines: Sequence[Mapping[str, Any]], path: str, query: Mapping[str, Any]
) -> list[FoundRow]:
    """Findings as rows of the table."""
    return [_found(reading, each, path, query) for each in lines]


def finding_of(report: Mapping[str, Any], line: Mapping[str, Any]) -> Finding:
    """A line of findings.jsonl as the value it was."""
    known = {each.name for each in fields(Finding)} - {"layer"}
    values = {name: value for name, value in line.items() if name in known}
    if values.get("point") is not None:
        values["point"] = tuple(values["point"])
    return Finding(layer=str(report.get("layer") or ""), **values)


def _found(reading: Reading, line: Mapping[str, Any], path: str, query: Mapping[str, Any]) -> FoundRow:
    finding = finding_of(reading.report, line)
    spec = reading.spec
    editable = (
        finding.severity == "error"
        and finding.feature is not None
        and spec is not None
        and finding.field in spec.by_name
    )
    point = spot(finding)
    return FoundRow(
        number=int(line["n"]),
        severity=finding.severity,
        row=finding.feature,
        key="" if finding.key is None else str(finding.key),
        field=finding.field or "",
        field_title=reading.field_title(finding.field),
        what=what_in_words(finding, reading.words, reading.names),
        mend=mend_on_page(finding, reading.words, reading.names),
        cell=("" if finding.value is None else str(finding.value)) if editable else None,
        place=point,
        href=link(path, **{**query, "place": line["n"]}) + "#places",
        marked=str(query.get("place") or "") == str(line["n"]),
    )


def pager(
    path: str, query: Mapping[str, Any], name: str, start: int, size: int, total: int, anchor: str
) -> dict[str, Any] | None:
    """Links to the page before and after; None where one page holds everything."""
    if total <= size and start == 0:
        return None
    before = link(path, **{**query, name: max(0, start - size) or None}) + anchor if start > 0 else None
    after = link(path, **{**query, name: start + size}) + anchor if start + size < total else None
    return {
        "first": start + 1,
        "last": min(start + size, total),
        "total": total,
        "before": before,
        "after": after,
    }
