"""A city's workspace: one folder with its settings, specs and data. Making it is all or nothing.

Imports neither geopandas nor the database, so that asking for a layer's spec costs milliseconds.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from layers.city import City, parse_city, read_city
from layers.disk import disk_told
from layers.errors import LayerNotFound, WorkspaceExists, WorkspaceMissing
from layers.failpoint import failpoint
from layers.spec import LayerSpec
from layers.spec_files import load_specs, specs_state
from layers.staging import abandoned, fsync_file, fsync_folder, staged

CITY_FILE = "city.toml"
ID_FILE = "workspace.id"
FOLDERS = (
    "specs",
    "rules",
    "plans",
    "styles",
    "parts",
    "originals",
    "uploads",
    "staging",
    "cache",
    "results",
)


class Workspace:
    """The folder of one city; `open` and `init` make it, nothing here changes it afterwards."""

    def __init__(self, home: Path, city: City, workspace_id: str) -> None:
        self.home = home
        self.city = city
        self.workspace_id = workspace_id
        self._specs: tuple[object, dict[str, LayerSpec]] | None = None

    @classmethod
    @disk_told()
    def open(cls, home: Path | str) -> "Workspace":
        """The workspace in that folder; WorkspaceMissing when there is none."""
        folder = Path(home).resolve()
        if not (folder / CITY_FILE).is_file():
            raise WorkspaceMissing(Path(home))
        identity = folder / ID_FILE
        if not identity.is_file():
            raise WorkspaceMissing(Path(home))
        for name in FOLDERS:
            (folder / name).mkdir(exist_ok=True)
        return cls(folder, read_city(folder / CITY_FILE), identity.read_text(encoding="ascii").strip())

    @classmethod
    def init(cls, home: Path | str, city_toml: str, own: Mapping[str, bytes] | None = None) -> "Workspace":
        """Make a workspace from the text of a city.toml: checked, staged beside and renamed into place.

        `own` are the city's own files by their names inside the home, such as `specs/lamps.toml`.
        """
        folder = Path(home).resolve()
        city = parse_city(city_toml)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WorkspaceExists(Path(home))
        beside = folder.parent / f".{folder.name}.staging"
        beside.mkdir(parents=True, exist_ok=True)
        for _ in abandoned(beside):
            pass
        identity = secrets.token_hex(16)
        with staged(beside, "init") as stage:
            made = stage / folder.name
            made.mkdir()
            for name in FOLDERS:
                (made / name).mkdir()
            content = {CITY_FILE: city_toml.encode(), ID_FILE: f"{identity}\n".encode(), **(own or {})}
            for name, data in content.items():
                (made / name).write_bytes(data)
                fsync_file(made / name)
            load_specs(made / "specs")
            for inside in (*(made / name for name in FOLDERS), made):
                fsync_folder(inside)
            failpoint("init_staged")
            try:
                made.rename(folder)
            except OSError as error:
                raise WorkspaceExists(Path(home)) from error
            fsync_folder(folder.parent)
        _remove_if_empty(beside)
        return cls(folder, city, identity)

    @property
    @disk_told()
    def specs(self) -> dict[str, LayerSpec]:
        """The packaged specs, overlaid by this city's own; read again when a file of those changed."""
        folder = self.home / "specs"
        state = specs_state(folder)
        if self._specs is None or self._specs[0] != state:
            self._specs = (state, load_specs(folder))
        return self._specs[1]

    def spec(self, name: str) -> LayerSpec:
        """The spec of a layer; LayerNotFound lists the ones there are."""
        found = self.specs.get(name)
        if found is None:
            raise LayerNotFound(name, tuple(self.specs))
        return found

    @property
    def staging(self) -> Path:
        """Where unfinished work lies, on the same filesystem as the parts."""
        return self.home / "staging"

    @property
    def parts(self) -> Path:
        """The sealed parts, each named by the hash of its bytes."""
        return self.home / "parts"

    def part(self, digest: str) -> Path:
        """Where the part of that hash lies: a GeoTIFF if that is what is there, else a GeoPackage."""
        raster = self.parts / f"{digest}.tif"
        return raster if raster.exists() else self.parts / f"{digest}.gpkg"

    @property
    def originals(self) -> Path:
        """Uploaded files as they came, each named by the hash of its bytes."""
        return self.home / "originals"

    @property
    def uploads(self) -> Path:
        """Uploads at work, a folder each; what is published lives on in `originals`."""
        return self.home / "uploads"

    @property
    def cache(self) -> Path:
        """What can be made again from the parts."""
        return self.home / "cache"

    @property
    def commit_lock(self) -> Path:
        """Held while a part is put in place and the catalog told of it, and while leftovers are swept."""
        return self.home / "commit.lock"


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # another init is at work there
