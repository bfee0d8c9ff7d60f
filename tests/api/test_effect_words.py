"""Every reason an effect can give has words in both languages."""

import pytest

from api.words import LANGUAGES, Words
from inventory.effect import REASONS


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_worded(lang, reason):
    assert Words(lang).say(f"effect_reason_{reason}")
