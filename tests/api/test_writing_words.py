"""Every cause of a failed writing is worded in both languages, with the cause's own fields."""

import string

import pytest

from api.words import LANGUAGES, Words, dictionary
from geo.write_problems import PROBLEMS, write_problem


def fields_of(cause: str) -> dict[str, object]:
    words = "".join(PROBLEMS[cause])
    return {name: f"<{name}>" for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("cause", PROBLEMS)
def test_every_cause_is_said_in_the_readers_language(lang, cause):
    fields = fields_of(cause)
    said = Words(lang).error(write_problem(cause, "路灯.shp", **fields))
    assert said.startswith("路灯.shp: ")
    assert all(str(value) in said for value in fields.values())
    if lang == "zh":
        assert " is " not in said
        assert "请" in said


@pytest.mark.parametrize("cause", PROBLEMS)
def test_an_error_itself_is_one_sentence_with_its_cause(cause):
    error = write_problem(cause, "路灯.shp", **fields_of(cause))
    assert str(error).count(": ") >= 2  # where, what, how to mend
    assert error.cause == cause


def test_no_cause_is_worded_that_does_not_exist():
    for lang in LANGUAGES:
        worded = {key.removeprefix("writing_") for key in dictionary(lang) if key.startswith("writing_")}
        assert worded == set(PROBLEMS)
