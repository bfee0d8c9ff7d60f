"""What an upload may be: sizes, names of files, and text that both databases can hold."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from layers.upload_errors import FileNameUnfit, UploadTooLarge

NAME_MOST = 500  # characters of a file's own name, folders included
NOTE_MOST = 2000  # characters of a note
GIB = 1024**3
DIRECTION = frozenset(map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))


@dataclass(frozen=True)
class Limits:
    """How much may be sent, in bytes, and how many files one upload may have."""

    file_bytes: int = 2 * GIB
    upload_bytes: int = 4 * GIB
    home_bytes: int = 20 * GIB
    files: int = 200


USUAL_LIMITS = Limits()


def check_sizes(names_and_sizes: Sequence[tuple[str, int]], limits: Limits) -> None:
    """Refuse an announcement beyond the limits, with UploadTooLarge."""
    sizes = [size for _, size in names_and_sizes]
    if not sizes or min(sizes) < 0:
        raise ValueError("an upload has at least one file, of no less than 0 bytes")
    for what, size, limit in (
        ("files", len(sizes), limits.files),
        ("file_bytes", max(sizes), limits.file_bytes),
        ("upload_bytes", sum(sizes), limits.upload_bytes),
    ):
        if size > limit:
            raise UploadTooLarge(what, size, limit)


def check_name(name: str) -> None:
    """Refuse a file's own name that no list could show: empty, endless, or with control characters."""
    if not name.strip():
        raise FileNameUnfit(name, "it is empty")
    if len(name) > NAME_MOST:
        raise FileNameUnfit(name, f"it has {len(name)} characters, {NAME_MOST} are the most")
    if any(_controls(each) for each in name):
        raise FileNameUnfit(name, "it holds control characters")


def _controls(character: str) -> bool:
    """Whether it ends a line, turns the direction of writing, or is told to the terminal instead of shown."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in DIRECTION


def shown(text: str | None, most: int) -> str | None:
    """Text both databases can hold: cut, without characters that are not text; new lines stay."""
    if text is None:
        return None
    kept = (
        "\ufffd" if unicodedata.category(each) in ("Cc", "Cs") and each != "\n" else each for each in text
    )
    return "".join(kept)[:most]


def layer_text(name: str | None) -> str | None:
    """The column `layer`."""
    return shown(name, 128)


def agency_text(code: str | None) -> str | None:
    """The column `agency`."""
    return shown(code, 64)


def note_text(note: str) -> str:
    """The column `note`."""
    return shown(note.replace("\r\n", "\n"), NOTE_MOST) or ""
