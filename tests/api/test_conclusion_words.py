"""Every conclusion that code can draw has a sentence in both languages, and every way a column is matched."""

import ast
from pathlib import Path

import pytest

from api.words import LANGUAGES, Words
from geo.detected import SUBJECTS

ROOT = Path(__file__).resolve().parents[2]
PREFIXES = (
    *("crs_", "axes_", "coordinates_in", "encoding_", "layer_", "agency_", "key_column", "column_"),
    *("unit_", "datum_", "dataset_"),
)
HOWS = ("exact", "alias", "truncated", "said", "unknown", "place")


def reasons() -> set[str]:
    """The texts given as `why` to a Detected, or kept in a variable of that name, in geo and layers."""
    found = set()
    for path in sorted([*(ROOT / "geo").glob("*.py"), *(ROOT / "layers").glob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "Detected"
                and len(node.args) > 3
            ):
                found |= _texts(node.args[3])
            if isinstance(node, ast.keyword) and node.arg == "why":
                found |= _texts(node.value)
            if isinstance(node, ast.Assign) and any("why" in ast.unparse(each) for each in node.targets):
                found |= _texts(node.value)
    return {each for each in found if each.startswith(PREFIXES)}


def _texts(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_conclusion_is_worded(lang: str):
    drawn = reasons()
    assert {"crs_fits_too", "crs_by_headers", "dataset_first", "layer_first", "agency_by_keys"} <= drawn
    assert [each for each in sorted(drawn) if not Words(lang).has(f"detected_{each}")] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_subjects_and_ways_of_matching_are_worded(lang: str):
    words = Words(lang)
    assert all(words.has(f"detected_subject_{subject}") for subject in SUBJECTS)
    assert all(words.has(f"upload_how_{how}") for how in HOWS)
