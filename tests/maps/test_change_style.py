"""How changes look: every kind apart by mark and line, and a wrong style file named."""

import pytest

from maps.change_style import KINDS, SEVERITIES, load, parse
from maps.errors import StyleInvalid
from maps.style import PACKAGED

RAW = (PACKAGED / "changes.toml").read_bytes()


def test_no_kind_is_told_by_colour_alone():
    style = load()
    assert set(style.kinds) == set(KINDS)
    assert set(style.findings) == set(SEVERITIES)
    for marks in (style.kinds, style.findings):
        assert len({each.glyph for each in marks.values()}) == len(marks)
    assert len({(each.dash, each.width) for each in style.kinds.values()}) == len(style.kinds)


def test_a_city_may_overlay_the_style(tmp_path):
    (tmp_path / "changes.toml").write_bytes(RAW.replace(b"#0b6b53", b"#004422"))
    assert load(tmp_path).kinds["added"].ink == "#004422"
    assert load(tmp_path).hash != load().hash


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"#0b6b53", b"green", "kinds.added.ink"),
        (b'glyph = "diamond"', b'glyph = "star"', "kinds.changed.glyph"),
        (b'dash = "9 5"', b'dash = "url(#x)"', "kinds.changed.dash"),
        (b"fill = 0.34", b"fill = 34", "kinds.added"),
        (b"[findings]", b"[other]", "findings"),
        (b"[kinds]", b"[kinds", "file"),
    ],
)
def test_a_wrong_style_names_its_field(old, new, field):
    assert old in RAW
    with pytest.raises(StyleInvalid) as caught:
        parse(RAW.replace(old, new, 1))
    assert caught.value.field == field
