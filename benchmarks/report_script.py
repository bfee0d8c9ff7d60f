"""The same report as a competent user would script it on geopandas, SciPy and pandana.

Zones by spatial join, walks by pandana's nearest points of interest at snapped nodes, straight lines by a
k-d tree, figures by numpy and group sums. Ranked gap areas and the Gini coefficient are left out, which
favours the script.
"""

import geopandas as gpd
import numpy as np
import pandana
import pandas as pd
from scipy.spatial import cKDTree

from benchmarks.report_worlds import World


def network_of(world: World) -> pandana.Network:
    nodes = gpd.GeoSeries(gpd.points_from_xy(world.nodes["lon"], world.nodes["lat"]), crs=4326).to_crs(
        world.crs
    )
    x = pd.Series(nodes.x.to_numpy(), index=world.nodes["node_id"].to_numpy())
    y = pd.Series(nodes.y.to_numpy(), index=x.index)
    u, v = world.edges["u"].to_numpy(), world.edges["v"].to_numpy()
    length = np.hypot(x.loc[u].to_numpy() - x.loc[v].to_numpy(), y.loc[u].to_numpy() - y.loc[v].to_numpy())
    return pandana.Network(x, y, world.edges["u"], world.edges["v"], pd.DataFrame({"m": length}), twoway=True)


def report(world: World, network: pandana.Network | None = None) -> pd.DataFrame:
    """One row per zone, columns as `city.csv` of many a study; `network` if it is built already."""
    rules = world.rules
    network = network if network is not None else network_of(world)
    people = world.people.to_crs(world.crs)
    facilities = world.facilities.to_crs(world.crs)
    zones = world.zones.to_crs(world.crs)
    zone = people.sjoin(zones[["code", "geometry"]], predicate="within", how="left")
    code = zone.loc[~zone.index.duplicated(), "code"].fillna("outside").to_numpy()
    node = network.get_node_ids(people.geometry.x, people.geometry.y).to_numpy()
    xy = people.get_coordinates().to_numpy()
    weight = people["people"].to_numpy()
    walk, straight = {}, {}
    for row in rules.categories:
        chosen = facilities[facilities["category"] == row.id]
        network.set_pois(row.id, rules.search_m, 1, chosen.geometry.x, chosen.geometry.y)
        nearest = network.nearest_pois(rules.search_m, row.id, num_pois=1, max_distance=np.inf)
        walk[row.id] = nearest[1].reindex(node).to_numpy()
        straight[row.id] = cKDTree(chosen.get_coordinates().to_numpy()).query(xy)[0]
    return _figures(rules, code, weight, pd.DataFrame(walk), pd.DataFrame(straight))


def _figures(rules, code, weight, walk: pd.DataFrame, straight: pd.DataFrame) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    limit = pd.Series({row.id: row.distance_m for row in rules.categories})
    met, met_straight = walk.le(limit), straight.le(limit)
    columns = {"demand": np.ones(len(weight))}
    for name in walk:
        columns[f"{name}_share"] = met[name].to_numpy()
        columns[f"{name}_share_straight"] = met_straight[name].to_numpy()
    for tier in rules.tiers:
        own = [row.id for row in tier.requirements]
        lists = list({row.id for row in rules.required_by(tier)})
        columns[f"own_{tier.minutes}"] = met[own].all(axis=1).to_numpy()
        columns[f"complete_{tier.minutes}"] = met[lists].all(axis=1).to_numpy()
        columns[f"complete_{tier.minutes}_straight"] = met_straight[lists].all(axis=1).to_numpy()
    one = (~met).sum(axis=1).eq(1).to_numpy()
    for name in walk:
        columns[f"only_{name}_missing"] = one & ~met[name].to_numpy()
    sums = pd.DataFrame(columns).mul(weight, axis=0).groupby(code).sum()
    table = sums.div(sums["demand"], axis=0).assign(demand=sums["demand"])
    found = np.isfinite(walk.to_numpy())
    reached = pd.DataFrame(found * weight[:, None], columns=walk.columns).groupby(code).sum()
    total = pd.DataFrame(np.where(found, walk, 0) * weight[:, None], columns=walk.columns).groupby(code).sum()
    table = table.join((total / reached).add_suffix("_mean_m"))
    for name in walk:
        table[f"{name}_p90_m"] = _percentile(code, walk[name].to_numpy(), weight)
    return table


def _percentile(code: np.ndarray, walk: np.ndarray, weight: np.ndarray) -> pd.Series:
    """Weighted 90th percentile by zone: sort once, then cumulated weights."""
    ordered = pd.DataFrame({"code": code, "walk": walk, "weight": weight}).sort_values(["code", "walk"])
    groups = ordered.groupby("code")["weight"]
    within = groups.cumsum() >= 0.9 * groups.transform("sum")
    return ordered[within].groupby("code")["walk"].first()
