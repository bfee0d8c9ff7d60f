"""What every benchmark shares: interleaved runs, medians, ratios against bars, a table and a JSON file."""

import gc
import json
import math
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
    """One comparison: how many times less than the peer (a bar "at least"), or more ("at most").

    `ours` and `theirs` are in `unit`: seconds ("s") or bytes ("B"). A limit is a peer too.
    """

    what: str
    ours: float
    peer: str
    theirs: float
    bar: float
    at_most: bool = False
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """The peer's over ours; with `at_most` ours over the peer's."""
        return self.ours / self.theirs if self.at_most else self.theirs / self.ours

    def shown(self, value: float) -> str:
        """A value in milliseconds or kilobytes."""
        return f"{value * 1e3:9.1f} ms" if self.unit == "s" else f"{value / 1e3:9.1f} kB"

    @property
    def met(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def shared_data() -> Path | None:
    """The folder of real data, where it exists (`QUANTU_SHARED` names another place than ../shared)."""
    folder = Path(os.environ.get("QUANTU_SHARED", ROOT.parent / "shared")) / "data"
    return folder if folder.is_dir() else None


def interleaved(
    cases: dict[str, Callable[[], object]], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Median seconds of each case over runs that take turns, so that a busy moment hits all alike.

    With `time.process_time` for a clock, seconds of processor time: for work of one thread on a busy machine.
    """
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, run in cases.items():
            gc.collect()
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """How time grows with size: the slope of the line through their logarithms. 1 is in step, 2 squared."""
    x, y = ([math.log(value) for value in values] for values in (sizes, seconds))
    return statistics.linear_regression(x, y).slope


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
            f"  {row.what:<{width}}  ours {row.shown(row.ours)}  {row.peer:<{peers}} "
            f"{row.shown(row.theirs)}  ratio {row.ratio:7.2f}  bar {sign} {row.bar:g}  {verdict}"
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
