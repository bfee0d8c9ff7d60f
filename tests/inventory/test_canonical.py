"""Canonical bytes and printed figures."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.canonical import canonical, digest
from inventory.figures import BEYOND, amounts, metres, millimetres, shares, thousandths

numbers = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_reading_canonical_bytes_and_writing_them_again_gives_the_same(value):
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_the_order_of_keys_does_not_matter():
    assert canonical({"b": 1, "a": "泉"}) == '{"a":"泉","b":1}\n'.encode() == canonical({"a": "泉", "b": 1})
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


def test_not_a_number_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"share": float("nan")})


def test_amounts_print_with_at_most_three_decimals():
    assert amounts(thousandths([12.0, 0.1 + 0.2, 1e6 + 0.0004, np.nan])) == [12, 0.3, 1000000, 0]


def test_sums_of_amounts_do_not_depend_on_order():
    amount = thousandths([0.1] * 10 + [1e9])
    assert amounts(np.array([amount.sum(), amount[::-1].sum()])) == [1000000001, 1000000001]


def test_walks_are_whole_millimetres_and_infinite_ones_stay_beyond():
    assert millimetres([300.0000001, 299.9996, np.inf]).tolist() == [300000, 300000, BEYOND]


def test_shares_of_nothing_are_null():
    assert shares(np.array([1, 0]), np.array([3, 0])) == [0.333333, None]
    assert metres(np.array([12345, 5]), np.array([True, False])) == [12.3, None]
