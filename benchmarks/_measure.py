"""What every benchmark shares: interleaved runs, medians, ratios against bars, a table and a JSON file."""

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Row:
    """One comparison: how many times faster than the peer (a bar "at least"), or slower ("at most")."""

    what: str
    ours_s: float
    peer: str
    peer_s: float
    bar: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """The peer's time over ours; with `at_most` ours over the peer's."""
        return self.ours_s / self.peer_s if self.at_most else self.peer_s / self.ours_s

    @property
    def met(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def shared_data() -> Path | None:
    """The folder of real data, where it exists (`QUANTU_SHARED` names another place than ../shared)."""
    folder = Path(os.environ.get("QUANTU_SHARED", ROOT.parent / "shared")) / "data"
    return folder if folder.is_dir() else None


def interleaved(cases: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each case over runs that take turns, so that a busy moment hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, run in cases.items():
            gc.collect()
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(name: str, title: str, rows: Sequence[Row], facts: dict[str, object]) -> None:
    """Print the ratios and write them with the facts to results/NAME.json."""
    print(f"\n{title}")
    for fact, value in facts.items():
        print(f"  {fact}: {value}")
    width = max(len(row.what) for row in rows)
    peers = max(len(row.peer) for row in rows)
    for row in rows:
        sign = "<=" if row.at_most else ">="
        verdict = "met" if row.met else "MISSED"
        print(
            f"  {row.what:<{width}}  ours {row.ours_s * 1e3:9.1f} ms  {row.peer:<{peers}} "
            f"{row.peer_s * 1e3:9.1f} ms  ratio {row.ratio:7.2f}  bar {sign} {row.bar:g}  {verdict}"
        )
    RESULTS.mkdir(exist_ok=True)
    record = {
        "title": title,
        "facts": facts,
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
        "rows": [{**asdict(row), "ratio": round(row.ratio, 2), "met": row.met} for row in rows],
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
