"""The only place that opens database connections: SQLite inside the home, or PostgreSQL by address.

A `read()` sees one snapshot; a `write()` is alone, so that sequence numbers follow the order of commits:
SQLite by `BEGIN IMMEDIATE`, PostgreSQL by an advisory lock taken first.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from layers.disk import is_full
from layers.errors import CatalogBusy, CatalogTooNew, CatalogUnavailable, StoreNoRoom
from layers.failpoint import failpoint
from layers.ledger import leave_mark
from layers.staging import fsync_file, fsync_folder, staged

HEAD_REVISION = "0003"
"""The newest migration, here so that a catalog of today opens without importing Alembic."""

BUSY_TIMEOUT_S = 15.0
_DAMAGED = ("not a database", "malformed")
_WRITE_LOCK = 0x7175616E7475  # any fixed number: PostgreSQL's advisory lock of this product
_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """An engine with the catalog's transactions."""

    def __init__(self, url: str | URL, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.url = make_url(url)
        if self.url.drivername in ("postgresql", "postgres"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.address = self.url.render_as_string(hide_password=True)
        self.engine = (
            _sqlite_engine(self.url, busy_timeout_s)
            if self.is_sqlite
            else sa.create_engine(self.url, pool_pre_ping=True)
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot, for reading only."""
        options: dict[str, Any] = {}
        if not self.is_sqlite:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._told(), self.engine.connect() as connection:
            yield connection.execution_options(**options)

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, alone among writers; committed at the end, undone by any exception."""
        with self._told(), self.engine.connect() as plain:
            connection = plain.execution_options(quantu_write=True)
            try:
                with connection.begin():
                    if not self.is_sqlite:
                        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:k)"), {"k": _WRITE_LOCK})
                    yield connection
            except DatabaseError:
                if self.is_sqlite:
                    _bury(connection)
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say what is wrong with the database in this package's words."""
        try:
            yield
        except DatabaseError as error:
            words = str(error.orig).strip().splitlines()
            problem = words[0] if words else type(error).__name__
            if not (isinstance(error, OperationalError) or any(each in problem for each in _DAMAGED)):
                raise  # a broken constraint or statement is a fault of ours, not of the database
            if is_full(problem):
                raise StoreNoRoom(problem) from error
            if "database is locked" in problem:
                raise CatalogBusy(self.address) from error
            raise CatalogUnavailable(self.address, problem) from error

    def revision(self) -> str | None:
        """The schema's migration, None for an empty database."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))

    def migrate(self) -> None:
        """Bring the schema to the newest migration, in one transaction; nothing to do costs one query."""
        if self.revision() == HEAD_REVISION:
            return
        with self.write() as connection:
            _upgrade(connection, self.address)

    def close(self) -> None:
        self.engine.dispose()


def open_sqlite(path: Path, staging: Path, first: Callable[[Database], None]) -> Database:
    """The SQLite catalog at `path`, made in `staging` and renamed into place if there is none.

    `first` writes what a new catalog holds from its first moment.
    The caller holds the workspace's commit lock, so that two processes do not make it at once.
    """
    if not path.exists():
        with staged(staging, "catalog") as stage:
            made = stage / path.name
            fresh = open_migrated(URL.create("sqlite", database=str(made)))
            first(fresh)
            fresh.close()  # the last connection folds the write-ahead log into the file
            failpoint("catalog_staged")
            fsync_file(made)
            made.rename(path)
            fsync_folder(path.parent)
            failpoint("catalog_installed")
    return open_migrated(URL.create("sqlite", database=str(path)))


def open_migrated(url: str | URL) -> Database:
    """The database at that address with today's schema; nothing stays open if that fails."""
    database = Database(url)
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def _bury(connection: Connection) -> None:
    """Write over what a failed commit left.

    A commit that failed at its sync lies whole in SQLite's log: a recovery after a crash would take it for
    done, though its writer was told that it was not.
    """
    with contextlib.suppress(DatabaseError), connection.begin():
        leave_mark(connection)


def _upgrade(connection: Connection, address: str) -> None:
    from alembic import command  # imported late: only a catalog that is behind needs it
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if sa.inspect(connection).has_table("alembic_version"):
        current = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if current is not None and current not in known:
            raise CatalogTooNew(address, current)
    command.upgrade(config, "head")


def _sqlite_engine(url: URL, busy_timeout_s: float) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would commit before DDL; BEGIN is sent below instead
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("quantu_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
