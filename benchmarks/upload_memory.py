"""The most memory a server, its worker and their children hold while a file comes in and is published."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from layers.said import Said

CHUNK = 8 * 1024**2
WITHIN_S = 900.0


def peak_bytes(home: Path, file: Path, said: Said) -> float:
    """Proportional memory (PSS) of the whole process tree, the highest of samples every tenth of a second."""
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "QUANTU_HOME": str(home), "QUANTU_PORT": "0", "PYTHONPATH": str(root)}
    server = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "--lang", "en", "serve"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address, token = _greeting(server)
        return _publish(server.pid, address, token, file, said)
    finally:
        server.terminate()
        server.wait(30)


def _greeting(server: subprocess.Popen[str]) -> tuple[str, str]:
    """The address and the administrator's token, from what the server prints."""
    address = token = ""
    assert server.stdout is not None
    while not (address and token):
        line = server.stdout.readline()
        assert line, "the server ended before it said its address"
        words = line.split()
        found = next((word for word in words if word.startswith("http://")), "")
        if found and not address:
            address = found.rstrip("/")
        elif len(words) == 1 and not found:
            token = words[0]
    return address, token


def _publish(pid: int, address: str, token: str, file: Path, said: Said) -> float:
    peak = 0.0
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=120) as client:
        client.post("/login", data={"token": token})
        size = file.stat().st_size
        body = {"files": [{"name": file.name, "bytes": size}], "said": said.as_values()}
        upload = client.post("/api/uploads", json=body).raise_for_status().json()["id"]
        with file.open("rb") as source:
            offset = 0
            while chunk := source.read(CHUNK):
                headers = {"Upload-Offset": str(offset)}
                client.patch(
                    f"/api/uploads/{upload}/files/0", content=chunk, headers=headers
                ).raise_for_status()
                offset += len(chunk)
                peak = max(peak, tree_bytes(pid))
        client.post(f"/api/uploads/{upload}/complete").raise_for_status()
        peak = max(peak, _wait(client, upload, "examined", pid))
        client.post(
            f"/api/uploads/{upload}/publish", json={"note": "", "confirm": ["all"]}
        ).raise_for_status()
        return max(peak, _wait(client, upload, "published", pid))


def _wait(client: httpx.Client, upload: str, state: str, pid: int) -> float:
    """The highest memory until the upload is in that state."""
    peak, until = 0.0, time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        found = client.get(f"/api/uploads/{upload}").json()
        peak = max(peak, tree_bytes(pid))
        if found["state"] == state:
            return peak
        assert found["state"] in ("waiting", "publishing"), json.dumps(found)[:500]
        time.sleep(0.1)
    raise AssertionError(f"the upload was not {state} within {WITHIN_S} s")


def tree_bytes(pid: int) -> float:
    """Proportional set size of a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
            except OSError:
                continue
    total, left = 0.0, [pid]
    while left:
        each = left.pop()
        left += children.get(each, [])
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return total
