"""Commands on layers: ingest, layers, history, revert, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_show import AsJson, Refused, Session, print_json, print_table, session_of
from api.findings import in_words

if TYPE_CHECKING:
    from layers.findings import Finding
    from layers.intake import Outcome

SHOWN_FINDINGS = 20


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (ingest, layers, history, revert, export):
        app.command()(command)


def ingest(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files to read; a network may be nodes and edges.")],
    layer: Annotated[str, typer.Option(help="The layer the data belong to.")],
    agency: Annotated[str | None, typer.Option(help="Code of the agency that owns the data.")] = None,
    source_layer: Annotated[str | None, typer.Option(help="Name of the layer inside the file.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system, such as EPSG:4527.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding, such as gb18030.")] = None,
    mode: Annotated[
        str, typer.Option(help="replace: the file is all the agency has (the only way so far).")
    ] = "replace",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE given to every feature.")
    ] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: take only these rows.")] = None,
    rename: Annotated[
        list[str] | None, typer.Option(help="COLUMN=FIELD: which column fills a field.")
    ] = None,
    directed: Annotated[
        bool | None,
        typer.Option("--directed/--undirected", help="Whether a network has an edge for each direction."),
    ] = None,
    note: Annotated[str, typer.Option(help="Why this version exists.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only; publish nothing.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish if nothing must be mended (default).")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Read files, check them against the layer's spec, and publish a version or list what to mend."""
    from layers.intake import ingest as take_in

    session = session_of(context)
    with session.open_store() as store:
        before = store.heads(layer)
        outcome = take_in(
            store,
            files,
            layer=layer,
            agency=agency,
            source_layer=source_layer,
            crs=crs,
            encoding=encoding,
            mode=mode,
            constants=pairs(set_, "--set"),
            where=pairs(where, "--where"),
            rename=pairs(rename, "--rename"),
            directed=directed,
            dry_run=dry_run or not publish,
            author=author(),
            note=note,
        )
    if as_json:
        print_json(outcome_as_json(outcome, session))
    else:
        print_outcome(outcome, session, dry_run)
        if outcome.version and outcome.changed and outcome.version.agency in before:
            old = before[outcome.version.agency]
            rows = session.words.number(old.rows)
            print(session.words.say("cli_before", rows=rows, layer=layer, version=old.id))
    if any(finding.severity == "error" for finding in outcome.findings):
        raise typer.Exit(3)


def layers(context: typer.Context, as_json: AsJson = False) -> None:
    """List the layers: what is published, by whom, since when."""
    session = session_of(context)
    words = session.words
    with session.open_store() as store:
        summaries = store.layers()
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "title_zh": one.spec.title_zh,
                    "title_en": one.spec.title_en,
                    "kind": one.spec.kind,
                    "rows": one.rows,
                    "agencies": sorted(one.heads),
                    "sequence": one.sequence,
                    "changed_at": one.changed_at,
                }
                for one in summaries
            ]
        )
        return
    print_table(
        [
            (words.say("cli_column_layer"), "left"),
            (words.say("cli_column_title"), "left"),
            (words.say("cli_column_kind"), "left"),
            (words.say("cli_column_rows"), "right"),
            (words.say("cli_column_agencies"), "right"),
            (words.say("cli_column_changed"), "left"),
        ],
        (
            (
                one.name,
                one.spec.title_zh if session.lang == "zh" else one.spec.title_en,
                words.say(f"cli_kind_{one.spec.kind}"),
                words.number(one.rows) if one.heads else words.say("cli_no_data"),
                str(len(one.heads)),
                words.moment(one.changed_at) if one.changed_at else "",
            )
            for one in summaries
        ),
    )


def history(
    context: typer.Context,
    layer: str,
    agency: Annotated[str | None, typer.Option(help="Only this agency's versions.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what happened to a layer, newest first."""
    session = session_of(context)
    words = session.words
    with session.open_store() as store:
        entries = store.history(layer, agency)
        rows = {entry.version: store.version(entry.version).rows for entry in entries}
    if as_json:
        print_json(
            [
                {
                    "sequence": entry.sequence,
                    "at": entry.moved_at,
                    "action": entry.action,
                    "agency": entry.agency,
                    "version": entry.version,
                    "rows": rows[entry.version],
                    "author": entry.author,
                    "note": entry.note,
                }
                for entry in entries
            ]
        )
        return
    print_table(
        [
            ("#", "right"),
            (words.say("cli_column_when"), "left"),
            (words.say("cli_column_action"), "left"),
            (words.say("cli_column_agency"), "left"),
            (words.say("cli_column_version"), "left"),
            (words.say("cli_column_rows"), "right"),
            (words.say("cli_column_author"), "left"),
            (words.say("cli_column_note"), "left"),
        ],
        (
            (
                str(entry.sequence),
                words.moment(entry.moved_at),
                words.say(f"cli_action_{entry.action}"),
                entry.agency,
                entry.version,
                words.number(rows[entry.version]),
                entry.author,
                entry.note,
            )
            for entry in entries
        ),
    )


def revert(
    context: typer.Context,
    layer: str,
    version: str,
    note: Annotated[str, typer.Option(help="Why the older version is shown again.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show an older version of an agency's data again; nothing is erased."""
    session = session_of(context)
    with session.open_store() as store:
        store.revert(layer, version, author=author(), note=note)
        sequence = store.sequence()
    if as_json:
        print_json({"layer": layer, "version": version, "sequence": sequence})
    else:
        print(session.words.say("cli_reverted", layer=layer, version=version, sequence=sequence))


def export(
    context: typer.Context,
    layer: str,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write: .gpkg, .geojson, .shp or .csv.")
    ],
    crs: Annotated[str | None, typer.Option(help="Coordinate system to write in; default WGS 84.")] = None,
    at: Annotated[str | None, typer.Option(help="State on this date, such as 2020-09-30.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="What the catalog knew: a sequence number or a time.")
    ] = None,
) -> None:
    """Write a layer to a file for QGIS or a spreadsheet."""
    from api.cli_times import as_catalog_time, as_date
    from geo.crs import parse
    from geo.exports import export as write_file

    session = session_of(context)
    with session.open_store() as store:
        frame = store.read(layer, at=as_date(at), as_of=as_catalog_time(as_of))
    write_file(frame, output, crs=parse(crs) if crs else None)
    print(
        session.words.say(
            "cli_exported", rows=session.words.number(len(frame)), layer=layer, file=str(output)
        )
    )


def pairs(values: list[str] | None, option: str) -> dict[str, str]:
    """`["a=b"]` as `{"a": "b"}`."""
    found = {}
    for value in values or []:
        name, sign, content = value.partition("=")
        if not sign or not name:
            raise Refused("cli_pair", option=option, value=value)
        found[name] = content
    return found


def author() -> str:
    """Who runs this command: the system's user name (accounts come later)."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def finding_as_json(finding: "Finding", session: Session) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "feature": finding.feature,
        "key": finding.key,
        "field": finding.field,
        "value": finding.value,
        "text": in_words(finding, session.words),
    }


def outcome_as_json(outcome: "Outcome", session: Session) -> dict[str, object]:
    return {
        "version": outcome.version.id if outcome.version else None,
        "changed": outcome.changed,
        "rows": outcome.rows,
        "findings": [finding_as_json(finding, session) for finding in outcome.findings],
    }


def print_outcome(outcome: "Outcome", session: Session, dry_run: bool) -> None:
    """What was found, then what became of it."""
    words = session.words
    if outcome.findings:
        shown = outcome.findings[:SHOWN_FINDINGS]
        print_table(
            [
                (words.say("cli_column_severity"), "left"),
                (words.say("cli_column_row"), "right"),
                (words.say("cli_column_finding"), "left"),
            ],
            (
                (
                    words.say(f"cli_severity_{finding.severity}"),
                    "" if finding.feature is None else words.number(finding.feature),
                    in_words(finding, words),
                )
                for finding in shown
            ),
        )
        if len(outcome.findings) > len(shown):
            print(words.say("cli_more_findings", count=words.number(len(outcome.findings) - len(shown))))
    if outcome.version:
        print(
            words.say(
                "cli_published" if outcome.changed else "cli_unchanged",
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
