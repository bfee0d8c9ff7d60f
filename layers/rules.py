"""Every rule of this package in one table: code, severities, and what its fields mean.

Sentences live in `api/words`: `finding_<code>` says what is wrong, `mend_<code>` how to mend it. The table of
docs/findings.md is compared with this one by a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SEVERITIES = ("error", "warning", "mended", "note")
"""error: nothing is published until it is mended; warning: worth a look; mended: we changed something and
say what; note: a decision the owner should know of."""


@dataclass(frozen=True)
class Rule:
    """`severities` are those the rule can have; `fields` what the finding's fields hold, by name, beside
    layer, feature, key, field and value; `value` what the finding's value is ("" for none)."""

    code: str
    severities: tuple[str, ...]
    value: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def _table(*rules: Rule) -> dict[str, Rule]:
    table = {rule.code: rule for rule in rules}
    if len(table) != len(rules):
        raise ValueError("a rule stands in the table twice")
    return table


_ERROR, _WARNING, _MENDED, _NOTE = ((name,) for name in SEVERITIES)
_EITHER = ("error", "warning")
_OTHER = {"other": "row of the other feature", "other_key": "its key", "apart_m": "metres between them"}
_LIMITS = {"minimum": "least allowed, null for none", "maximum": "most allowed, null for none"}

RULES = _table(
    # columns
    Rule("rows_of_others", _WARNING, fields={"count": "rows left out", "agencies": "whose they are"}),
    Rule("column_absent", _WARNING, fields={"count": "values the head has there"}),
    Rule("columns_left_out", _NOTE, fields={"columns": "headers no field takes"}),
    Rule("column_renamed", _NOTE, "the file's header"),
    Rule("field_missing", _ERROR, fields={"headers": "headers the field may have"}),
    Rule("no_rows", _WARNING),
    # values
    Rule("value_missing", _ERROR),
    Rule(
        "value_type",
        _ERROR,
        "what the file holds",
        {"type": "the field's type", "nearest": "the number the text resembles, null for none"},
    ),
    Rule(
        "value_unit",
        _MENDED,
        "what the file holds",
        {
            "from": "the unit in the cell",
            "to": "the field's unit",
            "factor": "what the number was multiplied with",
            "result": "the number taken",
        },
    ),
    Rule(
        "value_domain",
        _ERROR,
        "what the file holds",
        {"domain": "allowed values", "nearest": "the allowed value most like it, null for none"},
    ),
    Rule("value_range", _ERROR, "what the file holds", _LIMITS),
    Rule("dates_disagree", _WARNING, "removal date", {"completed": "completion date"}),
    Rule("date_far", _WARNING, "the date", {"earliest": "first likely day", "latest": "last likely day"}),
    # keys
    Rule("key_missing", _ERROR),
    Rule("key_repeated", _ERROR, "the key", {"first": "first row that has it"}),
    Rule("key_made", _NOTE, fields={"count": "rows that got a key"}),
    Rule("key_exists", _ERROR, "the key"),
    Rule("key_matched", _NOTE, fields={"count": "rows that got the key of a feature at their place"}),
    Rule("key_foreign", _ERROR, "the key", {"owner": "agency that owns it"}),
    # duplicates
    Rule("row_repeated", ("warning", "mended"), fields={"first": "first row that is equal"}),
    Rule("near_duplicate", _WARNING, fields=_OTHER),
    # the file
    Rule("crs_missing", _ERROR),
    Rule("crs_overruled", _NOTE, fields={"declared": "the file's", "used": "the uploader's"}),
    Rule("unconfirmed", _ERROR, "what was concluded", {"subject": "what it is about"}),
    Rule("unchanged", _NOTE, fields={"version": "id of the head"}),
    # geometry
    Rule("geometry_column_missing", _ERROR),
    Rule("geometry_missing", _ERROR),
    Rule("geometry_empty", _ERROR),
    Rule("geometry_not_finite", _ERROR),
    Rule("geometry_unreadable", _ERROR),
    Rule("geometry_closed", _MENDED),
    Rule("geometry_kind", _ERROR, "kind found"),
    Rule(
        "geometry_mended",
        _MENDED,
        "the reason GEOS gives",
        {"before_m2": "area as drawn", "after_m2": "area after mending"},
    ),
    Rule(
        "geometry_changed_too_much",
        _ERROR,
        "the reason GEOS gives",
        {
            "before_m2": "area as drawn: loops of opposite turn cancel out",
            "after_m2": "area after mending",
            "share": "change as a share of the larger area",
        },
    ),
    Rule("geometry_invalid", _ERROR, "the reason GEOS gives"),
    Rule("geometry_unjudged", _ERROR, fields={"count": "vertices"}),
    Rule("geometry_left_out", _MENDED, "the reason GEOS gives"),
    Rule("points_repeated", _NOTE, fields={"count": "points equal to the one before"}),
    Rule("height_dropped", _NOTE, fields={"count": "features that had heights"}),
    # places
    Rule("coordinates_impossible", _ERROR, "the pair as in the file"),
    Rule("coordinates_zero", _ERROR, "longitude, latitude"),
    Rule("coordinates_swapped", _ERROR, "longitude, latitude", {"exchanged": "[longitude, latitude]"}),
    Rule("coordinates_coarse", _EITHER, "longitude, latitude", {"decimals": "decimals it has, at most"}),
    Rule("outside_city", _EITHER, "longitude, latitude"),
    Rule(
        "all_outside_city",
        _ERROR,
        fields={"count": "features", "found": "their bounds", "city": "the city's bounds"},
    ),
    Rule("outside_area", _WARNING, "longitude, latitude", {"agency": "whose area it is"}),
    # sizes
    Rule("area_range", _WARNING, "m2", _LIMITS),
    Rule("length_range", _WARNING, "m", _LIMITS),
    Rule("area_unusual", _WARNING, "m2", {"median": "median area of the file, m2"}),
    Rule("length_unusual", _WARNING, "m", {"median": "median length of the file, m"}),
    Rule("geometry_sliver", _WARNING, "m2", {"compactness": "4 pi area / perimeter squared"}),
    # features together
    Rule(
        "overlap",
        _EITHER,
        "m2 in common",
        {"other": "row of the other feature", "other_key": "its key", "area_m2": "m2 in common"},
    ),
    Rule("overlap_unchecked", _NOTE, fields={"count": "features left unchecked"}),
    Rule("zone_gap", _WARNING, "m2", {"area_m2": "area of the gap"}),
    Rule("zone_gap_unchecked", _NOTE, fields={"count": "points of the outlines"}),
    # rasters
    Rule("raster_unplaced", _ERROR),
    Rule("raster_shifted", _ERROR, "GCJ-02 or BD-09"),
    Rule("raster_outside", _EITHER, fields={"found": "its bounds", "city": "the city's bounds"}),
    Rule("raster_bands", _ERROR, "bands of the file", {"expected": "bands of the layer"}),
    Rule("raster_empty", _EITHER, fields={"band": "number of the band, from 1"}),
    Rule(
        "raster_below",
        _ERROR,
        "least value of the band",
        {"band": "number of the band, from 1", "minimum": "least allowed"},
    ),
    Rule(
        "raster_above",
        _ERROR,
        "greatest value of the band",
        {"band": "number of the band, from 1", "maximum": "most allowed"},
    ),
    # networks
    Rule("network_empty", _ERROR),
    Rule("network_table_missing", _ERROR, fields={"table": "nodes or edges", "files": "files looked at"}),
    Rule("node_unknown", _ERROR, "node id"),
    Rule("node_elsewhere", _ERROR, "node id", {"owner": "agency that has it elsewhere"}),
    Rule(
        "direction_taken",
        _NOTE,
        fields={"directed": "true or false", "share": "share of edges with a twin"},
    ),
)
"""A file that cannot be read gives a finding whose rule is the code of the error of `geo` and whose fields
are that error's. `more` in the fields counts findings left out; `table` names a network's table.
"""
