"""Building the demo's workspace: every layer generated and published, resumed where a killed build stopped.

A version is published whole or not at all, and each step leaves what is published alone, so a build may be
killed at any moment and called again. `demo.json` says with which seed, scale and edition, and whether it is
done. A city of an earlier edition gets the agencies and layers it lacks; of its layers only those whose spec
has new fields are published again, and of them none that somebody else has changed.
"""

import json
import secrets
import tomllib
from collections.abc import Callable
from pathlib import Path

from api.demo import EDITION, MARK_FILE, is_built
from api.demo.city import AUTHOR, DemoCity, Step
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
            if _wanted(store, step):
                progress(f"{step.layer} {step.agency}")
                step.publish(store, _words(recipe))
    _mark(workspace, recipe, complete=True)
    return workspace


def _wanted(store: Store, step: Step) -> bool:
    """Whether nothing is published there, or only what the demo itself made under an older spec."""
    head = store.heads(step.layer).get(step.agency)
    return head is None or (head.author == AUTHOR and head.spec_hash != store.spec(step.layer).spec_hash)


def _workspace(home: Path) -> Workspace:
    text = (HERE / "city.toml").read_text(encoding="utf-8")
    if not (home / CITY_FILE).is_file():
        return Workspace.init(home, text)
    workspace = Workspace.open(home)
    if workspace.city.id != "jinan-demo":
        raise WorkspaceExists(home)
    return Workspace.open(home) if add_agencies(home / CITY_FILE, text) else workspace


def add_agencies(path: Path, text: str) -> bool:
    """Append to a city's file the agencies of the text that it lacks; whether there were any."""
    old = path.read_text(encoding="utf-8")
    known = {row["code"] for row in tomllib.loads(old)["agencies"]}
    blocks = [
        "\n[[agencies]]\n" + "".join(f"{key} = {json.dumps(row[key], ensure_ascii=False)}\n" for key in row)
        for row in tomllib.loads(text)["agencies"]
        if row["code"] not in known
    ]
    if blocks:
        _replace(path, old.rstrip() + "\n" + "".join(blocks))
    return bool(blocks)


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
    return is_built(workspace.home)


def _mark(workspace: Workspace, recipe: Recipe, *, complete: bool) -> None:
    mark = {"seed": recipe.seed, "scale": recipe.scale, "edition": EDITION, "complete": complete}
    _replace(workspace.home / MARK_FILE, json.dumps(mark) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write a file beside and rename it, so that a kill leaves the old one or the new one."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.write_text(text, encoding="utf-8")
    fsync_file(beside)
    beside.replace(path)
    fsync_folder(path.parent)
