"""Commands that run on, serve and worker, and the administrator's token."""

import os
import sys
from typing import Annotated

import typer

from api.cli_show import Refused, Session, session_of

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (serve, worker, token):
        app.command()(command)


def serve(
    context: typer.Context,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run a worker beside the server, for uploads.")
    ] = True,
) -> None:
    """Serve the pages and the JSON of a city."""
    run_server(session_of(context), with_worker=with_worker)


def run_server(session: Session, *, with_worker: bool = True) -> None:
    """Run the web server until it is interrupted."""
    import contextlib
    import socket

    import uvicorn

    from api.app import create_app
    from api.supervisor import beside

    settings = session.settings()
    app = create_app(settings)
    try:
        listener = socket.create_server((settings.host, settings.port))
    except OSError as error:
        raise Refused(
            "cli_port", host=settings.host, port=str(settings.port), reason=error.strerror or str(error)
        ) from error
    with listener, beside(settings) if with_worker else contextlib.nullcontext():
        port = listener.getsockname()[1]
        address = f"http://{settings.host}:{port}/"
        print(session.words.say("cli_serving", address=address), flush=True)
        print_first_token(session, address)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
        server.run(sockets=[listener])


def print_first_token(session: Session, address: str) -> None:
    """Make the administrator's token where there is none yet, and print it this once."""
    from layers import accounts
    from layers.errors import WorkspaceMissing
    from layers.workspace import Workspace

    try:
        made = accounts.first_token(Workspace.open(session.settings().home))
    except WorkspaceMissing:
        return  # the server may start before its city is built; `quantu token` makes one later
    if made is not None:
        print(session.words.say("cli_token_first", address=address))
        print(f"  {made}", flush=True)


def token(context: typer.Context) -> None:
    """Make a new token for the administrator; the old one and all sessions end."""
    from layers import accounts

    session = session_of(context)
    with session.open_store() as store:
        made = accounts.new_token(store)
    print(session.words.say("cli_token_new"))
    print(f"  {made}")


def worker(
    context: typer.Context,
    with_server: Annotated[
        bool, typer.Option("--with-server", hidden=True, help="Leave when standard input is closed.")
    ] = False,
) -> None:
    """Do the work that uploads wait for, until interrupted."""
    for name in ONE_THREAD:  # a process that forks should have one thread
        os.environ.setdefault(name, "1")
    from api.worker import run

    settings = session_of(context).settings()
    run(settings, lifeline=sys.stdin.fileno() if with_server else None)
