"""What an upload does to coverage, as the page words a job's outcome."""

from datetime import UTC, datetime

import pytest

from api.upload_effect import effect_view
from api.words import Words
from layers.jobs import Failure, Job

WORDS = Words("en")


def figure(before: float | None, after: float | None, **more: object) -> dict:
    return {"before": before, "after": after, **more}


def job(state: str, outcome: dict | None = None, error: Failure | None = None) -> Job:
    now = datetime(2020, 10, 12, tzinfo=UTC)
    return Job(
        "j", 1, "effect", "u", {}, "li", state, 1, None, None, None, now, now, None, outcome, error
    )  # fmt: skip


def outcome(**more: object) -> dict:
    category = figure(0.5, 0.5, id="parking", title_zh="停车场", title_en="Car parks")
    zone = figure(0.541, 0.558, code="D1", name="南泉区", name_en="Nanquan", categories=[category])
    return {"reason": None, "city": None, "rows": [zone], **more}


def test_each_zone_is_told_before_and_after_with_its_categories_below():
    rows = effect_view(WORDS, job("done", outcome())).rows
    assert [(each.name, each.before, each.after, each.difference) for each in rows] == [
        ("Nanquan", "54.1\u00a0%", "55.8\u00a0%", "+1.7"),
        ("Nanquan · Car parks", "50.0\u00a0%", "50.0\u00a0%", "0.0"),
    ]


def test_a_loss_is_negative_and_no_figure_is_a_dash():
    zones = [
        figure(0.5, 0.4, code="D1", name="a", name_en=None, categories=[]),
        figure(None, 0.4, code="D2", name="b", name_en=None, categories=[]),
    ]
    rows = effect_view(WORDS, job("done", outcome(rows=zones))).rows
    assert [each.difference for each in rows] == ["-10.0", "–"]


def test_the_city_comes_first():
    city = figure(0.5, 0.6, code="city", name="x", name_en=None, categories=[])
    rows = effect_view(WORDS, job("done", outcome(city=city))).rows
    assert rows[0].name == WORDS.say("whole_city")


@pytest.mark.parametrize("reason", ["layer_unread", "unchanged", "no_network"])
def test_no_figures_say_why(reason):
    found = effect_view(WORDS, job("done", {"reason": reason, "rows": [], "city": None}))
    assert found.sentence
    assert found.rows == ()


def test_work_that_waits_or_failed_says_so():
    assert effect_view(WORDS, job("running")).waiting
    failed = effect_view(WORDS, job("failed", error=Failure("job_too_slow", {"limit_s": 60})))
    assert "60 seconds" in failed.failed
    assert effect_view(WORDS, None) is None


def rule(**more: object) -> dict:
    change = figure(0.5, 0.625, id="people", kind="people", title_zh=None, title_en="People")
    zone = {"code": "city", "name": "city", "name_en": None, "demands": [change]}
    return {
        "rule": "parking", "title_zh": "停车", "title_en": "Car parks", "by": "district", "is_supply": False,
        "rows": [], "city": zone, "reason": None, **more,
    }  # fmt: skip


def test_rules_are_told_beside_the_circles_that_do_not_read_the_layer():
    values = {"reason": "layer_unread", "rows": [], "city": None, "rules": [rule()]}
    found = effect_view(WORDS, job("done", values))
    assert found.sentence == WORDS.say("upload_effect_circles_unread")
    (told,) = found.rules
    assert (told.title, told.href, told.sentence) == ("Car parks", "/coverage/parking", "")
    assert [(each.name, each.before, each.after, each.difference) for each in told.rows] == [
        ("Whole city · People", "50.0\u00a0%", "62.5\u00a0%", "+12.5")
    ]


def test_a_rule_without_change_or_figures_says_so_and_places_are_no_shares():
    quiet, barred = rule(city=None), rule(reason="no_demand")
    places = rule(is_supply=True)
    places["city"]["demands"] = [figure(60.0, 66.0, id="people", kind="people", title_zh=None, title_en=None)]
    found = effect_view(WORDS, job("done", outcome(rules=[quiet, barred, places])))
    assert found.rules[0].sentence == WORDS.say("upload_effect_rule_unchanged")
    assert found.rules[1].sentence
    assert found.rules[1].rows == ()
    assert (found.rules[2].rows[0].before, found.rules[2].rows[0].difference) == ("60.0", "6.0")
