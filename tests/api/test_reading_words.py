"""Every cause of a failed reading is worded in both languages, with the cause's own fields."""

import string

import pytest

from api.findings import in_words
from api.words import LANGUAGES, Words, dictionary
from geo.read_problems import PROBLEMS, problem
from layers.findings import Finding


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
    for lang in LANGUAGES:
        assert {
            key.removeprefix("reading_") for key in dictionary(lang) if key.startswith("reading_")
        } == set(PROBLEMS)


def test_a_finding_about_a_file_is_told_in_the_readers_language():
    error = problem("companion", "区县.shp", role="shx")
    finding = Finding(error.code, "error", "districts", fields=dict(vars(error)))
    assert in_words(finding, Words("zh")).startswith("旁边没有它的 .shx 文件")
    told = "its .shx file is not beside it: send the files of a data set together"
    assert in_words(finding, Words("en")) == told
