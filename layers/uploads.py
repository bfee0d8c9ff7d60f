"""Uploads: what somebody sends, from the first byte to a version or to nothing.

The catalog knows the state, the folder has the bytes. A file's own name is text in the catalog and never
part of a path: on disk files are numbered. `layers.upload_folder` says where, `layers.receiving`
writes the bytes, `layers.upload_sweep` puts away what is over.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from layers import audit, jobs
from layers.catalog import Store
from layers.disk import disk_told
from layers.jobs import Job
from layers.said import Said, said_from
from layers.staging import fsync_folder
from layers.tables import upload
from layers.upload_errors import (
    UploadIncomplete,
    UploadNoRoom,
    UploadNotFound,
    UploadStateUnfit,
)
from layers.upload_folder import folder, received, remove_folder
from layers.upload_limits import (
    USUAL_LIMITS,
    Limits,
    agency_text,
    check_name,
    check_sizes,
    layer_text,
    note_text,
)
from layers.wakeup import ring

EXAMINE, PUBLISH = "examine", "publish"
STEPS = (EXAMINE, PUBLISH)
OVER = ("published", "dropped")


@dataclass(frozen=True)
class UploadFile:
    """One file: what its owner calls it, its size as announced, and how much of it has come."""

    name: str
    bytes: int
    received: int


@dataclass(frozen=True)
class Upload:
    """One upload. `examination` is the number of the newest, 0 before the first."""

    id: str
    created_at: datetime
    changed_at: datetime
    actor: str
    state: str
    files: tuple[UploadFile, ...]
    said: Said
    layer: str | None
    agency: str | None
    examination: int
    version: str | None
    note: str


@disk_told()
def create(
    store: Store,
    actor: str,
    said: Said,
    names_and_sizes: Sequence[tuple[str, int]],
    *,
    limits: Limits = USUAL_LIMITS,
) -> Upload:
    """Announce an upload: its files by their own names and sizes in bytes, in the order they will be sent."""
    check_sizes(names_and_sizes, limits)
    for name, _ in names_and_sizes:
        check_name(name)
    upload_id = secrets.token_hex(16)
    files = folder(store.workspace, upload_id) / "files"
    files.mkdir(parents=True)
    for n in range(len(names_and_sizes)):
        (files / str(n)).touch(mode=0o600)
    for made in (files, files.parent, files.parent.parent):
        fsync_folder(made)
    now = datetime.now(UTC)
    announced = tuple(UploadFile(name, size, 0) for name, size in names_and_sizes)
    try:
        with store.database.write() as connection:
            _check_room(connection, sum(size for _, size in names_and_sizes), limits)
            connection.execute(
                upload.insert().values(
                    id=upload_id,
                    created_at=now,
                    changed_at=now,
                    actor=actor,
                    state="receiving",
                    files=_files_text(announced),
                    said=_said_text(said),
                    layer=layer_text(said.layer),
                    agency=agency_text(said.agency),
                    examination=0,
                    note="",
                )
            )
            audit.record(connection, now, actor, "upload", _told(upload_id, announced))
    except BaseException:
        shutil.rmtree(files.parent)
        raise
    return find(store, upload_id)


def complete(store: Store, upload_id: str, actor: str) -> tuple[Upload, Job]:
    """All bytes are there: queue the first examination. UploadIncomplete names what is missing."""
    found = find(store, upload_id)
    missing = [file.name for file in found.files if file.received != file.bytes]
    if found.state == "receiving" and missing:
        raise UploadIncomplete(upload_id, missing)
    with store.database.write() as connection:
        move_in(connection, upload_id, "waiting", ("receiving",), files=found.files)
        queued = jobs.enqueue_in(connection, EXAMINE, upload_id, {}, actor)
    ring(store.workspace)
    return find(store, upload_id), queued


def say(store: Store, upload_id: str, said: Said, actor: str) -> tuple[Upload, Job]:
    """Examine again with other words of the uploader; an examination that is still at work ends."""
    with store.database.write() as connection:
        settle_in(connection, upload_id)
        move_in(
            connection,
            upload_id,
            "waiting",
            ("waiting", "examined", "unreadable"),
            said=said,
            layer=said.layer,
            agency=said.agency,
        )
        jobs.cancel_all_in(connection, upload_id)
        queued = jobs.enqueue_in(connection, EXAMINE, upload_id, {}, actor)
    ring(store.workspace)
    return find(store, upload_id), queued


def publish(
    store: Store,
    upload_id: str,
    actor: str,
    *,
    note: str = "",
    confirm: Sequence[str] = (),
    examination: int | None = None,
) -> tuple[Upload, Job]:
    """Queue the publishing of what an examination showed: that number, else the newest.

    UploadStateUnfit when there is a newer one than the one that was looked at.
    `confirm` are the subjects of conclusions that the uploader has looked at, such as `crs`. The job's
    payload is `examination`, `note` and `confirm`.
    """
    with store.database.write() as connection:
        settle_in(connection, upload_id)
        found = find_in(connection, upload_id)
        looked_at = found.examination if examination is None else examination
        if found.state == "examined" and found.examination != looked_at:
            seen = (f"at examination {looked_at}",)
            raise UploadStateUnfit(upload_id, f"at examination {found.examination}", seen)
        moved = move_in(connection, upload_id, "publishing", ("examined",), note=note)
        payload = {"examination": looked_at, "note": moved.note, "confirm": list(confirm)}
        queued = jobs.enqueue_in(connection, PUBLISH, upload_id, payload, actor)
    ring(store.workspace)
    return find(store, upload_id), queued


def drop(store: Store, upload_id: str, actor: str) -> Upload:
    """Give the upload up: nothing comes of it, its folder is removed."""
    with store.database.write() as connection:
        settle_in(connection, upload_id)
        left = move_in(connection, upload_id, "dropped", ("receiving", "waiting", "examined", "unreadable"))
        jobs.cancel_all_in(connection, upload_id)
        audit.record(connection, datetime.now(UTC), actor, "drop_upload", _told(upload_id, left.files))
    remove_folder(store.workspace, upload_id)
    return find(store, upload_id)


def _told(upload_id: str, files: Sequence[UploadFile]) -> dict[str, Any]:
    """What the audit says; bytes of a name that are no text are written out."""
    names = [file.name.encode("utf-8", errors="backslashreplace").decode() for file in files]
    return {"upload": upload_id, "files": names}


def move(store: Store, upload_id: str, to: str, from_: Collection[str], **changes: Any) -> Upload:
    """Change the state, if it is one of those, else UploadStateUnfit; `changes` are fields of `Upload`."""
    with store.database.write() as connection:
        return move_in(connection, upload_id, to, from_, **changes)


def move_in(
    connection: Connection, upload_id: str, to: str, from_: Collection[str], **changes: Any
) -> Upload:
    """The same inside the caller's write transaction, together with what makes the state true."""
    values = {name: _COLUMNS[name](value) if name in _COLUMNS else value for name, value in changes.items()}
    done = connection.execute(
        upload.update()
        .where(upload.c.id == upload_id, upload.c.state.in_(from_))
        .values(state=to, changed_at=datetime.now(UTC), **values)
    )
    found = find_in(connection, upload_id)
    if done.rowcount != 1:
        raise UploadStateUnfit(upload_id, found.state, tuple(from_))
    return found


def settle_in(connection: Connection, upload_id: str) -> Upload:
    """Bring an upload whose job has failed to where its owner can go on from.

    A failed examination leaves it `unreadable`, a failed publishing `examined` as before.
    """
    found = find_in(connection, upload_id)
    kinds = {"waiting": (EXAMINE, "unreadable"), "publishing": (PUBLISH, "examined")}
    if found.state not in kinds:
        return found
    kind, to = kinds[found.state]
    last = jobs.latest_in(connection, kind, upload_id)
    if last is None or last.state != "failed":
        return found
    return move_in(connection, upload_id, to, (found.state,))


def find(store: Store, upload_id: str) -> Upload:
    """The upload; while it is being received, with the bytes that are on disk. UploadNotFound."""
    with store.database.read() as connection:
        found = find_in(connection, upload_id)
    if found.state != "receiving":
        return found
    sizes = [received(store.workspace, upload_id, n) for n in range(len(found.files))]
    files = tuple(replace(file, received=size) for file, size in zip(found.files, sizes, strict=True))
    return replace(found, files=files)


def find_in(connection: Connection, upload_id: str) -> Upload:
    """The upload as the catalog has it, inside the caller's transaction."""
    row = connection.execute(sa.select(upload).where(upload.c.id == upload_id)).first()
    if row is None:
        raise UploadNotFound(upload_id)
    return _upload(row)


def listing(store: Store, *, states: Collection[str] | None = None, limit: int = 200) -> list[Upload]:
    """Uploads in these states (all of them if None), the newest first."""
    chosen = sa.select(upload)
    if states is not None:
        chosen = chosen.where(upload.c.state.in_(states))
    with store.database.read() as connection:
        rows = connection.execute(chosen.order_by(upload.c.created_at.desc(), upload.c.id).limit(limit))
        return [_upload(row) for row in rows]


def _check_room(connection: Connection, size: int, limits: Limits) -> None:
    at_work = connection.scalars(sa.select(upload.c.files).where(upload.c.state.not_in(OVER)))
    held = sum(file.bytes for text in at_work for file in _files(text))
    if held + size > limits.home_bytes:
        raise UploadNoRoom(size, held, limits.home_bytes)


def _upload(row: Row[Any]) -> Upload:
    values = dict(row._mapping)
    return Upload(
        **values | {"files": _files(values["files"]), "said": said_from(json.loads(values["said"]))}
    )


def _files(text: str) -> tuple[UploadFile, ...]:
    return tuple(UploadFile(**each) for each in json.loads(text))


def _files_text(files: Sequence[UploadFile]) -> str:
    """JSON in ASCII, which carries any name, also one with halves of surrogate pairs."""
    return json.dumps([asdict(file) for file in files])


def _said_text(said: Said) -> str:
    values: Mapping[str, Any] = said.as_values()
    return json.dumps(values)


_COLUMNS: Mapping[str, Callable[[Any], Any]] = {
    "files": _files_text,
    "said": _said_text,
    "layer": layer_text,
    "agency": agency_text,
    "note": note_text,
}
