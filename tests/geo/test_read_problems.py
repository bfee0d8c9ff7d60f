"""The table of causes: every one can be said, raised, and carried from one process to another."""

import json
import string

import pytest

from geo.errors import ReadError
from geo.read_problems import PROBLEMS, problem


def fields_of(cause: str) -> dict[str, object]:
    words = "".join(PROBLEMS[cause][1:])
    return {name: f"<{name}>" for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("cause", PROBLEMS)
def test_every_cause_is_one_sentence_that_names_the_file(cause):
    error = problem(cause, "区县.shp", **fields_of(cause))
    assert isinstance(error, ReadError)
    text = str(error)
    assert text.startswith("区县.shp: ")
    assert text.count(": ") >= 2  # where, what, how to mend
    assert "\n" not in text
    assert all(str(value) in text for value in fields_of(cause).values())


@pytest.mark.parametrize("cause", PROBLEMS)
def test_a_cause_crosses_the_border_of_processes_unchanged(cause):
    error = problem(cause, "区县.shp", **fields_of(cause))
    told = {name: value for name, value in vars(error).items() if name not in ("what", "mend")}
    again = problem(**json.loads(json.dumps(told)))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)
