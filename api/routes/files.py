"""Scripts, styles and icons, from memory; an address that names its content may be kept for ever."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.assets import Asset
from api.deps import SiteDep
from api.params import PageNotFound
from api.respond import IMMUTABLE, REVALIDATE, knows

router = APIRouter(include_in_schema=False)


@router.get("/static/{build}/{path:path}")
def read_own(request: Request, site: SiteDep, build: str, path: str) -> Response:
    return serve(request, site.assets.own.get(path), IMMUTABLE if build == site.assets.build else REVALIDATE)


@router.get("/vendor/{path:path}")
def read_vendor(request: Request, site: SiteDep, path: str) -> Response:
    return serve(request, site.assets.vendor.get(path), IMMUTABLE)


@router.get("/favicon.ico")
def read_icon(request: Request, site: SiteDep) -> Response:
    return serve(request, site.assets.own.get("icon.svg"), REVALIDATE)


@router.get("/robots.txt")
def read_robots(request: Request, site: SiteDep) -> Response:
    return serve(request, site.assets.own.get("robots.txt"), REVALIDATE)


def serve(request: Request, asset: Asset | None, cache: str) -> Response:
    """A file as it is, or gzipped where the reader takes that."""
    if asset is None:
        raise PageNotFound(request.url.path)
    headers = {"ETag": asset.etag, "Cache-Control": cache, "Vary": "Accept-Encoding"}
    if knows(request, asset.etag):
        return Response(status_code=304, headers=headers)
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            asset.packed, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"}
        )
    return Response(asset.body, media_type=asset.media_type, headers=headers)
