"""Mending geometry in a process that can be ended."""

import time

import numpy as np
import pytest
import shapely
from shapely.geometry import GeometryCollection, Polygon

from geo.repair import VALID
from layers.mend import mend


def star(spikes, seed=1):
    """A ring that crosses itself nearly everywhere."""
    return Polygon(np.random.default_rng(seed).random((spikes, 2)))


def long_bow_tie(vertices):
    """A bow tie with many vertices along its edges: easy to mend, too long to be mended in this process."""
    corners = np.array([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)], dtype=float)
    steps = np.linspace(0, 4, vertices)
    along = np.column_stack([np.interp(steps, range(5), corners[:, axis]) for axis in (0, 1)])
    return Polygon(along)


def comb(teeth):
    """A comb of long thin teeth, held askew: valid, but every tooth's box meets every other's."""
    x = np.arange(teeth, dtype=float)
    sides = [(x, 0 * x), (x, 0 * x + 10 * teeth), (x + 0.5, 0 * x + 10 * teeth), (x + 0.5, 0 * x)]
    outline = np.stack([np.column_stack(side) for side in sides], axis=1).reshape(-1, 2)
    closed = np.vstack([outline, [(teeth, -1), (0, -1)]])
    return Polygon(closed @ np.array([[1.0, -1.0], [1.0, 1.0]]))


def test_each_is_judged_and_what_is_valid_stays_itself():
    shape, tie = comb(10), long_bow_tie(41)
    repaired = mend(np.array([shape, tie, None], dtype=object))
    assert repaired.geometry[0] is shape
    assert repaired.reasons[0] == VALID
    assert "Self-intersection" in repaired.reasons[1]
    assert repaired.reasons[2] is None


def test_what_takes_too_long_to_be_judged_is_given_up():
    """A comb of 100,000 vertices would take (100,000 / 16,000)^2 x 0.7 s = 27 s."""
    repaired = mend(np.array([comb(10), comb(25_000), comb(20)]), seconds_a_feature=0.5)
    assert repaired.reasons.tolist() == [VALID, None, VALID]
    assert repaired.geometry[1] is None


def test_the_reason_is_known_of_what_takes_too_long_to_be_mended():
    repaired = mend(np.array([star(3000)]), seconds_a_feature=0.5)
    assert repaired.reasons[0].startswith("Self-intersection")
    assert repaired.geometry[0] is None


def test_a_long_bow_tie_is_mended_in_the_child():
    shape = long_bow_tie(241)
    assert not shape.is_valid
    (mended,) = mend(np.array([shape])).geometry
    assert mended.is_valid
    assert mended.area == pytest.approx(2.0)  # two triangles of base 2 and height 1


def test_what_takes_too_long_is_given_up_and_the_rest_is_mended():
    shapes = np.array([long_bow_tie(301), star(3000), long_bow_tie(401)])
    mended = mend(shapes, seconds_a_feature=0.5).geometry
    assert [None if shape is None else round(shape.area, 9) for shape in mended] == [2.0, None, 2.0]


def test_the_whole_file_has_a_limit_too():
    stars = np.array([star(3000, seed) for seed in range(50)])
    mended = mend(stars, seconds_a_feature=0.3, seconds_a_file=1.0).geometry
    assert shapely.is_missing(mended).all()


def test_what_collapses_is_none():
    flat = Polygon([(0, 0), (1, 1), (2, 2)])
    assert mend(np.array([flat])).geometry.tolist() == [None]


def test_many_small_shapes_have_a_limit_too():
    """5,000 stars of 50 points, each mended in some 5 ms: 25 s, far more than the file may take."""
    shapes = np.array([long_bow_tie(41), *(star(50, seed) for seed in range(5000))])
    began = time.monotonic()
    mended = mend(shapes, seconds_a_file=2.0).geometry
    assert time.monotonic() - began < 10.0
    assert mended[0].area == pytest.approx(2.0)
    assert shapely.is_missing(mended).sum() < 5000  # what was done by then counts
    assert mended[-1] is None


def test_what_could_end_this_process_is_left_out():
    nested = long_bow_tie(41)
    for _ in range(3000):  # answers so deep are not parsed here
        nested = GeometryCollection([nested])
    (deep, mended) = mend(np.array([nested, long_bow_tie(41)])).geometry
    assert deep is None
    assert mended.area == pytest.approx(2.0)


def test_nothing_to_mend_is_nothing():
    assert mend(np.array([], dtype=object)).geometry.tolist() == []


def test_missing_shapes_stay_missing():
    (missing, mended) = mend(np.array([None, long_bow_tie(41)], dtype=object)).geometry
    assert missing is None
    assert mended.is_valid


def test_a_module_in_the_folder_where_somebody_works_is_not_imported(tmp_path, monkeypatch):
    for name in ("shapely", "numpy", "struct"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    (mended,) = mend(np.array([long_bow_tie(301)])).geometry
    assert mended.area == pytest.approx(2.0)
    assert not (tmp_path / "ran").exists()
