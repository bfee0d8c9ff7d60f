"""Pages: the Jinja environment, who reads, and one function that renders a template into an answer."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Site, site_of
from api.params import LANGUAGE_COOKIE, choose_language
from api.respond import answer
from api.words import LANGUAGES, Words
from geo.errors import GeoError
from layers.city import City
from layers.errors import LayerError

TEMPLATES = Path(__file__).parent / "templates"
COOKIE_AGE_S = 365 * 24 * 3600
NAV = (("map", "/"), ("circles", "/coverage/circles"), ("layers", "/layers"))
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
    found = Reader(Words(choose_language(request, offered, city.default_language if city else "zh")), city)
    request.state.reader = found
    return found


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


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    cache: str = "no-cache",
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response:
    """A whole page. `?lang=` is remembered in a cookie, so that links need not carry it."""
    who = reader(request)
    site: Site = site_of(request)
    text = fragment(
        template,
        who.words,
        city=who.city,
        city_name=who.city_name,
        nav=NAV,
        here=request.url.path,
        languages=language_links(request, who),
        static=site.assets.static,
        vendored=site.assets.vendored,
        **context,
    )
    if status == 200:
        response = answer(request, text.encode(), "text/html; charset=utf-8", cache=cache, vary=VARY)
    else:
        response = Response(text, status_code=status, media_type="text/html", headers={"Vary": VARY})
    response.headers.update(headers or {})
    if request.query_params.get("lang") == who.words.lang:
        response.set_cookie(
            LANGUAGE_COOKIE, who.words.lang, max_age=COOKIE_AGE_S, httponly=True, samesite="lax"
        )
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
