"""Downloads made for one answer: archives that come out equal, files that vanish once they are sent.

Archives carry one fixed date and their files in the order of their names: the same content is the same bytes.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from api.respond import attachment

FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the first a zip archive can hold


def archive(path: Path, files: Iterable[tuple[str, Path]], *, packed: bool) -> None:
    """Write a zip of files under their names, in the order of the names, each with the same fixed date.

    `packed` deflates; files as they came are only stored, since most of them are packed already.
    """
    with zipfile.ZipFile(path, "w", allowZip64=True) as made:
        for name, source in sorted(files):
            entry = zipfile.ZipInfo(name, FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            entry.file_size = source.stat().st_size
            with source.open("rb") as content, made.open(entry, "w") as into:
                shutil.copyfileobj(content, into, 1 << 20)


@contextmanager
def workbench() -> Iterator[Path]:
    """A fresh folder for what is being made; gone if making fails, else the answer removes it once sent."""
    made = Path(tempfile.mkdtemp(prefix="quantu-download-"))
    try:
        yield made
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def sent(path: Path, name: str, media_type: str, *, headers: dict[str, str] | None = None) -> FileResponse:
    """A file made for this answer, sent under a name; its folder is removed afterwards."""
    return FileResponse(
        path,
        media_type=media_type,
        headers={"Content-Disposition": attachment(name), **(headers or {})},
        background=BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True),
    )
