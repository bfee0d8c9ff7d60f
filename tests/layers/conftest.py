"""Stores to test on: SQLite always, PostgreSQL on a private cluster for the slow tests."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import layer_worlds
import pytest

POSTGRESQL = Path(os.environ.get("QUANTU_POSTGRESQL_BIN", "/usr/lib/postgresql/15/bin"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_postgres(*command):
    """Run one of PostgreSQL's programs, which refuse to be root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *map(str, command)], capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def postgresql():
    """The address of a cluster of our own, without a database name; it is stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="quantu-postgresql-"))
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    port = free_port()
    data = folder / "data"
    as_postgres(
        POSTGRESQL / "initdb", "-D", data, "-U", "quantu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
    )
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
    as_postgres(POSTGRESQL / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    yield f"postgresql+psycopg://quantu@127.0.0.1:{port}"
    as_postgres(POSTGRESQL / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request):
    """None for the SQLite catalog inside the home, or the address of a fresh PostgreSQL database."""
    if request.param == "sqlite":
        return None
    return fresh_database(request.getfixturevalue("postgresql"))


def fresh_database(cluster):
    import psycopg

    name = f"quantu_{os.urandom(6).hex()}"
    with psycopg.connect(f"{cluster.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{cluster}/{name}"


@pytest.fixture
def home(tmp_path):
    """Where a workspace may be made."""
    return tmp_path / "home"


@pytest.fixture
def store(home, database_url):
    """A store on each database in turn."""
    with layer_worlds.open_store(home, database_url) as opened:
        yield opened


@pytest.fixture
def sqlite_store(home):
    """A store on SQLite, for what does not depend on the database."""
    with layer_worlds.open_store(home) as opened:
        yield opened
