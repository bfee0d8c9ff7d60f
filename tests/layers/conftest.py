"""Stores to test on: SQLite always, PostgreSQL on a private cluster for the slow tests."""

import os

import layer_worlds
import pytest


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
