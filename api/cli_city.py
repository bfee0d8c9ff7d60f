"""Commands on a city: demo, init, check, status."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_show import AsJson, Refused, Session, print_json, print_table, session_of

if TYPE_CHECKING:
    from api.words import Words
    from layers.workspace import Workspace


READING = ("landlock", "bubblewrap", "limits")
OWN_FOLDERS = ("specs", "rules", "styles")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (demo, init, check, status):
        app.command()(command)


def demo(
    context: typer.Context,
    serve_it: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the map afterwards.")] = True,
) -> None:
    """Build the synthetic Jinan if it is absent, print its coverage table, serve the map."""
    from api import demo as demo_city
    from api.cli_coverage import kept_circles, print_result
    from api.cli_serve import run_server
    from layers.catalog import Store

    session = session_of(context)
    words = session.words
    settings = session.settings()
    if not demo_city.is_built(settings.home):
        began = time.monotonic()
        print(words.say("cli_demo_building", home=str(settings.home)), flush=True)
        demo_city.build(
            settings.home,
            database_url=settings.catalog_url(),
            progress=lambda step: print(f"  {time.monotonic() - began:5.1f} s  {step}", flush=True),
        )
    with Store.open(open_demo(settings.home), settings.catalog_url()) as store:
        result, recipe = kept_circles(store, session, rules=None, by="district", at=None, as_of=None)
    print_result(result, session)
    print(words.say("cli_recipe", path=str(recipe)))
    print(words.say("cli_synthetic"))
    if serve_it:
        run_server(session)


def open_demo(home: Path) -> "Workspace":
    """The demo's workspace; any other city in that folder is left alone."""
    from layers.workspace import Workspace

    workspace = Workspace.open(home)
    if not workspace.city.synthetic:
        raise Refused("cli_demo_other_city", home=str(home), city=workspace.city.name_en)
    return workspace


def init(
    context: typer.Context,
    city: Annotated[
        Path,
        typer.Argument(help="A city.toml, or its folder; specs/, rules/ and styles/ beside it come along."),
    ],
) -> None:
    """Make a city's workspace from its city.toml and the folders beside it."""
    from inventory.rule_file import parse as parse_rules
    from layers.catalog import Store
    from layers.workspace import Workspace

    session = session_of(context)
    settings = session.settings()
    folder = city if city.is_dir() else city.parent
    try:
        text = (folder / "city.toml" if city.is_dir() else city).read_text(encoding="utf-8")
        own = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for name in OWN_FOLDERS
            for path in sorted((folder / name).glob("*.toml"))
        }
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("cli_city_file", file=str(city), reason=str(error)) from error
    for name, content in own.items():
        if name.startswith("rules/"):
            parse_rules(content, name)
    workspace = Workspace.init(settings.home, text, own)
    Store.open(workspace, settings.catalog_url()).close()
    name = workspace.city.name_zh if session.lang == "zh" else workspace.city.name_en
    print(session.words.say("cli_initialised", city=name, home=str(settings.home)))


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Verify the store: hash and decode every part, heads, audit; say what is damaged."""
    from api.findings import problem_in_words
    from inventory.results import damaged
    from layers.check import Problem

    session = session_of(context)
    words = session.words
    with session.open_store() as store:
        problems = store.check()
        problems += [Problem("result_damaged", {"name": name}) for name in damaged(store)]
    if as_json:
        print_json([{"code": one.code, **one.fields} for one in problems])
    elif problems:
        for one in problems:
            print(problem_in_words(one, words))
    else:
        print(words.say("cli_clean"))
    if problems:
        raise typer.Exit(1)


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Tell what this machine offers: workspace, database, browser files, Chinese type, processors."""
    session = session_of(context)
    facts = gather_status(session)
    if as_json:
        print_json(facts)
        return
    words = session.words
    print_table(
        [(words.say("cli_column_what"), "left"), (words.say("cli_column_state"), "left")],
        ((words.say(f"cli_status_{key}"), status_in_words(value, words)) for key, value in facts.items()),
    )


def status_in_words(value: object, words: "Words") -> str:
    """One fact of the status as a reader sees it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return words.say("cli_yes" if value else "cli_no")
    if value in READING:
        return words.say(f"cli_status_reading_{value}")
    return str(value)


def gather_status(session: Session) -> dict[str, Any]:
    """Facts of this machine and workspace; None where there is nothing to tell."""
    import os
    import platform
    from dataclasses import asdict
    from importlib.metadata import version

    from geo.sandbox import protections
    from layers.errors import WorkspaceError
    from layers.workspace import Workspace

    settings, offered = session.settings(), protections()
    try:
        city: str | None = Workspace.open(settings.home).city.name_en
    except WorkspaceError:
        city = None
    return {
        "version": version("quantu"),
        "python": platform.python_version(),
        "processors": len(os.sched_getaffinity(0)),
        "home": str(settings.home),
        "city": city,
        "database": "PostgreSQL" if (settings.catalog_url() or "").startswith("postgresql") else "SQLite",
        "browser_files": (settings.browser_files / "leaflet" / "dist" / "leaflet.js").is_file(),
        "reading": offered.way,
        "confined": offered.confined,
        **{name: value for name, value in asdict(offered).items() if name != "limits"},
    }
