"""Texts that name a coordinate system, looked at before PROJ sees them: PROJ opens files that a text names.

A text comes from a .prj file, a GeoParquet description or a form. Grids, pipelines, initialisation files and
whatever else would make PROJ open a file or search for one are refused; so is what is long or deep.
"""

import json
import re
from functools import lru_cache
from typing import Any

from pyproj.database import get_authorities

LONGEST = 32_768
DEEPEST = 40

_CODE = re.compile(r"(?:(?P<authority>[A-Za-z][A-Za-z0-9_]*):)?(?P<code>[A-Za-z0-9_.]+)")
_URN = re.compile(r"urn:ogc:def:crs:[A-Za-z0-9_]+:[A-Za-z0-9_.]*:[A-Za-z0-9_.]+", re.IGNORECASE)
_WEB = re.compile(r"https?://(?:www\.)?opengis\.net/[A-Za-z0-9_./#-]+", re.IGNORECASE)
_NAME = re.compile(r"[^=@\\\x00-\x1f]+")
_WKT = re.compile(r"\s*[A-Za-z_0-9]+\s*[\[(]")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_PROJ_WORDS = frozenset(
    {
        *("proj", "zone", "south", "axis", "type", "title", "no_defs", "over", "wktext", "approx"),
        *(
            "lat_0",
            "lat_1",
            "lat_2",
            "lat_ts",
            "lon_0",
            "lon_1",
            "lon_2",
            "lonc",
            "lon_wrap",
            "alpha",
            "gamma",
        ),
        *(
            "k",
            "k_0",
            "x_0",
            "y_0",
            "h",
            "h_0",
            "no_off",
            "no_uoff",
            "no_rot",
            "guam",
            "sweep",
            "W",
            "M",
            "n",
            "m",
        ),
        *("a", "b", "rf", "f", "es", "e", "R", "R_A", "R_C", "ellps", "datum", "towgs84", "pm", "geoc"),
        *("units", "vunits", "to_meter", "vto_meter", "o_proj", "o_lat_p", "o_lon_p"),
    }
)
_PLAIN = re.compile(r"[A-Za-z0-9_.,+\-*/ ]*")


def refusal(text: str) -> str | None:
    """Why a text is not given to PROJ; None for one that is."""
    if len(text) > LONGEST:
        return f"the text has more than {LONGEST} characters"
    if text.startswith("{"):
        return _of_json(text)
    if _WKT.match(text):
        return _of_wkt(text)
    if "+" in text.lstrip()[:1] or "=" in text:
        return _of_proj(text)
    return _of_name(text)


def _of_name(text: str) -> str | None:
    code = _CODE.fullmatch(text)
    if code is not None:
        authority = code["authority"]
        return (
            None if authority is None or authority.lower() in _authorities() else "its authority is not known"
        )
    if _URN.fullmatch(text) or _WEB.fullmatch(text):
        return None
    looks_like_a_path = text.startswith(("/", ".", "~")) or ("/" in text.replace(" / ", " ") and "." in text)
    return "it names a file" if looks_like_a_path or not _NAME.fullmatch(text) else None


@lru_cache(maxsize=1)
def _authorities() -> frozenset[str]:
    return frozenset(authority.lower() for authority in get_authorities())


def _of_proj(text: str) -> str | None:
    for word in text.split():
        name, _, value = word.removeprefix("+").partition("=")
        if name == "init" and re.fullmatch(r"epsg:[0-9]{4,6}", value, re.IGNORECASE):
            continue
        if name == "nadgrids" and value == "@null":
            continue
        if name not in _PROJ_WORDS:
            return f"+{name[:20]} is not read here, since it may name a file"
        if not _PLAIN.fullmatch(value) or (value.startswith("/") or ".." in value):
            return f"the value of +{name[:20]} is no number and no name"
    return None


def _of_wkt(text: str) -> str | None:
    bare = _QUOTED.sub('""', text)
    depth = deepest = 0
    for sign in bare:
        depth += (sign in "[(") - (sign in "])")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        return "it is nested too deeply"
    if "PARAMETERFILE" in bare.upper():
        return "it names a grid file"
    for quoted in _QUOTED.findall(text):
        inside = quoted[1:-1].strip()
        if inside.startswith("+") or "proj=" in inside.lower():
            why = _of_proj(inside)
            if why is not None:
                return why
    return None


def _of_json(text: str) -> str | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "it is no JSON"
    return _of_value(value, DEEPEST)


def _of_value(value: Any, depth: int) -> str | None:
    if depth == 0:
        return "it is nested too deeply"
    if isinstance(value, dict):
        if value.get("type") == "ParameterValue" or ("value" in value and isinstance(value["value"], str)):
            return "it names a grid file"
        parts = list(value.values())
    else:
        parts = value if isinstance(value, list) else []
    return next((why for part in parts if (why := _of_value(part, depth - 1)) is not None), None)
