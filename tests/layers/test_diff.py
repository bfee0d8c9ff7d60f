"""Deltas: what differs, done and undone, under laws for any content and in small worlds counted by hand."""

import tempfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_worlds import points
from shapely.geometry import Polygon
from things import SPEC, TABLE, contents, frame_of, plain

from layers.diff import apply, counts, diff, from_folder, invert, to_folder, touched
from layers.errors import DeltaUnfit
from layers.spec import FieldSpec, LayerSpec

EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
specs = st.sampled_from([SPEC, TABLE])
LAMPS = LayerSpec(
    "lamps",
    "路灯",
    "Lamps",
    "features",
    "point",
    "id",
    (
        FieldSpec("id", required=True),
        FieldSpec("road"),
        FieldSpec("lit", "boolean"),
        FieldSpec("watts", "number"),
    ),
    precision_m=0.01,
)


def lamps(places, **columns):
    frame = points(places, **columns)
    given = {name: frame[name] for name in ("id", "road", "lit", "watts") if name in frame}
    return frame.assign(
        id=frame["id"].astype("str"),
        road=pd.Series(given.get("road", [None] * len(frame)), dtype="str"),
        lit=pd.Series(given.get("lit", [None] * len(frame)), dtype="boolean"),
        watts=pd.Series(given.get("watts", [None] * len(frame)), dtype="float64"),
    )[["id", "road", "lit", "watts", "geometry"]]


@EXAMPLES
@given(contents, contents, specs)
def test_applying_a_diff_gives_the_new_state(old, new, spec):
    one, other = frame_of(old, spec), frame_of(new, spec)
    assert plain(apply(one, diff(one, other, spec))) == plain(other)


@EXAMPLES
@given(contents, contents, specs)
def test_the_inverse_gives_the_old_state_back(old, new, spec):
    one, other = frame_of(old, spec), frame_of(new, spec)
    assert plain(apply(other, invert(diff(one, other, spec)))) == plain(one)


@EXAMPLES
@given(contents, specs)
def test_nothing_differs_from_itself(content, spec):
    frame = frame_of(content, spec)
    found = diff(frame, frame, spec)
    assert found.is_empty
    assert counts(found) == {"added": 0, "removed": 0, "changed": 0, "unchanged": len(content), "fields": {}}


@EXAMPLES
@given(contents, contents, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(old, new, random):
    one, other = frame_of(old), frame_of(new)
    shuffled = [frame.iloc[random.sample(range(len(frame)), len(frame))] for frame in (one, other)]
    found, again = diff(one, other, SPEC), diff(*shuffled, SPEC)
    for name in ("added", "removed", "before", "after", "changes"):
        assert plain_rows(getattr(found, name)) == plain_rows(getattr(again, name))
    assert found.unchanged == again.unchanged


def plain_rows(frame):
    return frame.to_csv(index=False)


@EXAMPLES
@given(contents, contents)
def test_changes_say_exactly_which_cells_differ(old, new):
    found = diff(frame_of(old), frame_of(new), SPEC)
    before, after = plain(found.before), plain(found.after)
    assert list(before) == list(after)
    for key, changes in zip(after, found.changes.to_dict("records"), strict=True):
        assert any(changes.values())
        assert {name for name in after[key] if before[key][name] != after[key][name]} == {
            name for name, changed in changes.items() if changed
        }


@EXAMPLES
@given(contents, contents)
def test_a_kept_delta_is_the_same_delta(old, new):
    one = frame_of(old)
    found = diff(one, frame_of(new), SPEC)
    with tempfile.TemporaryDirectory() as folder:
        to_folder(found, Path(folder))
        again = from_folder(Path(folder))
    assert plain(apply(one, again)) == plain(frame_of(new))
    for name in ("added", "removed", "before", "after", "changes"):
        assert getattr(again, name).dtypes.tolist() == getattr(found, name).dtypes.tolist()
    assert counts(again) == counts(found)


@EXAMPLES
@given(contents, contents)
def test_applying_keeps_dtypes_and_an_index_from_zero(old, new):
    one, other = frame_of(old), frame_of(new)
    result = apply(one, diff(one, other, SPEC))
    assert result.dtypes.to_dict() == other.dtypes.to_dict()
    assert result.index.tolist() == list(range(len(other)))


def test_a_small_world_is_counted():
    """One lamp moves, one is renamed, one goes, one comes, one stays."""
    old = lamps([(117.1, 36.1), (117.2, 36.1), (117.3, 36.1), (117.4, 36.1)], road=["甲", "甲", "乙", "乙"])
    new = lamps(
        [(117.1, 36.1), (117.21, 36.1), (117.3, 36.1), (117.5, 36.1)],
        id=["p1", "p2", "p3", "p5"],
        road=["甲", "甲", "丙", "丁"],
    )
    found = diff(old, new, LAMPS)
    assert counts(found) == {
        "added": 1, "removed": 1, "changed": 2, "unchanged": 1, "fields": {"road": 1, "geometry": 1},
    }  # fmt: skip
    assert sorted(touched(found)) == ["p2", "p3", "p4", "p5"]
    assert found.before["road"].tolist() == ["甲", "乙"]
    assert found.after["road"].tolist() == ["甲", "丙"]


def test_what_lies_within_the_precision_keeps_its_old_place():
    """A centimetre is 9e-8 degrees: half of it is no move, though another field changes; twice it is one."""
    old = lamps([(117.1, 36.1), (117.2, 36.2), (117.3, 36.3)], road=["甲", "甲", "甲"])
    new = lamps([(117.1, 36.10000004), (117.2, 36.20000004), (117.3, 36.3000002)], road=["甲", "乙", "甲"])
    found = diff(old, new, LAMPS)
    assert found.after["id"].tolist() == ["p2", "p3"]
    assert found.changes["geometry"].tolist() == [False, True]
    assert found.after.geometry.iloc[0] == old.geometry.iloc[1]
    assert apply(old, found).geometry.tolist() == [*old.geometry[:2], new.geometry[2]]


def test_a_ring_written_anew_is_no_change():
    spec = replace(LAMPS, geometry="polygon")
    ring = [(117.0, 36.0), (117.1, 36.0), (117.1, 36.1), (117.0, 36.1)]
    old = lamps([(117.0, 36.0)]).set_geometry(gpd_series(Polygon(ring)))
    new = lamps([(117.0, 36.0)]).set_geometry(gpd_series(Polygon([*ring[2:], *ring[:2]][::-1])))
    assert diff(old, new, spec).is_empty


def gpd_series(*shapes):
    return gpd.GeoSeries(list(shapes), crs=4326)


LONG = "济南市" * 60  # 540 bytes in UTF-8, 360 in GB18030


@pytest.mark.parametrize(
    ("carrier", "column", "was", "now", "changed"),
    [
        ("ESRI Shapefile", "lit", None, False, False),
        ("ESRI Shapefile", "lit", None, True, True),
        ("ESRI Shapefile", "lit", True, False, True),
        ("GPKG", "lit", None, False, True),
        ("ESRI Shapefile", "road", LONG, LONG[:84], False),  # 252 bytes: the 85th character would be 255
        ("ESRI Shapefile", "road", LONG, LONG[:127], False),  # 254 bytes in GB18030
        ("ESRI Shapefile", "road", LONG, LONG[:50], True),
        ("GPKG", "road", LONG, LONG[:84], True),
        ("ESRI Shapefile", "road", "甲", None, True),
        ("ESRI Shapefile", "watts", 1 / 3, 0.333333333333333, False),
        ("ESRI Shapefile", "watts", 1 / 3, 0.3333333, True),
        ("GPKG", "watts", 1 / 3, 0.333333333333333, True),
        ("CSV", "road", "=1+1", "'=1+1", False),
        ("CSV", "road", "甲", "'甲", True),
    ],
)
def test_what_a_format_cannot_carry_is_no_change(carrier, column, was, now, changed):
    old = lamps([(117.1, 36.1), (117.2, 36.1)], **{column: [was, None]})
    new = lamps([(117.1, 36.1), (117.2, 36.1)], **{column: [now, None]})
    found = diff(old, new, LAMPS, carrier=carrier)
    assert counts(found)["fields"] == ({column: 1} if changed else {})
    moved = new.set_geometry(gpd_series(*shapely.points([[117.5, 36.5], [117.2, 36.1]])))
    kept = apply(old, diff(old, moved, LAMPS, carrier=carrier))[column]
    assert kept[:1].equals((new if changed else old)[column][:1])


def test_no_state_at_all_is_before_the_first():
    new = lamps([(117.2, 36.1), (117.1, 36.1)])
    found = diff(None, new, LAMPS)
    assert counts(found) == {"added": 2, "removed": 0, "changed": 0, "unchanged": 0, "fields": {}}
    assert plain(apply(new.iloc[:0], found)) == plain(new)


def test_states_without_proper_keys_are_refused():
    good = lamps([(117.1, 36.1), (117.2, 36.1)])
    with pytest.raises(DeltaUnfit, match="'p1' is repeated"):
        diff(good, lamps([(117.1, 36.1), (117.2, 36.1)], id=["p1", "p1"]), LAMPS)
    with pytest.raises(DeltaUnfit, match="is missing"):
        diff(good, good.assign(id=pd.Series(["p1", None], dtype="str")), LAMPS)


def test_a_delta_of_another_state_is_refused():
    one, two = lamps([(117.1, 36.1)]), lamps([(117.1, 36.1), (117.2, 36.1)])
    with pytest.raises(DeltaUnfit, match="'p2' is there already"):
        apply(two, diff(one, two, LAMPS))
    with pytest.raises(DeltaUnfit, match="'p2' is not there"):
        apply(one, diff(two, one, LAMPS))


def test_lines_may_come_and_go():
    """Edges of a network have lines in one state and none in the other."""
    spatial = lamps([(117.1, 36.1)])
    bare = pd.DataFrame(spatial.drop(columns="geometry"))
    assert counts(diff(spatial, bare, LAMPS))["fields"] == {"geometry": 1}
    assert apply(bare, diff(bare, spatial, LAMPS)).geometry.tolist() == spatial.geometry.tolist()
    assert apply(spatial, diff(spatial, bare, LAMPS)).geometry.isna().all()
