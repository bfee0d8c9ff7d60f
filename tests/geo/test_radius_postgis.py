"""Ground within a radius against PostGIS, on the real places of Porto Alegre."""

import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from pyproj import CRS

from geo.catchments import buffers, covered_area
from geo.crs import STORED, transform_xy, working_crs
from geo.discs import disc_areas

pytestmark = [pytest.mark.shared, pytest.mark.slow]

RADIUS_M, SEGMENTS = 300.0, 16


@pytest.fixture
def postgis(postgresql):
    """A connection to a cluster that can measure."""
    address = postgresql.replace("+psycopg", "")
    with psycopg.connect(f"{address}/postgres") as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        yield connection
        connection.rollback()


def test_areas_are_those_of_postgis(shared, postgis):
    """Bus stops of Porto Alegre, 300 m, on 1,227 octagons around the places of its grid."""
    stops = pd.read_csv(shared / "data/poi/porto_alegre_pois.csv").query("category == 'bus_stop'")
    cells = pd.read_csv(shared / "data/raster/porto_alegre_hexgrid.csv")
    crs: CRS = working_crs(float(cells["lon"].mean()), float(cells["lat"].mean()))
    xy = transform_xy(stops[["lon", "lat"]].to_numpy(), STORED, crs)
    zones = octagons(transform_xy(cells[["lon", "lat"]].to_numpy(), STORED, crs))

    found = covered_area(buffers(shapely.points(xy), RADIUS_M, segments=SEGMENTS), zones)
    theirs = in_postgis(postgis, xy, zones)
    assert found.sum() > 0.3 * shapely.area(zones).sum()
    # both make the same polygons for circles, so only rounding is between them
    assert found == pytest.approx(theirs, rel=1e-9, abs=1e-6)

    exact = disc_areas(xy, RADIUS_M, zones)
    short = 1 - theirs.sum() / exact.sum()
    inscribed = 1 - SEGMENTS * 2 / np.pi * np.sin(np.pi / 2 / SEGMENTS)  # of one circle alone
    assert 0 < short < inscribed


def octagons(centres):
    """Ground around places, some of it overlapping a little."""
    return shapely.buffer(shapely.points(centres), 180.0, quad_segs=2)


def in_postgis(connection, xy, zones):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stop (shape geometry)")
        cursor.execute("CREATE TEMP TABLE zone (id int, shape geometry)")
        cursor.executemany("INSERT INTO stop VALUES (ST_MakePoint(%s, %s))", xy.tolist())
        cursor.executemany(
            "INSERT INTO zone VALUES (%s, ST_GeomFromWKB(%s))", list(enumerate(shapely.to_wkb(zones)))
        )
        cursor.execute(
            """WITH reach AS (SELECT ST_Union(ST_Buffer(shape, %s, %s)) AS shape FROM stop)
               SELECT ST_Area(ST_Intersection(zone.shape, reach.shape)) FROM zone, reach ORDER BY id""",
            (RADIUS_M, f"quad_segs={SEGMENTS}"),
        )
        return np.array([area for (area,) in cursor.fetchall()])
