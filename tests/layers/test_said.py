"""What an uploader says survives its way through JSON."""

import json

import pytest

from layers.said import Edit, Said, said_from


def test_what_is_said_comes_back_from_json():
    said = Said(
        layer="parks", crs="EPSG:4527", edits=(Edit(3, "name", None),), left_out=(4, 5), rename={"mc": "name"}
    )
    assert said_from(json.loads(json.dumps(said.as_values()))) == said


def test_saying_nothing_is_nothing():
    assert Said().as_values() == {}
    assert said_from({}) == Said()


def test_a_word_nobody_knows_is_refused_by_name():
    with pytest.raises(TypeError, match="'crss'"):
        said_from({"crss": "EPSG:4527"})
