"""Reads layer specs from TOML: those packaged in `layers/specs`, overlaid by a city's own `specs` folder.

A city's file of the same name replaces the packaged one whole, so that a spec is always one file to read.
"""

import os
import re
import secrets
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import SpecError
from layers.spec import (
    AUDIENCES,
    FIELD_TYPES,
    GEOMETRIES,
    KINDS,
    NEAR_M,
    OUTSIDE,
    OVERLAPS,
    SLIVER_M2,
    Cells,
    Checks,
    Dates,
    FieldSpec,
    LayerSpec,
)
from layers.staging import fsync_file, fsync_folder
from layers.toml_table import TomlTable

if TYPE_CHECKING:
    from layers.workspace import Workspace

PACKAGED = Path(__file__).parent / "specs"
RESERVED = ("geometry", "fid")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def load_specs(overlay: Path | None = None) -> dict[str, LayerSpec]:
    """All specs by layer name, sorted; files of `overlay` replace packaged ones of the same file name."""
    files = {path.name: path for path in sorted(PACKAGED.glob("*.toml"))}
    if overlay is not None and overlay.is_dir():
        files |= {path.name: path for path in sorted(overlay.glob("*.toml"))}
    specs = [read_spec(path) for path in files.values()]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: spec.name)}


def keep_spec(workspace: "Workspace", text: str) -> LayerSpec:
    """Keep the text of a new spec in the city's own folder, as `<name>.toml`, whole or not at all.

    SpecError when it is not understood, when its name is no plain word, or when a layer has that name
    already, be it by a moment: of two that keep the same name at once, one is refused.
    """
    folder = workspace.home / "specs"
    try:
        name = tomllib.loads(text).get("name")
    except tomllib.TOMLDecodeError as error:
        raise SpecError("spec", "", f"is not TOML: {error}") from error
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SpecError("spec", "name", f"should be small letters, digits and _, is {name!r}")
    path = folder / f"{name}.toml"
    spec = parse_spec(text, path)
    if name in workspace.specs:
        raise SpecError(path, "name", f"{name!r} is the name of a layer there is already")
    neighbour = folder / f".{name}.{secrets.token_hex(4)}"
    try:
        neighbour.write_text(text, encoding="utf-8")
        fsync_file(neighbour)
        os.link(neighbour, path)  # unlike a rename it never replaces a file
    except FileExistsError as error:
        raise SpecError(path, "name", f"{name!r} is the name of a layer there is already") from error
    finally:
        neighbour.unlink(missing_ok=True)
    fsync_folder(folder)
    return spec


def specs_state(overlay: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What changes whenever a spec of the folder does: names, inodes, times, sizes. Takes microseconds."""
    with os.scandir(overlay) as entries:
        files = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".toml")]
    return tuple(sorted((name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in files))


def read_spec(path: Path) -> LayerSpec:
    """One spec; SpecError names the file and the key of whatever is not understood."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(path, "", f"is not TOML: {error}") from error
    return parse_spec(text, path)


def parse_spec(text: str, path: Path) -> LayerSpec:
    """The spec of a text that is, or will be, in the file `path`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(path, "", f"is not TOML: {error}") from error
    table = TomlTable(values, path, SpecError)
    name = table.text("name")
    if name != path.stem:
        table.fail("name", f"should be the file's own name {path.stem!r}, is {name!r}")
    kind = table.text("kind", choices=KINDS)
    geometry = table.text("geometry", "none" if kind in ("table", "raster") else None, choices=GEOMETRIES)
    spec = LayerSpec(
        name=name,
        title_zh=table.text("title_zh"),
        title_en=table.text("title_en"),
        kind=kind,
        geometry=geometry,
        key=table.text("key", "" if kind == "raster" else None),
        fields=_fields(table, "fields"),
        nodes=_fields(table, "nodes"),
        precision_m=table.number("precision_m", 0.01),
        audience=table.text("audience", "public", choices=AUDIENCES),
        dates=_dates(table.table("dates")),
        asset_class=table.optional_text("asset_class"),
        publishers=table.texts("publishers"),
        source=table.text("source", ""),
        checks=_checks(table.table("checks")),
        raster=_cells(table.table("raster")) if kind == "raster" or table.has("raster") else None,
    )
    table.done()
    _agree(spec, table)
    return spec


def _fields(table: TomlTable, key: str) -> tuple[FieldSpec, ...]:
    rows = table.tables(key)
    fields = tuple(_field(row) for row in rows)
    seen: set[str] = set()
    for row, item in zip(rows, fields, strict=True):
        if item.name in seen:
            row.fail("name", f"{item.name!r} is used twice")
        if item.name in RESERVED:
            row.fail("name", f"{item.name!r} is reserved")
        seen.add(item.name)
    return fields


def _field(row: TomlTable) -> FieldSpec:
    name = row.text("name")
    kind = row.text("type", "text", choices=FIELD_TYPES)
    domain, titles = _domain(row)
    if domain and kind != "text":
        row.fail("domain", f"is for text fields, {name!r} is of type {kind}")
    minimum, maximum = row.optional_number("minimum"), row.optional_number("maximum")
    if (minimum is not None or maximum is not None) and kind not in ("integer", "number"):
        row.fail(
            "minimum" if minimum is not None else "maximum", f"is for numbers, {name!r} is of type {kind}"
        )
    item = FieldSpec(
        name=name,
        type=kind,
        title_zh=row.text("title_zh", name),
        title_en=row.text("title_en", name),
        unit=row.optional_text("unit"),
        required=row.boolean("required", False),
        domain=domain,
        domain_titles=titles,
        minimum=minimum,
        maximum=maximum,
        aliases=row.texts("aliases"),
        audience=row.text("audience", choices=AUDIENCES) if row.has("audience") else None,
    )
    row.done()
    return item


def _domain(row: TomlTable) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    table = row.table("domain")
    titles: dict[str, tuple[str, ...]] = {}
    for value in table.names():
        names = table.table(value)
        titles[value] = (names.text("zh"), names.text("en"), *names.texts("aliases"))
        names.done()
    return tuple(titles), titles


def _dates(table: TomlTable) -> Dates:
    dates = Dates(
        planned=table.optional_text("planned"),
        started=table.optional_text("started"),
        completed=table.optional_text("completed"),
        removed=table.optional_text("removed"),
    )
    table.done()
    return dates


def _checks(table: TomlTable) -> Checks:
    checks = Checks(
        overlap=table.text("overlap", "allowed", choices=OVERLAPS),
        tessellation=table.boolean("tessellation", False),
        min_area_m2=table.optional_number("min_area_m2"),
        max_area_m2=table.optional_number("max_area_m2"),
        min_length_m=table.optional_number("min_length_m"),
        max_length_m=table.optional_number("max_length_m"),
        near_m=table.number("near_m", NEAR_M),
        outside=table.text("outside", "error", choices=OUTSIDE),
        sliver_m2=table.number("sliver_m2", SLIVER_M2),
    )
    for name in ("near_m", "sliver_m2"):
        if not 0 <= getattr(checks, name) < float("inf"):
            table.fail(name, f"should be zero or more, is {getattr(checks, name)}")
    table.done()
    return checks


def _cells(table: TomlTable) -> Cells:
    minimum, maximum = table.optional_number("minimum"), table.optional_number("maximum")
    bands = table.optional_number("bands")
    if minimum is not None and maximum is not None and minimum > maximum:
        table.fail("minimum", f"should not be above the maximum, is {minimum} above {maximum}")
    if bands is not None and (bands != int(bands) or bands < 1):
        table.fail("bands", f"should be a whole number from 1, is {bands}")
    cells = Cells(
        unit=table.optional_text("unit"),
        minimum=minimum,
        maximum=maximum,
        bands=None if bands is None else int(bands),
        aliases=table.texts("aliases"),
    )
    table.done()
    return cells


def _agree_raster(spec: LayerSpec, table: TomlTable) -> None:
    """A raster has cells, no features: nothing of the spec may be about features."""
    for name, given in {
        "key": spec.key, "fields": spec.fields, "nodes": spec.nodes, "dates": spec.dates.names()
    }.items():  # fmt: skip
        if given:
            table.fail(name, "is for layers of features, the layer's kind is raster")
    if spec.geometry != "none":
        table.fail("geometry", "is for layers of features, the layer's kind is raster")


def _agree(spec: LayerSpec, table: TomlTable) -> None:
    """Refuse a spec whose parts contradict each other."""
    if spec.kind == "raster":
        _agree_raster(spec, table)
        return
    if spec.raster is not None:
        table.fail("raster", f"is for rasters, the layer's kind is {spec.kind}")
    if spec.key not in spec.by_name:
        table.fail("key", f"names no field, the fields are {', '.join(spec.by_name) or 'none'}")
    if spec.field(spec.key).type not in ("text", "integer"):
        table.fail("key", f"should name a text or integer field, {spec.key!r} is {spec.field(spec.key).type}")
    for date in spec.dates.names():
        if date not in spec.by_name or spec.field(date).type != "date":
            table.fail("dates", f"names {date!r}, which is no field of type date")
    if spec.kind == "features" and spec.geometry == "none":
        table.fail("geometry", "should name a geometry, the layer's kind is features")
    areal = spec.checks.overlap != "allowed" or spec.checks.tessellation
    if areal and spec.geometry != "polygon":
        table.fail("checks", f"asks for overlaps or gaps of polygons, not of geometry {spec.geometry!r}")
    if spec.kind != "network" and spec.nodes:
        table.fail("nodes", f"is for networks, the layer's kind is {spec.kind}")
