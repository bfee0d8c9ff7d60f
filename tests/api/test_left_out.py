"""What a rule says of walking and the data could not follow is told in both languages."""

import pytest

from api.left_out import unfollowed
from api.words import Words

CIRCLES = {
    "kind": "circles",
    "inputs_missing": [{"layer": "elevation", "agencies": None}],
    "untagged": ["gate"],
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_layers_and_columns_are_named(lang):
    layers, columns = unfollowed(CIRCLES, Words(lang))
    assert "elevation" in layers
    assert "gate" in columns


def test_a_single_rule_lists_its_layers_itself_and_a_whole_result_says_nothing():
    assert len(unfollowed(CIRCLES | {"kind": "coverage"}, Words("en"))) == 1
    assert unfollowed({"kind": "circles"}, Words("en")) == []
