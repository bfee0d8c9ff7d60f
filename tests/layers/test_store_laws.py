"""Laws of the store for any content: what goes in comes out, the past does not change, equal is equal."""

import datetime as dt
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_worlds import open_store
from shapely.geometry import LineString, MultiPolygon, Point, box

from layers.catalog import Store
from layers.ledger import version_id
from layers.publish import publish_frame
from layers.reading import decode, sidecar_path

SPEC = """
name = "things"
title_zh = "物"
title_en = "Things"
kind = "features"
geometry = "any"
key = "id"
[[fields]]
name = "id"
required = true
[[fields]]
name = "words"
[[fields]]
name = "count"
type = "integer"
[[fields]]
name = "share"
type = "number"
[[fields]]
name = "open"
type = "boolean"
[[fields]]
name = "since"
type = "date"
"""

EXAMPLES = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
longitude = st.floats(117.0, 117.99, allow_nan=False)
latitude = st.floats(36.0, 36.99, allow_nan=False)
places = st.tuples(longitude, latitude)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@st.composite
def shapes(draw):
    x, y = draw(places)
    kind = draw(st.sampled_from(["point", "line", "polygon", "polygons"]))
    if kind == "point":
        return Point(x, y)
    if kind == "line":
        return LineString([(x, y), draw(places), (117.995, 36.995)])
    if kind == "polygon":
        return box(x, y, x + 0.005, y + 0.005).difference(box(x + 0.001, y + 0.001, x + 0.002, y + 0.002))
    return MultiPolygon([box(x, y, x + 0.001, y + 0.001), box(x + 0.002, y, x + 0.003, y + 0.001)])


rows = st.fixed_dictionaries(
    {
        "words": st.none() | words,
        "count": st.none() | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "open": st.none() | st.booleans(),
        "since": st.none() | st.dates(dt.date(1, 1, 1)),
        "geometry": shapes(),
    }
)


def framed(content):
    columns = {
        name: pd.Series([row[name] for row in content], dtype=object)
        for name in ("words", "count", "share", "open", "since")
    }
    columns["id"] = [f"t{number}" for number in range(len(content))]
    return gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in content], crs=4326)


@pytest.fixture(scope="module")
def things():
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with open_store(home):
            (home / "specs" / "things.toml").write_text(SPEC, encoding="utf-8")
        with open_store(home) as store:
            yield store
            assert store.check() == []


def expected_of(content):
    """What must be read back, by key: trimmed text, dates as dates, coordinates at nine decimals."""
    return {
        f"t{number}": (
            (row["words"] or "").strip() or None,
            row["count"],
            row["share"],
            row["open"],
            row["since"],
        )
        for number, row in enumerate(content)
    }


def found_in(frame):
    def plain(value):
        if pd.isna(value):
            return None
        return value.date() if isinstance(value, pd.Timestamp) else value

    columns = ["words", "count", "share", "open", "since"]
    return {
        key: tuple(plain(value) for value in values)
        for key, *values in frame[["id", *columns]].itertuples(index=False, name=None)
    }


def assert_same_shapes(frame, content):
    by_key = frame.set_index("id").geometry
    for number, row in enumerate(content):
        found, given = by_key[f"t{number}"], row["geometry"]
        assert found.geom_type == given.geom_type
        assert shapely.get_coordinates(found) == pytest.approx(
            shapely.get_coordinates(given), abs=1e-9, rel=0
        )


@EXAMPLES
@given(st.lists(rows, max_size=6))
def test_what_is_published_is_read_equal(things, content):
    version = publish_frame(things, "things", "east", framed(content), author="li")
    frame = things.read("things")
    assert found_in(frame) == expected_of(content)
    assert_same_shapes(frame, content)
    by_the_part = decode(things.workspace, version.part_hash, "features", things.spec("things").by_name)
    pd.testing.assert_frame_equal(
        pd.DataFrame(frame.drop(columns="agency")), pd.DataFrame(by_the_part), check_column_type=False
    )


@EXAMPLES
@given(st.lists(rows, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_no_content(things, content, random):
    first = publish_frame(things, "things", "east", framed(content), author="li")
    frame = framed(content)
    order = list(range(len(content)))
    random.shuffle(order)
    again = publish_frame(things, "things", "east", frame.iloc[order], author="wang")
    assert again == first


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["east", "west", "revert"]), st.integers(0, 5)), max_size=6))
def test_reading_the_past_never_changes(steps):
    """A model of the store: after every step, every earlier state still reads as it did."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "home") as store:
        states = [{}]
        for action, number in steps:
            heads, published = dict(states[-1]), [e for e in store.history("people") if e.action == "publish"]
            before = store.sequence()
            if action == "revert" and published:
                chosen = published[number % len(published)]
                version = store.revert("people", chosen.version, author="zhao")
            elif action != "revert":
                version = publish_frame(store, "people", action, homes(action, number), author="li")
            else:
                continue
            heads[version.agency] = version.id
            if store.sequence() > before:
                states.append(heads)
            for sequence, state in enumerate(states):
                found = {code: head.id for code, head in store.heads("people", as_of=sequence).items()}
                assert found == state
                if state:
                    assert content_at(store, sequence) == {
                        code: store.version(identity).rows for code, identity in state.items()
                    }
        assert store.check() == []


def homes(agency, number):
    from layer_worlds import people

    return people(*[1] * (number + 1), first={"east": 0, "west": 20}[agency])


def content_at(store: Store, sequence):
    return store.read("people", as_of=sequence).groupby("agency").size().to_dict()


def test_the_same_history_gives_the_same_ids_anywhere(tmp_path):
    """Ids depend on content alone, so two cities built alike report the same inputs."""
    ids = []
    for name in ("one", "two"):
        with open_store(tmp_path / name) as store:
            first = publish_frame(store, "people", "east", homes("east", 2), author=name)
            second = publish_frame(store, "people", "east", homes("east", 3), author=name)
            ids.append((first.id, second.id, first.part_hash, second.part_hash))
            assert second.id == version_id(
                "people", "east", first.id, second.logical_hash, second.spec_hash, None
            )
    assert ids[0] == ids[1]


@pytest.mark.parametrize("harm", ["missing", "cut", "flipped", "note"])
def test_a_harmed_sidecar_is_made_again(tmp_path, harm):
    with open_store(tmp_path / "home") as store:
        version = publish_frame(store, "people", "east", homes("east", 4), author="li")
        before = store.read("people")
        path = sidecar_path(store.workspace, version.part_hash, "features")
        data = path.read_bytes()
        if harm == "missing":
            path.unlink()
        elif harm == "note":
            path.with_suffix(".json").write_text("{}")
        else:
            middle = len(data) // 2
            path.write_bytes(
                data[:middle]
                if harm == "cut"
                else data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            )
        pd.testing.assert_frame_equal(pd.DataFrame(store.read("people")), pd.DataFrame(before))
        assert path.read_bytes() == data


@EXAMPLES
@given(st.lists(st.none() | places.map(Point) | st.just(Point()), max_size=6))
def test_points_hash_as_their_wkb_does(points):
    """The quick layout of points gives the bytes that any geometry gives."""
    from layers.sealed import _of_geometry, _of_variable

    geometry = np.array([*points, None], dtype=object)[:-1]
    blobs = pa.array(shapely.to_wkb(geometry, byte_order=1), pa.large_binary())
    assert _of_geometry(geometry) == _of_variable(b"geometry", blobs)
