"""Walks of categories whose sites did not move are taken from those known, and nothing else changes."""

import numpy as np
import tiny_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.walks import Walked, attached, walks

RULES = world.tiny_rules()
NETWORK = world.network()
DEMAND = attached(NETWORK, world.demand(), RULES)
SITES = st.dictionaries(
    st.sampled_from(["S", "K", "A", "B"]),
    st.tuples(
        st.integers(0, 2990), st.sampled_from([-10, 210]), st.sampled_from(["kindergarten", "primary_school"])
    ),
)


def arrays(found):
    return [found.walk_mm, found.straight_mm, found.attached, found.sites_attached]


@settings(max_examples=60)
@given(SITES, SITES, SITES)
def test_known_walks_give_the_same_as_a_search(first, second, asked):
    known = []
    for rows in (first, second):
        sites = world.sites(RULES, rows)
        known.append(Walked(sites, walks(NETWORK, DEMAND, sites, RULES)))
    sites = world.sites(RULES, asked)
    for one, other in zip(
        arrays(walks(NETWORK, DEMAND, sites, RULES, known=known)),
        arrays(walks(NETWORK, DEMAND, sites, RULES)),
        strict=True,
    ):
        assert np.array_equal(one, other)


def test_an_untouched_category_is_not_searched_again():
    """The known walk of the kindergarten is replaced by 7 mm: it comes back, the school's does not."""
    sites = world.sites(RULES)
    found = walks(NETWORK, DEMAND, sites, RULES)
    marked = Walked(sites, type(found)(np.full_like(found.walk_mm, 7), *arrays(found)[1:]))
    moved = world.sites(RULES, world.SITES | {"S": (1000, 210, "primary_school")})
    names = [row.id for row in moved.measured]
    again = walks(NETWORK, DEMAND, moved, RULES, known=[marked]).walk_mm
    assert (again[names.index("kindergarten")] == 7).all()
    assert not (again[names.index("primary_school")] == 7).any()
