"""What stands on the planner's map page: words, switches and the map, the same with and without script."""

from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from api import charts, facilities
from api.deps import Site
from api.overview import Overview, Overviews, gap_link, zone_link
from api.pages import Reader, link
from api.params import When
from api.words import Words
from layers.catalog import Store
from maps import figure, legend, page
from maps.style import Style


def context(
    site: Site,
    store: Store,
    who: Reader,
    overviews: Overviews,
    zone: str | None,
    look: Style,
    switched: frozenset[str],
) -> dict[str, Any]:
    """Everything `map.html` needs, for a zone or the whole city."""
    overview = overviews.read(zone)
    said = texts(store, who, overview, look)
    groups = switch_groups(store, who.words, look, overview, switched)
    levels = overviews.levels(overview, who.words, look)
    still = figure.zone_figure(
        levels[-1]["collection"],
        style=look,
        label=said["heading"],
        href=lambda code: zone_link(code, overview.when),
    )
    parts = draw(site, store, who, overviews, overview, look, groups, levels, said["heading"])
    return {**said, "groups": groups, "parts": parts, "still": still}


def texts(store: Store, who: Reader, overview: Overview, look: Style) -> dict[str, Any]:
    """Everything the page says in words, the same with and without script."""
    words, result, row = who.words, overview.result.values, overview.row
    titles = {each["id"]: each for each in result["categories"]}
    when = overview.when

    def gap_missing(gap: dict[str, Any]) -> str:
        return words.say("list_join").join(
            words.title(titles[each["category"]]) for each in gap["missing"][:3]
        )

    heading = words.name(overview.chosen.as_row()) if overview.chosen else who.city_name
    agencies = words.say("list_join").join(
        words.title(each, "name") for each in store.workspace.city.agencies[:4]
    )
    return {
        "overview": overview,
        "style": look,
        "heading": heading,
        "crumbs": [(zone, zone_link(zone.code, when)) for zone in overview.path],
        "city_href": zone_link(None, when),
        "sentence": sentence(words, result["unit"], row, overview.minutes),
        "computed": words.say(
            "computed",
            date=words.date(overview.result.known_at(store)),
            rule=words.title(result["rule_set"]),
            sequence=result["sequence"],
        ),
        "report_href": link("/coverage/circles", by=overview.level or result["by"], **when.query()),
        "coverage_href": link("/coverage", **when.query()),
        "when_text": when_text(words, when),
        "now_href": link("/", zone=overview.chosen.code if overview.chosen else None),
        "titles": titles,
        "gap_missing": gap_missing,
        "gap_href": lambda gap: gap_link(gap, gap["zone"] if gap["zone"] != "outside" else None, when),
        "agencies": agencies,
        "bar": lambda each: charts.share_bar(each, look),
        "pair": lambda each: charts.pair_bars(
            each,
            words.say("pair_straight", share=words.percent(each["share_straight"])),
            words.say("pair_walk", share=words.percent(each["share"])),
        ),
        "legend": {
            "shares": legend.share_entries(look, class_texts(look, words)),
            "without": legend.hatch_entries(
                look, {each: words.say(f"legend_{each}") for each in look.hatches}
            ),
        },
    }


def sentence(words: Words, unit: str, row: Any, minutes: int) -> str:
    """The one sentence above the map; its figures are set apart."""
    if row["share"] is None:
        return words.say(f"sentence_{row['reason']}")
    total = words.many(row["demand"] if unit == "people" else row["demand"] / 1000)
    one = row["one_missing"]["total"]
    one_text = words.many(one if unit == "people" else one / 1000)
    return words.say(
        f"sentence_{unit}",
        share=_strong(words.percent(row["share"], 0), "share"),
        total=total,
        minutes=minutes,
        one=_strong(one_text, "one"),
    )


def when_text(words: Words, when: When) -> str:
    """The times a page was asked about, empty for now."""
    parts = [words.date(when.at)] if when.at else []
    if when.as_of is not None:
        known = words.moment(when.as_of) if isinstance(when.as_of, datetime) else str(when.as_of)
        parts.append(words.say("when_as_of", as_of=known))
    return words.say("list_join").join(parts)


def class_texts(look: Style, words: Words) -> list[str]:
    """The ranges of the ramp's classes, rising."""
    found = []
    for each in look.classes:
        low, high = words.number(each.start * 100), words.number(each.end * 100)
        if each.start == 0.0:
            found.append(words.say("class_below", high=high))
        else:
            found.append(words.say("class_between" if each.end < 1.0 else "class_from", low=low, high=high))
    return found


def switch_groups(
    store: Store, words: Words, look: Style, overview: Overview, switched: frozenset[str]
) -> list[dict[str, Any]]:
    """Facility layers with their categories; those the rule set does not ask for are marked as extra."""
    required = {(each["layer"], each["id"]) for each in overview.result.values["categories"]}
    made = []
    for group in facilities.groups(store):
        name = group.spec.name
        categories = [
            {
                "id": each.id,
                "title": each.titles[0 if words.lang == "zh" else 1],
                "on": f"{name}.{each.id}" in switched,
                "required": (name, each.id) in required,
            }
            for each in group.categories
        ]
        made.append(
            {
                "name": name,
                "title": words.title(group.spec),
                "rows": group.rows,
                "swatch": legend.glyph_swatch(look.glyph(name)),
                "on": any(each["on"] for each in categories),
                "categories": categories,
            }
        )
    return made


def draw(
    site: Site,
    store: Store,
    who: Reader,
    overviews: Overviews,
    overview: Overview,
    look: Style,
    groups: list[dict[str, Any]],
    levels: list[dict[str, Any]],
    heading: str,
) -> page.MapParts:
    """The Folium map of the overview."""
    words, when, book = who.words, overview.when, overviews.book
    query = {**when.query(), "lang": words.lang}
    counted = {**query, "at": overview.result.values["date"]}  # the facilities that the figures counted
    addresses = page.Addresses(
        leaflet_script=site.assets.vendored("leaflet", "dist/leaflet.js"),
        leaflet_style=site.assets.vendored("leaflet", "dist/leaflet.css"),
        map_module=site.assets.static("maps/map.js"),
        map_style=site.assets.static("maps/map.css"),
        backdrop=link("/api/backdrop", v=site.backdrops.key(store, "quiet", look)),
        roads=link("/api/backdrop", kind="roads", v=site.backdrops.key(store, "roads", look)),
        uncovered=link("/api/coverage/circles/uncovered", **query),
        walk=link("/walk", **query),
    )
    made = page.circles_map(
        bounds=book.bounds(None),
        label=words.say("map_of", place=heading),
        style=look,
        levels=levels,
        chosen=overview.chosen.code if overview.chosen else None,
        chosen_bounds=book.bounds(overview.chosen),
        groups=[
            {
                "name": each["name"],
                "title": each["title"],
                "address": link(f"/api/layers/{each['name']}/features", **counted),
                "categories": [{"id": c["id"], "title": c["title"]} for c in each["categories"]],
            }
            for each in groups
        ],
        addresses=addresses,
        words={
            key: words.say(f"script_{key}")
            for key in ("zoom_in", "zoom_out", "grouped", "missing_here", "load_failed", "backdrop_failed")
        }
        | {f"walk_{key}": words.say(f"walk_{key}") for key in ("from", "to", "click", "waiting", "failed")},
    )
    return made.parts()


def _strong(text: str, name: str) -> Markup:
    return Markup('<strong data-figure="{}">{}</strong>').format(name, escape(text))
