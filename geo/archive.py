"""Unpacking a ZIP of somebody else's, inside the reading process: nothing its directory says is believed.

Members get names of our making on disk; what they are called is returned. Refused as a whole: absolute
paths, `..`, backslashes and NUL in names, links and devices, names that differ only in case, passwords,
archives in archives, members that overlap, and more members or bytes than the limits. How far a member
swells is counted while it is unpacked.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from geo import formats, signatures
from geo.errors import ReadError
from geo.formats import NamedFile
from geo.read_problems import problem
from geo.reader_task import ReadLimits

_CHUNK = 1 << 18
_SWELLS_FREELY = 1 << 20
"""Bytes a member may unpack to whatever its ratio: a small file of blanks harms nobody."""

_LONGEST_NAME = 1000
_UTF8_FLAG, _LOCKED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2014-\u2026\u00b7]")


class _Counting(io.FileIO):
    """A file that knows how many bytes were read from it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self.count += len(data)
        return data


def unpack(file: NamedFile, into: Path, *, limits: ReadLimits) -> tuple[NamedFile, ...]:
    """The members of an archive, written to `into` as "0", "1", ..., without what systems leave behind."""
    found: list[NamedFile] = []
    with _opened(file, limits) as (archive, raw):
        members = _checked(archive, file.name, limits)
        left = limits.unpacked_bytes
        for info, name in members:
            path = into / str(len(found))
            with path.open("xb") as target:
                for chunk in _chunks(archive, raw, info, file.name, name, limits):
                    left -= len(chunk)
                    if left < 0:
                        raise problem("archive_size", file.name, limit=limits.unpacked_bytes)
                    target.write(chunk)
            _check_member(file.name, name, path)
            found.append(NamedFile(name, path))
    if not found:
        raise problem("archive_empty", file.name)
    return tuple(found)


def check(file: NamedFile, *, limits: ReadLimits) -> None:
    """Refuse a workbook that swells too far; unpacks all of it, keeping nothing."""
    with _opened(file, limits) as (archive, raw):
        left = limits.unpacked_bytes
        for info, name in _checked(archive, file.name, limits, data_only=False):
            for chunk in _chunks(archive, raw, info, file.name, name, limits):
                left -= len(chunk)
                if left < 0:
                    raise problem("archive_size", file.name, limit=limits.unpacked_bytes)


def take_kml(file: NamedFile, path: Path, *, limits: ReadLimits) -> None:
    """Write the KML of a KMZ to `path`: doc.kml, else the first in its outermost folder."""
    with _opened(file, limits) as (archive, raw):
        members = [
            (info, name)
            for info, name in _checked(archive, file.name, limits)
            if "/" not in name and name.lower().endswith(".kml")
        ]
        if not members:
            raise problem("no_kml", file.name)
        info, name = min(members, key=lambda each: each[1].lower() != "doc.kml")
        left = limits.unpacked_bytes
        with path.open("xb") as target:
            for chunk in _chunks(archive, raw, info, file.name, name, limits):
                left -= len(chunk)
                if left < 0:
                    raise problem("archive_size", file.name, limit=limits.unpacked_bytes)
                target.write(chunk)


@contextmanager
def _opened(file: NamedFile, limits: ReadLimits) -> Iterator[tuple[zipfile.ZipFile, _Counting]]:
    try:
        with _Counting(file.path, "rb") as raw, zipfile.ZipFile(raw) as archive:
            yield archive, raw
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, struct.error) as error:
        raise problem("archive", file.name, reason=str(error)[:200] or type(error).__name__) from error
    except NotImplementedError as error:
        raise problem("archive_method", file.name) from error


def _checked(
    archive: zipfile.ZipFile, file: str, limits: ReadLimits, *, data_only: bool = True
) -> list[tuple[zipfile.ZipInfo, str]]:
    """The members and their names, after every check that takes no unpacking; workbooks need all of them."""
    infos = archive.infolist()
    if len(infos) > 4 * limits.geodatabase_entries:
        raise problem("archive_count", file, count=len(infos), limit=limits.entries)
    names = _names(infos)
    _check_overlap(archive, infos, file)
    seen: set[str] = set()
    kept = []
    for info, name in zip(infos, names, strict=True):
        if not _is_safe(name):
            raise problem("archive_path", file, member=name[:200])
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise problem("archive_link", file, member=name)
        if name.endswith("/") or (data_only and formats.is_ignored(name)):
            continue
        if info.flag_bits & _LOCKED_FLAG:
            raise problem("archive_locked", file)
        if info.compress_type not in _METHODS:
            raise problem("archive_method", file)
        if name.casefold() in seen:
            raise problem("archive_twice", file, member=name)
        seen.add(name.casefold())
        kept.append((info, name))
    _check_count([name for _, name in kept], file, limits)
    return kept


def _check_count(names: Sequence[str], file: str, limits: ReadLimits) -> None:
    inside = sum(
        any(part.lower().endswith(".gdb") for part in PurePosixPath(name).parts[:-1]) for name in names
    )
    if len(names) - inside > limits.entries:
        raise problem("archive_count", file, count=len(names) - inside, limit=limits.entries)
    if inside > limits.geodatabase_entries:
        raise problem("archive_count", file, count=inside, limit=limits.geodatabase_entries)


def _check_overlap(archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo], file: str) -> None:
    """Every member's bytes lie behind those of the one before and ahead of the directory."""
    raw = archive.fp
    assert raw is not None  # noqa: S101 - the archive is open
    end = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset < end:
            raise problem("archive_overlap", file)
        raw.seek(info.header_offset)
        header = raw.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise problem("archive", file, reason="a member has no head")
        name, extra = struct.unpack("<HH", header[26:30])
        end = info.header_offset + 30 + name + extra + info.compress_size
    if end > archive.start_dir:
        raise problem("archive_overlap", file)


def _is_safe(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return (
        0 < len(name) <= _LONGEST_NAME
        and not any(mark in name for mark in "\\\x00")
        and not re.match(r"[A-Za-z]:", name)
        and all(part not in ("", ".", "..") for part in parts)
    )


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Names by the flag or the field for Unicode, else all in the one encoding that fits them."""
    stated = [_stated_name(info) for info in infos]
    raws = [
        info.orig_filename.encode("cp437") for info, name in zip(infos, stated, strict=True) if name is None
    ]
    encoding = _encoding(raws)
    return [
        info.orig_filename.encode("cp437").decode(encoding) if name is None else name
        for info, name in zip(infos, stated, strict=True)
    ]


def _stated_name(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & _UTF8_FLAG:
        return info.orig_filename
    raw, extra = info.orig_filename.encode("cp437"), info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return field[5:].decode("utf-8")
    return None


def _encoding(raws: Sequence[bytes]) -> str:
    """UTF-8 where it fits, GB18030 where that gives Chinese, else the code page ZIP began with."""
    whole = b"\n".join(raws)
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    try:
        foreign = [letter for letter in whole.decode("gb18030") if ord(letter) > 0x7F]
    except UnicodeDecodeError:
        return "cp437"
    chinese = sum(bool(_CHINESE.match(letter)) for letter in foreign)
    return "gb18030" if chinese >= 0.9 * len(foreign) else "cp437"


def _chunks(
    archive: zipfile.ZipFile,
    raw: _Counting,
    info: zipfile.ZipInfo,
    file: str,
    name: str,
    limits: ReadLimits,
) -> Iterator[bytes]:
    """The bytes of a member, stopped as soon as they swell beyond the ratio."""
    before, size = raw.count, 0
    source: IO[bytes]
    with archive.open(info) as source:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > _SWELLS_FREELY and size > limits.ratio * (raw.count - before):
                raise problem("archive_ratio", file, member=name, limit=limits.ratio)
            yield chunk


def _check_member(file: str, name: str, path: Path) -> None:
    """Refuse an archive in the archive; workbooks and KMZ are data and are checked when they are read."""
    try:
        signatures.tell(path, name)
    except ReadError as error:
        if error.cause in ("zip", "packed", "gzip"):
            raise problem("archive_nested", file, member=name) from error
