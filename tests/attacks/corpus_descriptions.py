"""Descriptions of other data that a general driver would follow, under the names of innocent formats; and
names that a general opener would take for places, commands or data."""

from collections.abc import Callable

import seeds
from attack import READ, Attack, Bait

_SUFFIXES = (
    *(".geojson", ".json", ".gml", ".kml", ".kmz", ".csv", ".gpkg", ".shp", ".xlsx", ".ods", ".dxf", ".tif"),
    *(".fgb", ".parquet", ".dbf", ".vrt", ".zip", ".pbf", ".gpx", ".qgs"),
)


def _vrt(bait: Bait) -> str:
    layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{bait.file(".geojson")}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


def _vrt_that_changes(bait: Bait) -> str:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{bait.file(".gpkg")}</SrcDataSource>'
        "<SrcSQL>DROP TABLE secret</SrcSQL></OGRVRTLayer></OGRVRTDataSource>"
    )


def _raster_vrt(bait: Bait) -> str:
    return (
        '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>/vsicurl/{bait.url}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )


def _wfs(bait: Bait) -> str:
    return f"<OGRWFSDataSource><URL>{bait.url}</URL></OGRWFSDataSource>"


def _csw(bait: Bait) -> str:
    return f"<OGRCSWDataSource><URL>{bait.url}</URL></OGRCSWDataSource>"


def _oapif(bait: Bait) -> str:
    return f"<OGROAPIFDataSource><URL>{bait.url}</URL></OGROAPIFDataSource>"


def _wms(bait: Bait) -> str:
    return f'<GDAL_WMS><Service name="WMS"><ServerUrl>{bait.url}</ServerUrl></Service></GDAL_WMS>'


def _comma_vrt(bait: Bait) -> str:
    return f"{_vrt(bait)},a,b\n1,2,3\n"


_XML = {
    "vrt": _vrt, "vrt_with_sql": _vrt_that_changes, "vrt_with_commas": _comma_vrt, "raster_vrt": _raster_vrt,
    "wfs": _wfs, "csw": _csw, "oapif": _oapif, "wms": _wms,
}  # fmt: skip


def _algorithm(bait: Bait) -> str:
    return (
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector convert '
        f'{bait.file(".geojson")} --of stream"}}'
    )


def _elastic(bait: Bait) -> str:
    return (
        f'{{"type": "FeatureCollection", "links": [{{"rel": "next", "href": "{bait.url}"}}], "features": []}}'
    )


def _esri(bait: Bait) -> str:
    return (
        '{"displayFieldName": "", "geometryType": "esriGeometryPoint", "fields": [], "exceededTransferLimit":'
        f' true, "features": [], "url": "{bait.url}"}}'
    )


def _stac(bait: Bait) -> str:
    return (
        '{"type": "FeatureCollection", "stac_version": "1.0.0", "features": [{"type": "Feature", "geometry": null,'
        f' "stac_version": "1.0.0", "properties": {{}}, "assets": {{"a": {{"href": "{bait.url}"}}}}}}]}}'
    )


def _in(name: str, text: Callable[[Bait], str]) -> Callable[[Bait], dict[str, bytes]]:
    return lambda bait: {name: text(bait).encode()}


def _descriptions() -> list[Attack]:
    found = [
        Attack(f"{kind} as {suffix}", _in(f"upload{suffix}", text), ("xml",))
        for kind, text in _XML.items()
        for suffix in _SUFFIXES
    ]
    for suffix in (".geojson", ".json", ".gpkg", ".gdalg.json"):
        found.append(Attack(f"gdalg as {suffix}", _in(f"upload{suffix}", _algorithm), ("not_as_it_looks",)))
        found.append(
            Attack(f"links as {suffix}", _in(f"upload{suffix}", _elastic), (READ, "unreadable", "no_tables"))
        )
        found.append(Attack(f"esri as {suffix}", _in(f"upload{suffix}", _esri), ("not_as_it_looks",)))
        found.append(Attack(f"stac as {suffix}", _in(f"upload{suffix}", _stac), (READ, "not_as_it_looks")))
    texts = {
        "adbc": lambda bait: f"ADBC:{bait.file('.gpkg')}",
        "csv prefix": lambda bait: f"CSV:{bait.file('.csv')}",
        "url": lambda bait: bait.url,
        "curl": lambda bait: f"/vsicurl/{bait.url}",
        "postgres": lambda _: "PG:host=127.0.0.1 dbname=x",
    }
    found += [
        Attack(f"text {kind}", _in("upload.csv", text), ("no_separator",)) for kind, text in texts.items()
    ]
    found.append(
        Attack("pdf", lambda bait: {"upload.geojson": b"%PDF-1.7\n/F (" + bait.url.encode() + b")"}, ("pdf",))
    )
    found.append(
        Attack(
            "gti index",
            lambda bait: {"a.geojson": _elastic(bait).replace("{", '{"name": "GTI:x", ', 1).encode()},
            (READ, "unreadable", "no_tables"),
        )
    )
    return found


_TRICKS = {
    "curl": "/vsicurl/{url}.csv",
    "address": "{url}.csv",
    "prefix": "CSV:{file}",
    "absolute": "{file}",
    "upwards": "../" * 20 + "{file}",
    "backslashes": "..\\..\\{file}",
    "nul": "a.csv\x00.txt",
    "inline json": '{{"type": "Point", "coordinates": [1, 2]}}',
    "long": "泉" * 1365 + ".csv",
    "lines": "a\nb\r\nc.csv",
    "terminal": "\x1b]0;title\x07\x1b[2J\x9b31m.csv",
    "right to left": "a\u202evsc.exe",
    "format": "{{reason}}{{0.__class__}}%s%n.csv",
    "half a character": "\udcd0.csv",
    "dots": "..",
    "empty": "",
    "option": "--version",
}
"""Names with places for a file outside and an address."""


def _names() -> list[Attack]:
    def made(name: str, content: bytes) -> Callable[[Bait], dict[str, bytes]]:
        return lambda bait: {name.format_map({"file": bait.file(".csv"), "url": bait.url}): content}

    return [
        Attack(f"name: {kind}, {'good' if answer == READ else 'bad'}", made(name, content), (answer,))
        for kind, name in _TRICKS.items()
        for content, answer in ((seeds.CSV, READ), (b"no separator", "no_separator"))
    ]


ATTACKS = [*_descriptions(), *_names()]
