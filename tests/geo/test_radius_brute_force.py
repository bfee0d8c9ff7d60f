"""Ground within a radius by counting lines, points and steps, which shares nothing with the engine."""

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from geo.catchments import buffers, covered_area
from geo.discs import disc_areas, disc_lengths

pytestmark = pytest.mark.slow

SIDE, ROWS = 1000.0, 4000


def world():
    random = np.random.default_rng(11)
    centres = random.uniform(0, SIDE, (60, 2))
    radii = random.choice([15.0, 40.0, 90.0, 200.0], 60)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(random.uniform(0, SIDE, (6, 2)))))
    zones = shapely.intersection(cells, box(0, 0, SIDE, SIDE))
    with_hole = box(100, 100, 700, 650).difference(shapely.Point(400, 300).buffer(120))
    return centres, radii, np.append(zones, with_hole)


def test_areas_are_those_of_horizontal_lines_a_quarter_metre_apart():
    """On each line discs are intervals by Pythagoras; a polygon's intervals come from Shapely.

    The middles of rows give an area whose error falls with the row's height: 0.25 m of 1000 m, and a circle's
    top and bottom add about height^1.5; 2e-4 of a zone is ample.
    """
    centres, radii, zones = world()
    height = SIDE / ROWS
    total = np.zeros(len(zones))
    for y in (np.arange(ROWS) + 0.5) * height:
        half2 = radii**2 - (centres[:, 1] - y) ** 2
        cut = half2 > 0
        half = np.sqrt(half2[cut])
        chords = shapely.linestrings(
            np.stack(
                [
                    np.column_stack([centres[cut, 0] - half, np.full(cut.sum(), y)]),
                    np.column_stack([centres[cut, 0] + half, np.full(cut.sum(), y)]),
                ],
                axis=1,
            )
        )
        total += height * shapely.length(shapely.intersection(zones, merged(chords, y)))
    assert disc_areas(centres, radii, zones) == pytest.approx(total, rel=2e-4)
    assert covered_area(buffers(shapely.points(centres), radii), zones) == pytest.approx(total, rel=3e-4)


def merged(chords, y):
    """Chords of one line as one, without parts that overlap."""
    ends = sorted(shapely.get_coordinates(chords)[:, 0].reshape(-1, 2).tolist())
    joined = []
    for low, high in ends:
        if joined and low <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], high)
        else:
            joined.append([low, high])
    return shapely.multilinestrings([shapely.LineString([(a, y), (b, y)]) for a, b in joined])


def test_areas_are_those_of_random_points():
    """With n points the share has a standard error of at most 0.5 / sqrt(n); five of them are allowed."""
    centres, radii, zones = world()
    random = np.random.default_rng(12)
    count = 400_000
    points = random.uniform(0, SIDE, (count, 2))
    within = np.zeros(count, bool)
    for centre, radius in zip(centres, radii, strict=True):
        within |= ((points - centre) ** 2).sum(axis=1) <= radius**2
    for zone, area in zip(zones, disc_areas(centres, radii, zones), strict=True):
        hits = within & shapely.contains_xy(zone, points)
        assert area == pytest.approx(hits.mean() * SIDE**2, abs=5 * 0.5 / np.sqrt(count) * SIDE**2)


def test_lengths_are_those_of_fine_steps():
    centres, radii, _ = world()
    random = np.random.default_rng(13)
    ends = random.uniform(0, SIDE, (20, 2, 2))
    steps = 200_000
    at = ((np.arange(steps) + 0.5) / steps)[:, None]
    for line, (start, end) in zip(shapely.linestrings(ends), ends, strict=True):
        points = start + at * (end - start)
        within = np.zeros(steps, bool)
        for centre, radius in zip(centres, radii, strict=True):
            within |= ((points - centre) ** 2).sum(axis=1) <= radius**2
        # every end of an interval may be off by half a step: with 60 discs by at most 60 steps
        found = disc_lengths(centres, radii, [line])[0]
        assert found == pytest.approx(within.mean() * line.length, abs=60 * line.length / steps)
