"""The bytes of one file of an upload, as they come.

What is on disk is the truth: the next byte belongs where the file ends, so a sender whose connection broke
asks for the size and goes on. The last byte is followed by an fsync.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import FileIO

from layers import uploads
from layers.catalog import Store
from layers.disk import disk_told
from layers.tables import upload
from layers.upload_errors import (
    UploadBusy,
    UploadNotFound,
    UploadOffsetUnfit,
    UploadStateUnfit,
    UploadTooLarge,
)
from layers.upload_folder import file_path


class Receiver:
    """One file, held alone by whoever sends it; `offset` is where the next byte goes."""

    def __init__(self, file: FileIO, offset: int, whole: int) -> None:
        self._file = file
        self.offset = offset
        self.whole = whole

    def write(self, data: bytes) -> None:
        """The next bytes; UploadTooLarge, with nothing of them kept, when the file would outgrow its size."""
        if self.offset + len(data) > self.whole:
            raise UploadTooLarge("announced_bytes", self.offset + len(data), self.whole)
        rest = memoryview(data)
        while rest:
            written = self._file.write(rest)
            self.offset += written
            rest = rest[written:]


@contextlib.contextmanager
def receiving(store: Store, upload_id: str, n: int, offset: int) -> Iterator[Receiver]:
    """Write to file `n`, from 0, from that offset on; whatever came stays, also when the block fails."""
    found = uploads.find(store, upload_id)
    if not 0 <= n < len(found.files):
        raise UploadNotFound(upload_id, n)
    if found.state != "receiving":
        raise UploadStateUnfit(upload_id, found.state, ("receiving",))
    try:
        handle = FileIO(file_path(store.workspace, upload_id, n), "ab")
    except FileNotFoundError as error:  # dropped meanwhile
        raise UploadNotFound(upload_id, n) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusy(upload_id, n) from error
        there = os.fstat(handle.fileno()).st_size
        if offset != there:
            raise UploadOffsetUnfit(upload_id, n, offset, there)
        receiver = Receiver(handle, there, found.files[n].bytes)
        with disk_told():
            yield receiver
            if receiver.offset == receiver.whole:
                os.fsync(handle.fileno())
    _touch(store, upload_id)


def append(store: Store, upload_id: str, n: int, offset: int, chunks: bytes | Iterable[bytes]) -> int:
    """Add bytes to file `n`; the new offset."""
    with receiving(store, upload_id, n, offset) as receiver:
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            receiver.write(chunk)
    return receiver.offset


def _touch(store: Store, upload_id: str) -> None:
    """An upload that grows is not idle."""
    with store.database.write() as connection:
        connection.execute(
            upload.update().where(upload.c.id == upload_id).values(changed_at=datetime.now(UTC))
        )
