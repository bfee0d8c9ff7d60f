"""Migrations, transactions and what opening costs."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from layer_worlds import open_store, people

from layers import database
from layers.catalog import CATALOG_FILE
from layers.database import HEAD_REVISION, Database
from layers.errors import CatalogTooNew, CatalogUnavailable
from layers.publish import publish_frame
from layers.tables import metadata


def test_the_named_revision_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD_REVISION


def test_migrations_make_the_declared_tables(store):
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = sa.inspect(connection)
        for table in metadata.sorted_tables:
            assert {k["constrained_columns"][0] for k in found.get_foreign_keys(table.name)} == {
                key.parent.name for key in table.foreign_keys
            }


def test_a_write_that_fails_leaves_nothing(store):
    with pytest.raises(sa.exc.IntegrityError), store.database.write() as connection:
        connection.execute(sa.text("INSERT INTO setting (name, value) VALUES ('a', 'b'), ('a', 'c')"))
    with store.database.read() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM setting WHERE name = 'a'")) == 0


def test_a_reader_sees_one_state_while_another_publishes(store):
    publish_frame(store, "people", "east", people(3), author="li")
    count = sa.text("SELECT count(*) FROM head_move")
    with store.database.read() as connection:
        assert connection.scalar(count) == 1
        publish_frame(store, "people", "east", people(4), author="li")
        assert connection.scalar(count) == 1
    assert store.sequence() == 2


def test_a_failing_migration_leaves_the_schema_as_it_was(tmp_path, monkeypatch):
    made = Database(f"sqlite:///{tmp_path / 'catalog.sqlite'}")

    def fail(connection, _address):
        connection.execute(sa.text("CREATE TABLE half (x INTEGER)"))
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(database, "_upgrade", fail)
        with pytest.raises(RuntimeError):
            made.migrate()
    with made.read() as connection:
        assert sa.inspect(connection).get_table_names() == []
    made.migrate()
    assert made.revision() == HEAD_REVISION
    made.close()


def test_a_catalog_of_a_newer_release_is_refused(store, home, database_url):
    with store.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogTooNew, match="9999"):
        open_store(home, database_url)
    with store.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": HEAD_REVISION})


def test_sqlite_is_set_to_lose_nothing(sqlite_store):
    with sqlite_store.database.read() as connection:
        pragmas = {
            name: connection.scalar(sa.text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_damaged_catalog_is_told(home):
    with open_store(home):
        pass
    (home / CATALOG_FILE).write_bytes(b"not a database, and long enough to be read as one" * 100)
    with pytest.raises(CatalogUnavailable):
        open_store(home)


def test_a_database_that_is_not_there_is_told_without_its_password(home):
    with pytest.raises(CatalogUnavailable) as caught:
        open_store(home, "postgresql+psycopg://quantu:secret@127.0.0.1:1/quantu")
    assert "secret" not in str(caught.value)


def test_listing_layers_imports_no_geometry(sqlite_store):
    """`quantu layers` answers within a second: geopandas alone may take longer."""
    publish_frame(sqlite_store, "people", "east", people(3), author="li")
    program = (
        "import sys; from layers.workspace import Workspace; from layers.catalog import Store\n"
        f"store = Store.open(Workspace.open({str(sqlite_store.workspace.home)!r}))\n"
        "print([s.rows for s in store.layers() if s.name == 'people'], len(store.history('people')))\n"
        "heavy = {'geopandas', 'pandas', 'shapely', 'pyogrio', 'alembic', 'pyarrow'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[1] 1", "[]"]
