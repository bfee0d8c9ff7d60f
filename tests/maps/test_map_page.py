"""The Folium page: no code, no style, no address outside, whatever the data say."""

import json
import re

import pytest
from branca.element import MacroElement, Template

from maps.figure import zone_figure
from maps.legend import GLYPH_PATHS, glyph_swatch, hatch_entries, share_entries
from maps.page import Addresses, MapParts, circles_map, paint
from maps.style import GLYPHS, load

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>${alert(3)}`\u2028"
STYLE = load("circles")
ADDRESSES = Addresses(
    leaflet_script="/vendor/leaflet.js",
    leaflet_style="/vendor/leaflet.css",
    map_module="/static/map.js",
    map_style="/static/map.css",
    backdrop="/api/backdrop?v=1",
    roads="/api/backdrop?kind=roads&v=1",
    uncovered="/api/uncovered",
    walk="/walk",
)
SQUARE = {"type": "Polygon", "coordinates": [[[117.0, 36.0], [117.1, 36.0], [117.1, 36.1], [117.0, 36.0]]]}


def collection(name: str = "Tianqiao", **look: str) -> dict:
    properties = {"code": "370105", "name": name, "label": "64 %", **(look or {"fill": "#e9b17d"})}
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": properties, "geometry": SQUARE}],
    }


def parts(name: str = "Tianqiao", label: str = "Map") -> MapParts:
    return made(name, label).parts()


def made(name: str = "Tianqiao", label: str = "Map"):
    return circles_map(
        bounds=(117.0, 36.0, 117.1, 36.1),
        label=label,
        style=STYLE,
        levels=[{"level": "district", "within": None, "collection": collection(name)}],
        chosen=None,
        chosen_bounds=(117.0, 36.0, 117.1, 36.1),
        groups=[{"name": "shops", "title": name, "address": "/api/layers/shops/features", "categories": []}],
        addresses=ADDRESSES,
        words={"zoom_in": "+", "walk_click": "?", "walk_waiting": "...", "walk_failed": "!"},
    )


def test_the_head_links_only_our_own_addresses():
    head = parts().head
    assert re.findall(r'(?:href|src)="([^"]*)"', head) == [
        "/vendor/leaflet.css",
        "/static/map.css",
        "/vendor/leaflet.js",
        "/static/map.js",
    ]
    assert "http" not in head + parts().body


def test_the_body_holds_inert_data_and_no_code_or_style():
    body = parts().body
    assert set(re.findall(r"<script([^>]*)>", body)) == {
        f' type="application/json" data-map-element="{kind}"'
        for kind in ("map", "backdrop", "zones", "uncovered", "facilities", "walk")
    }
    assert "style=" not in body
    assert "<style" not in body
    assert "onload" not in body


def test_an_attack_in_a_name_stays_text():
    body = parts(ATTACK, ATTACK).body
    assert body.count("<script") == body.count("</script>") == 6
    assert "<img" not in body
    found = re.search(r'data-map-element="zones">(.*?)</script>', body)
    assert json.loads(found[1])["levels"][0]["collection"]["features"][0]["properties"]["name"] == ATTACK


def test_the_same_map_is_the_same_bytes_and_may_be_rendered_twice():
    page = made()
    assert page.parts() == page.parts() == parts()


def test_an_element_that_brings_a_script_is_refused():
    page = made()
    intruder = MacroElement()
    intruder._template = Template("{% macro script(this, kwargs) %}alert(1){% endmacro %}")
    page.add_child(intruder)
    with pytest.raises(AssertionError, match="inert"):
        page.parts()


def test_a_share_paints_its_class_and_a_missing_one_its_hatch():
    assert paint(STYLE, 0.64, None) == {"fill": "#e9b17d"}
    assert paint(STYLE, None, "no_network") == {"hatch": "no_network"}
    assert paint(STYLE, None, "unheard of") == {"hatch": "no_data"}


def test_the_legend_lists_the_fullest_class_first():
    entries = share_entries(STYLE, [str(i) for i in range(8)])
    assert [entry.text for entry in entries] == ["7", "6", "5", "4", "3", "2", "1", "0"]
    assert STYLE.classes[-1].colour in entries[0].swatch


def test_hatches_in_the_legend_have_the_pattern_the_map_has():
    entries = hatch_entries(STYLE, {"no_network": "none"})
    assert [entry.text for entry in entries] == ["none"]
    assert "<pattern" in entries[0].swatch
    assert "style=" not in entries[0].swatch


def test_every_glyph_a_style_may_name_is_drawn():
    assert set(GLYPH_PATHS) == set(GLYPHS)
    assert GLYPH_PATHS["heart"] in glyph_swatch(STYLE.glyph("care"))


def test_the_still_picture_links_each_zone_and_escapes_its_name():
    svg = zone_figure(collection(ATTACK), style=STYLE, label=ATTACK, href=lambda code: f"/?zone={code}")
    assert 'href="/?zone=370105"' in svg
    assert "<script" not in svg
    assert "<img" not in svg
    assert re.search(r'd="M\d+ \d+(L\d+ \d+)+Z"', svg)
    assert zone_figure({"features": []}, style=STYLE, label="", href=str) == ""


def test_the_still_picture_hatches_a_zone_without_a_share():
    svg = zone_figure(collection(hatch="no_network"), style=STYLE, label="", href=str)
    assert 'fill="url(#still-no_network)"' in svg
    assert 'id="still-no_network"' in svg
