"""Changes as a page shows them: the sentence, the maps with their still pictures, the table with its links.

The same for the preview of an upload and for the comparison of two versions; only the addresses differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from api.changes import KINDS, PAGE_ROWS, Box, ChangeRow, Changes, in_view, rows, side_in_view
from api.deps import Site
from api.pages import link
from api.upload_findings import pager
from api.words import Words
from layers.catalog import Store
from layers.errors import LayerHasNoData
from maps import preview
from maps import style as map_style
from maps.change_style import ChangeStyle
from maps.changes_figure import changes_figure
from maps.elements import Backdrop

STILL_MOST = 600
STATE_MOST = 20_000  # features of a layer that a still picture of a whole state is made of
SCRIPT_WORDS = ("zoom_in", "zoom_out", "backdrop_failed")


@dataclass(frozen=True)
class MapPlace:
    """A map's part of the page, and the picture that stands for it without script."""

    body: str
    still: str


@dataclass(frozen=True)
class ChangesView:
    """Everything `_changes.html` needs."""

    total: int
    unchanged: int
    sentence: str
    fields: list[tuple[str, int]]
    map: MapPlace | None
    before: MapPlace | None
    after: MapPlace | None
    before_title: str
    after_title: str
    legend: list[dict[str, Any]]
    kinds: list[dict[str, Any]]
    rows: list[ChangeRow]
    marks: Mapping[str, str]
    pages: dict[str, Any] | None
    here: str


@dataclass(frozen=True)
class Asked:
    """What the address says about the table: one kind or all, from which row on."""

    kind: str | None = None
    start: int = 0


def view(
    site: Site,
    store: Store,
    words: Words,
    look: ChangeStyle,
    changes: Changes,
    *,
    asked: Asked,
    path: str,
    query: Mapping[str, Any],
    data: str,
    titles: tuple[str, str],
    as_of: int | None,
) -> ChangesView:
    """The changes for one reader.

    `data` is the address the maps fetch from, `path` and `query` the page's own; `titles` name the two sides,
    `as_of` is the moment of the first of them.
    """
    counts = changes.counts
    drawn = maps_of(site, store, words, look, changes, data=data, titles=titles, as_of=as_of)
    shown = changes.total if asked.kind is None else counts[asked.kind]
    return ChangesView(
        total=changes.total,
        unchanged=changes.unchanged,
        sentence=words.say("changes_sentence", **{k: _strong(words.number(n)) for k, n in counts.items()}),
        fields=[(_field_title(changes, name, words), n) for name, n in changes.fields],
        map=drawn[0],
        before=drawn[1],
        after=drawn[2],
        before_title=titles[0],
        after_title=titles[1],
        legend=[
            {"swatch": look.kinds[kind].swatch(), "text": words.say(f"changes_{kind}"), "n": counts[kind]}
            for kind in KINDS
        ],
        kinds=_kind_links(words, counts, changes.total, asked, path, query),
        rows=rows(changes, words, kind=asked.kind, start=asked.start),
        marks={kind: look.kinds[kind].swatch() for kind in KINDS},
        pages=pager(path, query, "change_start", asked.start, PAGE_ROWS, shown, "#changes"),
        here=link(path, **query),
    )


def maps_of(
    site: Site,
    store: Store,
    words: Words,
    look: ChangeStyle,
    changes: Changes,
    *,
    data: str,
    titles: tuple[str, str],
    as_of: int | None,
) -> tuple[MapPlace | None, MapPlace | None, MapPlace | None]:
    """The map of the changes and the two sides; None for a layer without places."""
    bounds = changes.bounds
    if bounds is None:
        return None, None, None
    whole = in_view(changes, words, kind=None, bbox=None, limit=STILL_MOST)
    state = state_drawn(store, changes, preview.widened(bounds), as_of)
    sides = {
        side: side_in_view(changes, state, words, side=side, bbox=preview.widened(bounds), limit=STILL_MOST)
        for side in ("before", "after")
    }

    def place(name: str, label: str, found: Mapping[str, Any], address: str, **more: Any) -> MapPlace:
        parts = preview.preview(
            name,
            bounds=bounds,
            label=label,
            marks=look.kinds,
            words=script_words(words),
            address=address,
            **more,
        )
        return MapPlace(parts.body, changes_figure(found, marks=look.kinds, bounds=bounds, label=label))

    glue = "&" if "?" in data else "?"
    return (
        place("changes", words.say("changes_map"), whole, data, backdrop=backdrop(site, store)),
        place("before", titles[0], sides["before"], f"{data}{glue}side=before"),
        place("after", titles[1], sides["after"], f"{data}{glue}side=after", pair="before"),
    )


def state_in(store: Store, changes: Changes, bbox: Box, as_of: int | None) -> pd.DataFrame:
    """What the layer shows in a view, by key and name; empty where nobody has published."""
    spec = changes.spec
    names = [each for each in (spec.key, "name") if each in spec.by_name]
    try:
        return store.read(spec.name, as_of=as_of, bbox=bbox, columns=names)
    except LayerHasNoData:
        return changes.added.iloc[:0]


def state_drawn(store: Store, changes: Changes, bbox: Box, as_of: int | None) -> pd.DataFrame:
    """The same for a still picture, which of a large layer shows only what differs: it need not be read."""
    heads = store.heads(changes.spec.name, as_of=as_of).values()
    if sum(each.rows for each in heads) > STATE_MOST:
        return changes.added.iloc[:0]
    return state_in(store, changes, bbox, as_of)


def head(site: Site) -> str:
    """The links such maps need in the page's head."""
    return preview.head(
        preview.PreviewAddresses(
            leaflet_script=site.assets.vendored("leaflet", "dist/leaflet.js"),
            leaflet_style=site.assets.vendored("leaflet", "dist/leaflet.css"),
            module=site.assets.static("maps/preview.js"),
            map_style=site.assets.static("maps/map.css"),
        )
    )


def backdrop(site: Site, store: Store) -> Backdrop:
    """The quiet backdrop of the city's map, in the city's own style."""
    look = map_style.load("circles", store.workspace.home / "styles")
    return Backdrop(
        link("/api/backdrop", v=site.backdrops.key(store, "quiet", look)),
        link("/api/backdrop", kind="roads", v=site.backdrops.key(store, "roads", look)),
        look.backdrop,
    )


def script_words(words: Words) -> dict[str, str]:
    """What the browser's part of these maps says."""
    said = {key: words.say(f"script_{key}") for key in SCRIPT_WORDS}
    return said | {kind: words.say(f"changes_{kind}") for kind in (*KINDS, "same")}


def _kind_links(
    words: Words, counts: Mapping[str, int], total: int, asked: Asked, path: str, query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """All, and each kind there is, as links."""
    shown: list[tuple[str | None, str, int]] = [(None, words.say("changes_all"), total)]
    shown += [(kind, words.say(f"changes_{kind}"), counts[kind]) for kind in KINDS if counts[kind]]
    return [
        {
            "text": text,
            "n": n,
            "current": asked.kind == kind,
            "href": link(path, **{**query, "change": kind, "change_start": None}) + "#changes",
        }
        for kind, text, n in shown
    ]


def _field_title(changes: Changes, name: str, words: Words) -> str:
    if name == "geometry":
        return words.say("changes_geometry")
    field = changes.spec.by_name.get(name)
    return (words.title(field) if field else "") or name


def _strong(text: str) -> Markup:
    return Markup("<strong>{}</strong>").format(text)
