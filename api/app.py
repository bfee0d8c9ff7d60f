"""The web application: `create_app(settings)` joins routes, errors and headers. Nothing is read at import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api import assets, errors
from api.deps import Site
from api.results import MEGABYTE, Bounds, Results
from api.routes import (
    api_changes,
    api_coverage,
    api_exports,
    api_findings,
    api_isochrone,
    api_layers,
    api_rasters,
    api_rules,
    api_uploads,
    coverage,
    docs,
    files,
    health,
    layers,
    login,
    map,
    rules,
    uploads,
    versions,
    walk,
)
from api.same_origin import SameOrigin
from api.security import HeadAsGet, KnownHosts, SecurityHeaders
from api.settings import Settings
from geo.sandbox import require_confinement

GZIP_FROM_BYTES = 700
GZIP_LEVEL = 6


def create_app(settings: Settings) -> FastAPI:
    """The application of one workspace. The workspace may be built later: until then pages say so."""
    if settings.production:
        require_confinement()
    bounds = Bounds(
        settings.results_kept, settings.results_kept_mb * MEGABYTE, settings.pasts_at_once, settings.waiting
    )
    results = Results(settings.threads, bounds)
    site = Site(settings, assets.load(settings.browser_files), results, release())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        site.close()

    app = FastAPI(
        title="Quantu 泉图",
        version=site.release,
        description="Layers, versions and service coverage of a city, as JSON.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.site = site
    pages = (map, walk, coverage, rules, layers, versions, uploads, login, docs, health, files)
    for router in (
        *pages,
        api_layers,
        api_exports,
        api_changes,
        api_findings,
        api_rasters,
        api_coverage,
        api_isochrone,
        api_rules,
        api_uploads,
    ):
        app.include_router(router.router)
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SameOrigin)
    app.add_middleware(KnownHosts, hosts=settings.allowed_hosts)
    app.add_middleware(SecurityHeaders)
    return app


def release() -> str:
    """The installed package's version."""
    try:
        return version("quantu")
    except PackageNotFoundError:
        return "0"
