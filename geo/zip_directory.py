"""What a ZIP file says it holds, read from its directory without unpacking anything.

Enough to tell a spreadsheet from an archive in the process that must not unpack. What the directory says is
a claim only: `geo.archive` checks it in the reading process.
"""

import struct
from pathlib import Path

_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_LONGEST_COMMENT = 65535
_READ = 1024**2


def member_names(path: Path) -> list[bytes]:
    """The raw names of the first members, at most those in a mebibyte of directory; none if it is broken."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _LONGEST_COMMENT - 22))
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < 22:
            return []
        length, start = struct.unpack("<II", tail[at + 12 : at + 20])
        file.seek(start)
        directory = file.read(min(length, _READ))
    names, at = [], 0
    while directory[at : at + 4] == _ENTRY and len(directory) - at >= 46:
        name, extra, comment = struct.unpack("<HHH", directory[at + 28 : at + 34])
        names.append(directory[at + 46 : at + 46 + name])
        at += 46 + name + extra + comment
    return names
