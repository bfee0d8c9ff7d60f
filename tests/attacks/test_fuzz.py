"""Thousands of files changed at random; `fuzz` says what must hold for each of them.

3,000 cases take about five minutes of one of two shared cores, 100,000 some three hours; figures of runs are
in `results`.
"""

from pathlib import Path

import fuzz
import pytest
import seeds
from attack import Bait


def check(first: int, count: int, bait: Bait, place: Path) -> None:
    figures = fuzz.run(first, count, bait, place)
    assert figures.wrong == []
    assert figures.count == count
    assert figures.grown_mib < 100
    assert figures.slowest_s < fuzz.LIMITS.wall_s + 5
    assert figures.answers["read"] > count // 50, "changes so great that nothing is read test little"
    assert sum(figures.crashes.values()) <= count // 100, figures.crashes


def test_a_hundred_changed_files_are_answered(bait, tmp_path):
    check(0, 100, bait, tmp_path)


@pytest.mark.slow
def test_three_thousand_changed_files_are_answered(bait, tmp_path):
    check(0, 3000, bait, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(100_000, 200_000, 10_000))
def test_a_hundred_thousand_changed_files_are_answered(bait, tmp_path, first):
    check(first, 10_000, bait, tmp_path)


def test_a_case_is_the_same_every_time():
    assert [fuzz.case(number) for number in range(40)] == [fuzz.case(number) for number in range(40)]


def test_every_format_is_a_seed_and_nearly_every_case_is_a_changed_one():
    good = seeds.all_seeds()
    assert len(good) >= 12
    kinds, changed = set(), 0
    for number in range(300):
        kind, files = fuzz.case(number)
        kinds.add(kind)
        changed += files != good[kind]
    assert kinds == set(good)
    assert changed > 290


@pytest.mark.parametrize("number", [33307])
def test_cases_that_once_broke_their_reader_have_a_cause(bait, tmp_path, number):
    """33307: a FlatGeobuf for which GDAL gives a column whose offsets lie beyond its bytes."""
    figures = fuzz.run(number, 1, bait, tmp_path)
    assert (figures.wrong, figures.crashes) == ([], {})
