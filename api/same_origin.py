"""Requests that change something come from our own pages, or from a program that says where it is.

A browser tells in `Sec-Fetch-Site`, an older one or a program in `Origin`. Large bodies are refused here too:
what may be large is streamed by its own route.
"""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import known
from api.params import RequestError

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})
BODY_MOST = 1024 * 1024
STREAMED = re.compile(r"/api/uploads/[0-9a-f]{32}/files/[0-9]{1,6}|/uploads")
PORTS = {"http": 80, "https": 443}


class CrossSite(RequestError):
    """A request that changes something does not come from here."""

    code: ClassVar[str] = "cross_site"

    def __init__(self) -> None:
        super().__init__("the request names no page of this server as its origin; set the header Origin")


class BodyTooLarge(RequestError):
    """More was sent than a form or a question needs."""

    code: ClassVar[str] = "body_too_large"

    def __init__(self, size: int) -> None:
        self.size = size
        self.limit = BODY_MOST
        super().__init__(f"the body has {size} bytes, {BODY_MOST} are the most here")


class SameOrigin:
    """Refuse an unsafe method from elsewhere, and a body beyond what a form or a question needs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limited = not STREAMED.fullmatch(scope["path"])
        size = _announced(headers)
        if not is_ours(headers, scope["scheme"]):
            await _refuse(CrossSite(), scope, receive, send)
        elif limited and size > BODY_MOST:
            await _refuse(BodyTooLarge(size), scope, receive, send)
        else:
            await self.app(scope, _counted(receive) if limited else receive, send)


def is_ours(headers: Headers, scheme: str) -> bool:
    """Whether the request comes from a page of this server, or names it as its origin."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in OURS
    here = _place(f"{scheme}://{headers.get('host', '')}")
    return here is not None and _place(headers.get("origin", "")) == here


def _place(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no origin."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host or parts.path or parts.query or parts.username is not None:
        return None
    return parts.scheme, host, port or PORTS[parts.scheme]


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _counted(receive: Receive) -> Receive:
    """The same body, cut off as if the sender had gone when it grows beyond the limit without saying so."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > BODY_MOST else message

    return counted


async def _refuse(error: RequestError, scope: Scope, receive: Receive, send: Send) -> None:
    answer = await run_in_threadpool(known, Request(scope, receive), error)
    await answer(scope, receive, send)
