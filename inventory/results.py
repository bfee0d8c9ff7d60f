"""Kept results: a folder per recipe, whole or not there at all."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from inventory.errors import RecipeError
from inventory.pins import Recipe, pin, read_recipe
from inventory.rule_documents import CIRCLES
from inventory.rules import RuleSet
from inventory.run import DISTANCES, ZONES
from layers.catalog import Store
from layers.staging import fsync_file, fsync_folder, staged

RECIPE, RESULT = "recipe.json", "result.json"
FILES = (DISTANCES, RECIPE, RESULT, ZONES)
"""The files of kept circles; other results have a table for each demand instead of distances."""

SUMS = "SHA256SUMS"  # in the form that sha256sum -c reads


class Run(Protocol):
    """What can be kept: a result, what it was made of, and tables by their file names."""

    @property
    def recipe(self) -> Recipe: ...

    @property
    def result(self) -> Mapping[str, Any]: ...

    @property
    def content(self) -> bytes: ...

    @property
    def tables(self) -> Mapping[str, pa.Table]: ...


@dataclass(frozen=True)
class Kept:
    """A result on disk."""

    folder: Path
    recipe: Recipe

    @property
    def content(self) -> bytes:
        return (self.folder / RESULT).read_bytes()

    @property
    def is_whole(self) -> bool:
        """Whether recipe, result and walks are the bytes that were kept."""
        try:
            sums = (self.folder / SUMS).read_text(encoding="ascii")
            needed = FILES if self.recipe.kind == CIRCLES else (RECIPE, RESULT)
            return sums == _sums(self.folder) and all((self.folder / name).is_file() for name in needed)
        except (OSError, UnicodeDecodeError):
            return False

    def holds_whole(self, *names: str) -> bool:
        """Whether these files are the bytes that were kept, whatever became of the others."""
        try:
            kept = digests(self.folder)
            return all(_digest(self.folder / name) == kept[name] for name in names)
        except (OSError, ValueError, KeyError):
            return False

    def holds(self, result: bytes) -> bool:
        path = self.folder / RESULT
        return path.is_file() and path.read_bytes() == result

    @property
    def result(self) -> dict[str, Any]:
        return json.loads(self.content)

    @property
    def distances(self) -> Path:
        """The walks under circles."""
        return self.folder / DISTANCES

    @property
    def zones(self) -> Path:
        """Which zone each point of `distances` lies in."""
        return self.folder / ZONES

    def portions(self, demand: str) -> Path:
        """The pieces of a demand under a coverage rule; no file where it had no data."""
        return self.folder / portions_file(demand)


def portions_file(demand: str) -> str:
    return f"portions-{demand}.parquet"


def results_folder(store: Store) -> Path:
    """Where results are kept, a folder for each, named by the hash of its recipe."""
    return store.workspace.home / "results"


def folder_of(store: Store, recipe: Recipe) -> Path:
    return results_folder(store) / recipe.hash


def keep(store: Store, run: Run, *, links: Mapping[str, Path] | None = None) -> Path:
    """Keep a run; the folder it lies in. Staged, made durable, renamed: a kill leaves none or a whole one.

    A folder that already holds these bytes is left alone, another is replaced. `links` names tables that a
    folder has already, kept of another run just now: where the disk can link them they are not written again.
    """
    final = folder_of(store, run.recipe)
    final.parent.mkdir(exist_ok=True)
    kept = Kept(final, run.recipe)
    if kept.is_whole and kept.holds(run.content):
        return final
    with staged(store.workspace.staging, "result") as stage:
        made = stage / run.recipe.hash
        made.mkdir()
        (made / RECIPE).write_bytes(run.recipe.content)
        (made / RESULT).write_bytes(run.content)
        known = {}
        for name, table in run.tables.items():
            if _linked(made / name, (links or {}).get(name)):
                known[name] = digests((links or {})[name])[name]
            else:
                _write(table, made / name)
        (made / SUMS).write_text(_sums(made, known), encoding="ascii")
        for path in sorted(made.iterdir()):
            if path.name not in known:
                fsync_file(path)
        fsync_folder(made)
        _swap(made, final, stage / "replaced")
        fsync_folder(final.parent)
    return final


def _write(table: pa.Table, path: Path) -> None:
    """Walks hardly repeat and hardly shrink: plain columns are written and read several times as fast."""
    coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    pq.write_table(table, path, compression="none", use_dictionary=coded, write_statistics=False)


def _linked(path: Path, folder: Path | None) -> bool:
    if folder is None:
        return False
    try:
        path.hardlink_to(folder / path.name)
    except OSError:  # not on this disk, or it was let go just now
        return False
    return True


def _swap(made: Path, final: Path, aside: Path) -> None:
    """Put `made` in place of `final`, whose old content goes aside; a rename never lands on a full folder."""
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError):
            final.rename(aside)
        try:
            made.rename(final)
        except OSError:  # another process kept the same recipe in between: move that one aside too
            shutil.rmtree(aside, ignore_errors=True)
            continue
        return
    raise OSError(f"cannot put a result at {final}")


def find(
    store: Store,
    *,
    rules: RuleSet | str | None = None,
    by: str = "district",
    at: date | None = None,
    as_of: int | datetime | None = None,
) -> Kept | None:
    """The kept result of the same inputs, rules and engine; None if not computed yet, or damaged."""
    return find_recipe(store, pin(store, rules=rules, by=by, at=at, as_of=as_of))


def find_recipe(store: Store, recipe: Recipe) -> Kept | None:
    """The kept result of a recipe; None if not computed yet, or damaged."""
    kept = Kept(folder_of(store, recipe), recipe)
    return kept if kept.is_whole else None


def touch(kept: Kept) -> None:
    """Note that a result was used now; `prune` lets the longest unused ones go."""
    with contextlib.suppress(OSError):  # it may just have gone, or the disk may be read-only
        os.utime(kept.folder)


def prune(store: Store, *, most: int, most_bytes: int, pinned: Callable[[], Collection[str]]) -> list[str]:
    """Remove the results that were not used for longest, until no more than `most` of `most_bytes` are left.

    Those `pinned` names (recipe hashes) stay, though they count; it is asked only when some have to go. The
    names of those removed.
    """
    results = store.workspace.home / "results"
    found = sorted(((_used(each), each) for each in results.glob("*")), reverse=True)
    sizes = {folder: _size(folder) for _, folder in found}
    if len(found) <= most and sum(sizes.values()) <= most_bytes:
        return []
    removed, count, size, staying = [], 0, 0, pinned()
    for _, folder in sorted(found, key=lambda one: one[1].name not in staying):
        size_here = sizes[folder]
        if folder.name in staying or (count < most and size + size_here <= most_bytes):
            count, size = count + 1, size + size_here
            continue
        with staged(store.workspace.staging, "result") as stage, contextlib.suppress(OSError):
            folder.rename(stage / "removed")  # whole or gone, also for who reads it now
            removed.append(folder.name)
    return removed


def _used(folder: Path) -> float:
    with contextlib.suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0


def damaged(store: Store) -> list[str]:
    """Names of kept results whose bytes are not those that were kept; they are computed again when needed."""
    folders = sorted((store.workspace.home / "results").glob("*"))
    return [folder.name for folder in folders if not _is_recipe_folder(folder)]


def _is_recipe_folder(folder: Path) -> bool:
    try:
        recipe = read_recipe(folder / RECIPE)
    except RecipeError:
        return False
    return recipe.hash == folder.name and Kept(folder, recipe).is_whole


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a result, as noted when it was kept."""
    lines = (folder / SUMS).read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def _sums(folder: Path, known: Mapping[str, str] | None = None) -> str:
    """The content of `SUMS`; `known` are digests of files that need not be read."""
    names = sorted(path.name for path in folder.iterdir() if path.name != SUMS)
    found = {name: (known or {}).get(name) or _digest(folder / name) for name in names}
    return "".join(f"{digest}  {name}\n" for name, digest in found.items())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_kept(folder: Path) -> Kept:
    """A kept result by its folder, or by the recipe in it."""
    path = folder if folder.name == RECIPE else folder / RECIPE
    return Kept(path.parent, read_recipe(path))
