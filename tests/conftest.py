"""What every test may ask for: the real data beside the checkout, and numba's cache kept out of the tree."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; `QUANTU_SHARED` names another place than `../shared`."""
    folder = Path(os.environ.get("QUANTU_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"real data are not here: {folder}/data does not exist (set QUANTU_SHARED)")
    return folder
