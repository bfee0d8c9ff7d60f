"""Pages: the Jinja environment, who reads, and one function that renders a template into an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from api.access import ANONYMOUS, Actor, actor_of
from api.deps import site_of
from api.params import LANGUAGE_COOKIE, choose_language
from api.respond import answer
from api.words import LANGUAGES, Words
from geo.errors import GeoError
from layers.city import City
from layers.errors import LayerError

TEMPLATES = Path(__file__).parent / "templates"
COOKIE_AGE_S = 365 * 24 * 3600
NAV = (("map", "/"), ("coverage", "/coverage"), ("layers", "/layers"), ("uploads", "/uploads"))
VARY = "Accept-Language, Cookie"


@dataclass(frozen=True)
class Reader:
    """Who reads a page: her language, and the city she looks at (None while there is none)."""

    words: Words
    city: City | None

    @property
    def city_name(self) -> str:
        return self.words.title(self.city, "name") if self.city else self.words.say("site_name")


def reader(request: Request) -> Reader:
    """The reader of a request; needs no working store, since error pages have readers too."""
    kept = getattr(request.state, "reader", None)
    if isinstance(kept, Reader):
        return kept
    try:
        city: City | None = site_of(request).store().workspace.city
    except (LayerError, GeoError):
        city = None
    offered = city.languages if city else LANGUAGES
    lang = choose_language(request, offered, city.default_language if city else "zh")
    found = Reader(Words(lang, city.zone if city else UTC), city)
    request.state.reader = found
    return found


def reader_after_fault(request: Request) -> Reader:
    """The reader, without asking the store again: it may be what failed."""
    if not isinstance(getattr(request.state, "reader", None), Reader):
        request.state.reader = Reader(Words(choose_language(request, LANGUAGES, "zh")), None)
    return reader(request)


@cache
def environment() -> Environment:
    """Autoescaping everywhere; a name a template does not get is an error, not a blank."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def fragment(template: str, words: Words, **context: Any) -> str:
    """A partial by itself, without the page around it."""
    return environment().get_template(template).render(words=words, say=words.say, **context)


def html(request: Request, template: str, **context: Any) -> str:
    """A whole page as text."""
    who = reader(request)
    site = site_of(request)
    return fragment(
        template,
        who.words,
        city=who.city,
        city_name=who.city_name,
        nav=NAV,
        here=request.url.path,
        account=known_actor(request).is_signed_in,
        languages=language_links(request, who),
        static=site.assets.static,
        vendored=site.assets.vendored,
        **context,
    )


def known_actor(request: Request) -> Actor:
    """Who asks; a stranger where the store cannot say, since its own faults are shown on pages too."""
    try:
        return actor_of(request)
    except (LayerError, GeoError):
        return ANONYMOUS


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page as an answer; pages of errors are not to be kept."""
    text = html(request, template, **context)
    if status != 200:
        headers = {"Vary": VARY, "Cache-Control": "no-store"}
        return Response(text, status_code=status, media_type="text/html", headers=headers)
    return respond(request, text.encode())


def remembered(request: Request, key: tuple[Any, ...], make: Callable[[], str]) -> Response:
    """A page made once for this address, language, role and key; the key names all the page is made of."""
    whole = (
        request.scope["path"],
        request.scope["query_string"],
        reader(request).words.lang,
        actor_of(request).role,
        *key,
    )
    return respond(request, site_of(request).pages.get(whole, lambda: make().encode()))


def respond(request: Request, body: bytes) -> Response:
    """The answer of a page. `?lang=` is remembered in a cookie, so that links need not carry it."""
    response = answer(request, body, "text/html; charset=utf-8", vary=VARY)
    lang = reader(request).words.lang
    if request.query_params.get("lang") == lang:
        response.set_cookie(LANGUAGE_COOKIE, lang, max_age=COOKIE_AGE_S, httponly=True, samesite="lax")
    return response


def language_links(request: Request, who: Reader) -> list[dict[str, Any]]:
    """This page in each language the city offers."""
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return [
        {
            "lang": lang,
            "name": who.words.say(f"language_{lang}"),
            "href": f"?{urlencode([*query, ('lang', lang)])}",
            "current": lang == who.words.lang,
        }
        for lang in (who.city.languages if who.city else LANGUAGES)
    ]


def link(path: str, **query: object) -> str:
    """An address of ours with a query; empty values are left out."""
    kept = {key: value for key, value in query.items() if value not in (None, "", ())}
    return f"{path}?{urlencode(kept)}" if kept else path
