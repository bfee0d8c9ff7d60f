"""Every cause of a failed reading is worded in both languages, with the cause's own fields."""

import string

import pytest

from api.words import LANGUAGES, Words
from geo.read_problems import PROBLEMS


def fields_of(cause: str) -> dict[str, object]:
    words = "".join(PROBLEMS[cause][1:])
    return {name: f"<{name}>" for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("cause", PROBLEMS)
def test_every_cause_is_worded(lang, cause):
    fields = fields_of(cause)
    said = Words(lang).say(f"reading_{cause}", **fields)
    assert all(str(value) in said for value in fields.values())


def test_no_cause_is_worded_that_does_not_exist():
    from api.words import dictionary

    for lang in LANGUAGES:
        assert {
            key.removeprefix("reading_") for key in dictionary(lang) if key.startswith("reading_")
        } == set(PROBLEMS)
