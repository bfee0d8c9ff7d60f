"""Every conclusion about a file has a sentence in both languages, and its fields fill it."""

import ast
import string
from pathlib import Path

import pytest

import geo
import layers
from api.words import LANGUAGES, Words, dictionary
from geo.detected import SUBJECTS

ROOTS = (Path(geo.__file__).parent, Path(layers.__file__).parent)


def whys() -> set[str]:
    """The code of every conclusion in the code: texts handed to `Detected`, or to anything called `why`."""
    found = set()
    for path in (path for root in ROOTS for path in root.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                given = [word.value for word in node.keywords if word.arg == "why"]
                given += node.args[3:4] if getattr(node.func, "id", "") == "Detected" else []
            elif isinstance(node, ast.Assign) and _names(node.targets[0]):
                given = [node.value]
            else:
                continue
            for each in given:
                found |= {part.value for part in ast.walk(each) if _is_code(part)}
    return found


def _names(target: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id == "why" for part in ast.walk(target))


def _is_code(part: ast.AST) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier()


def test_every_conclusion_has_a_sentence():
    asked = {f"detected_{why}" for why in whys()} | {f"detected_subject_{subject}" for subject in SUBJECTS}
    assert len(asked) > 20
    for lang in LANGUAGES:
        assert asked - dictionary(lang).keys() == set()


def test_every_sentence_is_of_a_conclusion():
    sources = "".join(path.read_text("utf-8") for root in ROOTS for path in root.glob("*.py"))
    worded = {key.removeprefix("detected_") for key in dictionary("zh") if key.startswith("detected_")}
    subjects = {f"subject_{subject}" for subject in SUBJECTS}
    assert {why for why in worded - subjects if f'"{why}"' not in sources} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sentences_take_plain_fields(lang):
    for key, text in dictionary(lang).items():
        if key.startswith("detected_") and not key.startswith("detected_subject_"):
            names = {name for _, name, _, _ in string.Formatter().parse(str(text)) if name}
            assert Words(lang).say(key, **dict.fromkeys(names, "7"))
