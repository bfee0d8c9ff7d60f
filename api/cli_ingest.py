"""The command `ingest`: what an officer does in the browser, on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_show import AsJson, Refused, Session, author, pairs, print_json, print_table, session_of
from api.findings import in_words

if TYPE_CHECKING:
    from geo.detected import Detected
    from layers.examine import Examined
    from layers.findings import Finding
    from layers.intake import Outcome
    from layers.said import Edit, Said

SHOWN_FINDINGS = 20
ERRORS = "errors"
REFUSED = 3
"""Exit code of an upload that is not published because something must be mended or confirmed."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(ingest)


def ingest(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files to read: data sets, archives, nodes and edges.")],
    layer: Annotated[str | None, typer.Option(help="The layer the data belong to; else found out.")] = None,
    agency: Annotated[str | None, typer.Option(help="Code of the agency that owns the data.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Which of several data sets of an archive.")] = None,
    source_layer: Annotated[str | None, typer.Option(help="Name of the layer inside the file.")] = None,
    crs: Annotated[
        str | None, typer.Option(help="Coordinate system: EPSG:4527, WKT, GCJ-02 or BD-09.")
    ] = None,
    swapped: Annotated[
        bool | None, typer.Option("--swapped/--not-swapped", help="Whether north comes before east.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding, such as gb18030.")] = None,
    mode: Annotated[
        str,
        typer.Option(
            help="replace: the file is all the agency has; upsert: change and add; append: add only."
        ),
    ] = "replace",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE given to every feature.")
    ] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: take only these rows.")] = None,
    rename: Annotated[
        list[str] | None, typer.Option(help="COLUMN=FIELD: which column fills a field.")
    ] = None,
    key: Annotated[list[str] | None, typer.Option(help="Columns that together make a key.")] = None,
    edit: Annotated[
        list[str] | None, typer.Option(help='ROW:FIELD=VALUE corrects a cell; FIELD may be "geometry".')
    ] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(help='Rows to leave out, or "errors": all that must be mended.')
    ] = None,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Leave out rows that equal an earlier one.")
    ] = False,
    directed: Annotated[
        bool | None,
        typer.Option("--directed/--undirected", help="Whether a network has an edge for each direction."),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Take a conclusion without a question: crs, axes, datum, unit, layer, ... or all."),
    ] = None,
    note: Annotated[str, typer.Option(help="Why this version exists.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only; publish nothing.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish if nothing must be mended (default).")
    ] = True,
    findings: Annotated[
        Path | None, typer.Option(help="Write the findings to this .xlsx or .gpkg as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at files, say what is wrong and what would change, and publish a version or nothing."""
    from layers.intake import ingest as take_in
    from layers.said import Said

    session = session_of(context)
    rows, errors_out = left_out(leave_out)
    said = Said(
        layer=layer,
        agency=agency,
        mode=mode,
        dataset=dataset,
        source_layer=source_layer,
        crs=crs,
        swapped=swapped,
        encoding=encoding,
        rename=pairs(rename, "--rename"),
        where=pairs(where, "--where"),
        constants=pairs(set_, "--set"),
        key_columns=tuple(key or ()),
        edits=edits(edit),
        left_out=rows,
        drop_duplicates=drop_duplicates,
        directed=directed,
    )
    with session.open_store() as store:
        options: dict[str, Any] = {"author": author(), "note": note, "accept": accept or ()}
        if errors_out:
            said = without_errors(take_in(store, files, said=said, dry_run=True, **options), said)
        outcome = take_in(store, files, said=said, dry_run=dry_run or not publish, **options)
        before = outcome.examined.base
    if findings is not None:
        write_findings(outcome, findings, session)
    if as_json:
        print_json(outcome_as_json(outcome, session))
    else:
        print_outcome(outcome, session, dry_run)
        if outcome.version and outcome.changed and before is not None:
            old = session.words.number(before.rows)
            said_so = {"rows": old, "layer": outcome.version.layer, "version": before.id}
            print(session.words.say("cli_before", **said_so))
    if any(finding.severity == "error" for finding in outcome.findings):
        raise typer.Exit(REFUSED)


def left_out(values: Sequence[str] | None) -> tuple[tuple[int, ...], bool]:
    """Row numbers, and whether all rows that must be mended are left out."""
    rows: list[int] = []
    errors_out = False
    for part in ",".join(values or []).split(","):
        if part.strip() == ERRORS:
            errors_out = True
        elif part.strip().isdecimal():
            rows.append(int(part))
        elif part.strip():
            raise Refused("cli_rows", value=part)
    return tuple(sorted(set(rows))), errors_out


def edits(values: Sequence[str] | None) -> "tuple[Edit, ...]":
    """`["7:name=甲"]` as corrections; an empty value empties the cell."""
    from layers.said import Edit

    found = []
    for text in values or []:
        row, colon, rest = text.partition(":")
        name, sign, value = rest.partition("=")
        if not (colon and sign and name and row.strip().isdecimal()):
            raise Refused("cli_edit", value=text)
        found.append(Edit(int(row), name, value or None))
    return tuple(found)


def without_errors(outcome: "Outcome", said: "Said") -> "Said":
    """The same words, and the rows with errors left out."""
    from dataclasses import replace

    bad = {each.feature for each in outcome.findings if each.severity == "error" and each.feature is not None}
    return replace(said, left_out=tuple(sorted({*said.left_out, *bad})))


def write_findings(outcome: "Outcome", path: Path, session: Session) -> None:
    """Findings as a workbook, or as places to work through in QGIS."""
    from api import findings_files

    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".gpkg"):
        raise Refused("cli_findings_file", file=str(path))
    try:
        if suffix == ".xlsx":
            content = findings_files.as_xlsx(outcome.findings, session.words)
        elif (rows := outcome.examined.rows) is None:
            raise Refused("cli_findings_places", file=str(path))
        else:
            numbers = rows["row"].to_numpy()
            content = findings_files.as_gpkg(outcome.findings, rows, session.words, rows=numbers)
        path.write_bytes(content)
    except OSError as error:
        raise Refused("cli_output", file=str(path), reason=error.strerror or str(error)) from error


def finding_as_json(finding: "Finding", session: Session) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "feature": finding.feature,
        "key": finding.key,
        "field": finding.field,
        "value": finding.value,
        "point": finding.point,
        "text": in_words(finding, session.words),
    }


def outcome_as_json(outcome: "Outcome", session: Session) -> dict[str, object]:
    report = outcome.examined.report()
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
        "findings": [finding_as_json(finding, session) for finding in outcome.findings],
    }


def conclusion(found: "Detected", session: Session) -> str:
    """The evidence of a conclusion in words."""
    return session.words.say(f"detected_{found.why}", **{"value": found.value, **found.fields})


def print_outcome(outcome: "Outcome", session: Session, dry_run: bool) -> None:
    """What the file is, what was found, what would change, and what became of it."""
    print_detected(outcome.examined, session)
    print_findings(outcome.findings, session)
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
        print(words.say("cli_dry_run", rows=words.number(outcome.rows)))
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
            (words.say(f"detected_subject_{each.subject}"), each.value, conclusion(each, session))
            for each in examined.detected
        ),
    )


def print_findings(findings: "Sequence[Finding]", session: Session) -> None:
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
                words.say(f"cli_severity_{each.severity}"),
                "" if each.feature is None else words.number(each.feature),
                in_words(each, words),
            )
            for each in shown
        ),
    )
    if len(ordered) > len(shown):
        print(words.say("cli_more_findings", count=words.number(len(ordered) - len(shown))))


def print_delta(examined: "Examined", session: Session) -> None:
    """What publishing changes, against the head."""
    from layers.diff import counts

    if examined.delta is None or examined.base is None:
        return
    totals = counts(examined.delta)
    words = session.words
    numbers = {name: words.number(totals[name]) for name in ("added", "changed", "removed", "unchanged")}
    print(words.say("cli_delta", **numbers))
