"""Errors to HTTP, from one table: what status a code has. The words stand under `error_<code>`.

Bad requests and things that are not there are answers, not faults, so only status 500 is logged.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.pages import reader, reader_after_fault, render
from api.params import RequestError
from api.plain_text import plain, visible
from api.security import secure
from geo.errors import GeoError
from inventory.errors import InventoryError
from layers.errors import LayerError
from maps.errors import MapError

log = logging.getLogger("quantu.api")

STATUS: Mapping[str, int] = {
    # the request
    "request_error": 400,
    "parameter_invalid": 400,
    "zone_not_found": 404,
    "page_not_found": 404,
    "method_not_allowed": 405,
    "coverage_busy": 503,
    "cross_site": 403,
    "body_too_large": 413,
    "form_expired": 403,
    "sign_in_required": 401,
    "access_denied": 403,
    # layers
    "layer_error": 500,
    "layer_not_found": 404,
    "layer_has_no_data": 404,
    "layer_kind": 400,
    "agency_not_found": 404,
    "agency_required": 400,
    "layer_required": 409,
    "unconfirmed": 409,
    "agency_may_not_publish": 403,
    "version_not_found": 404,
    "time_not_known": 400,
    "head_moved": 409,
    "delta_unfit": 409,
    "version_withdrawn": 410,
    "version_not_withdrawn": 409,
    "mode_not_supported": 400,
    "rejected": 422,
    "candidate_read_only": 500,
    "source_unusable": 400,
    "spec_error": 500,
    "workspace_error": 503,
    "workspace_missing": 503,
    "workspace_exists": 409,
    "workspace_mismatch": 503,
    "city_error": 503,
    "catalog_unavailable": 503,
    "catalog_busy": 503,
    "catalog_too_new": 503,
    "store_damaged": 503,
    "store_write_failed": 503,
    "store_no_room": 507,
    # uploads and jobs
    "upload_not_found": 404,
    "upload_state": 409,
    "upload_offset": 409,
    "upload_busy": 409,
    "upload_stalled": 408,
    "upload_too_large": 413,
    "upload_no_room": 507,
    "upload_incomplete": 409,
    "file_name": 400,
    "job_not_found": 404,
    "job_lost": 409,
    # inventory
    "inventory_error": 500,
    "rule_invalid": 500,
    "rule_set_not_found": 404,
    "rule_not_found": 404,
    "question_invalid": 400,
    "area_invalid": 400,
    "rule_without_data": 409,
    "portions_invalid": 500,
    "measure_missing": 501,
    "zones_unknown": 404,
    "zones_missing": 409,
    "zone_column_missing": 503,
    "no_demand": 409,
    "demand_invalid": 409,
    "no_network": 409,
    "nothing_attaches": 409,
    "recipe_invalid": 400,
    "place_outside": 400,
    "no_street_near": 404,
    "no_street_around": 404,
    # geo
    "geo": 500,
    "crs_unfit": 409,
    "crs_missing": 409,
    "crs_unknown": 400,
    "coordinates_outside": 409,
    "read_failed": 422,
    "file_missing": 404,
    "file_empty": 422,
    "format_unknown": 422,
    "file_damaged": 422,
    "encoding_unfit": 422,
    "source_layer_unknown": 422,
    "columns_unfit": 422,
    "read_too_large": 413,
    "read_timeout": 422,
    "reader_crashed": 422,
    "confinement_missing": 503,
    "network_unfit": 409,
    "network_empty": 409,
    "nodes_unknown": 409,
    "nodes_repeated": 409,
    "network_column": 409,
    "edges_not_lines": 409,
    "walk_argument": 500,
    "write_failed": 500,
    "geometry_unfit": 409,
    "geometry_not_finite": 409,
    "raster_unfit": 409,
    "raster_unreadable": 409,
    "raster_without_crs": 409,
    "raster_elsewhere": 409,
    "raster_band_missing": 409,
    "raster_index_bands": 409,
    "raster_without_values": 409,
    "raster_negative": 409,
    "raster_scale": 409,
    "raster_turned": 409,
    "raster_argument": 500,
    # maps
    "map_error": 500,
    "style_not_found": 500,
    "style_invalid": 500,
    "shape_error": 409,
    # anything else
    "internal": 500,
}
RETRY_AFTER_S = "5"
PLACE_NAMES = frozenset({"home", "path", "address", "file"})  # of this machine: never shown to a reader


def install(app: FastAPI) -> None:
    """Let every error of ours end as a page, or as JSON under /api."""
    for family in (GeoError, LayerError, InventoryError, MapError, RequestError):
        app.add_exception_handler(family, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unknown)


def known(request: Request, error: Exception) -> Response:
    """An error somebody named."""
    code = getattr(error, "code", "internal")
    status = STATUS.get(code, 500)
    if status >= 500 and not isinstance(error, RequestError):
        log.error(
            "%s %s: %s", request.method, request.url.path, error, exc_info=error if status == 500 else None
        )
    if code == "sign_in_required" and not is_api(request):
        return to_login(request)
    fields = {name: value for name, value in vars(error).items() if name not in PLACE_NAMES}
    message = reader(request).words.error(error) if status != 500 else None
    return complain(request, status, code, fields=fields, message=message)


def is_api(request: Request) -> bool:
    """Whether a program asks, who gets JSON."""
    return request.url.path == "/api" or request.url.path.startswith("/api/")


def to_login(request: Request) -> Response:
    """The page to sign in on, which leads back to the page that was asked for."""
    query = f"?{request.url.query}" if request.url.query else ""
    asked = f"{request.url.path}{query}" if request.method == "GET" else "/"
    return RedirectResponse(
        f"/login?{urlencode({'next': asked})}", status_code=303, headers={"Cache-Control": "no-store"}
    )


def invalid(request: Request, error: Exception) -> Response:
    """A parameter that FastAPI refused."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": ""}
    name = str(first["loc"][-1]) if first["loc"] else ""
    limits: Any = first.get("ctx") or {}
    key, words = f"expected_{first.get('type', '')}", reader(request).words
    expected = words.say(key, **limits) if words.has(key) else first["msg"]
    fields = {"name": name, "value": str(first.get("input", ""))[:200], "expected": expected}
    return complain(request, STATUS["parameter_invalid"], "parameter_invalid", fields=fields)


def http(request: Request, error: Exception) -> Response:
    """What the router itself says: nothing here, or not with this method."""
    status = getattr(error, "status_code", 500)
    code = {404: "page_not_found", 405: "method_not_allowed"}.get(status, "request_error")
    fields: dict[str, Any] = {"path": request.url.path, "method": request.method}
    headers = dict(getattr(error, "headers", None) or {})
    return complain(request, status, code, fields=fields, headers=headers)


def unknown(request: Request, error: Exception) -> Response:
    """A fault nobody foresaw: the log has its traceback, the reader gets no internals."""
    reader_after_fault(request)
    response = complain(request, 500, "internal", fields={})
    secure(response.headers)  # this answer is made outside the app's own middleware
    return response


def complain(
    request: Request,
    status: int,
    code: str,
    *,
    fields: Mapping[str, Any],
    message: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One error as JSON under /api, as a page elsewhere; in the reader's language."""
    words = reader(request).words
    key = f"error_{code}"
    text = message or words.say(
        key if words.has(key) else "error_internal", **{k: str(v) for k, v in fields.items()}
    )
    extra = {"Cache-Control": "no-store", **(headers or {})}
    if status == 503:
        extra["Retry-After"] = RETRY_AFTER_S
    text = visible(text)
    if is_api(request):
        body = {"code": code, "message": text, "fields": plain(fields)}
        return JSONResponse(body, status_code=status, headers=extra)
    titles = (f"error_title_{code}", f"error_title_{status}")
    title = words.say(next((each for each in titles if words.has(each)), "error_title_other"))
    hint = words.say(f"error_hint_{code}") if words.has(f"error_hint_{code}") else None
    response = render(
        request,
        "error.html",
        status=status,
        title=title,
        message=text,
        hint=hint,
    )
    response.headers.update(extra)
    return response
