"""Coverage rules on the command line: which there are, what one gives, as tables and as files."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli_coverage import Format, put
from api.cli_show import Refused, Session, complain, print_json, print_table, sentence
from api.left_out import unfollowed

if TYPE_CHECKING:
    from api.coverage_tables import CoverageReport, Row
    from api.rule_terms import Terms
    from api.words import Words
    from layers.catalog import Store
    from layers.spec import LayerSpec

GROUPS_MOST = 8
"""More groups than these are left to the files: nobody reads so many rows of a terminal."""


def list_rules(session: Session, *, as_json: bool) -> None:
    """Every rule with its clause and how sure it is; circles first.

    The faults of broken rule files are told after the rules, and make the command fail.
    """
    from inventory.coverage_rule_file import coverage_rules
    from inventory.rule_file import faults, rule_sets

    home = session.settings().home
    words = session.words
    known = [
        {
            "id": "circles",
            "rule_set": each.id,
            "title_zh": each.title_zh,
            "title_en": each.title_en,
            "catchment": "walk",
            "clause": "",
            "clause_zh": None,
            "source": each.source,
            "standing": each.standing,
        }
        for each in rule_sets(home).values()
    ]
    known += [
        {
            "id": each.id,
            "title_zh": each.title_zh,
            "title_en": each.title_en,
            "catchment": each.catchment,
            "clause": each.clause,
            "clause_zh": each.clause_zh,
            "source": each.source,
            "standing": each.standing,
        }
        for each in coverage_rules(home).values()
    ]
    if as_json:
        print_json(known)
    else:
        _print_rules(known, words)
    broken = faults(home)
    for error in broken[:-1]:
        complain(sentence(error))
    for error in broken[-1:]:
        raise error


def _print_rules(known: "list[dict[str, Any]]", words: "Words") -> None:
    print_table(
        [
            (words.say(f"column_{name}"), "left")
            for name in ("rule", "title", "catchment", "clause", "standing")
        ],
        [
            (
                each["id"],
                words.title(each),
                words.say(f"catchment_{each['catchment']}"),
                (each["clause_zh"] if words.lang == "zh" else None) or each["clause"],
                words.say(f"standing_{each['standing']}"),
            )
            for each in known
        ],
    )


_LISTED = ("rule", "title", "catchment", "clause", "standing")


def kept_coverage(
    store: "Store",
    session: Session,
    rule: str,
    *,
    by: str | None,
    area: Path | None,
    speed: float | None,
    at: date | None,
    as_of: int | datetime | None,
) -> tuple[dict[str, Any], Path]:
    """The result of a question: the kept one, or computed now and kept."""
    from inventory.area import area_of_geojson
    from inventory.coverage_refresh import compute_coverage
    from inventory.questions import Question, pin_question
    from inventory.results import find_recipe, keep

    drawn = None if area is None else area_of_geojson(_geojson(area), store.workspace.city.bbox)
    recipe = pin_question(store, Question(rule, by, drawn, at, as_of, speed))
    kept = find_recipe(store, recipe)
    if kept is not None:
        return kept.result, kept.folder
    run = compute_coverage(store, recipe, threads=session.settings().threads)
    return dict(run.result), keep(store, run)


def _geojson(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise Refused("cli_area_file", file=str(path), reason=error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Refused("cli_area_file", file=str(path), reason=str(error)) from error


def tell(
    result: dict[str, Any],
    folder: Path,
    chosen: Format,
    output: Path | None,
    session: Session,
    specs: "Mapping[str, LayerSpec]",
) -> None:
    """Print a result, or write it to a file or to standard output."""
    from api import coverage_files

    if chosen is Format.table:
        print_coverage(result, session, specs)
        print(session.words.say("cli_recipe", path=str(folder)))
        return
    made = {
        Format.json: lambda: coverage_files.as_json(result),
        Format.csv: lambda: coverage_files.as_csv(result, session.words),
        Format.xlsx: lambda: coverage_files.as_xlsx(result, session.words, recipe=folder.name),
    }[chosen]()
    put(made, output, session)


def print_coverage(result: dict[str, Any], session: Session, specs: "Mapping[str, LayerSpec]") -> None:
    """A table for each demand, then what has no data."""
    from api.coverage_tables import CoverageReport
    from api.rule_terms import Terms

    report, words = CoverageReport(result, session.words), session.words
    terms = Terms(specs, words)
    for demand in result["demands"]:
        if demand["status"] == "no_data":
            print(words.say("cli_demand_no_data", demand=report.demand(demand)))
        else:
            _print_demand(report, demand, terms)
    for service in result["services"]:
        if service["status"] == "no_data":
            print(words.say("cli_service_no_data", service=report.service(service)))
    if report.missing:
        print(words.say("cli_inputs_missing", layers="; ".join(report.missing)))
    for line in unfollowed(result, words):
        print(line)
    if any((row["unattached"] or {}).get("amount") for row in result["city"]["figures"].values()):
        limit = words.number(result["parameters"]["attach_limit_m"])
        print(words.say("cli_unattached_note", limit=limit))
    if result["place"]["synthetic"]:
        print(words.say("cli_synthetic"))


def _print_demand(report: "CoverageReport", demand: "Row", terms: "Terms") -> None:
    words, id_ = report.words, demand["id"]
    city = report.result["city"]["figures"][id_]
    shown = [name for name in _COLUMNS if _says(report, city, name)]
    headings = [words.say("cli_column_zone"), report.unit(demand)]
    headings += [words.say(f"cli_column_{_COLUMNS[name]}") for name in shown]
    rows = []
    for row in report.rows:
        figure = row["figures"][id_]
        rows.append((report.name(row), *_cells(report, demand, figure, shown)))
        if len(figure["groups"]) <= GROUPS_MOST:
            some = {name: each for name, each in figure["groups"].items() if each["demand"]}
            column, layer = demand["group"], demand["layer"]
            rows += [
                (f"  {terms.value(layer, column, name)}", *_cells(report, demand, some[name], shown))
                for name in terms.ordered(layer, column, some)
            ]
    title = words.say(
        "cli_coverage_title",
        title=report.title(),
        date=words.date(report.result["date"]),
        demand=report.demand(demand),
    )
    print(title)  # a long title above a narrow table would be folded to its width
    print_table([(heading, "right" if place else "left") for place, heading in enumerate(headings)], rows)


_COLUMNS = {
    "share": "share",
    "value": "per_1000",
    "share_straight": "straight",
    "detour_penalty": "detour",
    "target": "target",
    "gap": "gap",
    "unattached": "unattached",
    "unknown": "unknown",
}
"""Figures that a table may have, and the words above each."""


def _says(report: "CoverageReport", city: "Row", name: str) -> bool:
    """Whether a column has anything to say; a share always, except of a supply."""
    if name in ("share", "value"):
        return report.is_supply == (name == "value")
    value = city[name]
    if name in ("target", "gap"):
        groups = [each[name] for each in city["groups"].values()]
        return any(each is not None for each in (value, *groups))
    return (
        value["points"] > 0
        if isinstance(value, dict)
        else bool(value) or (name == "share_straight" and value is not None)
    )


def _cells(report: "CoverageReport", demand: "Row", figure: "Row", shown: list[str]) -> list[str]:
    words = report.words
    if figure["reason"] is not None:
        reason = report.reason(demand, figure)
        return [words.number(figure["demand"]), str(reason), *([""] * (len(shown) - 1))]
    found = [words.number(figure["demand"])]
    for name in shown:
        value = figure.get(name)
        if name == "value" or (report.is_supply and name in ("target", "gap")):
            found.append(words.number(value, 1))
        elif name == "detour_penalty":
            found.append(words.lost(figure["share_straight"], figure["share"]))
        elif name == "gap":
            found.append(words.points(value))
        elif name in ("unattached", "unknown"):
            found.append(words.number(value["amount"] if isinstance(value, dict) else value))
        else:
            found.append(words.percent(value))
    return found
