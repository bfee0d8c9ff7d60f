"""Uploads as JSON: announce, send the bytes in pieces, have them examined, publish or drop; and jobs.

A file is sent by PATCH with the header `Upload-Offset`. When a connection breaks, the upload itself says how
much has come, and sending goes on from there.
"""

import asyncio
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.access import Actor, may
from api.deps import SiteDep, StoreDep
from api.pages import reader
from api.params import ParameterInvalid
from api.plain_text import plain, visible
from api.upload_schemas import (
    Announced,
    Failure,
    FileState,
    JobState,
    NewUpload,
    Offset,
    Publication,
    SaidAgain,
    UploadState,
)
from api.words import Words
from layers import jobs, uploads
from layers.catalog import Store
from layers.jobs import Job
from layers.receiving import Receiver, receiving
from layers.said import Said, said_from
from layers.upload_errors import UploadStalled
from layers.uploads import Upload

router = APIRouter(prefix="/api", tags=["uploads"])
PIECE = 1024 * 1024  # bytes gathered before they are written
OFFSET_MOST = 2**53
STALLED_S = 30.0

Uploader = Annotated[Actor, Depends(may("upload"))]
Publisher = Annotated[Actor, Depends(may("publish"))]


@router.post("/uploads", status_code=201, summary="Announce an upload")
def create_upload(actor: Uploader, site: SiteDep, store: StoreDep, new: NewUpload) -> Announced:
    announced = [(each.name, each.bytes) for each in new.files]
    limits = site.settings.upload_limits()
    made = uploads.create(store, actor.name, parse_said(new.said), announced, limits=limits)
    return Announced(id=made.id, files=[Offset(n=n, offset=0) for n in range(len(made.files))])


@router.get(
    "/uploads/{upload_id}", summary="An upload as it stands", dependencies=[Depends(may("read_upload"))]
)
def read_upload(request: Request, store: StoreDep, upload_id: str) -> UploadState:
    return upload_state(store, uploads.find(store, upload_id), reader(request).words)


@router.patch(
    "/uploads/{upload_id}/files/{n}",
    summary="Send bytes of a file",
    dependencies=[Depends(may("upload"))],
    openapi_extra={
        "requestBody": {"content": {"application/offset+octet-stream": {"schema": {"type": "string"}}}}
    },
)
async def send_bytes(
    request: Request,
    store: StoreDep,
    upload_id: str,
    n: int,
    upload_offset: Annotated[
        int, Header(ge=0, le=OFFSET_MOST, description="Where the body's first byte goes.")
    ],
) -> Offset:
    with ExitStack() as held:
        opened = receiving(store, upload_id, n, upload_offset)
        receiver = await run_in_threadpool(opened.__enter__)
        held.push(opened)
        await write_body(request, receiver)
        await run_in_threadpool(held.close)
    return Offset(n=n, offset=receiver.offset)


async def write_body(request: Request, receiver: Receiver) -> None:
    """Write the body piece by piece; what came before the sender went away is kept."""
    piece, stream, stalled = bytearray(), request.stream(), False
    try:
        while (chunk := await asyncio.wait_for(anext(stream, None), STALLED_S)) is not None:
            piece += chunk
            if len(piece) >= PIECE:
                await run_in_threadpool(receiver.write, bytes(piece))
                piece.clear()
    except ClientDisconnect:
        pass  # nobody reads the answer; the upload says how much is there
    except TimeoutError:
        stalled = True  # such a sender would keep others, also itself on another connection, from going on
    await run_in_threadpool(receiver.write, bytes(piece))
    if stalled:
        raise UploadStalled(STALLED_S)


@router.post("/uploads/{upload_id}/complete", status_code=202, summary="All bytes are sent: examine them")
def complete_upload(request: Request, actor: Uploader, store: StoreDep, upload_id: str) -> UploadState:
    found, _ = uploads.complete(store, upload_id, actor.name)
    return upload_state(store, found, reader(request).words)


@router.post("/uploads/{upload_id}/say", status_code=202, summary="Say something else and examine again")
def say_again(
    request: Request, actor: Uploader, store: StoreDep, upload_id: str, words: SaidAgain
) -> UploadState:
    found, _ = uploads.say(store, upload_id, parse_said(words.said), actor.name)
    return upload_state(store, found, reader(request).words)


@router.post("/uploads/{upload_id}/publish", status_code=202, summary="Publish what the examination showed")
def publish_upload(
    request: Request, actor: Publisher, store: StoreDep, upload_id: str, wish: Publication
) -> UploadState:
    found, _ = uploads.publish(
        store,
        upload_id,
        actor.name,
        note=wish.note,
        confirm=tuple(wish.confirm),
        examination=wish.examination,
    )
    return upload_state(store, found, reader(request).words)


@router.post("/uploads/{upload_id}/drop", status_code=204, summary="Give an upload up")
def drop_upload(actor: Uploader, store: StoreDep, upload_id: str) -> Response:
    uploads.drop(store, upload_id, actor.name)
    return Response(status_code=204)


@router.get("/jobs/{job_id}", summary="How a job stands", dependencies=[Depends(may("read_job"))])
def read_job(request: Request, store: StoreDep, job_id: str) -> JobState:
    return job_state(jobs.find(store.database, job_id), reader(request).words)


def parse_said(values: dict[str, object]) -> Said:
    """What the uploader says; ParameterInvalid names what is not understood."""
    try:
        return said_from(values)
    except (TypeError, ValueError, AttributeError) as error:
        raise ParameterInvalid("said", visible(str(values))[:200], visible(str(error))) from error


def upload_state(store: Store, found: Upload, words: Words) -> UploadState:
    """An upload and the newest job of its own steps."""
    job = jobs.latest(store.database, uploads.STEPS, found.id)
    return UploadState(
        id=found.id,
        state=found.state,
        actor=found.actor,
        created_at=found.created_at,
        changed_at=found.changed_at,
        files=[
            FileState(n=n, name=visible(file.name), bytes=file.bytes, offset=file.received)
            for n, file in enumerate(found.files)
        ],
        said=plain(found.said.as_values()),
        layer=found.layer,
        agency=found.agency,
        examination=found.examination,
        version=found.version,
        note=found.note,
        job=None if job is None else job_state(job, words),
    )


def job_state(job: Job, words: Words) -> JobState:
    """A job as a reader may see it."""
    error = None
    if job.error is not None:
        message = visible(words.failure(job.error.code, job.error.fields))
        error = Failure(code=job.error.code, message=message, fields=plain(job.error.fields))
    return JobState(
        id=job.id,
        kind=job.kind,
        subject=job.subject,
        state=job.state,
        attempts=job.attempts,
        progress=plain(job.progress),
        outcome=plain(job.outcome),
        error=error,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
