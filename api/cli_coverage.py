"""Commands on coverage: compute a rule, print or write it, replay a kept result."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_show import AsJson, Refused, Session, print_json, print_table, session_of
from api.left_out import unfollowed

if TYPE_CHECKING:
    from layers.catalog import Store


ID_DIGITS = 8
CIRCLES = "circles"


class Format(StrEnum):
    """How a result is written."""

    table = "table"
    json = "json"
    csv = "csv"
    xlsx = "xlsx"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(coverage)
    app.command()(replay)


def coverage(
    context: typer.Context,
    rule: Annotated[
        str | None, typer.Argument(help="What to compute: circles, or a rule that --list shows.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Zones of the city: district, subdistrict, community, or agency; default the first."
        ),
    ] = None,
    area: Annotated[
        Path | None, typer.Option(help="Instead of zones a drawn area: a file with one GeoJSON polygon.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Walking speed in km/h, of rules that state minutes.")
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Rule set of circles; default the city's.")] = None,
    at: Annotated[str | None, typer.Option(help="State on this date, such as 2020-09-30.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="What the catalog knew: a sequence number or a time.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print or write it.")] = Format.table,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the rules instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compute a coverage rule, keep the result with its recipe, and print it."""
    from api import cli_rules
    from api.cli_times import as_catalog_time, as_date

    session = session_of(context)
    if list_:
        cli_rules.list_rules(session, as_json=as_json)
        return
    if rule is None:
        raise Refused("cli_rule_missing")
    chosen = choose_format(Format.json if as_json else format_, output)
    day, known_at = as_date(at), as_catalog_time(as_of, session.zone)
    if rule != CIRCLES:
        if rules is not None:
            raise Refused("cli_only_circles")
        with session.open_store() as store:
            result, folder = cli_rules.kept_coverage(
                store, session, rule, by=by, area=area, speed=speed, at=day, as_of=known_at
            )
            specs = store.workspace.specs
        cli_rules.tell(result, folder, chosen, output, session, specs)
        return
    if area is not None or speed is not None:
        raise Refused("cli_only_rules")
    with session.open_store() as store:
        result, folder = kept_circles(
            store, session, rules=rules, by=by or "district", at=day, as_of=known_at
        )
    if chosen is Format.table:
        print_result(result, session)
        print(session.words.say("cli_recipe", path=str(folder)))
    else:
        write(result, folder.name, chosen, output, session)


def replay(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A kept result: its id, its folder, or its recipe.json.")],
    as_json: AsJson = False,
) -> None:
    """Compute a kept result again from its pinned inputs and compare it byte by byte."""
    from inventory.recipe import replay as replay_recipe

    session = session_of(context)
    words = session.words
    with session.open_store() as store:
        outcome = replay_recipe(store, kept_folder(store, recipe))
    if as_json:
        print_json(
            {
                "identical": outcome.identical,
                "same_engine": outcome.same_engine,
                "differences": [vars(difference) for difference in outcome.differences],
            }
        )
    else:
        if not outcome.same_engine:
            print(words.say("cli_replay_engine"))
        if outcome.identical:
            print(words.say("cli_replay_same" if outcome.same_engine else "cli_replay_equal", path=recipe))
        else:
            print(words.say("cli_replay_differs", count=words.number(len(outcome.differences))))
            for difference in outcome.differences:
                print(f"  {difference}")
    if not outcome.identical:
        raise typer.Exit(1)


def kept_folder(store: "Store", named: str) -> Path:
    """The kept result of that id (or the first eight and more digits of it); anything else is a path."""
    results = store.workspace.home / "results"
    if len(named) >= ID_DIGITS and set(named) <= set("0123456789abcdef"):
        found = list(results.glob(f"{named}*"))
        if len(found) == 1:
            return found[0]
    return Path(named)


def kept_circles(store: "Store", session: Session, **question: Any) -> tuple[dict[str, Any], Path]:
    """The result for these inputs: the kept one, or computed now and kept."""
    from inventory.circles import circles, find, keep

    kept = find(store, **question)
    if kept is None:
        run = circles(store, **question, threads=session.settings().threads)
        return dict(run.result), keep(store, run)
    return kept.result, kept.folder


def choose_format(asked: Format, output: Path | None) -> Format:
    """The format asked for; with a file and no format, what its suffix says."""
    if output is None:
        if asked is Format.xlsx:
            raise Refused("cli_xlsx_needs_file")
        return asked
    if asked is not Format.table:
        return asked
    suffix = output.suffix.lower().lstrip(".")
    if suffix not in {Format.json, Format.csv, Format.xlsx}:
        raise Refused("cli_format", file=str(output))
    return Format(suffix)


def write(result: dict[str, Any], recipe: str, chosen: Format, output: Path | None, session: Session) -> None:
    """Write a circles result to a file, or to standard output."""
    from api import report_files

    made = {
        Format.json: lambda: report_files.as_json(result),
        Format.csv: lambda: report_files.as_csv(result, session.words),
        Format.xlsx: lambda: report_files.as_xlsx(result, session.words, recipe=recipe),
    }[chosen]()
    put(made, output, session)


def put(made: bytes, output: Path | None, session: Session) -> None:
    """Write bytes to a file and say so, or to standard output."""
    import sys

    if output is None:
        sys.stdout.buffer.write(made)
        return
    try:
        output.write_bytes(made)
    except OSError as error:
        raise Refused("cli_output", file=str(output), reason=error.strerror or str(error)) from error
    print(session.words.say("cli_written", file=str(output)))


def print_result(result: dict[str, Any], session: Session) -> None:
    """The table of zones, then the city, what is left out, and what could not be attached."""
    words = session.words
    title = result["rule_set"]["title_zh" if session.lang == "zh" else "title_en"]
    unit = words.say(f"cli_unit_{result['unit']}")

    def row(zone: dict[str, Any], name: str) -> tuple[str, ...]:
        if zone["reason"]:
            reason = words.say(f"cli_reason_{zone['reason']}")
            return (
                name,
                words.number(zone["demand"]),
                reason,
                "",
                "",
                "",
                words.number(zone["unattached"]["amount"]),
            )
        return (
            name,
            words.number(zone["demand"]),
            words.percent(zone["share"]),
            words.percent(zone["share_straight"]),
            words.lost(zone["share_straight"], zone["share"]),
            words.number(zone["one_missing"]["total"]),
            words.number(zone["unattached"]["amount"]),
        )

    rows = [row(zone, words.name(zone)) for zone in result["zones"]]
    if result["outside"]["demand"]:
        rows.append(row(result["outside"], words.say("cli_outside")))
    rows.append(row(result["city"], words.say("cli_whole_city")))
    print_table(
        [
            (words.say("cli_column_zone"), "left"),
            (unit, "right"),
            (words.say("cli_column_complete"), "right"),
            (words.say("cli_column_straight"), "right"),
            (words.say("cli_column_detour"), "right"),
            (words.say("cli_column_one_missing"), "right"),
            (words.say("cli_column_unattached"), "right"),
        ],
        rows,
        title=words.say("cli_table_title", title=title, date=words.date(result["date"])),
    )
    for excluded in result["excluded"]:
        category = next(one for one in result["categories"] if one["id"] == excluded["category"])
        name = category["title_zh" if session.lang == "zh" else "title_en"]
        print(words.say("cli_excluded", category=name))
    for sentence in unfollowed(result, words):
        print(sentence)
