"""Which zone a point lies in, and how polygons split over zones; the parts always add up to the whole."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import check_finite, require_metres
from geo.errors import CrsUnfit, GeometryError
from geo.polygons import check_coordinates, check_polygons, polygons_only, rows_from_one

OUTSIDE = -1

_SLIVER = 1e-9  # share of a feature's area below which "outside all zones" is rounding, not land


def assign_zones(points: NDArray[np.float64], zones: gpd.GeoDataFrame, *, key: str) -> NDArray[np.intp]:
    """The zone of each point.

    Parameters
    ----------
    points
        Shape (n, 2), in the zones' CRS.
    zones
        Polygons in a projected CRS in metres. Missing and empty ones hold nothing.
    key
        Column that orders the zones. A point on a border, or in several zones, belongs to the one whose key
        sorts first.

    Returns
    -------
    Row position of the zone in `zones`, shape (n,); -1 outside all.
    """
    require_metres(zones.crs, "assigning points to zones")
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    check_finite(xy, np.arange(len(xy)), "the points")
    check_coordinates(zones.geometry.to_numpy(), "the zones")
    rank = _rank(zones[key])
    best = np.full(len(xy), len(zones), dtype=np.intp)
    if len(xy) and len(zones):
        tree = shapely.STRtree(shapely.points(xy))
        zone, point = tree.query(zones.geometry.to_numpy(), predicate="intersects")
        np.minimum.at(best, point, rank[zone])
    by_rank = np.append(np.argsort(rank), OUTSIDE)
    return by_rank[best]


def parts_by_zone(frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, *, key: str) -> gpd.GeoDataFrame:
    """Split polygons along zones, so that parts and outside add up to each whole.

    Parameters
    ----------
    frame, zones
        Valid polygons in one projected CRS in metres. Where zones overlap, the ground belongs to the zone
        whose `key` sorts first.

    Returns
    -------
    One row for each part, ordered by row and zone: `row` (position in `frame`), `zone` (position in `zones`,
    -1 outside all), `area_m2` and the geometry. Missing and empty features have no part. Areas of a feature's
    parts sum to its area within 1e-9 of it.
    """
    crs = require_metres(frame.crs, "splitting areas by zone")
    if zones.crs != crs:
        raise CrsUnfit(
            "splitting areas by zone", f"two systems ({crs.name} and {zones.crs and zones.crs.name})"
        )
    for each, subject in ((frame, "the features"), (zones, "the zones")):
        check_polygons(each.geometry.to_numpy(), subject)
    whole = frame.geometry.to_numpy()
    ground = _disjoint(zones.geometry.to_numpy(), _rank(zones[key]))
    row, zone, inside = _pieces(whole, ground)
    area = shapely.area(inside)

    missing = np.nan_to_num(shapely.area(whole)) - np.bincount(row, weights=area, minlength=len(whole))
    left = np.flatnonzero(missing > _SLIVER * np.nan_to_num(shapely.area(whole)))
    outside = np.array([_outside(whole[i], ground[zone[row == i]]) for i in left], dtype=object)

    parts = gpd.GeoDataFrame(
        {
            "row": np.concatenate([row, left]).astype(np.intp),
            "zone": np.concatenate([zone, np.full(len(left), OUTSIDE)]).astype(np.intp),
            "area_m2": np.concatenate([area, shapely.area(outside)]),
        },
        geometry=np.concatenate([inside, outside]),
        crs=crs,
    )
    return parts[parts["area_m2"] > 0].sort_values(["row", "zone"], ignore_index=True)


def _pieces(
    whole: NDArray[np.object_], ground: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.object_]]:
    """Row, zone and shape of what features have in each zone; most lie in one zone and are not cut."""
    covering, covered = shapely.STRtree(whole).query(ground, predicate="covers")
    covered, first = np.unique(covered, return_index=True)
    split = np.ones(len(whole), dtype=np.bool_)
    split[covered] = False
    rest = np.flatnonzero(split)
    cut, zone = shapely.STRtree(ground).query(whole[rest], predicate="intersects")
    row = rest[cut]
    shapes = polygons_only(shapely.intersection(whole[row], ground[zone]))
    return (
        np.concatenate([covered, row]),
        np.concatenate([covering[first], zone]),
        np.concatenate([whole[covered], shapes]),
    )


def _rank(keys: pd.Series) -> NDArray[np.intp]:
    """Position of each row when sorted by key; equal keys keep their order."""
    missing = keys.isna().to_numpy()
    if missing.any():
        raise GeometryError("the zones", f"have no {keys.name!r}", rows_from_one(missing))
    order = keys.reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
    rank = np.empty(len(keys), dtype=np.intp)
    rank[order] = np.arange(len(keys))
    return rank


def _disjoint(zones: NDArray[np.object_], rank: NDArray[np.intp]) -> NDArray[np.object_]:
    """Zones without the ground of zones that sort before them."""
    result = zones.copy()
    later, earlier = shapely.STRtree(zones).query(zones, predicate="intersects")
    before = rank[earlier] < rank[later]
    later, earlier = later[before], earlier[before]
    shared = shapely.area(shapely.intersection(zones[later], zones[earlier])) > 0
    later, earlier = later[shared], earlier[shared]
    for zone in np.unique(later):
        result[zone] = shapely.difference(zones[zone], shapely.union_all(zones[earlier[later == zone]]))
    return result


def _outside(whole: shapely.Geometry, zones: NDArray[np.object_]) -> shapely.Geometry:
    rest = shapely.difference(whole, shapely.union_all(zones))
    return polygons_only(np.array([rest], dtype=object))[0]
