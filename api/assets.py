"""Files the browser gets: our own by a hash of them all, third-party ones by package version.

Everything is read once when the app is made and served from memory, so no request can name a path on disk.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OWN = {"": HERE / "static", "maps/": HERE.parent / "maps" / "static"}
VENDOR = {
    "leaflet": ("dist/leaflet.js", "dist/leaflet.css"),
    "swagger-ui-dist": ("swagger-ui-bundle.js", "swagger-ui.css"),
}
MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Asset:
    """One file: its bytes, the same gzipped where that is shorter, and its media type."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


@dataclass(frozen=True)
class Assets:
    """All files by address below `/static/` or `/vendor/`."""

    own: Mapping[str, Asset]
    vendor: Mapping[str, Asset]
    versions: Mapping[str, str]
    build: str

    def static(self, path: str) -> str:
        """Address of a file of ours; it changes whenever any of them does."""
        if path not in self.own:
            raise KeyError(path)
        return f"/static/{self.build}/{path}"

    def vendored(self, package: str, path: str) -> str:
        """Address of a third-party file, also when it is not installed: the page then still reads."""
        return f"/vendor/{package}/{self.versions.get(package, 'missing')}/{path}"


def load(browser_files: Path) -> Assets:
    """Read our files and the installed packages; a package that is not installed is left out."""
    own = {
        before + path.relative_to(folder).as_posix(): _asset(path)
        for before, folder in OWN.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in MEDIA
    }
    build = hashlib.sha256("".join(f"{name}{own[name].etag}" for name in sorted(own)).encode()).hexdigest()[
        :12
    ]
    vendor: dict[str, Asset] = {}
    versions: dict[str, str] = {}
    for package, names in VENDOR.items():
        manifest = browser_files / package / "package.json"
        if not manifest.is_file():
            continue
        versions[package] = str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
        for name in names:
            if (path := browser_files / package / name).is_file():
                vendor[f"{package}/{versions[package]}/{name}"] = _asset(path)
    return Assets(own, vendor, versions, build)


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0)
    return Asset(
        body,
        packed if len(packed) < 0.9 * len(body) else None,
        MEDIA[path.suffix],
        f'"{hashlib.sha256(body).hexdigest()[:20]}"',
    )
