"""Building the demo's workspace: every layer generated and published, resumed where a killed build stopped.

A version is published whole or not at all, and each step leaves what is published alone, so a build may be
killed at any moment and called again. `demo.json` says with which seed and scale, and whether it is done.
"""

import json
import secrets
from collections.abc import Callable
from pathlib import Path

from api.demo import MARK_FILE
from api.demo.city import DemoCity
from api.demo.errors import DemoDiffers
from api.demo.ground import HERE, Recipe
from layers.catalog import Store
from layers.errors import WorkspaceExists
from layers.staging import fsync_file, fsync_folder
from layers.workspace import CITY_FILE, Workspace


def build_city(
    home: Path, recipe: Recipe, database_url: str | None, progress: Callable[[str], None]
) -> Workspace:
    """Make or finish the demo city; DemoDiffers for another recipe, WorkspaceExists for another city."""
    workspace = _workspace(home)
    if _marked(workspace, recipe):
        return workspace
    city = DemoCity(recipe)
    with Store.open(workspace, database_url) as store:
        for step in city.steps():
            if step.agency not in store.heads(step.layer):
                progress(f"{step.layer} {step.agency}")
                step.publish(store, _words(recipe))
    _mark(workspace, recipe, complete=True)
    return workspace


def _workspace(home: Path) -> Workspace:
    text = (HERE / "city.toml").read_text(encoding="utf-8")
    if not (home / CITY_FILE).is_file():
        return Workspace.init(home, text)
    workspace = Workspace.open(home)
    if workspace.city.id != "jinan-demo":
        raise WorkspaceExists(home)
    return workspace


def _words(recipe: Recipe) -> str:
    return f"seed {recipe.seed}, scale {recipe.scale:g}"


def _marked(workspace: Workspace, recipe: Recipe) -> bool:
    """Whether this very city is complete; marks a fresh folder as begun."""
    path = workspace.home / MARK_FILE
    if not path.is_file():
        _mark(workspace, recipe, complete=False)
        return False
    mark = json.loads(path.read_text(encoding="utf-8"))
    found = Recipe(mark["seed"], mark["scale"])
    if found != recipe:
        raise DemoDiffers(workspace.home, _words(found), _words(recipe))
    return bool(mark["complete"])


def _mark(workspace: Workspace, recipe: Recipe, *, complete: bool) -> None:
    """Write the mark beside and rename it, so that a kill leaves the old one or the new one."""
    text = json.dumps({"seed": recipe.seed, "scale": recipe.scale, "complete": complete}) + "\n"
    beside = workspace.home / f".{MARK_FILE}.{secrets.token_hex(4)}"
    beside.write_text(text, encoding="utf-8")
    fsync_file(beside)
    beside.replace(workspace.home / MARK_FILE)
    fsync_folder(workspace.home)
