"""Is the store in this folder whole? Asked from outside: a program that shares no code with the store.

    python outside_checker.py HOME [--log FILE] [--seen FILE] [--kills N] [--opened] [--at-rest]

It reads the catalog by SQL and each part as the SQLite file it is, works out every hash again, and holds both
against what a writer noted once it was answered (`--log`) and what readers saw meanwhile (`--seen`), JSON
lines both. One line for each thing that is wrong; exit status 1 if there is any.

I1 what was acknowledged is there   I2 heads have their parts   I3 readers saw states that were
I4 SQLite finds nothing wrong       I5 nothing lies about       I6 jobs are over      I7 the audit chain holds
"""

import argparse
import hashlib
import json
import sqlite3
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path


def digest(rows: Iterable[tuple[str, float, float, float]]) -> str:
    """One hash of rows of key, number, longitude and latitude, whatever their order."""
    lines = sorted(f"{key}|{number!r}|{lon:.6f}|{lat:.6f}" for key, number, lon, lat in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_log(path: Path | None) -> list[dict]:
    """The lines that were written whole: a kill may have cut the last."""
    if path is None or not path.exists():
        return []
    text = path.read_text("utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


class Catalog:
    """All rows of the catalog's tables, as dictionaries."""

    def __init__(self, home: Path, url: str | None) -> None:
        self.path = None if url else home / "catalog.sqlite"
        if self.path is not None:
            with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as connection:
                self._read(connection)
        else:
            import psycopg

            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                self._read(connection)

    def _read(self, connection) -> None:
        def rows(table: str, order: str) -> list[dict]:
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608 - our own names
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

        self.moves = rows("head_move", "sequence")
        self.versions = {row["id"]: row for row in rows("version", "id")}
        self.parts = {row["hash"]: row for row in rows("part", "hash")}
        self.hidden = {row["version"]: row for row in rows("withdrawal", "version")}
        self.audit = rows("audit", "sequence")
        self.jobs = rows("job", "number")
        self.uploads = rows("upload", "id")

    def heads(self) -> Iterator[dict[str, dict[str, str]]]:
        """The heads of each layer by agency, at sequence 0, 1, 2, ..."""
        now: dict[str, dict[str, str]] = {}
        yield {}
        for move in self.moves:
            own = dict(now.get(move["layer"], {}))
            if move["action"] == "withdraw" and move["version"] == move["previous"]:
                own.pop(move["agency"], None)
            else:
                own[move["agency"]] = move["version"]
            now = {**now, move["layer"]: own}
            yield now

    def erased(self) -> set[str]:
        """Parts of purged versions that no version still shown shares."""
        shown = {row["part_hash"] for key, row in self.versions.items() if key not in self.hidden}
        purged = {key for key, row in self.hidden.items() if row["purged_at"] is not None}
        return {self.versions[key]["part_hash"] for key in purged} - shown


class Parts:
    """The files in `parts`, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = {path.name for path in folder.iterdir()}
        self.digests: dict[str, str | None] = {}

    def problems(self, known: dict[str, dict], erased: set[str]) -> Iterator[str]:
        for name in sorted(self.names - {f"{key}.gpkg" for key in known}):
            yield f"I5 parts/{name} is of no version"
        for key, row in known.items():
            path = self.folder / f"{key}.gpkg"
            if key in erased:
                if path.exists():
                    yield f"I5 part {key} was to be erased and is there"
            elif not path.is_file():
                yield f"I2 part {key} is not there"
            else:
                yield from self._read(path, key, row)

    def _read(self, path: Path, key: str, row: dict) -> Iterator[str]:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != key or len(content) != row["bytes"]:
            yield f"I2 part {key} holds other bytes"
            return
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if answer != "ok":
                yield f"I4 part {key}: {answer}"
                return
            columns = [row[1] for row in connection.execute("PRAGMA table_info(features)")]
            if {"id", "people"} <= set(columns):
                chosen = "SELECT id, people, geometry FROM features"
                self.digests[key] = digest(
                    (a, float(b), *_point(c)) for a, b, c in connection.execute(chosen)
                )


def _point(blob: bytes) -> tuple[float, float]:
    """The point of a GeoPackage geometry: a header, perhaps an envelope, then WKB."""
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
    start = 8 + envelope
    order = "<" if blob[start] == 1 else ">"
    return struct.unpack(f"{order}dd", blob[start + 5 : start + 21])


def acknowledged(catalog: Catalog, parts: Parts, log: list[dict]) -> Iterator[str]:
    """What a writer was told is so, and was kept with the content it gave."""
    moves = {move["sequence"]: move for move in catalog.moves}
    for line in log:
        version = line["version"]
        row = catalog.versions.get(version)
        if row is None:
            yield f"I1 {line['action']} of {version} was acknowledged, and no such version is there"
            continue
        sequence = line.get("sequence")
        if sequence is not None:
            move = moves.get(sequence)
            found = move and (move["action"], move["agency"])
            if found != (line["action"], line["agency"]) or move["version"] != line["head"]:
                yield f"I1 {line['action']} of {version} was acknowledged as move {sequence}: {found}"
        kept = parts.digests.get(row["part_hash"])
        if "digest" in line and kept is not None and kept != line["digest"]:
            yield f"I1 version {version} holds something else than what was acknowledged"
        if line["action"] == "withdraw" and version not in catalog.hidden:
            yield f"I1 the withdrawal of {version} was acknowledged and is not there"
        if line["action"] == "purge" and catalog.hidden.get(version, {}).get("purged_at") is None:
            yield f"I1 the purge of {version} was acknowledged and is not written down"


def moved(catalog: Catalog, log: list[dict], kills: int | None) -> Iterator[str]:
    """Moves are numbered without gaps, follow one another, and are no more than were asked for."""
    heads: dict[tuple[str, str], str | None] = {}
    for expected, move in enumerate(catalog.moves, start=1):
        place = (move["layer"], move["agency"])
        if move["sequence"] != expected:
            yield f"I2 move {move['sequence']} stands where {expected} should"
            return
        if move["previous"] != heads.get(place):
            yield f"I2 move {expected} leaves {move['previous']}, the head was {heads.get(place)}"
        gone = move["action"] == "withdraw" and move["version"] == move["previous"]
        heads[place] = None if gone else move["version"]
    for place, version in heads.items():
        if version is not None and version in catalog.hidden:
            yield f"I2 the head of {place} is {version}, which was withdrawn"
    unheard = len(catalog.moves) - len({line["sequence"] for line in log if line.get("sequence")})
    if kills is not None and unheard > kills:
        yield f"I1 {unheard} moves were never acknowledged, after {kills} kills"


def seen(catalog: Catalog, parts: Parts, log: list[dict], lines: list[dict]) -> Iterator[str]:
    """Every state a reader saw is the state at one sequence number within its reading."""
    told = {line["version"]: line["digest"] for line in log if "digest" in line}

    def content(version: str) -> str | None:
        return parts.digests.get(catalog.versions[version]["part_hash"], told.get(version))

    states = [
        {agency: content(version) for agency, version in heads.get("people", {}).items()}
        for heads in catalog.heads()
    ]
    for line in lines:
        if "error" in line:
            yield f"I3 a reader was told {line['error']}"
            continue
        within = states[line["low"] : line["high"] + 1]
        if not any(_same(line["state"], state) for state in within):
            yield f"I3 between moves {line['low']} and {line['high']} a reader saw a state that never was"


def _same(found: dict[str, str], state: dict[str, str | None]) -> bool:
    """An erased version that was never acknowledged has no digest left to compare."""
    return found.keys() == state.keys() and all(state[key] in (None, value) for key, value in found.items())


def sqlite_problems(path: Path | None) -> Iterator[str]:
    if path is None:
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        for (answer,) in connection.execute("PRAGMA integrity_check"):
            if answer != "ok":
                yield f"I4 the catalog: {answer}"
        for row in connection.execute("PRAGMA foreign_key_check"):
            yield f"I4 the catalog: a row of {row[0]} names a row of {row[2]} that is not there"


def lying_about(home: Path, catalog: Catalog) -> Iterator[str]:
    for path in sorted((home / "staging").iterdir()):
        yield f"I5 staging/{path.name} was left"
    wanted: set[str] = set()
    for version, row in catalog.versions.items():
        source = row["source_hash"]
        if source is None:
            continue
        path = home / "originals" / source
        wanted |= {source, *_named(path)}
        purged = catalog.hidden.get(version, {}).get("purged_at") is not None
        if not purged and not path.is_file():
            yield f"I2 original {source} of version {version} is not there"
    for path in sorted((home / "originals").iterdir()):
        if path.name not in wanted:
            yield f"I5 originals/{path.name} is of no version"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            yield f"I2 originals/{path.name} holds other bytes"


def _named(path: Path) -> set[str]:
    """The hashes that a manifest names; none for a file that is no manifest."""
    try:
        return {entry["sha256"] for entry in json.loads(path.read_bytes())["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def unfinished(catalog: Catalog) -> Iterator[str]:
    for job in catalog.jobs:
        if job["state"] not in ("done", "failed"):
            yield f"I6 job {job['number']} ({job['kind']}) is {job['state']}"
        elif (job["state"] == "done") != (job["outcome"] is not None):
            yield f"I6 job {job['number']} ({job['kind']}) is {job['state']}, its outcome {job['outcome']}"
    for upload in catalog.uploads:
        if upload["state"] in ("waiting", "publishing"):
            yield f"I6 upload {upload['id']} is {upload['state']}"
        if upload["state"] == "published" and upload["version"] not in catalog.versions:
            yield f"I6 upload {upload['id']} is published as {upload['version']}, which is not there"


def chained(catalog: Catalog) -> Iterator[str]:
    """Each audit row's hash follows from its own words and the row before; each move has its row."""
    previous = "0" * 64
    for expected, row in enumerate(catalog.audit, start=1):
        at = datetime.strptime(row["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        words = [row["sequence"], at.isoformat(), row["actor"], row["action"], row["fields"], previous]
        text = json.dumps(words, ensure_ascii=False)
        found = hashlib.sha256(text.encode()).hexdigest()
        if (row["sequence"], row["previous_hash"], row["hash"]) != (expected, previous, found):
            yield f"I7 the audit breaks at row {expected}"
            return
        previous = row["hash"]
    told = Counter(json.loads(row["fields"]).get("sequence") for row in catalog.audit)
    for move in catalog.moves:
        if told[move["sequence"]] != 1:
            yield f"I7 move {move['sequence']} has {told[move['sequence']]} audit rows"


def problems(home: Path, options: argparse.Namespace) -> Iterator[str]:
    """All of them, in the order of the list above."""
    catalog = Catalog(home, options.catalog)
    parts = Parts(home / "parts")
    log = read_log(options.log)
    of_parts = list(parts.problems(catalog.parts, catalog.erased()))
    yield from acknowledged(catalog, parts, log)
    yield from moved(catalog, log, options.kills)
    yield from of_parts
    yield from seen(catalog, parts, log, read_log(options.seen))
    yield from sqlite_problems(catalog.path)
    if options.opened:
        yield from lying_about(home, catalog)
    if options.at_rest:
        yield from unfinished(catalog)
    yield from chained(catalog)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--catalog", help="the address of a PostgreSQL catalog")
    parser.add_argument("--log", type=Path, help="what was acknowledged")
    parser.add_argument("--seen", type=Path, help="what readers saw")
    parser.add_argument("--kills", type=int, help="at most one move for each kill was not acknowledged")
    parser.add_argument(
        "--opened", action="store_true", help="the store was opened since: nothing lies about"
    )
    parser.add_argument("--at-rest", action="store_true", help="no worker runs: every job is over")
    options = parser.parse_args()
    options.home = options.home.resolve()
    wrong = 0
    try:
        for line in problems(options.home, options):
            print(line)
            wrong += 1
    except sqlite3.DatabaseError as error:
        print(f"I4 a database cannot be read: {error}")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
