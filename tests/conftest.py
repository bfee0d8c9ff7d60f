"""What every test may ask for: the real data beside the checkout, and a PostgreSQL cluster of our own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
POSTGRESQL = Path(os.environ.get("QUANTU_POSTGRESQL_BIN", "/usr/lib/postgresql/15/bin"))

# Kernels compile on their first call and machines are busy: no example of a law is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; `QUANTU_SHARED` names another place than `../shared`."""
    folder = Path(os.environ.get("QUANTU_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"real data are not here: {folder}/data does not exist (set QUANTU_SHARED)")
    return folder


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
