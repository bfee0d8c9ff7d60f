"""Answers as finished bytes, with an ETag, so that what has not changed does not travel twice."""

import hashlib
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


def answer(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    cache: str = REVALIDATE,
    etag: str | None = None,
    vary: str | None = None,
    filename: str | None = None,
) -> Response:
    """The body with its ETag, or 304 when the reader has it already.

    The tag is weak, since a proxy or our own gzip may change the coding of the same content.
    """
    tag = etag or f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": cache}
    if vary:
        headers["Vary"] = vary
    if knows(request, tag):
        return Response(status_code=304, headers=headers)
    if filename:
        headers["Content-Disposition"] = attachment(filename)
    return Response(body, media_type=media_type, headers=headers)


def attachment(filename: str) -> str:
    """The header that names a download, also one that is not ASCII (RFC 6266, RFC 5987).

    Old readers get the name with an underscore for each other character.
    """
    name = "".join("_" if each in "/\\" or not each.isprintable() else each for each in filename)
    plain = "".join(each if each.isascii() and each not in '"%' else "_" for each in name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def knows(request: Request, etag: str) -> bool:
    """Whether the reader says it holds content of this tag."""
    held = request.headers.get("if-none-match")
    if not held:
        return False
    bare = etag.removeprefix("W/")
    return held.strip() == "*" or any(each.strip().removeprefix("W/") == bare for each in held.split(","))
