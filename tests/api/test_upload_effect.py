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
