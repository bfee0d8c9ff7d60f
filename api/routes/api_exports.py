"""Layers as files for QGIS and spreadsheets, and the files a version came from as they were."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api import facilities, schemas
from api.access import actor_of, require
from api.deps import StoreDep, WhenDep
from api.downloads import archive, sent, workbench
from api.params import PageNotFound, ParameterInvalid, When, parse_version
from api.respond import attachment, knows
from api.routes.api_layers import spec_for
from geo.crs import parse
from layers.catalog import RasterPart
from layers.originals import files_of

router = APIRouter(prefix="/api", tags=["layers"], responses=schemas.PROBLEMS)
MEDIA = {
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
    "tif": "image/tiff; application=geotiff; profile=cloud-optimized",
}
ENCODINGS = ("UTF-8", "GB18030")
BYTES = "application/octet-stream"


@router.get("/layers/{name}/export.{suffix}", summary="A layer as a file", response_class=FileResponse)
def read_export(
    request: Request,
    store: StoreDep,
    when: WhenDep,
    name: str,
    suffix: str,
    crs: Annotated[str | None, Query(description="EPSG code to write in; WGS 84 without.")] = None,
    encoding: Annotated[str, Query(description="Of a shapefile's texts: UTF-8 or GB18030.")] = "UTF-8",
    agency: Annotated[str | None, Query(description="Whose raster, where several have one.")] = None,
) -> Response:
    from geo.exports import export

    if suffix == "tif":
        return raster_file(request, store, when, name, agency)
    if suffix not in MEDIA:
        raise ParameterInvalid("suffix", suffix, ", ".join(MEDIA))
    if encoding.upper() not in ENCODINGS:
        raise ParameterInvalid("encoding", encoding, " or ".join(ENCODINGS))
    system = parse(crs) if crs else None
    actor = actor_of(request)
    spec = spec_for(store, name, actor)
    columns = [each.name for each in facilities.shown_fields(spec, actor)]
    frame = store.read(name, at=when.at, as_of=when.as_of, columns=columns)
    with workbench() as folder:
        inner = folder / f"{name}.{'shp' if suffix == 'zip' else suffix}"
        made = export(frame, inner, crs=system, encoding=encoding.upper())
        path = made.files[0]
        if suffix == "zip":
            path = folder / f"{name}.zip"
            archive(path, [(each.name, each) for each in made.files], packed=True)
        return sent(path, path.name, MEDIA[suffix])


def raster_file(request: Request, store: StoreDep, when: When, name: str, agency: str | None) -> Response:
    """The Cloud Optimized GeoTIFF as it lies in the store; programs may ask for ranges of it."""
    spec_for(store, name, actor_of(request))
    part = one_raster(store.read_raster(name, at=when.at, as_of=when.as_of), agency)
    tag = f'"{part.path.stem}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if knows(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = attachment(f"{name}.tif")
    return FileResponse(part.path, media_type=MEDIA["tif"], headers=headers)


def one_raster(parts: list[RasterPart], agency: str | None) -> RasterPart:
    """The agency's, or the only one there is."""
    found = [each for each in parts if agency in (None, "", each.agency)]
    if len(found) != 1:
        raise ParameterInvalid("agency", agency or "", ", ".join(each.agency for each in parts))
    return found[0]


@router.get(
    "/versions/{version}/original", summary="The files a version came from", response_class=FileResponse
)
def read_original(request: Request, store: StoreDep, version: str) -> Response:
    found = store.version(parse_version(version))
    spec_for(store, found.layer, actor_of(request))
    require(request, "read_original", found)
    kept = files_of(found, store.workspace)
    if not kept:
        raise PageNotFound(request.url.path)
    tag = f'"{found.source_hash}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if knows(request, tag):
        return Response(status_code=304, headers=headers)
    if len(kept) == 1:
        name, path = kept[0]
        return FileResponse(
            path, media_type=BYTES, headers={**headers, "Content-Disposition": attachment(name)}
        )
    with workbench() as folder:
        made = folder / "original.zip"
        archive(made, apart(kept), packed=False)
        return sent(made, f"{Path(kept[0][0]).stem}.zip", MEDIA["zip"], headers=headers)


def apart(files: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Names that cannot leave the folder they are unpacked into, each once."""
    taken: set[str] = set()
    found = []
    for name, path in files:
        inside = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        safe = "/".join(inside) or "file"
        while safe.casefold() in taken:
            safe = f"_{safe}"
        taken.add(safe.casefold())
        found.append((safe, path))
    return found
