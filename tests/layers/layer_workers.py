"""What other processes do in the tests of kills and races. They are forked from a server that has imported
everything, so that a process costs milliseconds and starts with one thread.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["layer_workers", "layer_worlds", "layers.publish", "layers.networks", "layers.intake"]
)


def start(work, *arguments):
    """Run a function of this module in a process of its own."""
    process = FORKS.Process(target=work, args=arguments)
    process.start()
    return process


def publish_until_killed(home, database_url, failpoint, acknowledged):
    """Publish ever new states of `people`, writing the id of each into a file once the store has answered."""
    from layer_worlds import open_store, people

    from layers.publish import publish_frame

    if failpoint:
        os.environ["QUANTU_FAILPOINT"] = failpoint
    source = Path(home).parent / "people.csv"
    source.write_text("id,people\n")
    with open_store(Path(home), database_url) as store, Path(acknowledged).open("a") as answers:
        start_at = store.sequence()
        for count in range(start_at, start_at + 1000):
            frame = people(*range(count, count + 50))
            version = publish_frame(store, "people", "east", frame, author="li", source=source)
            answers.write(f"{version.id} {count}\n")
            answers.flush()


def publish_own(home, database_url, agency, rounds, failures):
    """Publish this agency's homes so many times, again when another process is faster."""
    from layer_worlds import open_store, people

    from layers.publish import publish_frame

    first = {"east": 0, "west": 40}[agency]
    try:
        with open_store(Path(home), database_url) as store:
            for number in range(rounds):
                publish_frame(store, "people", agency, people(number + 1, first=first), author=agency)
    except Exception as error:
        failures.put(repr(error))
        raise


def publish_together(home, database_url, amount, barrier, answers):
    """Publish for `east`, meeting another process after the head was read and before anything is sealed."""
    from layer_worlds import open_store, people

    from layers.errors import HeadMoved
    from layers.publish import UNSET, Content, publish_content
    from layers.sealed import in_stored_order
    from layers.validate import prepare

    with open_store(Path(home), database_url) as store:
        spec = store.spec("people")
        prepared = prepare(people(amount), spec, store.workspace.city)

        def content():
            barrier.wait(timeout=60)
            return Content({"features": in_stored_order(prepared.frame, "id")}, 1, {})

        options = {"author": "li", "note": "", "source": None, "expected": UNSET}
        try:
            publish_content(store, spec, "east", content, (), lambda _heads: [], **options)
            answers.put(("published", amount))
        except HeadMoved:
            answers.put(("moved", amount))


def withdraw_and_purge(home, database_url, version, failpoint):
    """Withdraw a version and erase its bytes, as far as the failpoint lets it."""
    from layer_worlds import open_store

    from layers.withdraw import purge, withdraw

    os.environ["QUANTU_FAILPOINT"] = failpoint
    with open_store(Path(home), database_url) as store:
        withdraw(store, version, why="names of people", actor="li")
        purge(store, version, actor="li")


def make_workspace(home, failpoint):
    from layer_worlds import open_store

    os.environ["QUANTU_FAILPOINT"] = failpoint
    with open_store(Path(home)):
        pass


def hold_write_lock(home, ready, done):
    """Keep the catalog's write lock until told otherwise."""
    from layer_worlds import open_store

    with open_store(Path(home)) as store, store.database.write():
        ready.set()
        done.wait(60)


def kill_after(process, seconds):
    """End the process with SIGKILL after that time, if it still runs."""
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join(30)


def publish_in_little_room(home, limit_bytes, answers):
    """Publish while no file may grow beyond a limit, as on a full disk, and tell what came of it."""
    import resource

    from layer_worlds import open_store, people

    from layers.publish import publish_frame

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open_store(Path(home)) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))
        try:
            version = publish_frame(store, "people", "east", people(*range(60)), author="li")
        except Exception as error:
            answers.put((type(error).__name__, None))
        else:
            answers.put(("published", version.id))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
