"""Styles: what the packaged one promises to eyes, and what a wrong one is told."""

from itertools import pairwise

import pytest

from maps.errors import StyleInvalid, StyleNotFound
from maps.style import PACKAGED, load, parse


def lightness(colour: str) -> float:
    """CIE lightness (0 black, 100 white) of an sRGB colour."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * (y ** (1 / 3) if y > 216 / 24389 else (24389 / 27 * y + 16) / 116) - 16


def test_lightness_of_black_and_white_is_known():
    assert lightness("#000000") == pytest.approx(0.0)
    assert lightness("#ffffff") == pytest.approx(100.0)


def test_the_ramp_rises_in_lightness_by_steps_an_eye_tells_apart():
    steps = [lightness(each.colour) for each in load("circles").classes]
    assert all(brighter - darker >= 6 for darker, brighter in pairwise(steps))


def test_a_share_falls_into_the_class_that_starts_at_or_below_it():
    style = load("circles")  # classes start at 0, 0.2, 0.3, ... 0.8
    assert [style.class_of(share) for share in (0.0, 0.1999, 0.2, 0.79, 0.8, 1.0)] == [0, 0, 1, 6, 7, 7]
    assert style.class_of(None) is None
    assert style.colour(None) is None


def test_every_reason_for_no_share_has_a_hatch_of_its_own():
    style = load("circles")
    patterns = [style.hatch(reason).pattern for reason in ("no_network", "no_demand", "no_data")]
    assert len(set(patterns)) == 3
    assert style.hatch("something new").reason == "no_data"


def test_a_city_may_lay_its_own_style_over_the_packaged_one(tmp_path):
    text = (PACKAGED / "circles.toml").read_text("utf-8").replace("#4a1d3d", "#000001")
    (tmp_path / "circles.toml").write_text(text, "utf-8")
    assert load("circles", tmp_path).classes[0].colour == "#000001"
    assert load("circles").classes[0].colour == "#4a1d3d"


@pytest.mark.parametrize("name", ["absent", "../secret", "Circles", ""])
def test_a_name_without_a_file_is_refused(name):
    with pytest.raises(StyleNotFound):
        load(name)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('colour = "#4a1d3d"', 'colour = "red"', "ramp.classes[0].colour"),
        ("from = 0.0", "from = 0.5", "ramp.classes"),
        ("from = 0.8", "from = 1.5", "ramp.classes"),
        ('pattern = "dots"', 'pattern = "stars"', "ramp.without.no_demand.pattern"),
        ('glyph = "heart"', 'glyph = "star"', "groups.care.glyph"),
        ("[uncovered]", "[covered]", "uncovered"),
        ("[ramp]", "[ramp", "file"),
    ],
)
def test_a_wrong_style_names_what_is_wrong(old, new, field):
    text = (PACKAGED / "circles.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(StyleInvalid) as refused:
        parse("circles", text.replace(old, new, 1).encode())
    assert refused.value.field == field
