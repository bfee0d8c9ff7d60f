"""The documents keep their word: every setting is listed, every link leads somewhere."""

import re
from pathlib import Path

import pytest

from api.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def test_every_setting_is_listed_with_its_default_and_meaning():
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `QUANTU_([A-Z_]+)` \| (.*) \|$", table, re.MULTILINE))
    assert rows.keys() == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        assert field.description
        assert field.description in rows[name.upper()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_the_command_line_in_the_readme_exists():
    """Every `quantu COMMAND` the README shows is a command of the program."""
    from typer.main import get_command

    from api.cli import app

    known = set(get_command(app).commands)
    for name in ("README.md", "README.zh.md"):
        shown = set(re.findall(r"quantu ([a-z]+)\b", (ROOT / name).read_text(encoding="utf-8")))
        assert shown
        assert shown <= known, f"{name}: {sorted(shown - known)}"
