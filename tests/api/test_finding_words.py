"""Every rule and every problem has its sentence in both languages, with all it needs to say."""

import string
from pathlib import Path

import pytest

from api.findings import (
    in_words,
    mend_in_words,
    mend_on_page,
    names_of,
    problem_in_words,
    spot,
    what_in_words,
)
from api.words import LANGUAGES, Words, dictionary
from layers.check import CODES, Problem
from layers.city import parse_city
from layers.findings import RULES, Finding
from layers.spec_files import parse_spec

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


CITY = parse_city(
    """
id = "t"
name_zh = "城"
name_en = "City"
bbox = [116.0, 36.0, 118.0, 37.0]
[[agencies]]
code = "370104"
name_zh = "槐荫区"
name_en = "Huaiyin"
"""
)
SHOPS = parse_spec(
    """
name = "shops"
title_zh = "商业"
title_en = "Shops"
kind = "features"
geometry = "point"
key = "id"
[[fields]]
name = "id"
required = true
title_zh = "编号"
title_en = "Number"
[[fields]]
name = "completed"
type = "date"
title_zh = "建成日期"
title_en = "Completed"
[[fields]]
name = "category"
title_zh = "类别"
title_en = "Kind"
[fields.domain]
market = { zh = "菜市场", en = "Market" }
bank = { zh = "银行", en = "Bank" }
""",
    Path("shops.toml"),
)


def test_a_finding_calls_fields_values_and_agencies_by_their_titles():
    words = Words("zh")
    names = names_of(words, CITY, SHOPS)
    wrong = Finding(
        "value_type", "error", "shops", 3, field="completed", value="去年", fields={"type": "date"}
    )
    assert what_in_words(wrong, words, names) == "建成日期“去年”不符合类型 日期"
    kind = Finding(
        "value_domain",
        "error",
        "shops",
        1,
        field="category",
        value="超市",
        fields={"domain": ["market", "bank"]},
    )
    assert what_in_words(kind, words, names) == "类别“超市”不在允许值之内：菜市场、银行"
    outside = Finding(
        "outside_area",
        "warning",
        "shops",
        2,
        field="geometry",
        value="116.9, 36.6",
        fields={"agency": "370104"},
    )
    assert "370104" not in what_in_words(outside, words, names)
    assert "槐荫区" in what_in_words(outside, words, names)
    empty = Finding("value_missing", "error", "shops", 2, field="geometry")
    assert what_in_words(empty, words, names).startswith("位置")
    assert what_in_words(empty, Words("en")).startswith("Place")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_page_never_tells_to_type_an_option(rule: str, lang: str):
    forms = [{"directed": True}, {"directed": False}] if rule == "direction_taken" else [{}]
    for form in forms:
        fields = {**dict.fromkeys(RULES[rule], "x"), **form}
        fields |= {"subject": "crs"} if "subject" in fields else {}
        fields |= {"share": 0.5} if "share" in fields else {}
        said = mend_on_page(Finding(rule, "error", "shops", fields=fields), Words(lang))
        assert "--" not in said


def test_a_shape_that_crosses_itself_has_a_spot_and_no_words_of_geos():
    finding = Finding(
        "geometry_changed_too_much",
        "error",
        "shops",
        4,
        field="geometry",
        value="Self-intersection[116.901 36.661]",
        fields={"before_m2": 0.0, "after_m2": 19842.9, "share": 1.0},
    )
    assert spot(finding) == (116.901, 36.661)
    for lang in LANGUAGES:
        assert "Self" not in what_in_words(finding, Words(lang))
        assert "19,842.9" in what_in_words(finding, Words(lang))
