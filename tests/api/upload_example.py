"""An upload that was examined, made by hand: what pages show, without the work that finds it out.

The small city publishes twelve car parks; the file holds ten of them, three changed, and two new ones. Every
figure on the page can be counted here.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import small_city
from shapely import Point

from layers import receiving, uploads
from layers.catalog import Store
from layers.diff import Delta, counts, diff, to_folder
from layers.findings import Finding
from layers.publish import publish_frame
from layers.said import said_from
from layers.upload_folder import examination
from layers.uploads import Upload
from layers.workspace import Workspace

ATTACK = small_city.XSS
SPEC = """
name = "car_parks"
title_zh = "停车场"
title_en = "Car parks"
kind = "features"
geometry = "point"
key = "id"
[[fields]]
name = "id"
required = true
title_zh = "编号"
title_en = "Number"
[[fields]]
name = "name"
title_zh = "名称"
title_en = "Name"
[[fields]]
name = "spaces"
type = "integer"
title_zh = "车位"
title_en = "Spaces"
minimum = 0
"""


def car_parks(numbers: list[int], **cells: dict[int, Any]) -> gpd.GeoDataFrame:
    """Car parks by number, 200 m apart along a line; `cells` change single values."""
    frame = pd.DataFrame(
        {
            "id": [f"P{n:02}" for n in numbers],
            "name": [f"泉城路停车场{n}" for n in numbers],
            "spaces": pd.array([100 + n for n in numbers], dtype="Int64"),
        }
    )
    shapes = [small_city.at(300 + 200 * n, 900 + 150 * (n % 3)) for n in numbers]
    for name, changes in cells.items():
        for n, value in changes.items():
            if name == "geometry":
                shapes[numbers.index(n)] = value
            else:
                frame.loc[numbers.index(n), name] = value
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=small_city.METRES).to_crs(4326)


def begun(store: Store, names: list[str], content: bytes = b"x", actor: str = "tests") -> Upload:
    """An upload whose bytes have come."""
    made = uploads.create(store, actor, said_from({}), [(name, len(content)) for name in names])
    for n in range(len(names)):
        receiving.append(store, made.id, n, 0, content)
    return made


def examined(store: Store, *, errors: bool = True, name: str = "停车场.zip") -> Upload:
    """The upload of the storyboard, small: examined, with findings of every severity and a delta."""
    base = store.heads("car_parks")["planning"]
    old = store.read_version(base)
    moved = small_city.at(300 + 200 * 3, 900 + 40)
    new = car_parks(
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14], spaces={2: 240, 4: 96}, name={4: ATTACK}, geometry={3: moved}
    )
    new = new[[*old.columns]].astype({"spaces": old["spaces"].dtype})
    delta = diff(old, new, store.spec("car_parks"))
    made = begun(store, [name, "停车场.dbf"] if name.endswith(".shp") else [name])
    findings = found() if errors else [each for each in found() if each[0].severity != "error"]
    folder = examination(store.workspace, made.id, 1)
    folder.mkdir(parents=True)
    write(folder, report(made, base.id, counts(delta), findings), findings, delta)
    uploads.move(
        store, made.id, "examined", ("receiving",), examination=1, layer="car_parks", agency="planning"
    )
    return uploads.find(store, made.id)


def found() -> list[tuple[Finding, Point | None]]:
    """Findings and where they are."""
    here = gpd.GeoSeries([small_city.at(700, 1050), small_city.at(5200, 4200)], crs=small_city.METRES).to_crs(
        4326
    )
    return [
        (Finding("key_repeated", "error", "car_parks", 2, "P02", "id", "P02", {"first": 1}), here.iloc[0]),
        (
            Finding("value_type", "error", "car_parks", 4, "P04", "spaces", "约200", {"type": "integer"}),
            here.iloc[0],
        ),
        (Finding("outside_city", "warning", "car_parks", 9, "P09", None, "117.9, 36.4", {}), here.iloc[1]),
        (Finding("value_missing", "warning", "car_parks", 5, ATTACK, "name", None, {}), None),
        (
            Finding(
                "geometry_mended",
                "mended",
                "car_parks",
                7,
                "P07",
                None,
                "Self-intersection",
                {"before_m2": 120.0, "after_m2": 118.0},
            ),
            None,
        ),
        (
            Finding(
                "columns_left_out", "note", "car_parks", None, None, None, None, {"columns": ["BZ", ATTACK]}
            ),
            None,
        ),
    ]


def report(
    made: Upload, base: str, delta: dict[str, Any], findings: list[tuple[Finding, Point | None]]
) -> dict[str, Any]:
    """The report as docs/uploads.md has it."""
    severities = [each.severity for each, _ in findings]
    tally = {name: severities.count(name) for name in ("error", "warning", "mended", "note")}
    return {
        "upload": made.id,
        "examination": 1,
        "made_at": "2020-10-12T02:00:00Z",
        "said": {},
        "datasets": [{"name": "停车场.shp", "driver": "ESRI Shapefile", "layers": ["停车场"]}],
        "dataset": "停车场.shp",
        "source_layer": "停车场",
        "layer": "car_parks",
        "agency": "planning",
        "mode": "replace",
        "kind": "features",
        "geometry": "point",
        "rows": 12,
        "bounds": [116.99, 36.66, 117.08, 36.74],
        "detected": [
            concluded("crs", "EPSG:4527", 0.88, "crs_fits", title="CGCS2000 / zone 39", percent=92)
            | {"others": [{"value": "EPSG:2363", "confidence": 0.4, "fields": {"shift_m": 1.9}}]},
            concluded("layer", "car_parks", 0.97, "by_hand"),
            concluded("agency", "planning", 0.55, "by_hand")
            | {"others": [{"value": "health", "confidence": 0.2, "fields": {"share": 0.2}}]},
            concluded("encoding", "GB18030", 0.99, "by_hand"),
        ],
        "columns": [
            {"column": "BH", "field": "id", "how": "alias", "sample": ["P01", "P02"]},
            {"column": "名称", "field": "name", "how": "alias", "sample": ["泉城路停车场1", ATTACK]},
            {"column": "CWS", "field": "spaces", "how": "truncated", "sample": ["101", "约200"]},
            {"column": "BZ", "field": None, "how": "unknown", "sample": []},
        ],
        "counts": tally,
        "rules": [
            {"rule": each.rule, "severity": each.severity, "field": each.field, "count": 1}
            for each, _ in findings
        ],
        "base": base,
        "base_rows": 12,
        "delta": delta,
        "publishable": tally["error"] == 0,
        "draft": None,
        "failure": None,
    }


def concluded(subject: str, value: str, confidence: float, why: str, **fields: Any) -> dict[str, Any]:
    """One entry of `detected`."""
    return {
        "subject": subject,
        "value": value,
        "confidence": confidence,
        "why": why,
        "fields": fields,
        "others": [],
    }


def write(
    folder: Path, values: dict[str, Any], findings: list[tuple[Finding, Point | None]], delta: Delta
) -> None:
    """The files of an examination as docs/uploads.md has them."""
    lines = []
    for n, (finding, point) in enumerate(findings, start=1):
        line = {"n": n, **asdict(finding), "point": None if point is None else [point.x, point.y]}
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    (folder / "findings.jsonl").write_text("".join(lines), "utf-8")
    to_folder(delta, folder)
    (folder / "report.json").write_text(json.dumps({"format": 1, **values}, ensure_ascii=False), "utf-8")


def publish_car_parks(store: Store) -> None:
    """The state the uploads are compared with."""
    publish_frame(store, "car_parks", "planning", car_parks(list(range(1, 13))), author="tests", note="2019")


def build(home: Path) -> Workspace:
    """A city with car parks and nothing else."""
    made = Workspace.init(home, small_city.CITY, {"specs/car_parks.toml": SPEC.encode()})
    with Store.open(made) as store:
        publish_car_parks(store)
    return made
