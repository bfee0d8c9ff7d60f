"""Layers, columns and values that rules name, in the reader's language as specifications have them."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.words import Words, unit_text
from layers.spec import FieldSpec, LayerSpec

Values = Mapping[str, Iterable[Any]]
Bounds = Mapping[str, Any]


class Terms:
    """Titles of layers, columns and values; what no specification names is called as it is."""

    def __init__(self, specs: Mapping[str, LayerSpec], words: Words) -> None:
        self.words = words
        self._specs = specs

    def layer(self, name: str) -> str:
        """The title of a layer."""
        spec = self._specs.get(name)
        return (self.words.title(spec) if spec else "") or name

    def column(self, layer: str | None, name: str) -> str:
        """The title of a column."""
        field = self._field(layer, name)
        return (self.words.title(field) if field else "") or name

    def value(self, layer: str | None, column: str, value: Any) -> str:
        """The title of a value of a column with a domain; truth as yes and no, a number as it is read."""
        if isinstance(value, bool):
            return self.words.say("yes" if value else "no")
        if isinstance(value, int | float):
            return self.number(value)
        field = self._field(layer, column)
        titles = field.domain_titles.get(str(value)) if field else None
        return titles[0 if self.words.lang == "zh" else 1] if titles else str(value)

    def conditions(
        self,
        layer: str | None,
        where: Values | None = None,
        *,
        at_least: Bounds | None = None,
        below: Bounds | None = None,
        above: Bounds | None = None,
    ) -> str:
        """A filter in words; empty for one that lets everything pass."""
        say = self.words.say
        found = [
            say(
                "term_is",
                column=self.column(layer, column),
                values=self.join(self.value(layer, column, each) for each in values),
            )
            for column, values in (where or {}).items()
        ]
        for kind, bounds in (("at_least", at_least), ("above", above), ("below", below)):
            found += [
                say(
                    f"term_{kind}", column=self.column(layer, column), bound=self._bound(layer, column, bound)
                )
                for column, bound in (bounds or {}).items()
            ]
        return say("term_and").join(found)

    def ordered(self, layer: str | None, column: str | None, values: Iterable[str]) -> list[str]:
        """Values of a column in the order of its domain, others after them by name."""
        field = self._field(layer, column or "")
        domain = list(field.domain) if field else []
        return sorted(values, key=lambda each: (domain.index(each) if each in domain else len(domain), each))

    def join(self, texts: Iterable[str]) -> str:
        """A list in one text."""
        return self.words.say("list_join").join(texts)

    def number(self, value: float) -> str:
        """A number with as many decimals as say anything."""
        text = f"{value:.6f}".rstrip("0")
        return self.words.number(value, len(text.partition(".")[2]))

    def _bound(self, layer: str | None, column: str, bound: Any) -> str:
        """A number with the column's unit, or the title of another column."""
        if isinstance(bound, str):
            return self.column(layer, bound)
        field = self._field(layer, column)
        unit = (field.unit if field else None) or ""
        key = f"counted_{unit}"
        named = self.words.say(key) if self.words.has(key) else unit_text(unit)
        return f"{self.number(bound)} {named}".rstrip()

    def _field(self, layer: str | None, name: str) -> FieldSpec | None:
        spec = self._specs.get(layer or "")
        return next((each for each in spec.fields if each.name == name), None) if spec else None
