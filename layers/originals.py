"""Uploaded files as they came, kept under the hash of their bytes, so that a version can be traced to them.

Several files of one upload (the .shp with its .dbf, nodes with edges) are kept one by one, and a manifest
that names them stands for them all.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.formats import NamedFile
from layers.ledger import Version
from layers.sealed import file_hash
from layers.staging import fsync_file, fsync_folder
from layers.workspace import Workspace

COMPANIONS = (".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".shp.xml")
MANIFEST_KIND = "quantu-originals"
MANIFEST_BYTES = 1 << 20
"""No manifest is longer: a larger original is a file, and is not parsed to find out."""


@dataclass(frozen=True)
class Original:
    """Copies in staging, by hash; `hash` is the one that stands for all, `name` a single file's own name."""

    hash: str
    files: dict[str, Path]
    name: str | None = None


Sources = Path | Sequence[Path | NamedFile] | None
"""The files something came from; paths bring a shapefile's companions along, named files stand alone."""


def originals_of(source: Sources, stage: Path) -> Original | None:
    """Copy the source files into staging and hash the copies; None without any."""
    named = _named(source)
    if not named:
        return None
    folder = stage / "originals"
    folder.mkdir()
    entries, files = [], {}
    for number, file in enumerate(named):
        copy = folder / str(number)
        shutil.copyfile(file.path, copy)
        digest = file_hash(copy)
        entries.append({"name": file.name, "sha256": digest, "bytes": copy.stat().st_size})
        files[digest] = copy
    if len(entries) == 1:
        return Original(next(iter(files)), files, named[0].name)
    manifest = json.dumps(
        {"kind": MANIFEST_KIND, "files": sorted(entries, key=lambda entry: str(entry["name"]))},
        ensure_ascii=False, sort_keys=True,
    ).encode()  # fmt: skip
    digest = hashlib.sha256(manifest).hexdigest()
    files[digest] = folder / "manifest"
    files[digest].write_bytes(manifest)
    return Original(digest, files)


def _named(source: Sources) -> list[NamedFile]:
    given = [source] if isinstance(source, Path) else list(source or ())
    own = [each for each in given if isinstance(each, NamedFile)]
    paths = _with_companions([each for each in given if isinstance(each, Path)])
    return [*own, *(NamedFile(path.name, path) for path in paths)]


def _with_companions(paths: list[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        found[path] = None
        if path.suffix.lower() == ".shp":
            stem = path.name[: -len(path.suffix)].lower()
            for other in sorted(path.parent.iterdir()):
                name = other.name.lower()
                if name.startswith(stem + ".") and name[len(stem) :] in COMPANIONS and other.is_file():
                    found[other] = None
    return list(found)


def keep(original: Original, workspace: Workspace) -> None:
    """Put the copies in place, read-only and synced; one already there holds the same bytes."""
    for digest, copy in original.files.items():
        target = workspace.originals / digest
        if target.exists():
            continue
        copy.chmod(0o444)
        fsync_file(copy)
        os.rename(copy, target)
    fsync_folder(workspace.originals)


def hashes_of(digest: str, workspace: Workspace) -> list[str]:
    """The hashes an original's own hash stands for, itself first."""
    entries = _entries(digest, workspace)
    return [digest] if entries is None else [digest, *(str(entry["sha256"]) for entry in entries)]


def _entries(digest: str, workspace: Workspace) -> list[dict[str, Any]] | None:
    """What a manifest names; None for a file that is none."""
    path = workspace.originals / digest
    try:
        if path.stat().st_size > MANIFEST_BYTES:
            return None
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("kind") != MANIFEST_KIND:
        return None
    return list(manifest["files"])


def files_of(version: Version, workspace: Workspace) -> list[tuple[str, Path]]:
    """The names the files a version was made of came with, and where their bytes are; none if it has none.

    The name of a single file is among the version's facts; versions older than that call it by its hash.
    """
    if version.source_hash is None:
        return []
    entries = _entries(version.source_hash, workspace)
    if entries is None:
        name = str(version.facts.get("file", version.source_hash))
        return [(name, workspace.originals / version.source_hash)]
    return [(str(entry["name"]), workspace.originals / str(entry["sha256"])) for entry in entries]
