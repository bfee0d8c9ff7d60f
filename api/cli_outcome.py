"""What became of an upload, as the command line prints it: conclusions, notes, findings, changes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli_show import Refused, Session, print_table
from api.findings import Names, in_words, names_of, plain
from api.plain_text import one_line
from api.words import WordMissing

if TYPE_CHECKING:
    from geo.detected import Detected
    from layers.examination import Examined
    from layers.findings import Finding
    from layers.intake import Outcome

SHOWN_FINDINGS = 20


def names_in(outcome: "Outcome", session: Session) -> Names:
    """What the city and the layer's spec call fields, values and agencies."""
    from layers.workspace import Workspace

    workspace = Workspace.open(session.settings().home)
    return names_of(session.words, workspace.city, workspace.specs.get(outcome.examined.layer or ""))


def typed_names(outcome: "Outcome", session: Session) -> Names:
    """The same with what has to be typed for it, as --rename, --edit and --agency take it."""
    return {
        code: session.words.say("cli_named", title=title, code=code) if _is_typed(code, title) else title
        for code, title in names_in(outcome, session).items()
    }


def _is_typed(code: str, title: str) -> bool:
    return code != title and ":" not in code  # "field:value" names a value of a field


def write_findings(outcome: "Outcome", path: Path, session: Session) -> None:
    """Findings as a workbook, or as places to work through in QGIS."""
    from api import findings_files

    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".gpkg"):
        raise Refused("cli_findings_file", file=str(path))
    names = names_in(outcome, session)
    try:
        if suffix == ".xlsx":
            content = findings_files.as_xlsx(outcome.findings, session.words, names=names)
        elif (rows := outcome.examined.rows) is None:
            raise Refused("cli_findings_places", file=str(path))
        else:
            numbers = rows["row"].to_numpy()
            content = findings_files.as_gpkg(outcome.findings, rows, session.words, names=names, rows=numbers)
        path.write_bytes(content)
    except OSError as error:
        raise Refused("cli_output", file=str(path), reason=error.strerror or str(error)) from error


def finding_as_json(finding: "Finding", session: Session, names: Names) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "feature": finding.feature,
        "key": finding.key,
        "field": finding.field,
        "value": finding.value,
        "point": finding.point,
        "text": in_words(finding, session.words, names),
    }


def outcome_as_json(outcome: "Outcome", session: Session) -> dict[str, object]:
    report = outcome.examined.report()
    names = typed_names(outcome, session)
    kept = ("dataset", "source_layer", "layer", "agency", "mode", "columns", "counts", "base", "draft")
    return {
        "delta": report["delta"],
        "version": outcome.version.id if outcome.version else None,
        "changed": outcome.changed,
        "rows": outcome.rows,
        **{name: report[name] for name in kept},
        "detected": [
            {**each, "text": conclusion(found, session)}
            for each, found in zip(report["detected"], outcome.examined.detected, strict=True)
        ],
        "notes": [
            {**each, "text": text}
            for each, text in zip(report["notes"], notes(outcome.examined, session), strict=True)
        ],
        "findings": [finding_as_json(finding, session, names) for finding in outcome.findings],
    }


def conclusion(found: "Detected", session: Session) -> str:
    """The evidence of a conclusion in words; its code and fields where nobody wrote a sentence yet."""
    try:
        return session.words.say(f"detected_{found.why}", **{"value": found.value, **found.fields})
    except (WordMissing, KeyError, IndexError):
        return session.words.say("finding_unworded", rule=found.why, fields=str(found.fields))


def subject(name: str, session: Session) -> str:
    """What a conclusion is about."""
    key = f"detected_subject_{name}"
    return session.words.say(key) if session.words.has(key) else name


def notes(examined: "Examined", session: Session) -> Iterator[str]:
    """What was decided while reading, a sentence each."""
    for note in examined.notes:
        try:
            yield session.words.say(f"note_{note.code}", **{n: plain(v) for n, v in note.fields.items()})
        except (WordMissing, KeyError, IndexError):
            yield session.words.say("finding_unworded", rule=note.code, fields=str(note.fields))


def print_outcome(outcome: "Outcome", session: Session, dry_run: bool) -> None:
    """What the file is, what was found, what would change, and what became of it."""
    print_detected(outcome.examined, session)
    print_notes(outcome.examined, session)
    print_findings(outcome.findings, session, typed_names(outcome, session))
    print_delta(outcome.examined, session)
    words = session.words
    if outcome.version:
        said = "cli_published" if outcome.changed else "cli_unchanged"
        print(
            words.say(
                said,
                version=outcome.version.id,
                layer=outcome.version.layer,
                agency=outcome.version.agency,
                rows=words.number(outcome.version.rows),
            )
        )
    elif dry_run:
        print(words.say("cli_dry_run", rows=words.number(outcome.rows or outcome.examined.read_rows)))
    else:
        print(words.say("cli_not_published"))


def print_detected(examined: "Examined", session: Session) -> None:
    """One line for each conclusion."""
    words = session.words
    if not examined.detected:
        return
    print_table(
        [
            (words.say("cli_column_what"), "left"),
            (words.say("cli_column_concluded"), "left"),
            (words.say("cli_column_evidence"), "left"),
        ],
        (
            (subject(each.subject, session), each.value, conclusion(each, session))
            for each in examined.detected
        ),
    )


def print_notes(examined: "Examined", session: Session) -> None:
    """One line for each thing decided while reading, such as a companion that is missing."""
    for text in notes(examined, session):
        print(session.words.say("cli_note", text=one_line(text)))


def print_findings(findings: "Sequence[Finding]", session: Session, names: Names) -> None:
    """The findings, the worst first."""
    from layers.findings import SEVERITIES

    words = session.words
    if not findings:
        return
    ordered = sorted(findings, key=lambda each: SEVERITIES.index(each.severity))
    shown = ordered[:SHOWN_FINDINGS]
    print_table(
        [
            (words.say("cli_column_severity"), "left"),
            (words.say("cli_column_row"), "right"),
            (words.say("cli_column_finding"), "left"),
        ],
        (
            (
                words.say(f"severity_{each.severity}"),
                "" if each.feature is None else words.number(each.feature),
                in_words(each, words, names),
            )
            for each in shown
        ),
    )
    if len(ordered) > len(shown):
        print(words.say("cli_more_findings", count=words.number(len(ordered) - len(shown))))


def print_delta(examined: "Examined", session: Session) -> None:
    """What publishing changes, against the head, or that all of it is new."""
    from layers.diff import counts

    words = session.words
    if examined.delta is None:
        if not examined.layer and examined.draft is not None:
            print(words.say("cli_no_layer"))
        elif examined.layer and examined.agency is None:
            print(words.say("cli_no_agency"))
        return
    totals = counts(examined.delta)
    if examined.base is None:
        print(words.say("cli_delta_first", added=words.number(totals["added"])))
        return
    numbers = {name: words.number(totals[name]) for name in ("added", "changed", "removed", "unchanged")}
    print(words.say("cli_delta", **numbers))
