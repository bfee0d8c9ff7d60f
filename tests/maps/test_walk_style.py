"""The look of reached streets: bands told apart without colour, a city's own file, refusals by name."""

import pytest

from maps import walk_style
from maps.errors import StyleInvalid
from maps.style import PACKAGED
from maps.walk_figure import walk_figure

RAW = (PACKAGED / "walk.toml").read_text("utf-8")


def test_no_two_bands_share_a_line():
    style = walk_style.load()
    assert len({band.dash for band in style.bands}) == len(style.bands) >= 3
    assert style.band(99) == style.bands[-1]


def test_a_city_has_its_own(tmp_path):
    (tmp_path / "walk.toml").write_text(RAW.replace("#0a2f6b", "#123456"), "utf-8")
    assert walk_style.load(tmp_path).bands[0].ink == "#123456"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("#0a2f6b", "url(x)", "bands[0].ink"),
        ('dash = "7 3"', 'dash = "7;3"', "bands[1].dash"),
        ("width = 4.0", "width = 40", "bands[0].width"),
        ("opacity = 0.42", "opacity = 4", "area.opacity"),
        ("[origin]", "[place]", "origin"),
    ],
)
def test_a_look_that_cannot_be_drawn_is_refused_by_its_name(old, new, field):
    assert old in RAW
    with pytest.raises(StyleInvalid) as caught:
        walk_style.parse(RAW.replace(old, new).encode())
    assert field in str(caught.value)


def test_the_still_picture_has_each_band_and_the_place():
    line = {"type": "MultiLineString", "coordinates": [[[117.0, 36.0], [117.01, 36.0]]]}
    features = [{"properties": {"kind": "streets", "band": band}, "geometry": line} for band in (1, 0)] + [
        {"properties": {"kind": "streets", "band": 2}, "geometry": None}
    ]
    drawn = walk_figure(
        {"features": features, "origin": {"lon": 117.005, "lat": 36.0}},
        style=walk_style.load(),
        label="<b>",
    )
    assert drawn.count("<path") == 2
    assert drawn.count("<circle") == 1
    assert 'aria-label="&lt;b&gt;"' in drawn
