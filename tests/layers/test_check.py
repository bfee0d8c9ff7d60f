"""Every kind of damage is found and named; a missing part is an error where it is read."""

import contextlib
import sqlite3

import pytest
from layer_worlds import people, square_network

from geo.writers import read_sidecar
from layers.catalog import CATALOG_FILE
from layers.check import CODES
from layers.errors import StoreDamaged
from layers.networks import publish_network
from layers.publish import publish_frame
from layers.reading import keep_sidecar


@pytest.fixture
def published(sqlite_store, tmp_path):
    source = tmp_path / "homes.csv"
    source.write_text("id,people\n")
    version = publish_frame(sqlite_store, "people", "east", people(*range(40)), author="li", source=source)
    publish_network(sqlite_store, "walk_network", "bureau", *square_network(), author="li")
    assert sqlite_store.check() == []
    return sqlite_store, version


def codes(store):
    problems = store.check()
    for problem in problems:
        assert set(problem.fields) == set(CODES[problem.code])
    return [problem.code for problem in problems]


def harm(path, change):
    path.chmod(0o644)
    path.write_bytes(change(path.read_bytes()))
    path.chmod(0o444)


def forge(store, *statements):
    """Change rows of the catalog as whoever has the file can: the triggers are dropped first."""
    with contextlib.closing(sqlite3.connect(store.workspace.home / CATALOG_FILE)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE version SET source_hash = NULL WHERE layer = 'people'", ["version_forged"]),
        ("UPDATE version SET rows = 1 WHERE layer = 'people'", ["version_forged"]),
        (
            "UPDATE version SET part_hash = (SELECT part_hash FROM version WHERE layer = 'walk_network') "
            "WHERE layer = 'people'",
            ["version_forged", "part_content"],
        ),
        ("UPDATE spec SET body = replace(body, 'h', 'j') WHERE layer = 'people'", ["spec_forged"]),
        ("UPDATE head_move SET author = 'nobody' WHERE sequence = 1", ["move_unaudited"]),
        ("UPDATE head_move SET moved_at = '2020-01-01T00:00:00.000000Z'", ["move_unaudited"] * 2),
        (
            "INSERT INTO head_move SELECT 3, layer, agency, version, version, 'revert', 'li', '', moved_at "
            "FROM head_move WHERE sequence = 1",
            ["move_unaudited"],
        ),
        ("UPDATE audit SET actor = 'nobody' WHERE sequence = 1", ["audit_broken", "move_unaudited"]),
        ("UPDATE part SET logical_hash = 'x'", ["version_forged"] * 2 + ["part_content"] * 2),
    ],
)
def test_rows_made_up_behind_the_triggers(published, statement, expected):
    store, _ = published
    forge(store, statement)
    found = codes(store)
    assert [code for code in found if code in ("part_content", *expected)] == expected


@pytest.mark.parametrize("table", ["features", "nodes", "edges"])
def test_a_twin_made_up_with_its_note(published, table):
    store, _ = published
    (path,) = store.workspace.cache.glob(f"*.{table}.parquet")
    digest = path.name.split(".")[0]
    frame = read_sidecar(path)
    name = {"features": "people", "nodes": "lon", "edges": "highway"}[table]
    frame[name] = frame[name].iloc[::-1].to_numpy() if table != "edges" else "motorway"
    keep_sidecar(store.workspace, digest, table, frame)
    assert codes(store) == ["twin_content"]
    path.unlink()
    assert codes(store) == []


def test_a_missing_part(published):
    store, version = published
    store.workspace.part(version.part_hash).unlink()
    assert codes(store) == ["part_missing"]
    for sidecar in store.workspace.cache.iterdir():
        sidecar.unlink()
    with pytest.raises(StoreDamaged) as caught:
        store.read("people")
    assert caught.value.part == version.part_hash


def test_a_part_cut_short(published):
    store, version = published
    harm(store.workspace.part(version.part_hash), lambda data: data[: len(data) // 2])
    assert codes(store)[:2] == ["part_size", "part_hash"]
    assert "part_damaged" in codes(store)


def test_a_part_with_one_bit_flipped(published):
    store, version = published
    harm(store.workspace.part(version.part_hash), lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    assert "part_hash" in codes(store)


def test_a_part_with_other_content(published):
    store, version = published
    path = store.workspace.part(version.part_hash)
    path.chmod(0o644)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE kept AS SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE features SET people = people + 1 WHERE fid = 1")
    connection.close()
    path.chmod(0o444)
    assert {"part_hash", "part_content"} <= set(codes(store))


def test_a_cached_copy_that_was_forged(published):
    """A copy with other people and a note that fits it is read in place of the part."""
    store, version = published
    frame = store.read_version(version)
    keep_sidecar(store.workspace, version.part_hash, "features", frame.assign(people=frame["people"] + 1))
    assert store.read("people")["people"].sum() == frame["people"].sum() + len(frame)
    assert codes(store) == ["twin_content"]
    keep_sidecar(store.workspace, version.part_hash, "features", frame)
    assert codes(store) == []


def test_a_cached_copy_of_streets_that_was_forged(published):
    store, _ = published
    (streets,) = store.heads("walk_network").values()
    nodes = store.read_network("walk_network").nodes
    keep_sidecar(store.workspace, streets.part_hash, "nodes", nodes.assign(lon=nodes["lon"] + 0.01))
    assert codes(store) == ["twin_content"]


def test_a_writable_part(published):
    store, version = published
    store.workspace.part(version.part_hash).chmod(0o644)
    assert codes(store) == ["part_writable"]


def test_a_part_and_a_staged_file_nobody_knows(published):
    store, _version = published
    (store.workspace.parts / "stray.gpkg").write_bytes(b"")
    (store.workspace.staging / "stray").mkdir()
    assert codes(store) == ["staging_leftover", "part_orphan"]


def test_an_original_lost_or_changed(published):
    store, version = published
    path = store.workspace.originals / version.source_hash
    harm(path, lambda data: data + b"x")
    assert codes(store) == ["original_hash"]
    path.unlink()
    assert codes(store) == ["original_missing"]


def tampered(store, *statements):
    with sqlite3.connect(store.workspace.home / CATALOG_FILE) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_changed_audit_row_breaks_the_chain(published):
    store, _version = published
    tampered(store, "DROP TRIGGER audit_no_update", "UPDATE audit SET actor = 'zhao' WHERE sequence = 2")
    found = [(problem.code, problem.fields) for problem in store.check()]
    assert found == [("audit_broken", {"sequence": 2}), ("move_unaudited", {"sequence": 2})]


def test_a_dropped_move_breaks_the_numbers(published):
    store, _version = published
    tampered(store, "DROP TRIGGER head_move_no_delete", "DELETE FROM head_move WHERE sequence = 1")
    (problem,) = store.check()
    assert (problem.code, problem.fields) == ("moves_broken", {"sequence": 1})


@pytest.mark.parametrize("table", ["head_move", "audit"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET sequence = 9", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_rewrite_history(store, table, statement):
    import sqlalchemy as sa

    publish_frame(store, "people", "east", people(3), author="li")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.database.write() as connection:
        connection.execute(sa.text(statement.format(table)))
    assert store.check() == []
