"""What an attack is: files made by code, under names of their sender's choice, and the answer they get.

Whoever adds one writes down the answer first. A cause is a name of `geo.read_problems`; `READ` says that the
file is harmless as it is read here, and is read; several say which of them comes first does not matter.
"""

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from shapely.geometry import Point

from geo.readers import ReadLimits

READ = "read"
LIMITS = ReadLimits(wall_s=60.0, cpu_s=15, memory_bytes=2 * 1024**3, output_bytes=512 * 1024**2)
"""Less than an upload gets, so that a bomb costs the machine of the tests seconds."""


class Bait:
    """What no answer may hold and nobody may ask: a text in files outside, and ports that listen.

    Attributes
    ----------
    text
        A word that nobody can know, in every file of `folder`.
    tcp, udp
        Ports on 127.0.0.1 at which nobody has any business.
    """

    def __init__(self, folder: Path) -> None:
        self.text = f"canary{secrets.token_hex(12)}"
        self.folder = folder
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        for each in (self._tcp, self._udp):
            each.setblocking(False)
        self.tcp, self.udp = self._tcp.getsockname()[1], self._udp.getsockname()[1]

    def lay(self) -> None:
        """Write the files outside."""
        frame = gpd.GeoDataFrame({"secret": [self.text], self.text: [1]}, geometry=[Point(1, 2)], crs=4326)
        for suffix in (".geojson", ".gpkg"):
            pyogrio.write_dataframe(frame, self.file(suffix))
        self.file(".csv").write_text(f"secret,{self.text}\n{self.text},1\n")
        self.file(".txt").write_text(self.text)

    def file(self, suffix: str) -> Path:
        """A file outside whose driver is the one of this suffix; its text is in there."""
        return self.folder / f"secret{suffix}"

    @property
    def url(self) -> str:
        """An address that nobody may ask."""
        return f"http://127.0.0.1:{self.tcp}/secret"

    def knocks(self) -> int:
        """How many connections and datagrams came since the last look."""
        count = 0
        for take in (lambda: self._tcp.accept()[0].close(), lambda: self._udp.recv(10)):
            try:
                while True:
                    take()
                    count += 1
            except BlockingIOError:
                continue
        return count

    def close(self) -> None:
        """Listen no more."""
        self._tcp.close()
        self._udp.close()


Made = dict[str, bytes]
"""Files by the names their sender gives them."""


@dataclass(frozen=True)
class Attack:
    """One attack: `make` gives the files, `answers` are the causes of which every answer must be one."""

    name: str
    make: Callable[[Bait], Made]
    answers: tuple[str, ...]
    slow: bool = False
    said: tuple[tuple[str, Any], ...] = ()
    limits: ReadLimits = LIMITS

    def __str__(self) -> str:
        return self.name


def of(
    name: str, content: bytes | Callable[[], bytes], answer: str, *more: str, slow: bool = False, **said: Any
) -> Attack:
    """An attack by one file that needs no bait; what it is called tells the attack too."""

    def make(_: Bait) -> Made:
        return {name: content if isinstance(content, bytes) else content()}

    return Attack(name, make, (answer, *more), slow, tuple(said.items()))
