"""The table of docs/findings.md is the table of `layers.rules`."""

from pathlib import Path

from layers.rules import RULES

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def table():
    """The rules as lines of a Markdown table."""
    yield "| rule | severity | value | fields |"
    yield "|---|---|---|---|"
    for rule in RULES.values():
        fields = "; ".join(f"`{name}`: {meaning}" for name, meaning in rule.fields.items())
        yield f"| `{rule.code}` | {', '.join(rule.severities)} | {rule.value} | {fields} |"


def test_the_page_has_every_rule_as_the_table_has_it():
    found = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert found == list(table())
