"""Commands on layers: layers, export."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_show import AsJson, Refused, Session, print_json, print_table, session_of

if TYPE_CHECKING:
    from layers.catalog import AsOf


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (layers, export):
        app.command()(command)


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


def export(
    context: typer.Context,
    layer: str,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="File to write: .gpkg, .geojson, .shp, .csv; .tif of a raster."),
    ],
    crs: Annotated[str | None, typer.Option(help="Coordinate system to write in; default WGS 84.")] = None,
    at: Annotated[str | None, typer.Option(help="State on this date, such as 2020-09-30.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="What the catalog knew: a sequence number or a time.")
    ] = None,
    agency: Annotated[str | None, typer.Option(help="Whose raster, where several agencies have one.")] = None,
) -> None:
    """Write a layer to a file for QGIS or a spreadsheet."""
    from api.cli_times import as_catalog_time, as_date

    if output.suffix.lower() in (".tif", ".tiff"):
        export_raster(
            session_of(context), layer, output, agency, as_catalog_time(as_of, session_of(context).zone)
        )
        return
    from geo.crs import parse
    from geo.exports import export as write_file

    session = session_of(context)
    with session.open_store() as store:
        frame = store.read(layer, at=as_date(at), as_of=as_catalog_time(as_of, session.zone))
    write_file(frame, output, crs=parse(crs) if crs else None)
    print(
        session.words.say(
            "cli_exported", rows=session.words.number(len(frame)), layer=layer, file=str(output)
        )
    )


def export_raster(session: Session, layer: str, output: Path, agency: str | None, as_of: "AsOf") -> None:
    """Copy an agency's raster, as it lies in the store, to a file of the user's own."""
    with session.open_store() as store:
        parts = store.read_raster(layer, as_of=as_of)
        found = [each for each in parts if agency in (None, each.agency)]
        if len(found) != 1:
            raise Refused("cli_which_raster", layer=layer, agencies=", ".join(each.agency for each in parts))
        try:
            shutil.copyfile(found[0].path, output)
        except OSError as error:
            raise Refused("cli_output", file=str(output), reason=error.strerror or str(error)) from error
    print(session.words.say("cli_exported_raster", layer=layer, agency=found[0].agency, file=str(output)))
