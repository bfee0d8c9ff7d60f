"""Where an upload's bytes and examinations lie in the home, under names of our making only."""

import shutil
from pathlib import Path

from layers.upload_errors import UploadNotFound
from layers.workspace import Workspace


def folder(workspace: Workspace, upload_id: str) -> Path:
    """Where an upload's bytes and examinations lie."""
    if len(upload_id) != 32 or not set(upload_id) <= set("0123456789abcdef"):
        raise UploadNotFound(upload_id)
    return workspace.uploads / upload_id


def file_path(workspace: Workspace, upload_id: str, n: int) -> Path:
    """Where its file number `n`, from 0, lies as received."""
    return folder(workspace, upload_id) / "files" / str(int(n))


def unpacked(workspace: Workspace, upload_id: str) -> Path:
    """Where the members of its archives lie, numbered."""
    return folder(workspace, upload_id) / "unpacked"


def examination(workspace: Workspace, upload_id: str, n: int) -> Path:
    """Where its examination number `n`, from 1, lies."""
    return folder(workspace, upload_id) / "examinations" / str(int(n))


def remove_folder(workspace: Workspace, upload_id: str) -> None:
    """Remove what an upload that is over left on disk."""
    shutil.rmtree(folder(workspace, upload_id), ignore_errors=True)


def received(workspace: Workspace, upload_id: str, n: int) -> int:
    """How many bytes of its file number `n` are there; 0 when the folder is gone."""
    try:
        return file_path(workspace, upload_id, n).stat().st_size
    except FileNotFoundError:
        return 0
