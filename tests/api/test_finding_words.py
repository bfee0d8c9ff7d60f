"""Every rule and every problem has its sentence in both languages, with all it needs to say."""

import string

import pytest

from api.findings import in_words, mend_in_words, problem_in_words, what_in_words
from api.words import LANGUAGES, Words, dictionary
from layers.check import CODES, Problem
from layers.findings import RULES, Finding

COMMON = {"field", "key", "value", "rule"}
FORMS = {
    "value_range": ("value_range", "value_range_from", "value_range_to"),
    "area_range": ("area_range", "area_range_from", "area_range_to"),
    "length_range": ("length_range", "length_range_from", "length_range_to"),
    "direction_taken": ("direction_taken_directed", "direction_taken_undirected"),
    "row_repeated": ("row_repeated", "row_repeated_left_out"),
}


def asked(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_is_worded_with_what_it_has(rule: str, lang: str):
    for form in FORMS.get(rule, (rule,)):
        text = dictionary(lang)[f"finding_{form}"]
        assert asked(text) <= COMMON | set(RULES[rule])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_says_how_to_mend_it(rule: str, lang: str):
    for form in FORMS.get(rule, (rule,)):
        text = dictionary(lang).get(f"mend_{form}") or dictionary(lang)[f"mend_{rule}"]
        assert asked(text) <= COMMON | set(RULES[rule])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
def test_each_problem_is_worded_with_what_it_has(code: str, lang: str):
    assert asked(dictionary(lang)[f"problem_{code}"]) <= set(CODES[code])
    sentence = problem_in_words(Problem(code, dict.fromkeys(CODES[code], "x")), Words(lang))
    assert "{" not in sentence


def test_a_finding_names_value_and_limits():
    finding = Finding(
        "value_range",
        "error",
        "people",
        3,
        field="people",
        value="-5",
        fields={"minimum": 0, "maximum": None},
    )
    assert what_in_words(finding, Words("en")) == "people -5 is below 0"
    assert what_in_words(finding, Words("zh")) == "people -5 小于 0"
    assert mend_in_words(finding, Words("zh")) == "请核对数值和单位"
    assert in_words(finding, Words("zh")) == "people -5 小于 0；请核对数值和单位"


def test_what_was_left_out_of_a_long_list_is_counted():
    finding = Finding("value_type", "error", "people", field="people", fields={"more": 12})
    assert in_words(finding, Words("en")) == "… and 12 more of this kind"


def test_lists_are_words_not_python():
    finding = Finding(
        "value_domain",
        "error",
        "shops",
        1,
        field="category",
        value="超市",
        fields={"domain": ["market", "bank"]},
    )
    assert what_in_words(finding, Words("en")) == "category “超市” is not one of: market, bank"
