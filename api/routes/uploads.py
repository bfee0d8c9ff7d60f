"""Pages of uploads: sending without script, what an examination says, and what somebody says to it."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import upload_context
from api.access import actor_of, decide, form_token, may
from api.deps import SiteDep, StoreDep
from api.forms import UploadFormDep, small_form
from api.pages import reader, render
from api.params import PageNotFound, ParameterInvalid
from api.rights import rights_of
from api.routes.api_uploads import parse_said
from api.spec_form import spec_from_form
from api.upload_context import MODES
from api.upload_forms import first_said, said_after
from api.upload_list import listed, send_data
from api.upload_page import ENCODINGS, SYSTEMS
from api.upload_wanted import Wanted
from api.upload_words import size_text
from layers import receiving, uploads
from layers.catalog import Store
from layers.errors import SpecError
from layers.spec_draft import as_toml
from layers.spec_files import keep_spec
from layers.upload_limits import Limits

router = APIRouter(prefix="/uploads", include_in_schema=False)
CHUNK = 1 << 20
SayForm = Annotated[FormData, Depends(small_form("upload"))]
SpecForm = Annotated[FormData, Depends(small_form("confirm_spec"))]
PublishForm = Annotated[FormData, Depends(small_form("publish"))]


@router.get("", dependencies=[Depends(may("read"))])
def read_uploads(request: Request, site: SiteDep, store: StoreDep) -> Response:
    who, actor = reader(request), actor_of(request)
    limits = site.settings.upload_limits()
    return render(
        request,
        "uploads.html",
        may_send=decide(actor, "upload"),
        may_see=decide(actor, "read_upload"),
        uploads=listed(store, who.words) if decide(actor, "read_upload") else [],
        layers=list(store.workspace.specs.values()),
        modes=MODES,
        systems=SYSTEMS,
        encodings=ENCODINGS,
        limit=size_text(who.words, limits.file_bytes),
        send=send_data(who.words, limits, None),
        token=upload_context.token_field(form_token(request)),
    )


@router.post("")
def send(request: Request, site: SiteDep, store: StoreDep, form: UploadFormDep) -> Response:
    """A plain form with files, for readers without script: received as a whole, then examined."""
    files = [each for _, each in form.multi_items() if isinstance(each, UploadFile) and each.filename]
    if not files:
        raise ParameterInvalid("files", "", "some_file")
    said = first_said(pairs(form))
    made = receive(store, actor_of(request).name, said, files, site.settings.upload_limits())
    return RedirectResponse(f"/uploads/{made}", status_code=303)


@router.get("/{upload_id}", dependencies=[Depends(may("read_upload"))])
def read_upload(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    upload_id: str,
    severity: str | None = None,
    rule: Annotated[str | None, Query(max_length=80)] = None,
    start: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    place: Annotated[str | None, Query(max_length=12)] = None,
    change: str | None = None,
    change_start: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> Response:
    found = uploads.find(store, upload_id)
    wanted = Wanted(severity or None, rule or None, start, place or None, change or None, change_start)
    who = reader(request)
    context = upload_context.context(site, store, who, found, wanted, rights_of(actor_of(request), found))
    return render(
        request,
        "upload.html",
        send=send_data(who.words, site.settings.upload_limits(), found),
        token=upload_context.token_field(form_token(request)),
        **context,
    )


@router.post("/{upload_id}/say")
def say(request: Request, store: StoreDep, upload_id: str, form: SayForm) -> Response:
    found = uploads.find(store, upload_id)
    said = parse_said(said_after(found.said.as_values(), pairs(form)))
    uploads.say(store, upload_id, said, actor_of(request).name)
    return RedirectResponse(f"/uploads/{upload_id}", status_code=303)


@router.post("/{upload_id}/publish")
def publish(request: Request, store: StoreDep, upload_id: str, form: PublishForm) -> Response:
    number = str(form.get("examination", ""))
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise ParameterInvalid("examination", number, "examination_number")
    note = str(form.get("note", "")).strip()
    uploads.publish(
        store,
        upload_id,
        actor_of(request).name,
        note=upload_context.noted(reader(request).words, note, uploads.find(store, upload_id)),
        confirm=[text for name, text in pairs(form) if name == "confirm"],
        examination=int(number),
    )
    return RedirectResponse(f"/uploads/{upload_id}", status_code=303)


@router.post("/{upload_id}/drop", dependencies=[Depends(small_form("upload"))])
def drop(request: Request, store: StoreDep, upload_id: str) -> Response:
    uploads.drop(store, upload_id, actor_of(request).name)
    return RedirectResponse("/uploads", status_code=303)


@router.post("/{upload_id}/spec")
def confirm_spec(request: Request, store: StoreDep, upload_id: str, form: SpecForm) -> Response:
    """Keep the drafted layer as it stands in the form, and examine the upload as one of it."""
    found = uploads.find(store, upload_id)
    saved = upload_context.examined(store, found)
    if saved is None or not saved.report.get("draft"):
        raise PageNotFound(request.url.path)
    try:
        kept = keep_spec(store.workspace, as_toml(spec_from_form(saved.report["draft"], pairs(form))))
    except SpecError as error:
        raise ParameterInvalid("spec", error.key, error.problem) from error
    said = parse_said({**found.said.as_values(), "layer": kept.name})
    uploads.say(store, upload_id, said, actor_of(request).name)
    return RedirectResponse(f"/uploads/{upload_id}", status_code=303)


def receive(store: Store, actor: str, said: dict[str, Any], files: list[UploadFile], limits: Limits) -> str:
    """Take files that the web server holds already, as any other sender's bytes are taken."""
    sizes = [(str(each.filename), int(each.size or 0)) for each in files]
    made = uploads.create(store, actor, parse_said(said), sizes, limits=limits)
    for n, each in enumerate(files):
        each.file.seek(0)
        receiving.append(store, made.id, n, 0, pieces(each))
    uploads.complete(store, made.id, actor)
    return made.id


def pieces(file: UploadFile) -> Iterator[bytes]:
    """The bytes of a file of a form, a megabyte at a time."""
    while piece := file.file.read(CHUNK):
        yield piece


def pairs(form: FormData) -> list[tuple[str, str]]:
    """The text fields of a form, in order."""
    return [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
