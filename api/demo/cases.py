"""Illegal structures: cases of eight years, nearly all closed; four subdistricts in five have none open."""

import geopandas as gpd
import numpy as np
import shapely

from api.demo.administrative import Administration
from api.demo.ground import Recipe, subdistricts, to_degrees
from api.demo.people import People, locate
from api.demo.serials import days, numbered
from geo.crs import STORED

CASES = 3_600
OPEN_IN = 32  # subdistricts with an open case; 132 of 164, 80.5 %, have none
KINDS = ("roof", "yard", "extension", "temporary", "other")
_PER_HEAD = {"old": 1.4, "core": 1.0, "seat": 0.8, "new": 1.6, "town": 0.5}


def frame(recipe: Recipe, admin: Administration, people: People) -> gpd.GeoDataFrame:
    """Layer `violations`, EPSG:4326."""
    random = recipe.random("violations")
    role = np.array([row.role for row in subdistricts()])[people.subdistrict]
    weight = people.people * np.array([_PER_HEAD[one] for one in role])
    closed_at = random.choice(len(weight), max(200, round(CASES * recipe.scale)), p=weight / weight.sum())
    open_at = _open(recipe, people, weight)
    row = np.concatenate([closed_at, open_at])
    xy = people.xy[row] + random.uniform(-6, 6, (len(row), 2))
    community = locate(admin, xy)
    strayed = (community < 0) | (admin.subdistrict_of[community] != people.subdistrict[row])
    xy[strayed] = people.xy[row[strayed]]
    is_open = np.arange(len(row)) >= len(closed_at)
    found = days(random, len(row), "2018-01-01", "2025-09-30")
    found[is_open] = days(random, int(is_open.sum()), "2025-03-01", "2025-11-10")
    closed = found + random.integers(5, 420, len(row)).astype("timedelta64[D]")
    closed = np.minimum(closed, np.datetime64("2025-11-15", "s"))
    closed[is_open] = np.datetime64("NaT", "s")
    kind = random.choice(KINDS, len(row), p=[0.3, 0.22, 0.3, 0.1, 0.08])
    of = numbered(people.subdistrict[row])
    order = of.order
    return gpd.GeoDataFrame(
        {
            "id": of.ids("case", 4),
            "kind": kind[order],
            "state": np.where(is_open[order], "open", "closed"),
            "found": found[order],
            "closed": closed[order],
            "subdistrict_code": of.code,
        },
        geometry=shapely.points(to_degrees(xy[order])),
        crs=STORED,
    )


def _open(recipe: Recipe, people: People, weight: np.ndarray) -> np.ndarray:
    """Rows of people's points with an open case: one to a dozen in each of the subdistricts that have any."""
    random = recipe.random("open violations")
    total = np.bincount(people.subdistrict, weight, minlength=len(subdistricts()))
    chosen = np.sort(random.choice(len(total), OPEN_IN, replace=False, p=total / total.sum()))
    rows = []
    for home in chosen:
        there = np.flatnonzero(people.subdistrict == home)
        rows.append(random.choice(there, min(1 + int(random.poisson(4.0)), len(there)), replace=False))
    return np.concatenate(rows)
