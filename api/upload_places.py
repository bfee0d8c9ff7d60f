"""Where an upload's findings are: the small map, and the picture that stands for it without script."""

from collections.abc import Mapping
from typing import Any

from api import changes_page
from api.changes_page import MapPlace
from api.upload_findings import found_rows
from api.upload_page import Reading
from api.upload_wanted import Wanted
from layers.examined import Saved
from maps import change_style, preview
from maps.changes_figure import changes_figure

PLACES_MOST = 500


def places(reading: Reading, saved: Saved, wanted: Wanted, look: change_style.ChangeStyle) -> MapPlace | None:
    """The small map of the findings that the filter keeps; None where none has a place."""
    words = reading.words
    lines = list(saved.findings(wanted.severity, wanted.rule, 0, PLACES_MOST))
    shown = [
        (line, row) for line, row in zip(lines, found_rows(reading, lines, "", {}), strict=True) if row.place
    ]
    if not shown:
        return None
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": list(row.place)},
            "properties": {
                "kind": each["severity"],
                "key": str(each["n"]),
                "name": place_name(reading, each),
                "sentence": row.what,
            },
        }
        for each, row in shown
        if row.place
    ]
    collection = {"type": "FeatureCollection", "features": features}
    bounds = bounds_of([list(row.place) for _, row in shown if row.place])
    label = words.say("upload_places")
    marks = {each: look.findings[each] for each in change_style.SEVERITIES}
    said = changes_page.script_words(words) | {each: words.say(f"severity_{each}") for each in marks}
    parts = preview.preview(
        "places",
        bounds=bounds,
        label=label,
        marks=marks,
        words=said,
        collection=collection,
        chosen=wanted.place,
    )
    still = changes_figure(collection, marks=marks, bounds=bounds, label=label, chosen=wanted.place)
    return MapPlace(parts.body, still)


def place_name(reading: Reading, line: Mapping[str, Any]) -> str:
    """What a finding is about: its key, else its row."""
    if line.get("key") is not None:
        return str(line["key"])
    return f"{reading.words.say('upload_row')} {line['feature']}" if line.get("feature") is not None else ""


def bounds_of(points: list[list[float]]) -> tuple[float, float, float, float]:
    """West, south, east, north of points."""
    xs, ys = [each[0] for each in points], [each[1] for each in points]
    return min(xs), min(ys), max(xs), max(ys)
