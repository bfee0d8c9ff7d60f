"""The API reference, from installed files: no outside request, no inline script."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def read_docs(request: Request) -> Response:
    return render(request, "docs.html")
