"""Signing in with the administrator's token, and out again. Works without script."""

import time
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import actor_of, cookie_name, form_token, session_secret
from api.deps import SiteDep, StoreDep
from api.forms import small_form
from api.pages import render
from layers import accounts

router = APIRouter(include_in_schema=False)
NEXT_MOST = 2000
AFTER = "/uploads"  # who signs in has something to hand in or to publish


@router.get("/login")
def read_login(
    request: Request,
    store: StoreDep,
    next_page: Annotated[str, Query(alias="next", max_length=NEXT_MOST)] = AFTER,
) -> Response:
    actor = actor_of(request)
    response = render(
        request,
        "login.html",
        next_page=inside(next_page),
        signed_in=actor.is_signed_in,
        form_token=form_token(request) if actor.is_signed_in else "",
        problem=None,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/login")
def sign_in(
    request: Request, site: SiteDep, store: StoreDep, form: Annotated[FormData, Depends(small_form())]
) -> Response:
    next_page = inside(_text(form, "next") or AFTER)
    wait_s = site.tries.wait_s(request.client.host if request.client else "", time.monotonic())
    if wait_s > 0:
        return _again(request, next_page, 429, "login_too_often", {"Retry-After": str(int(wait_s) + 1)})
    if not accounts.is_token(store.workspace, _text(form, "token").strip()):
        return _again(request, next_page, 403, "login_wrong", {})
    if old := session_secret(request):
        accounts.sign_out(store, old)
    secret = accounts.sign_in(store, accounts.ADMINISTRATOR)
    response = RedirectResponse(next_page, status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        cookie_name(request),
        secret,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    return response


@router.post("/logout")
def sign_out(
    request: Request, store: StoreDep, form: Annotated[FormData, Depends(small_form("sign_out"))]
) -> Response:
    if secret := session_secret(request):
        accounts.sign_out(store, secret)
    response = RedirectResponse("/login", status_code=303, headers={"Cache-Control": "no-store"})
    response.delete_cookie(
        cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
    return response


def _again(request: Request, next_page: str, status: int, problem: str, headers: dict[str, str]) -> Response:
    response = render(
        request,
        "login.html",
        status=status,
        next_page=next_page,
        signed_in=False,
        form_token="",
        problem=problem,
    )
    response.headers.update(headers)
    return response


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def inside(address: str) -> str:
    """An address of ours to go on to; the map for anything that leads elsewhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    odd = "\\" in address or not address.isprintable() or len(address) > NEXT_MOST
    if odd or parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//"):
        return "/"
    return address
