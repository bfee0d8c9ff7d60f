"""Maps of changes: inert data, no code, pairs by name, and the still picture that stands for them."""

import json
import re

import pytest

from maps.change_style import load
from maps.changes_figure import HEIGHT, WIDTH, changes_figure
from maps.preview import SMALLEST_DEGREES, PreviewAddresses, head, preview, widened

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>${alert(3)}`{{ 7*7 }}\u2028"
MARKS = load().kinds
BOUNDS = (117.0, 36.6, 117.1, 36.7)


def feature(kind: str, geometry: dict, key: str = "P1", name: str = "") -> dict:
    return {"type": "Feature", "properties": {"kind": kind, "key": key, "name": name}, "geometry": geometry}


def collection(*features: dict) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


def point(x: float, y: float) -> dict:
    return {"type": "Point", "coordinates": [x, y]}


def body(**more) -> str:
    return preview("changes", bounds=BOUNDS, label=ATTACK, marks=MARKS, words={"added": ATTACK}, **more).body


def test_the_page_gets_inert_data_and_no_code_style_or_outside_address():
    made = body(collection=collection(feature("added", point(117.05, 36.65), name=ATTACK)))
    kinds = set(re.findall(r"<script([^>]*)>", made))
    assert kinds == {
        ' type="application/json" data-preview="changes"',
        ' type="application/json" data-map-element="changes-changes"',
    }
    assert made.count("<script") == made.count("</script>") == 2
    assert "<img" not in made
    assert "style=" not in made
    data = json.loads(re.search(r'changes-changes">(.*?)</script>', made)[1])
    assert data["collection"]["features"][0]["properties"]["name"] == ATTACK
    assert data["marks"]["removed"]["dash"] == "2 5"


def test_a_map_names_the_one_it_moves_with():
    made = body(address="/api/uploads/1/changes?side=after", pair="before")
    assert json.loads(re.search(r'data-preview="changes">(.*?)</script>', made)[1])["pair"] == "before"


def test_the_head_links_the_files_once():
    made = head(PreviewAddresses("/vendor/l.js", "/vendor/l.css", "/static/p.js", "/static/m.css"))
    links = re.findall(r'(?:href|src)="([^"]*)"', made)
    assert links == ["/vendor/l.css", "/static/m.css", "/vendor/l.js", "/static/p.js"]


def test_a_single_point_is_shown_with_its_surroundings():
    west, south, east, north = widened((117.0, 36.6, 117.0, 36.6))
    assert (east - west, north - south) == pytest.approx((SMALLEST_DEGREES, SMALLEST_DEGREES))
    assert (west + east) / 2 == pytest.approx(117.0)
    assert widened(BOUNDS) == BOUNDS


def test_the_still_picture_draws_each_kind_by_mark_and_line():
    line = {"type": "LineString", "coordinates": [[117.0, 36.6], [117.1, 36.7]]}
    area = {"type": "Polygon", "coordinates": [[[117.0, 36.6], [117.1, 36.6], [117.1, 36.7], [117.0, 36.6]]]}
    svg = changes_figure(
        collection(
            feature("added", point(117.05, 36.65), name=ATTACK),
            feature("removed", line),
            feature("changed", area),
        ),
        marks=MARKS,
        bounds=BOUNDS,
        label=ATTACK,
    )
    assert (
        svg.index('stroke-dasharray="2 5"')
        < svg.index('stroke-dasharray="9 5"')
        < svg.index("<title>&lt;/script")
    )
    assert f'd="{MARKS["added"].path}"' in svg
    assert "<script" not in svg
    assert "<img" not in svg
    assert "style=" not in svg


def test_the_still_picture_stays_inside_its_box():
    corners = collection(*(feature("added", point(x, y)) for x in (117.0, 117.1) for y in (36.6, 36.7)))
    svg = changes_figure(corners, marks=MARKS, bounds=BOUNDS, label="")
    places = [tuple(map(float, each)) for each in re.findall(r"translate\(([\d.-]+) ([\d.-]+)\)", svg)]
    assert len(set(places)) == 4
    assert all(0 <= x <= WIDTH - 14 and 0 <= y <= HEIGHT - 14 for x, y in places)


def test_the_chosen_feature_has_a_ring():
    two = collection(
        feature("added", point(117.05, 36.65), "P1"), feature("added", point(117.06, 36.65), "P2")
    )
    assert changes_figure(two, marks=MARKS, bounds=BOUNDS, label="", chosen="P2").count("<circle") == 1
    assert "<circle" not in changes_figure(two, marks=MARKS, bounds=BOUNDS, label="")


def test_features_without_geometry_or_of_no_known_kind_are_left_out():
    odd = collection({**feature("added", point(1, 1)), "geometry": None}, feature("unheard", point(117, 36)))
    assert "<path" not in changes_figure(odd, marks=MARKS, bounds=BOUNDS, label="")
