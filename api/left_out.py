"""What a rule says of walking and the data could not follow: no report passes over it in silence."""

from collections.abc import Mapping
from typing import Any

from api.words import Words


def unfollowed(result: Mapping[str, Any], words: Words) -> list[str]:
    """Sentences: layers of a rule set's slope and barriers that nobody has published, and columns by which
    streets are closed and that streets do not have.
    """
    say, found = words.say, []
    layers = [each["layer"] for each in result.get("inputs_missing", [])]
    if layers and result["kind"] == "circles":  # of a single rule all that is missing is listed
        found.append(say("unfollowed_layers", layers=say("list_join").join(layers)))
    if result.get("untagged"):
        found.append(say("unfollowed_columns", columns=say("list_join").join(result["untagged"])))
    return found
