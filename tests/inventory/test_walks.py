"""Walks of categories whose sites did not move are taken from those known, and nothing else changes."""

import numpy as np
import tiny_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.walking import Walking
from inventory.walks import Walked, attached, walks

RULES = world.tiny_rules()
STREETS = Walking(world.network(), None, None, RULES.walk)
DEMAND = attached(STREETS, world.demand())
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
        known.append(Walked(sites, walks(STREETS, DEMAND, sites)))
    sites = world.sites(RULES, asked)
    for one, other in zip(
        arrays(walks(STREETS, DEMAND, sites, known=known)),
        arrays(walks(STREETS, DEMAND, sites)),
        strict=True,
    ):
        assert np.array_equal(one, other)


def test_an_untouched_category_is_not_searched_again():
    """The known walk of the kindergarten is replaced by 7 mm: it comes back, the school's does not."""
    sites = world.sites(RULES)
    found = walks(STREETS, DEMAND, sites)
    marked = Walked(sites, type(found)(np.full_like(found.walk_mm, 7), *arrays(found)[1:]))
    moved = world.sites(RULES, world.SITES | {"S": (1000, 210, "primary_school")})
    names = [row.id for row in moved.measured]
    again = walks(STREETS, DEMAND, moved, known=[marked]).walk_mm
    assert (again[names.index("kindergarten")] == 7).all()
    assert not (again[names.index("primary_school")] == 7).any()
