"""The `quantu` command: joins the sub-commands and turns failures into one sentence and an exit code.

Only light modules are imported here, since `quantu layers` answers within a second; each command
imports what it needs when it runs. Exit codes: 0 done, 1 refused with a sentence, 2 wrong usage,
3 an upload with findings that must be mended.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from api import cli_city, cli_coverage, cli_data, cli_serve, cli_show
from api.demo.errors import DemoError
from geo.errors import GeoError
from inventory.errors import InventoryError
from layers.errors import LayerError

app = typer.Typer(
    name="quantu",
    help="The map and the ledger of a city's plan. 泉图：城市规划的一张图、一本账。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli_city.register(app)
cli_serve.register(app)
cli_data.register(app)
cli_coverage.register(app)


@app.callback()
def choose(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="The city's workspace; otherwise QUANTU_HOME, otherwise ./home.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="zh or en; otherwise QUANTU_LANG or the system's language.")
    ] = None,
) -> None:
    """Options that every command understands."""
    context.obj = cli_show.Session(home=home, lang=cli_show.choose_language(lang))


def main() -> None:
    """Entry point of the console script."""
    logging.basicConfig(
        level=os.environ.get("QUANTU_LOG", "WARNING").upper(), format="%(levelname)s %(message)s"
    )
    try:
        app()  # leaves by SystemExit, with the exit code of the command or of wrong usage
    except (GeoError, LayerError, InventoryError, DemoError, cli_show.Refused) as error:
        cli_show.complain(cli_show.sentence(error))
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (`quantu layers | head`) went away: nothing is wrong with the store.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
