"""What is wrong with, or worth knowing about, an upload: facts with a rule code, which `api` words."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

RULES: dict[str, tuple[str, ...]] = {
    # what a rule's `fields` may hold, beside layer, feature, key, field and value
    "columns_left_out": ("columns",),
    "column_renamed": (),
    "field_missing": ("headers",),
    "no_rows": (),
    "value_missing": (),
    "value_type": ("type",),
    "value_domain": ("domain",),
    "value_range": ("minimum", "maximum"),
    "dates_disagree": ("completed",),
    "key_missing": (),
    "key_repeated": ("first",),
    "key_made": ("count",),
    "key_exists": (),
    "key_matched": ("count",),
    "key_foreign": ("owner",),
    "crs_missing": (),
    "crs_overruled": ("declared", "used"),
    "encoding_taken": ("encoding",),
    "geometry_column_missing": (),
    "geometry_missing": (),
    "geometry_empty": (),
    "geometry_not_finite": (),
    "geometry_kind": (),
    "geometry_mended": (),
    "geometry_invalid": (),
    "geometry_left_out": (),
    "coordinates_impossible": (),
    "height_dropped": ("count",),
    "outside_city": (),
    "all_outside_city": ("count", "found", "city"),
    "network_empty": (),
    "network_table_missing": ("table", "files"),
    "node_unknown": (),
    "node_elsewhere": ("owner",),
    "direction_taken": ("directed", "share"),
    "unchanged": ("version",),
}
"""Every rule of this package. A file that cannot be read gives a finding whose rule is the code of the error
of `geo` and whose fields are that error's. `more` in the fields counts findings left out; `table` names a
network's table.
"""

SEVERITIES = ("error", "warning", "mended", "note")
MAX_PER_RULE = 10_000


@dataclass(frozen=True)
class Finding:
    """One fact about one feature, or about the whole file when `feature` is None.

    `feature` is the row number in the file, from 1; `key` the feature's own key where it has one; `field` the
    spec's field (or the file's column, for rules about columns); `value` what was found; `fields` the rest
    that words need.
    """

    rule: str
    severity: str
    layer: str
    feature: int | None = None
    key: str | None = None
    field: str | None = None
    value: Any = None
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding forbids publishing."""
    return any(finding.severity == "error" for finding in findings)


def capped(found: list[Finding], limit: int = MAX_PER_RULE) -> list[Finding]:
    """At most `limit` findings of one rule on one field; what is left out is counted in a last one.

    A wrong column in a million rows would otherwise be a million equal sentences. The last finding has the
    same rule and severity, no feature, and `fields["more"]`, the number left out.
    """
    kept: list[Finding] = []
    counts: dict[tuple[str, str | None], int] = {}
    last: dict[tuple[str, str | None], Finding] = {}
    for finding in found:
        slot = (finding.rule, finding.field)
        counts[slot] = counts.get(slot, 0) + 1
        if counts[slot] <= limit:
            kept.append(finding)
        else:
            last[slot] = finding
    for slot, finding in last.items():
        kept.append(
            Finding(
                finding.rule,
                finding.severity,
                finding.layer,
                field=slot[1],
                fields={"more": counts[slot] - limit},
            )
        )
    return kept
