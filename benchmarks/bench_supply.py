"""Supply against demand on Porto's streets: two-step floating catchments against the package `access`.

`access` does not walk: it is given the walks we found, as a ready-made table of costs. Even so the whole of
ours (pairs within a walk and both steps) is compared with its two steps alone. Answers are checked to 1e-9.
Time is the processor's, of all threads together, so that a busy machine changes little.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._measure import Row, interleaved, report, shared_data, slope
from benchmarks.report_worlds import porto
from geo.crs import STORED, transform_xy
from geo.floating import Pairs, Shares, gaussian, pairs_within, step, two_step
from geo.network import Network, build
from geo.reach import Attachment, attach

WALK_M = 1000.0
PEOPLE, SITES = 100_000, 1600
BANDS = {250.0: 1.0, 500.0: 0.68, 1000.0: 0.22}
REPEATS = 5
BAR = 1.0
PEER = "access, costs ready"


class City:
    """Porto, its people and places of one kind, attached to the streets."""

    def __init__(self, network: Network, people: Attachment, demand: np.ndarray, sites: Attachment) -> None:
        self.network, self.people, self.demand, self.sites = network, people, demand, sites
        self.capacity = np.random.default_rng(7).integers(50, 1500, len(sites)).astype(float)

    def pairs(self) -> Pairs:
        return pairs_within(self.network, self.people, self.sites, WALK_M)

    def some(self, people: int, sites: int) -> "City":
        """The first people and sites; they stand in no order."""
        return City(
            self.network, self.people.take(np.arange(people)), self.demand[:people],
            self.sites.take(np.arange(sites)),
        )  # fmt: skip

    def peer(self, pairs: Pairs, weight: Callable[[float], float] | None) -> Callable[[], pd.Series]:
        """The two steps as `access` does them, on a table of costs made before."""
        import access

        city = access.Access(
            demand_df=pd.DataFrame({"id": np.arange(len(self.demand)), "people": self.demand}),
            demand_index="id",
            demand_value="people",
            supply_df=pd.DataFrame({"id": np.arange(len(self.capacity)), "places": self.capacity}),
            supply_index="id",
            supply_value="places",
            cost_df=pd.DataFrame({"origin": pairs.point, "dest": pairs.site, "cost": pairs.metres}),
            cost_origin="origin",
            cost_dest="dest",
            cost_name="cost",
        )
        if weight is None:
            return lambda: city.two_stage_fca(name="found")["found_places"]
        return lambda: city.enhanced_two_stage_fca(name="found", weight_fn=weight)["found_places"]


def a_city(data: Any) -> City:
    world = porto(data, PEOPLE, SITES, search_m=WALK_M)
    network = build(world.nodes, world.edges, crs=world.crs)
    facilities = world.facilities[world.facilities["category"] == world.rules.categories[0].id]
    people, places = (
        attach(network, transform_xy(np.column_stack([each.geometry.x, each.geometry.y]), STORED, world.crs))
        for each in (world.people, facilities)
    )
    return City(network, people, world.people["people"].to_numpy(float), places)


def check(found: Shares, series: pd.Series, people: int) -> None:
    expected = series.reindex(np.arange(people)).fillna(0.0).to_numpy()
    np.testing.assert_allclose(found.accessibility, expected, rtol=1e-9, atol=0)


def compare(city: City) -> tuple[list[Row], dict[str, object]]:
    from access import weights

    pairs = city.pairs()
    bell = float(np.sqrt(0.5)) * WALK_M / 2
    forms: list[tuple[str, Callable[[np.ndarray], np.ndarray | None], Callable | None]] = [
        ("binary", lambda metres: None, None),
        ("step", lambda metres: step(metres, list(BANDS.items())), weights.step_fn(BANDS)),
        ("bell", lambda metres: np.exp(-0.5 * (metres / bell) ** 2), weights.gaussian(bell)),
    ]
    rows = []
    for name, ours, theirs in forms:

        def both(found: Pairs, ours: Callable[[np.ndarray], np.ndarray | None] = ours) -> Shares:
            return two_step(city.demand, city.capacity, found, ours(found.metres))

        peer = city.peer(pairs, theirs)
        check(both(pairs), peer(), len(city.demand))
        spent = interleaved(
            {
                "steps": lambda both=both: both(pairs),
                "whole": lambda both=both: both(city.pairs()),
                "peer": peer,
            },
            REPEATS,
            time.process_time,
        )
        rows.append(Row(f"{name}, both steps", spent["steps"], PEER, spent["peer"], BAR))
        rows.append(Row(f"{name}, walks and both steps", spent["whole"], PEER, spent["peer"], BAR))
    sizes = f"{len(city.demand)} points, {len(city.capacity)} sites, {len(pairs.metres)} pairs"
    weighed = interleaved({"ours": lambda: gaussian(pairs.metres, WALK_M)}, REPEATS, time.process_time)[
        "ours"
    ]
    return rows, {
        "size": f"{sizes} within {WALK_M:g} m",
        "weighing all pairs by a bell": f"{weighed * 1e3:.1f} ms",
    }


def growth(city: City) -> dict[str, object]:
    """Seconds of the whole at three sizes each, and the slope of time against size on log scales."""
    facts: dict[str, object] = {}
    for what, sizes in (("demand points", (25_000, 50_000, 100_000)), ("sites", (400, 800, 1600))):
        cases = {}
        for size in sizes:
            people, sites = (size, SITES) if what == "demand points" else (PEOPLE, size)
            part = city.some(people, sites)
            cases[str(size)] = lambda part=part: two_step(part.demand, part.capacity, part.pairs())
        seconds = list(interleaved(cases, REPEATS, time.process_time).values())
        shown = ", ".join(f"{size}: {s * 1e3:.0f} ms" for size, s in zip(sizes, seconds, strict=True))
        facts[f"growth with {what}"] = f"{shown}; slope {slope(sizes, seconds):.2f}"
    return facts


def main() -> None:
    data = shared_data()
    if data is None:
        print("the shared data are not here (set QUANTU_SHARED): the supply benchmark needs real streets")
        return
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="access")
    city = a_city(data)
    try:
        rows, facts = compare(city)
    except ImportError:
        print("access is not installed (pip install quantu[test]): nothing to compare with")
        return
    report("supply", "Two-step floating catchments", rows, facts | growth(city))


if __name__ == "__main__":
    main()
