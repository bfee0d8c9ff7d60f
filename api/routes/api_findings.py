"""The findings of an upload as files its owner works through: a workbook, or a GeoPackage with the places."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.access import may
from api.deps import StoreDep
from api.findings import Names, mend_on_page, names_of
from api.findings_files import as_gpkg, as_xlsx
from api.pages import VARY, reader
from api.params import PageNotFound
from api.respond import answer
from api.upload_context import examined
from api.upload_findings import finding_of
from api.upload_words import shown_name
from api.words import Words
from layers import uploads
from layers.catalog import Store
from layers.examined import ROW, Saved
from layers.uploads import Upload

router = APIRouter(
    prefix="/api", tags=["uploads"], responses=schemas.PROBLEMS, dependencies=[Depends(may("read_upload"))]
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GPKG = "application/geopackage+sqlite3"
Severity = Annotated[str | None, Query(description="Only these: error, warning, mended or note.")]


@router.get("/uploads/{upload_id}/findings.xlsx", summary="Findings as a workbook", response_class=Response)
def read_workbook(request: Request, store: StoreDep, upload_id: str, severity: Severity = None) -> Response:
    found, saved = _examined(request, store, upload_id)
    findings = [finding_of(saved.report, each) for each in saved.findings(severity or None, None, 0, None)]
    words = reader(request).words
    body = as_xlsx(
        findings,
        words,
        names=_names(store, saved, words),
        mend=mend_on_page,
        title=shown_name(found),
        made=found.changed_at,
    )
    return answer(request, body, XLSX, vary=VARY, filename=f"{_stem(found)}-findings.xlsx")


@router.get(
    "/uploads/{upload_id}/findings.gpkg", summary="Findings with their places", response_class=Response
)
def read_places(request: Request, store: StoreDep, upload_id: str, severity: Severity = None) -> Response:
    found, saved = _examined(request, store, upload_id)
    rows = saved.rows()
    if rows is None:
        raise PageNotFound(request.url.path)
    findings = [finding_of(saved.report, each) for each in saved.findings(severity or None, None, 0, None)]
    words = reader(request).words
    body = as_gpkg(
        findings,
        rows.drop(columns=ROW),
        words,
        names=_names(store, saved, words),
        mend=mend_on_page,
        rows=rows[ROW].to_numpy(),
    )
    return answer(request, body, GPKG, vary=VARY, filename=f"{_stem(found)}-findings.gpkg")


def _names(store: Store, saved: Saved, words: Words) -> Names:
    spec = store.workspace.specs.get(saved.report.get("layer") or "")
    return names_of(words, store.workspace.city, spec)


def _examined(request: Request, store: Store, upload_id: str) -> tuple[Upload, Saved]:
    found = uploads.find(store, upload_id)
    saved = examined(store, found)
    if saved is None:
        raise PageNotFound(request.url.path)
    return found, saved


def _stem(found: Upload) -> str:
    """The name of the first file without what follows its last dot."""
    name = found.files[0].name.rsplit("/", 1)[-1] if found.files else found.id
    return name.rsplit(".", 1)[0] or found.id
