"""Taking files in from a disk: examine and publish in one call. Bad data come back as findings, all of them.

What cannot be read is a finding too, with the reader's own code; a path without a file, an unknown layer or
agency is an error of the call.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import FileMissing, ReadError
from geo.formats import NamedFile, detect
from geo.read_problems import problem
from layers.catalog import Store
from layers.commit import UNSET, Unset
from layers.errors import HeadMoved, Rejected, SourceUnusable
from layers.examination import Examined
from layers.examine import examine
from layers.findings import Finding
from layers.ledger import Version
from layers.publishing import publish_ready, unconfirmed
from layers.said import Said
from layers.staging import staged


@dataclass(frozen=True)
class Outcome:
    """What became of an upload: the head it made or confirmed, or None when errors or a dry run kept it out.

    `rows` is the number of rows taken; `changed` tells a new head from the one that held the same already;
    `examined` is all that was found on the way.
    """

    version: Version | None
    findings: tuple[Finding, ...]
    rows: int
    examined: Examined
    changed: bool = False


def ingest(
    store: Store,
    paths: Path | str | Sequence[Path | str],
    *,
    layer: str | None = None,
    agency: str | None = None,
    author: str,
    note: str = "",
    dry_run: bool = False,
    accept: Collection[str] = (),
    expected: str | Unset | None = UNSET,
    said: Said | None = None,
    **words: Any,
) -> Outcome:
    """Read files and publish them as the agency's state of a layer, or say what is wrong with them.

    Parameters
    ----------
    paths
        One file or several: archives, data sets with their companions (which may be left out), nodes and
        edges of a network.
    layer, agency
        Found out where they are left out; a layer found out is to be accepted.
    accept
        Subjects of conclusions that are taken without a question, such as `crs`; `all` takes every one.
    expected
        The version the caller takes for the head (None: no head); HeadMoved if it is not.
    said, words
        What the uploader says, as a value or by the names of `Said`.
    """
    given = said or Said(layer=layer, agency=agency, **_plain(words))
    files = named_files(paths)
    with staged(store.workspace.staging, "intake") as stage:
        found = examine(store, files, given, folder=stage)
        rows = found.taken_rows
        if found.failure is not None:
            return Outcome(None, found.findings, 0, found)
        if dry_run:
            return Outcome(None, found.findings, rows, found)
        ready = found.ready()
        if expected is not UNSET and expected != ready.base:
            raise HeadMoved(ready.layer, ready.agency, str(expected), ready.base)
        doubts = unconfirmed(found.detected, accept)
        if doubts:
            asked = tuple(
                Finding(
                    "unconfirmed",
                    "error",
                    ready.layer,
                    field=each.subject,
                    value=each.value,
                    fields={"subject": each.subject},
                )
                for each in doubts
            )
            return Outcome(None, (*asked, *found.findings), rows, found)
        try:
            published = publish_ready(store, ready, files, author=author, note=note, confirmed=accept)
        except Rejected as error:
            return Outcome(None, error.findings, rows, found)
    findings = found.findings
    if not published.changed:
        unchanged = Finding("unchanged", "note", ready.layer, fields={"version": published.version.id})
        findings = (*findings, unchanged)
    return Outcome(published.version, findings, rows, found, published.changed)


def named_files(paths: Path | str | Sequence[Path | str]) -> list[NamedFile]:
    """The files at these paths with what belongs to them: a shapefile's companions, a geodatabase's folder.

    FileMissing names the first that is not there.
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, Path | str) else paths)]
    if not given:
        raise SourceUnusable("upload", "names no file")
    found: dict[Path, NamedFile] = {}
    for path in given:
        if not path.exists():
            raise problem("missing", path.name)
        for part in _with_companions(path):
            found.setdefault(part.path, part)
    return list(found.values())


def _with_companions(path: Path) -> list[NamedFile]:
    if path.is_dir():
        inside = sorted(each for each in path.rglob("*") if each.is_file())
        return [NamedFile(f"{path.name}/{each.relative_to(path).as_posix()}", each) for each in inside]
    try:
        parts = list(detect(path).parts.values())
    except FileMissing:
        raise
    except ReadError:
        parts = []  # a companion, an archive, or nothing at all: told when all are looked at together
    real = path.resolve()  # a link that is named is followed, any other is none of the files
    return [
        NamedFile(path.name if each == real else each.name, each) for each in dict.fromkeys([real, *parts])
    ]


def _plain(words: Mapping[str, Any]) -> dict[str, Any]:
    """The words that say something."""
    return {name: value for name, value in words.items() if value is not None}
