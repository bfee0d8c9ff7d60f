"""Text of strangers as it may be shown: without what a terminal obeys, what turns a line, or is no text."""

import re
from collections.abc import Mapping
from typing import Any

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\t\n\u2028\u2029]+")
REPLACEMENT = "\ufffd"


def visible(text: str) -> str:
    """The text with a replacement mark for each character that is not shown, and halves of pairs joined."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _COMMANDS.sub(REPLACEMENT, whole)


def one_line(text: str) -> str:
    """The same without line breaks."""
    return _BREAKS.sub(" ", visible(text))


def plain(value: object) -> Any:
    """Values as JSON has them, every text of them visible."""
    if isinstance(value, Mapping):
        return {visible(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (int, float, bool)):
        return value
    return visible(str(value))
