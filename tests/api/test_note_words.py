"""Notes of a reading: each has its sentence in both languages, with the fields the code gives."""

import pytest

from api.words import LANGUAGES, Words, dictionary
from geo.notes import CODES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_note_has_a_sentence_and_every_sentence_a_note(lang):
    worded = {key.removeprefix("note_") for key in dictionary(lang) if key.startswith("note_")}
    assert set(CODES) <= worded
    assert Words(lang).say("note_rows_deleted", count=2).count("2") == 1
