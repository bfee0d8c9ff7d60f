"""The zones of a coverage rule's result: as GeoJSON, as a still picture, and as a Folium map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from api.coverage_tables import CoverageReport, Row
from api.deps import Site
from api.pages import link
from api.params import When
from api.results import Asked, Result
from api.rule_list import PAGE
from api.rule_scale import Scale, scale
from api.rule_words import amount_text, chosen_demand, figure_text
from api.words import Words
from api.zones import DETAIL, width_m
from geo.crs import to_stored
from inventory.area import CORNERS_MOST
from inventory.report import CITY
from inventory.zone_frames import CODE, zones_of
from layers.catalog import Store
from maps import figure, legend, style
from maps.page import MapParts
from maps.rule_map import RuleAddresses, rule_map
from maps.shapes import feature_collection, generalise, label_points

SCRIPT_WORDS = ("zoom_in", "zoom_out", "backdrop_failed")
AREA_WORDS = ("start", "clear", "first", "next", "least", "most", "asked")


@dataclass(frozen=True)
class RuleMap:
    """One result as drawn: its zones, their scale, and their GeoJSON."""

    report: CoverageReport
    demand: Row
    scale: Scale
    collection: Mapping[str, Any]

    @property
    def legend(self) -> dict[str, Any]:
        """What colours and hatches mean; hatches only where zones have them."""
        words, look = self.report.words, self.scale.style
        used = {each["properties"].get("hatch") for each in self.collection["features"]}
        texts = {each: words.say(f"reason_{each}") for each in look.hatches if each in used}
        return {
            "title": self.scale.note,
            "shares": legend.share_entries(look, self.scale.texts),
            "without": legend.hatch_entries(look, texts),
        }

    @property
    def still(self) -> str:
        """A picture that needs no script; a zone leads to the planner's map of it."""
        result = self.report.result
        named = result["by"] is not None and result["by"] != "agency"
        return figure.zone_figure(
            self.collection,
            style=self.scale.style,
            label=self.report.title(),
            href=lambda code: link("/", zone=code) if named else f"#zone-{code}",
        )


def read(site: Site, store: Store, found: Result, when: When, words: Words, demand: str) -> RuleMap:
    """The zones of a result dressed by a demand, by default the headline's."""
    report = CoverageReport(found.values, words)
    chosen = chosen_demand(found.values, demand)
    key = chosen["id"]
    rows = {row["code"]: row for row in found.values["zones"]}
    look = style.load("circles", store.workspace.home / "styles")
    made = scale(
        look,
        [row["figures"][key] for row in rows.values()],
        words,
        target=found.values[CITY]["figures"][key]["target"],
        supply=report.is_supply,
    )
    codes, shapes, labels = _zones(site, store, found, when)
    drawn = [i for i, code in enumerate(codes) if code in rows]
    properties = [_dress(report, rows[codes[i]], chosen, labels[i].tolist(), made) for i in drawn]
    return RuleMap(report, chosen, made, feature_collection(shapes[drawn], properties))


def draw(site: Site, store: Store, found: RuleMap, asked: Asked, again: Mapping[str, Any]) -> MapParts:
    """The Folium map; `again` is the question as it stands in an address."""
    words, look = found.report.words, found.scale.style
    shapes = [shapely.geometry.shape(each["geometry"]) for each in found.collection["features"]]
    bounds = store.workspace.city.bbox
    shown = tuple(shapely.total_bounds(shapes).tolist()) if shapes else bounds
    key, page = found.demand["id"], f"{PAGE}/{asked.rule.id}"
    addresses = RuleAddresses(
        leaflet_script=site.assets.vendored("leaflet", "dist/leaflet.js"),
        leaflet_style=site.assets.vendored("leaflet", "dist/leaflet.css"),
        map_module=site.assets.static("maps/rule.js"),
        map_style=site.assets.static("maps/map.css"),
        backdrop=link("/api/backdrop", v=site.backdrops.key(store, "quiet", look)),
        roads=link("/api/backdrop", kind="roads", v=site.backdrops.key(store, "roads", look)),
        uncovered=link(f"/api{page}/uncovered", **{**again, "demand": key, "lang": words.lang})
        if has_uncovered(found.report, found.demand)
        else "",
        page=link(page, **{**again, "by": None, "area": None, "demand": key}),
    )
    said = {key: words.say(f"script_{key}") for key in SCRIPT_WORDS}
    said |= {f"area_{key}": words.say(f"area_{key}") for key in AREA_WORDS}
    label = words.say("map_of", place=found.report.title())
    made = rule_map(
        bounds=bounds,
        label=label,
        style=look,
        collection=found.collection,
        shown=shown,
        corners_most=CORNERS_MOST,
        addresses=addresses,
        words=said,
    )
    return made.parts()


def has_uncovered(report: CoverageReport, demand: Row) -> bool:
    """Whether what is uncovered has places to be drawn: a supply and shares of land have none."""
    walked = report.result["rule"]["catchment"] == "walk"
    areas = demand["kind"] in ("land", "residential_land")
    return not report.is_supply and (walked or not areas)


def _zones(site: Site, store: Store, found: Result, when: When) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Codes, generalised shapes and places of labels, in degrees; agencies and drawn areas are made."""
    by, book = found.values["by"], site.book(when)
    if by in book.names:
        zones = book.level(by)
        return [zone.code for zone in zones.zones], zones.shapes, zones.labels
    recipe = found.kept.recipe
    frame = to_stored(zones_of(store, recipe))
    if recipe.area is None:
        tolerance = width_m(store.workspace.city) / DETAIL[0]
        frame = generalise(frame, tolerance_m=tolerance, crs=recipe.crs)
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    return list(frame[CODE]), shapes, label_points(shapes)


def _dress(report: CoverageReport, row: Row, demand: Row, at: list[float], made: Scale) -> dict[str, Any]:
    words, of = report.words, row["figures"][demand["id"]]
    fill = made.colour_of(of)
    drawn = {"fill": fill} if fill else {"hatch": made.style.hatch(of["reason"]).reason}
    return {
        "code": row["code"],
        "name": report.name(row),
        "label": figure_text(words, of),
        "demand": "" if of["demand"] is None else amount_text(words, of["demand"], demand["unit"]),
        "weight": of["demand"] or 0,
        "at": [round(value, 5) for value in at],
        **drawn,
    }
