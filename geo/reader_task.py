"""What the reading process is asked to do: a value that crosses the border between two processes as JSON."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class ReadLimits:
    """How much one file may cost; all of it is held against the reading process."""

    wall_s: float = 300.0
    cpu_s: int = 240
    feature_s: float = 5.0
    memory_bytes: int = 4 * 1024**3
    output_bytes: int = 2 * 1024**3
    rows: int = 10_000_000
    columns: int = 500
    vertices: int = 50_000_000
    feature_vertices: int = 1_000_000
    feature_parts: int = 10_000
    text_bytes: int = 65_536
    depth: int = 8
    cells: int = 1_000_000_000
    entries: int = 100
    geodatabase_entries: int = 1000
    unpacked_bytes: int = 2 * 1024**3
    ratio: int = 200


@dataclass(frozen=True)
class Task:
    """One file to open under a name of our making; `file` is what it is called in messages."""

    action: str
    file: str
    driver: str
    layer: str | None = None
    encoding: str | None = None
    x_column: str | None = None
    y_column: str | None = None
    limits: ReadLimits = field(default_factory=ReadLimits)
    crs: str | None = None

    def to_json(self) -> str:
        """The task as text."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Task":
        """The task a text stands for."""
        values = json.loads(text)
        return Task(**(values | {"limits": ReadLimits(**values["limits"])}))
