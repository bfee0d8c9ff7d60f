"""The `quantu` command: joins the sub-commands and turns failures into one sentence and an exit code.

Only light modules are imported here, since `quantu layers` answers within a second; each command
imports what it needs when it runs. Exit codes: 0 done, 1 refused with a sentence, 2 wrong usage,
3 an upload with findings that must be mended.
"""

import errno
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api import cli_city, cli_coverage, cli_data, cli_history, cli_ingest, cli_serve, cli_show
from api.demo.errors import DemoError
from api.words import WordMissing
from geo.errors import GeoError
from inventory.errors import InventoryError
from layers.errors import LayerError

NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}

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
cli_ingest.register(app)
cli_data.register(app)
cli_history.register(app)
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
        refuse_unreadable(sys.argv[1:])
        app()  # leaves by SystemExit, with the exit code of the command or of wrong usage
    except (GeoError, LayerError, InventoryError, DemoError, cli_show.Refused) as error:
        cli_show.complain(cli_show.sentence(error))
        sys.exit(1)
    except WordMissing as error:
        cli_show.complain(error.args[0])
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (`quantu layers | head`) went away: nothing is wrong with the store.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        place = os.fsencode(error.filename or "").decode("utf-8", "replace")
        reason = os.strerror(error.errno)
        cli_show.complain(cli_show.say("cli_not_writable", place=place, reason=reason))
        sys.exit(1)


def refuse_unreadable(arguments: Sequence[str]) -> None:
    """Refuse names that are no UTF-8, such as those of files from an old Chinese system."""
    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError:
            name = os.fsencode(argument).decode("gb18030", "replace")
            raise cli_show.Refused("cli_name_not_utf8", name=name) from None


if __name__ == "__main__":
    main()
