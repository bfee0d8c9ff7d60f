"""The command `ingest`: what an officer does in the browser, on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_outcome import outcome_as_json, print_outcome, write_findings
from api.cli_show import AsJson, Refused, author, pairs, print_json, session_of

if TYPE_CHECKING:
    from layers.intake import Outcome
    from layers.said import Edit, Said

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
