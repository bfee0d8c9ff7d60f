"""Workbook, CSV and JSON: the same figures, typed numbers, text that never runs, equal bytes twice."""

import csv
import io
import zipfile
from datetime import datetime

import openpyxl
import pytest

from api import report_files, report_tables
from api.report_csv import plain
from api.reports import CirclesReport, longest_walk, lowest, mean_walk_m
from api.words import LANGUAGES, Words

ATTACKS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1")


@pytest.fixture(scope="module")
def result(client):
    return client.get("/api/coverage/circles?by=subdistrict").json()


def renamed(result: dict, name: str) -> dict:
    """The result with its first zone called otherwise, in both languages."""
    return {**result, "zones": [{**result["zones"][0], "name": name, "name_en": name}, *result["zones"][1:]]}


def lines_of(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def book_of(body: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(body))


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_that_would_start_a_formula_is_quoted(attack):
    assert plain(attack) == "'" + attack


@pytest.mark.parametrize("text", ["", "Tianqiao", "a=b", "370105", "'quoted"])
def test_other_text_is_left_alone(text):
    assert plain(text) == text


@pytest.mark.parametrize("attack", ATTACKS[:5])
def test_a_zone_with_such_a_name_is_text_in_both_files(result, attack):
    hostile = renamed(result, attack)
    cells = [cell for line in lines_of(report_files.as_csv(hostile, Words("en"))) for cell in line]
    assert "'" + attack in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
    book = book_of(report_files.as_xlsx(hostile, Words("en")))
    found = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in found} <= {"s", "n", "inlineStr"}
    assert any(str(cell.value).strip() == attack.strip() for cell in found)


def test_csv_has_a_line_for_every_zone_and_the_city_with_raw_numbers(result):
    body = report_files.as_csv(result, Words("en"))
    assert body.startswith(b"\xef\xbb\xbf")
    heading, *lines = lines_of(body)
    assert len(lines) == len(result["zones"]) + bool(result["outside"]["demand"]) + 1
    city = dict(zip(heading, lines[-1], strict=True))
    assert float(city["Share on foot"]) == result["city"]["share"]
    assert float(city["People"]) == result["city"]["demand"]
    assert float(city["Bus stop: Share on foot"]) == result["city"]["categories"]["bus_stop"]["share"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_workbook_has_typed_numbers_and_the_results_own_date(result, lang):
    words = Words(lang)
    book = book_of(report_files.as_xlsx(result, words, recipe="abc"))
    assert book.sheetnames == [
        words.say(f"sheet_{name}")
        for name in ("summary", "zones", "categories", "by_category", "gaps", "inputs")
    ]
    sheet = book[words.say("sheet_zones")]
    heading = [cell.value for cell in sheet[1]]
    city = dict(zip(heading, [cell.value for cell in sheet[sheet.max_row]], strict=True))
    assert city[words.say("column_share")] == result["city"]["share"]
    assert city[words.say("unit_people")] == result["city"]["demand"]
    assert book.properties.created == datetime.fromisoformat(result["date"])


def test_equal_results_give_equal_bytes(result):
    words = Words("en")
    first = report_files.as_xlsx(result, words, recipe="abc")
    assert first == report_files.as_xlsx(dict(result), words, recipe="abc")
    assert report_files.as_csv(result, words) == report_files.as_csv(dict(result), words)
    assert {info.date_time for info in zipfile.ZipFile(io.BytesIO(first)).infolist()} == {
        (1980, 1, 1, 0, 0, 0)
    }


def test_the_downloads_are_what_the_functions_make(client, result):
    answer = client.get("/api/coverage/circles.csv?by=subdistrict&lang=en")
    assert answer.content == report_files.as_csv(result, Words("en"))
    assert (
        answer.headers["content-disposition"]
        == f'attachment; filename="circles-subdistrict-{result["date"]}-synthetic.csv"'
    )
    json = client.get("/api/coverage/circles.json?by=subdistrict").content
    assert json == report_files.as_json(result) == client.get("/api/coverage/circles?by=subdistrict").content


def row(share: float | None, code: str = "a", **walks: tuple[float | None, float | None, bool]) -> dict:
    categories = {
        name: {"mean_m": mean, "p90_m": p90, "p90_beyond": beyond, "reached_share": 0.5}
        for name, (mean, p90, beyond) in walks.items()
    }
    return {"code": code, "share": share, "categories": categories}


def test_the_mean_walk_is_the_mean_of_the_categories_somebody_reaches():
    walks = {"a": (100.0, 200.0, False), "b": (300.0, 900.0, False), "c": (None, None, False)}
    assert mean_walk_m(row(0.5, **walks)) == (100.0 + 300.0) / 2
    assert mean_walk_m(row(None, c=(None, None, False))) is None


def test_the_longest_walk_names_its_category_and_beyond_is_longer_than_all():
    walks = {"a": (1.0, 200.0, False), "b": (1.0, 900.0, False)}
    assert longest_walk(row(0.5, **walks)) == ("b", 900.0)
    assert longest_walk(row(0.5, **walks, c=(1.0, None, True))) == ("c", None)
    assert longest_walk(row(0.5, c=(None, None, False))) is None


def test_the_lowest_rows_are_the_last_of_those_with_a_share():
    rows = [row(0.9, "a"), row(0.5, "b"), row(0.1, "c"), row(None, "d"), row(0.2, "outside")]
    assert [each["code"] for each in lowest(rows, 2)] == ["b", "c"]


def test_zones_are_ranked_and_those_without_a_share_come_last(result):
    shares = [each["share"] for each in CirclesReport(result, Words("en")).rows]
    known = [share for share in shares if share is not None]
    assert known == sorted(known, reverse=True)
    assert None in shares  # the east of D2 has nobody, D4 has no streets
    assert shares.index(None) >= len(known)


def test_very_many_pairs_are_left_to_the_csv(result, monkeypatch):
    monkeypatch.setattr("api.report_xlsx.PAIRS_MOST", 10)
    assert (
        Words("en").say("sheet_by_category")
        not in book_of(report_files.as_xlsx(result, Words("en"))).sheetnames
    )
    assert len(report_tables.by_category(CirclesReport(result, Words("en"))).rows) > 10
