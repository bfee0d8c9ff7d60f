"""Pictures of rasters that are being uploaded."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.access import may
from api.deps import StoreDep
from api.params import PageNotFound
from api.respond import answer
from api.upload_context import examined
from layers import uploads

router = APIRouter(
    prefix="/api",
    tags=["uploads"],
    responses=schemas.PROBLEMS,
    dependencies=[Depends(may("read_upload"))],
)


@router.get("/uploads/{upload_id}/preview.png", summary="A raster in small", response_class=Response)
def read_preview(request: Request, store: StoreDep, upload_id: str) -> Response:
    """Of the newest examination; 404 where that is of no raster."""
    saved = examined(store, uploads.find(store, upload_id))
    if saved is None or saved.preview is None:
        raise PageNotFound(request.url.path)
    return answer(request, saved.preview.read_bytes(), "image/png", cache="private, no-cache")
