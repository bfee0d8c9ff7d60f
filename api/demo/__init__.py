"""A synthetic Jinan of true size: real names and codes, rough places, invented geometry and people.

`build` makes it, `is_built` says whether it is there. Nothing heavy is imported until `build` is called.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layers.workspace import Workspace

MARK_FILE = "demo.json"
SEED = 7
EDITION = 2
"""Grows when the demo gets further layers: a city of an earlier edition is finished by building it again."""

__all__ = ["EDITION", "MARK_FILE", "SEED", "build", "is_built"]


def is_built(home: Path | str) -> bool:
    """Whether that folder holds a finished demo city of this edition; False while a build is unfinished."""
    try:
        mark = json.loads((Path(home) / MARK_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return False
    return bool(mark["complete"]) and int(mark.get("edition", 1)) >= EDITION


def build(
    home: Path | str,
    *,
    seed: int = SEED,
    scale: float = 1.0,
    database_url: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> "Workspace":
    """Make the demo city in that folder, or finish one that was interrupted or lacks layers of this edition.

    The same seed and scale give the same content. `scale` 0.02 makes a small city of the same districts and
    subdistricts with about a fiftieth of the demand points, for tests. `progress` is told each step.
    """
    from api.demo.ground import Recipe
    from api.demo.workspace import build_city

    return build_city(Path(home), Recipe(seed, scale), database_url, progress or (lambda step: None))
