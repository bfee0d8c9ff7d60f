"""What is loaded ahead is what a result is computed with."""

from inventory.readiness import ready


def test_it_is_done_once():
    ready()
    before = ready.cache_info()
    ready()
    assert ready.cache_info().misses == before.misses == 1
