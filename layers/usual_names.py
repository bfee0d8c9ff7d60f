"""English names for what offices usually call their columns and files, by `usual_names.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from layers.headers import folded, header

_WORDS = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Usual:
    """An English name as code writes it, and as a title."""

    name: str
    title_en: str


@cache
def _table() -> tuple[Mapping[str, Usual], Mapping[str, Usual]]:
    values = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    fields, layers = (_by_word(values[name]) for name in ("fields", "layers"))
    return fields, layers


def _by_word(names: Mapping[str, Any]) -> dict[str, Usual]:
    return {folded(word): Usual(name, each["en"]) for name, each in names.items() for word in each["words"]}


def of_field(text: str) -> Usual | None:
    """What a header is usually called in English: the whole of it, else its end, as in 停车场名称."""
    words, _ = _table()
    name = header(text).name
    return next((words[name[at:]] for at in range(len(name)) if name[at:] in words), None)


def of_layer(text: str) -> Usual | None:
    """What a file is usually called: by the longest word in its name, the last of equally long ones."""
    _, words = _table()
    given = folded(text)
    found = [word for word in words if word in given]
    return words[max(found, key=lambda word: (len(word), given.rfind(word)))] if found else None
