"""Whether the server can answer: open store, readable catalog, browser files."""

from fastapi import APIRouter

from api.deps import SiteDep
from api.schemas import Health

router = APIRouter()


@router.get("/health", summary="Whether the server can answer", tags=["server"])
def read_health(site: SiteDep) -> Health:
    store = site.store()
    return Health(
        status="ok",
        version=site.release,
        city=store.workspace.city.id,
        sequence=store.sequence(),
        browser_files=sorted(site.assets.versions),
    )
