"""What the processes do that are killed, starved and cut off: every operation that moves a head, in turn.

Each answer of the store is noted, after it was given, as `outside_checker` reads it. What a version holds is
worked out here by plain dictionaries, not asked of the store. Readers note every state they see.
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import outside_checker

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["fault_workers", "layer_worlds", "layers.publish", "layers.withdraw", "layers.history", "layers.purge"]
)
SOAK = Path(__file__).parents[1] / "soak"
CHECKER = Path(outside_checker.__file__)
AGENCIES = {"east": 0, "west": 40}
PLACES = 12
ACTIONS = ("replace", "upsert", "append", "revert", "withdraw", "purge")
WEIGHTS = (4, 4, 3, 3, 2, 2)


def start(work, *arguments):
    """Run a function of this module in a process of its own."""
    process = FORKS.Process(target=work, args=arguments)
    process.start()
    return process


def kill(process):
    """End the process with SIGKILL, however far it is."""
    if process.exitcode is None:
        os.kill(process.pid, signal.SIGKILL)
    process.join(60)


def outside(home, *options, catalog=None):
    """What the checker finds wrong, line by line; it runs in a process that has imported nothing of ours."""
    if catalog:
        options = ("--catalog", catalog, *options)
    isolated = ["-I"] if catalog else ["-I", "-S"]
    command = [sys.executable, *isolated, str(CHECKER), str(home), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == bool(done.stdout), done.stderr
    return done.stdout.splitlines()


def row(agency, place, number):
    """A home's key, number of people, longitude and latitude."""
    at = AGENCIES[agency] + place
    return f"h{at}", float(number), 117.1 + 0.01 * at, 36.5


def frame_of(rows):
    """The rows as somebody would send them."""
    from layer_worlds import points

    keys, numbers, lon, lat = zip(*rows, strict=True)
    return points(list(zip(lon, lat, strict=True)), id=list(keys), people=list(numbers))


def rows_of(frame):
    """Rows of what the store gave."""
    points = frame.geometry
    return list(zip(frame["id"], frame["people"].astype(float), points.x, points.y, strict=True))


def keep_figures(name, figures):
    """Write a soak run's figures into `tests/soak`, where they are committed as evidence."""
    SOAK.mkdir(exist_ok=True)
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **figures}
    (SOAK / f"{name}.json").write_text(f"{json.dumps(told, indent=1)}\n")


class Log:
    """JSON lines, each appended whole in one write."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def note(self, **values):
        line = f"{json.dumps(values)}\n".encode()
        while True:
            try:
                os.write(self._file, line)
            except OSError:  # the one call that a test let fail; it does not fail twice
                continue
            return


class Writer:
    """Does operations on the layer `people`, and notes what it is answered."""

    def __init__(self, store, log, rng, source=None):
        self.store, self.log, self.rng, self.source = store, log, rng, source

    def some(self):
        """An operation by chance; False if there was nothing it could be done to."""
        action = self.rng.choices(ACTIONS, WEIGHTS)[0]
        return self.do(action, self.rng.choice(sorted(AGENCIES)))

    def do(self, action, agency):
        if action in ("replace", "upsert", "append"):
            return self._publish(action, agency)
        return {"revert": self._revert, "withdraw": self._withdraw, "purge": self._purge}[action](agency)

    def state(self, version):
        if version is None:
            return {}
        return {each[0]: each for each in rows_of(self.store.read("people", version=version.id))}

    def _publish(self, mode, agency):
        from layers.publish import publish_frame

        number = self.rng.randrange(1, 10**9)
        old = self.state(self.store.heads("people").get(agency))
        places = [n for n in range(PLACES) if mode != "append" or row(agency, n, 0)[0] not in old]
        if not places:
            return False
        chosen = self.rng.sample(places, self.rng.randint(1, len(places)))
        sent = {each[0]: each for each in (row(agency, place, number) for place in chosen)}
        expected = sent if mode == "replace" else {**old, **sent}
        if self.source is not None:
            self.source.write_text(f"id,people\n{number}\n")
        version = publish_frame(
            self.store, "people", agency, frame_of(sent.values()), author="li", mode=mode, source=self.source
        )
        told = {
            "version": version.id,
            "head": version.id,
            "digest": outside_checker.digest(expected.values()),
        }
        self.log.note(action="publish", agency=agency, sequence=self.store.sequence(), **told)
        return True

    def _versions(self, agency, hidden):
        from layers import ledger

        with self.store.database.read() as connection:
            withdrawn = ledger.withdrawals(connection)
            found = [each for each in ledger.versions(connection) if each.agency == agency]
        return [
            each
            for each in found
            if (each.id in withdrawn and withdrawn[each.id].purged_at is None) == hidden
            and (hidden or each.id not in withdrawn)
        ]

    def _revert(self, agency):
        head = self.store.heads("people").get(agency)
        others = [each for each in self._versions(agency, False) if head is None or each.id != head.id]
        if not others:
            return False
        version = self.store.revert("people", self.rng.choice(others).id, author="li")
        told = {"version": version.id, "head": version.id, "sequence": self.store.sequence()}
        self.log.note(action="revert", agency=agency, **told)
        return True

    def _withdraw(self, agency):
        from layers.withdraw import withdraw

        shown = self._versions(agency, False)
        if len(shown) < 2:
            return False
        before = self.store.sequence()
        version = self.rng.choice(shown).id
        head = withdraw(self.store, version, why="names of people", actor="li")
        after = self.store.sequence()
        told = {"version": version, "sequence": after if after > before else None}
        self.log.note(action="withdraw", agency=agency, head=head.id if head else version, **told)
        return True

    def _purge(self, agency):
        from layers.withdraw import purge

        hidden = self._versions(agency, True)
        if not hidden:
            return False
        version = self.rng.choice(hidden).id
        purge(self.store, version, actor="li")
        self.log.note(action="purge", agency=agency, version=version)
        return True


def work_until_killed(home, database_url, log, seed):
    """Operation after operation."""
    from layer_worlds import open_store

    with open_store(Path(home), database_url) as store:
        source = Path(home).parent / "people.csv"
        writer = Writer(store, Log(log), random.Random(seed), source)  # noqa: S311 - chance, not secrets
        while True:
            writer.some()


def read_until_told(home, database_url, seen, done):
    """Note what each reading shows, with the sequence numbers before and after it."""
    from layer_worlds import open_store

    from layers.errors import LayerError, LayerHasNoData, VersionWithdrawn

    log = Log(seen)
    with open_store(Path(home), database_url) as store:
        while not done.wait(0.02):
            try:
                low = store.sequence()
                frame = store.read("people")
            except LayerHasNoData:
                continue  # before the first publish
            except VersionWithdrawn:
                continue  # between finding the head and reading it
            except LayerError as error:
                log.note(error=f"{error.code}: {error}")
                continue
            state = {name: outside_checker.digest(rows_of(own)) for name, own in frame.groupby("agency")}
            log.note(low=low, high=store.sequence(), state=state)


def work_to_a_failpoint(home, database_url, log, seed, action, failpoint):
    """Prepare two versions, one of them withdrawn for a purge; then one operation, with the failpoint set."""
    from layer_worlds import open_store

    with open_store(Path(home), database_url) as store:
        source = Path(home).parent / "people.csv"
        writer = Writer(store, Log(log), random.Random(seed), source)  # noqa: S311 - chance, not secrets
        for _ in range(2):
            writer.do("replace", "east")
        writer.do("upsert", "west")
        if action == "purge":
            writer.do("withdraw", "east")
        os.environ["QUANTU_FAILPOINT"] = failpoint
        while not writer.do(action, "east"):
            os.environ.pop("QUANTU_FAILPOINT")  # every place is taken: make room for an append
            writer.do("replace", "east")
            os.environ["QUANTU_FAILPOINT"] = failpoint


def kill_at_random(folder, database_url, seed, kills):
    """Kill a writer so often, each time at another moment, with a reader watching throughout.

    Opens the store after each kill, which sweeps, and asks the checker. Returns the figures of the run, and
    what was found wrong, with the number of the kill that did it.
    """
    from layer_worlds import open_store

    rng = random.Random(seed)  # noqa: S311 - chance, not secrets
    home, log, seen = folder / "home", folder / "log", folder / "seen"
    with open_store(home, database_url):
        pass
    done = FORKS.Event()
    reader = start(read_until_told, home, database_url, seen, done)
    wrong, swept, began = [], 0, time.monotonic()
    for count in range(1, kills + 1):
        process = start(work_until_killed, home, database_url, log, rng.randrange(2**32))
        process.join(rng.uniform(0.0, 1.2))
        kill(process)
        assert process.exitcode == -signal.SIGKILL, "the writer ended by itself"
        swept += any((home / "staging").iterdir())
        with open_store(home, database_url):
            pass
        found = outside(home, "--log", log, "--kills", count, catalog=database_url)
        wrong += [f"kill {count}: {line}" for line in found]
        if wrong:
            break
    done.set()
    reader.join(60)
    with open_store(home, database_url):
        pass
    wrong += outside(
        home, "--log", log, "--seen", seen, "--kills", kills, "--opened", "--at-rest", catalog=database_url
    )
    answers = outside_checker.read_log(log)
    return {
        "seed": seed,
        "kills": count,
        "acknowledged": len(answers),
        "actions": dict(sorted(Counter(each["action"] for each in answers).items())),
        "kills_that_left_something": swept,
        "states_read": len(outside_checker.read_log(seen)),
        "violations": len(wrong),
        "seconds": round(time.monotonic() - began, 1),
    }, wrong


def work_when_told(home, log, seed, action, orders, answers):
    """Warm up by whole operations; then the action once for each order, answering what came of it."""
    from layer_worlds import open_store

    with open_store(Path(home)) as store:
        source = Path(home).parent / "people.csv"
        writer = Writer(store, Log(log), random.Random(seed), source)  # noqa: S311 - chance, not secrets
        for each in ("replace", "replace", "upsert", "revert", *(["withdraw"] * (action == "purge"))):
            writer.do(each, "east")
        answers.send("warm")
        while orders.recv() == "go":
            try:
                done = writer.do(action, "east")
            except Exception as error:
                said = (type(error).__name__, getattr(error, "code", None), str(error))
            else:
                said = ("done" if done else "nothing to do", None, "")
            try:
                answers.send(said)
            except OSError:  # the one call that a test let fail
                answers.send(said)


def open_until_killed(home, database_url, failpoint):
    """Open the store, which sweeps, as far as the failpoint lets it."""
    from layer_worlds import open_store

    os.environ["QUANTU_FAILPOINT"] = failpoint
    with open_store(Path(home), database_url):
        pass


def read_once(home):
    """What a reader in a process of its own is told that is not data; None if it gets data."""
    answers, answering = multiprocessing.Pipe()
    process = start(answer_with_a_reading, home, answering)
    answering.close()
    try:
        return answers.recv()
    finally:
        process.join(60)


def answer_with_a_reading(home, answers):
    """Open the store and read; what went wrong, or None."""
    from layer_worlds import open_store

    from layers.errors import LayerError

    try:
        with open_store(Path(home)) as store:
            store.read("people")
            store.read("people", bbox=(117.0, 36.0, 118.0, 37.0))
    except LayerError as error:
        answers.send(f"{error.code}: {error}")
    except Exception as error:
        answers.send(repr(error))
    else:
        answers.send(None)
