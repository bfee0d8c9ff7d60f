"""What a layer is: its kind, geometry, key, fields and dates. Values only; `spec_files` reads TOML."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

KINDS = ("features", "table", "raster", "network")
GEOMETRIES = ("point", "line", "polygon", "any", "none")
FIELD_TYPES = ("text", "integer", "number", "boolean", "date")
AUDIENCES = ("public", "staff", "owner")


@dataclass(frozen=True)
class FieldSpec:
    """One column. `domain` lists the allowed values (empty: any); `domain_titles` their names: zh, en, and
    whatever else files call them."""

    name: str
    type: str = "text"
    title_zh: str = ""
    title_en: str = ""
    unit: str | None = None
    required: bool = False
    domain: tuple[str, ...] = ()
    domain_titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    aliases: tuple[str, ...] = ()
    audience: str | None = None

    def headers(self) -> tuple[str, ...]:
        """Every header a file may use for this field, the name itself first."""
        return tuple(dict.fromkeys((self.name, self.title_zh, self.title_en, *self.aliases)))


@dataclass(frozen=True)
class Dates:
    """Which fields hold a feature's own dates; None where the layer keeps no such date.

    A feature exists at date D unless its removed date is <= D, its completed date is > D, or it has a planned
    or started date and no completed date (it is still a plan or a building site). Without dates it always
    exists. A removed date counts from its own day on: on that day the feature is gone.
    """

    planned: str | None = None
    started: str | None = None
    completed: str | None = None
    removed: str | None = None

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.planned, self.started, self.completed, self.removed) if name)


OVERLAPS = ("allowed", "warning", "error")
OUTSIDE = ("error", "warning")
NEAR_M = 5.0
"""Two features of one kind and name nearer than a hand-held receiver can tell apart are one drawn twice."""
SLIVER_M2 = 100.0
"""What two drawings of one border leave between them: a metre wide, a hundred metres long."""


@dataclass(frozen=True)
class Checks:
    """What is expected of a layer's shapes, beside being valid; None where nothing is.

    `overlap` says what features that lie on one another are, `tessellation` that they leave no gaps between
    them, `outside` what a feature outside the city is. Features of one kind and name nearer than `near_m` are
    doubtful (0: never). Overlaps, and thin shapes, below `sliver_m2` are slips of drawing.
    """

    overlap: str = "allowed"
    tessellation: bool = False
    min_area_m2: float | None = None
    max_area_m2: float | None = None
    min_length_m: float | None = None
    max_length_m: float | None = None
    near_m: float = NEAR_M
    outside: str = "error"
    sliver_m2: float = SLIVER_M2


@dataclass(frozen=True)
class Cells:
    """What the cells of a raster hold: their unit, the values allowed (None: any), how many bands there are.

    `aliases` are words by which a file's name tells that it is of this layer.
    """

    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    bands: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerSpec:
    """A named kind of thing. `precision_m` is the distance below which two geometries count as one place.

    `nodes` are the fields of a network's node table, which is keyed by `node_id`; `fields` are its edges'.
    Only a raster layer has `raster`; it has no fields, and its key is empty.
    """

    name: str
    title_zh: str
    title_en: str
    kind: str
    geometry: str
    key: str
    fields: tuple[FieldSpec, ...]
    nodes: tuple[FieldSpec, ...] = ()
    precision_m: float = 0.01
    audience: str = "public"
    dates: Dates = Dates()
    asset_class: str | None = None
    publishers: tuple[str, ...] = ()
    source: str = ""
    checks: Checks = Checks()
    raster: Cells | None = None

    @cached_property
    def by_name(self) -> dict[str, FieldSpec]:
        return {f.name: f for f in self.fields}

    def field(self, name: str) -> FieldSpec:
        """The field of that name; KeyError if there is none."""
        return self.by_name[name]

    @cached_property
    def body(self) -> str:
        """The spec as canonical JSON: what its hash is taken of and what the catalog keeps.

        Checks that are all as usual are left out, as in bodies from before there were any, and so are the
        cells of what is no raster.
        """
        values = asdict(self)
        if self.checks == Checks():
            del values["checks"]
        if self.raster is None:
            del values["raster"]
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @cached_property
    def spec_hash(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


def spec_from_body(body: str) -> LayerSpec:
    """The spec a catalog kept, the inverse of `LayerSpec.body`."""
    values: dict[str, Any] = json.loads(body)

    def fields(rows: list[dict[str, Any]]) -> tuple[FieldSpec, ...]:
        return tuple(
            FieldSpec(
                **{
                    **row,
                    "domain": tuple(row["domain"]),
                    "domain_titles": {k: tuple(v) for k, v in row["domain_titles"].items()},
                    "aliases": tuple(row["aliases"]),
                }
            )
            for row in rows
        )

    return LayerSpec(
        **{
            **values,
            "fields": fields(values["fields"]),
            "nodes": fields(values["nodes"]),
            "dates": Dates(**values["dates"]),
            "publishers": tuple(values["publishers"]),
            "checks": Checks(**values.get("checks", {})),
            "raster": _cells(values.get("raster")),
        }
    )


def _cells(values: dict[str, Any] | None) -> Cells | None:
    return None if values is None else Cells(**{**values, "aliases": tuple(values["aliases"])})
