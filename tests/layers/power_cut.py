"""What a disk holds after a power cut: the calls of one process, recorded and done again up to a point.

A file's bytes last from its fsync on, a name from the fsync of its folder on. What was not synced may be
there or not, so each point is rebuilt in four ways: with all of it, without unsynced bytes, without unsynced
names, without either. Torn and reordered writes of one file are not tried. SQLite's shared memory file is
left out, as nothing of it lasts.
"""

import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from failing_calls import program

WAYS = ("all", "no unsynced bytes", "no unsynced names", "neither")
_CALLS = (
    "openat,close,write,pwrite64,lseek,ftruncate,sendfile,rename,unlink,unlinkat,mkdir,rmdir,fsync,fdatasync,"
    "writev,pwritev,pwritev2,copy_file_range,renameat,renameat2,mkdirat,link,linkat,fallocate,sync_file_range"
)
_KNOWN = {"openat", "close", "write", "pwrite64", "lseek", "ftruncate", "sendfile", "rename", "unlink"} | {
    "unlinkat", "mkdir", "rmdir", "fsync", "fdatasync",
}  # fmt: skip
_CALL = re.compile(r"^(\d+) +([a-z0-9_]+)\((.*)\) += (-?\d+)")
_PART = re.compile(r'"((?:\\x[0-9a-f]{2})*)"|<((?:\\x[0-9a-f]{2})*)>')


@contextmanager
def recorded(pid: int, record: Path):
    """Record every call of the process that may change a file, with all bytes."""
    command = [program(), "-f", "-y", "-xx", "-s", "8000000", "-e", f"trace={_CALLS}", "-o", str(record)]
    process = subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    try:
        if not any("attached" in line for line in iter(process.stderr.readline, "") if line):
            pytest.fail("strace did not attach")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        process.stderr.close()
        process.wait(60)


@dataclass(frozen=True)
class Call:
    """A call that succeeded: its name, strings and descriptors' paths in their order, whole text, result."""

    name: str
    strings: tuple[bytes, ...]
    paths: tuple[str, ...]
    text: str
    result: int


def read_calls(record: Path) -> list[Call]:
    """The calls in the order in which they came back; halves of interrupted lines are joined."""
    halves: dict[str, str] = {}
    found = []
    for line in record.read_text("ascii").splitlines():
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            halves[pid] = line.removesuffix("<unfinished ...>").rstrip()
            continue
        resumed = re.match(r"^\d+ +<\.\.\. [a-z0-9_]+ resumed>(.*)$", line)
        if resumed:
            line = halves.pop(pid) + resumed[1]
        match = _CALL.match(line)
        if match is None or int(match[4]) < 0:
            continue
        parts = [(each[1], each[2]) for each in _PART.finditer(match[3])]
        strings = tuple(_bytes(string) for string, path in parts if string is not None)
        paths = tuple(_bytes(path).decode() for string, path in parts if path is not None)
        found.append(Call(match[2], strings, paths, _PART.sub("", match[3]), int(match[4])))
    return found


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


@dataclass
class File:
    """Bytes as the process sees them, and as they would last."""

    now: bytearray
    lasting: bytes = b""


@dataclass
class Disk:
    """The folder `home`: names to files (None: a folder), as seen and as they would last."""

    home: str
    now: dict[str, File | None] = field(default_factory=dict)
    lasting: dict[str, File | None] = field(default_factory=dict)
    open: dict[int, list] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Disk":
        disk = cls(str(folder))
        for path in sorted(folder.rglob("*")):
            if path.is_dir():
                disk.now[str(path)] = None
            elif path.is_file() and not path.name.endswith("-shm"):
                content = path.read_bytes()
                disk.now[str(path)] = File(bytearray(content), content)
        disk.lasting = dict(disk.now)
        return disk

    def do(self, call: Call) -> bool:
        """Do a call again; whether it changed something or made it last."""
        concerned = [path for path in self._paths(call) if path.startswith(f"{self.home}/")]
        concerned = [path for path in concerned if not path.endswith("-shm")]
        if call.name == "close":
            self.open.pop(int(re.match(r"\d+", call.text)[0]), None)
            return False
        if not concerned and self.home not in call.paths:
            return False
        assert call.name in _KNOWN, f"a call that is not followed: {call.name}"
        return getattr(self, f"_{call.name}")(call, concerned)

    def _paths(self, call: Call) -> list[str]:
        if call.name in ("rename", "unlink", "mkdir", "rmdir"):
            return [each.decode() for each in call.strings]
        if call.name in ("openat", "unlinkat"):
            return [str(Path(call.paths[0]) / call.strings[0].decode())]
        return list(call.paths)

    def _file(self, call: Call) -> list:
        """The file and position behind the call's first descriptor; those opened before are found by name."""
        number = int(re.match(r"\d+", call.text)[0])
        if number not in self.open:
            self.open[number] = [self.now[call.paths[0]], 0]
        return self.open[number]

    def _openat(self, call, concerned):
        path = concerned[0]
        if "O_DIRECTORY" in call.text or self.now.get(path, 0) is None:
            return False
        made = path not in self.now
        if made:
            if "O_CREAT" not in call.text:
                return False
            self.now[path] = File(bytearray())
        elif "O_TRUNC" in call.text:
            self.now[path].now.clear()
        file = self.now[path]
        self.open[call.result] = [file, len(file.now) if "O_APPEND" in call.text else 0]
        return made

    def _put(self, file, at, data):
        if len(file.now) < at:
            file.now.extend(bytes(at - len(file.now)))
        file.now[at : at + len(data)] = data
        return True

    def _write(self, call, _concerned):
        entry = self._file(call)
        data = call.strings[0][: call.result]
        self._put(entry[0], entry[1], data)
        entry[1] += len(data)
        return True

    def _pwrite64(self, call, _concerned):
        at = int(call.text.rsplit(",", 1)[1])
        return self._put(self._file(call)[0], at, call.strings[0][: call.result])

    def _lseek(self, call, _concerned):
        self._file(call)[1] = call.result
        return False

    def _ftruncate(self, call, _concerned):
        file, size = self._file(call)[0], int(call.text.rsplit(",", 1)[1])
        del file.now[size:]
        file.now.extend(bytes(size - len(file.now)))
        return True

    def _sendfile(self, call, _concerned):
        entry = self._file(call)
        data = Path(call.paths[1]).read_bytes()[entry[1] : entry[1] + call.result]
        self._put(entry[0], entry[1], data)
        entry[1] += len(data)
        return bool(data)

    def _rename(self, _call, concerned):
        old, new = concerned
        self.now[new] = self.now.pop(old)
        return True

    def _unlink(self, _call, concerned):
        return self.now.pop(concerned[0], None) is not None

    def _unlinkat(self, _call, concerned):
        self.now.pop(concerned[0], None)
        return True

    _rmdir = _unlinkat

    def _mkdir(self, _call, concerned):
        self.now[concerned[0]] = None
        return True

    def _fsync(self, call, _concerned):
        path = call.paths[0]
        if path == self.home or self.now.get(path, 0) is None:
            inside = {name: node for name, node in self.now.items() if str(Path(name).parent) == path}
            kept = {name: node for name, node in self.lasting.items() if str(Path(name).parent) != path}
            self.lasting = kept | inside
        else:
            file = self._file(call)[0]
            file.lasting = bytes(file.now)
        return True

    _fdatasync = _fsync

    def rebuild(self, target: Path, way: str) -> None:
        """Write into a folder what would be found there after the cut."""
        names = self.now if way in ("all", "no unsynced bytes") else self.lasting
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for name, node in sorted(names.items()):
            path = target / Path(name).relative_to(self.home)
            if not path.parent.is_dir():
                continue  # its folder's own name did not last
            if node is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(node.now if way in ("all", "no unsynced names") else node.lasting)
                if path.parent.name in ("parts", "originals"):
                    path.chmod(0o444)  # modes are not followed
