"""A city's walk report, from frames in memory to figures by zone, against a script on geopandas and pandana.

Both get the same frames in longitude and latitude and give, for 160 zones, shares by category, own list,
complete and by straight line, who misses exactly one, mean walk and 90th percentile. Ours also ranks gaps
and gives inequality. Imports and compilation are excluded by a first run; both may use all processors.
"""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks._measure import Row, interleaved, report, shared_data
from benchmarks.bench_network import quiet
from benchmarks.report_worlds import World, porto, porto_alegre
from geo.crs import to_crs
from inventory.assessment import assess
from inventory.demand import people
from inventory.report import ZoneName
from inventory.report import report as figures
from inventory.sites import sites_of
from inventory.walking import walking

BAR = 8.0
PEER = "geopandas + pandana"


def ours(world: World) -> dict[str, Any]:
    rules = world.rules
    streets = walking(world.nodes, world.edges, rules.walk, crs=world.crs)
    demand = people(
        world.people, layer="people", key="id", column="people", crs=world.crs, search_m=rules.search_m
    )
    frames = {name: world.facilities[world.facilities["layer"] == name] for name in rules.layers}
    zones = to_crs(world.zones, world.crs)
    measured = assess(streets, demand, sites_of(rules, frames, world.crs), zones, rules, key="code")
    return figures(measured, rules, [ZoneName(code, code) for code in zones["code"]], world.crs)


def disagreement(result: dict[str, Any], table: pd.DataFrame) -> str:
    """How far the two are apart: they should only differ by what snapping to nodes does."""
    ids = [row["id"] for row in result["categories"]]
    rows = {row["code"]: row for row in [*result["zones"], result["outside"]]}
    mine = np.array(
        [[rows[code]["categories"][name]["share"] for name in ids] for code in table.index], float
    )
    theirs = table[[f"{name}_share" for name in ids]].to_numpy()
    known = np.isfinite(mine).all(axis=1)  # ours has no share where there is no street
    off = np.average(np.abs(mine - theirs)[known], axis=0, weights=table["demand"][known])
    return (
        f"{off.mean() * 100:.1f} points in the share of a category and zone, by people "
        "(it moves people and sites to nodes and leaves out the way to the street)"
    )


def compare(world: World, repeats: int) -> tuple[Row, dict[str, object]]:
    from benchmarks import report_script

    tables: list[pd.DataFrame] = []
    result = ours(world)
    with quiet():
        spent = interleaved(
            {"ours": lambda: ours(world), "script": lambda: tables.append(report_script.report(world))},
            repeats,
        )
    kinds = len(world.rules.categories)
    facts: dict[str, object] = {
        f"{world.name}, size": (
            f"{len(world.nodes)} nodes, {len(world.people)} points with people, "
            f"{len(world.facilities)} sites of {kinds} categories, {len(world.zones)} zones"
        ),
        f"{world.name}, the script's figures differ by": disagreement(result, tables[-1]),
    }
    return Row(world.name, spent["ours"], PEER, spent["script"], BAR), facts


def main() -> None:
    data = shared_data()
    if data is None:
        print("the shared data are not here (set QUANTU_SHARED): the report benchmark needs real streets")
        return
    rows: list[Row] = []
    facts: dict[str, object] = {}
    worlds = (
        (porto_alegre(data), 3),
        (porto(data, 100_000, 1600, search_m=1000.0), 1),
        (porto(data, 100_000, 1600, search_m=5000.0), 1),
    )
    for world, repeats in worlds:
        try:
            row, about = compare(world, repeats)
        except ImportError:
            print("pandana is not installed (pip install quantu[bench]): nothing to compare with")
            return
        rows.append(row)
        facts |= about
    report("report", "A city's walk report, frames in memory to figures by zone", rows, facts)


if __name__ == "__main__":
    main()
