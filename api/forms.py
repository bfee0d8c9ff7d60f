"""Forms that work without script: read within limits, and sent by a page of the same session.

`small_form` is for fields; `upload_form` for files, which go to temporary files on disk as they come. Both
ask first whether the sender may, so that nobody else's bytes are read.
"""

import hmac
from collections.abc import AsyncIterator, Callable
from typing import Annotated, ClassVar

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request

from api.access import Action, form_token, require
from api.deps import site_of
from api.params import RequestError
from layers.upload_errors import UploadTooLarge

TOKEN_FIELD = "form_token"  # noqa: S105 - a name
FIELDS_MOST = 5000
FIELD_BYTES_MOST = 64 * 1024
ROOM_FOR_FIELDS = 1024 * 1024


class FormExpired(RequestError):
    """The form was not made for this session."""

    code: ClassVar[str] = "form_expired"

    def __init__(self) -> None:
        super().__init__("the form was made for another session; load its page again")


def small_form(action: Action | None = None) -> Callable[[Request], AsyncIterator[FormData]]:
    """A dependency: the fields of a form, for whoever may do `action`; None is for forms without session."""

    async def read(request: Request) -> AsyncIterator[FormData]:
        if action is not None:
            await run_in_threadpool(require, request, action)
        async with request.form(max_files=0, max_fields=FIELDS_MOST, max_part_size=FIELD_BYTES_MOST) as form:
            if action is not None:
                check_token(request, form)
            yield form

    read.action = action  # type: ignore[attr-defined]
    return read


async def upload_form(request: Request) -> AsyncIterator[FormData]:
    """A dependency: a form with files within the limits of an upload; they are gone after the request."""
    await run_in_threadpool(require, request, "upload")
    limits = site_of(request).settings.upload_limits()
    announced = request.headers.get("content-length", "")
    most = limits.upload_bytes + ROOM_FOR_FIELDS
    if announced.isascii() and announced.isdigit() and int(announced) > most:
        raise UploadTooLarge("upload_bytes", int(announced), limits.upload_bytes)
    _count(request, most, limits.upload_bytes)
    async with request.form(
        max_files=limits.files, max_fields=FIELDS_MOST, max_part_size=FIELD_BYTES_MOST
    ) as form:
        check_token(request, form)
        yield form


upload_form.action = "upload"  # type: ignore[attr-defined]
UploadFormDep = Annotated[FormData, Depends(upload_form)]


def check_token(request: Request, form: FormData) -> None:
    """FormExpired unless the form carries the token of the session."""
    given = form.get(TOKEN_FIELD)
    wanted = form_token(request)
    if not (wanted and isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())):
        raise FormExpired


def _count(request: Request, most: int, limit: int) -> None:
    """Let the body end in UploadTooLarge once more has come than was allowed, whatever was announced."""
    receive, seen = request._receive, 0

    async def counted() -> dict:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise UploadTooLarge("upload_bytes", seen, limit)
        return dict(message)

    request._receive = counted
