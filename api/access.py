"""Who asks, and what she may do: every read and every write is decided by `decide`.

Routes say what they need by name, `Depends(may("upload"))`; what depends on a layer or a field asks `decide`
with it. A test knows every route and what it answers to whom.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from starlette.requests import Request

from api.deps import site_of
from api.params import RequestError
from layers import accounts
from layers.spec import FieldSpec, LayerSpec

Action = Literal[
    "read",
    "read_layer",
    "read_field",
    "read_upload",
    "read_job",
    "read_original",
    "read_withdrawn",
    "upload",
    "publish",
    "revert",
    "withdraw",
    "confirm_spec",
    "sign_out",
]
PUBLIC = "public"
COOKIE, SECURE_COOKIE = "quantu_session", "__Host-quantu_session"


@dataclass(frozen=True)
class Actor:
    """Somebody who asks; `name` is what the catalog writes down."""

    name: str
    role: Literal["anonymous", "administrator"]

    @property
    def is_signed_in(self) -> bool:
        return self.role != "anonymous"


ANONYMOUS = Actor("", "anonymous")
ADMINISTRATOR = Actor(accounts.ADMINISTRATOR, "administrator")


class SignInRequired(RequestError):
    """This needs somebody who has signed in."""

    code: ClassVar[str] = "sign_in_required"

    def __init__(self, action: str) -> None:
        self.action = action
        super().__init__(f"{action!r} needs somebody who has signed in; sign in at /login")


class AccessDenied(RequestError):
    """Whoever asks may not do this."""

    code: ClassVar[str] = "access_denied"

    def __init__(self, action: str, actor: str) -> None:
        self.action = action
        self.actor = actor
        super().__init__(f"{actor!r} may not {action}")


def decide(actor: Actor, action: Action, *subject: object) -> bool:
    """Whether the actor may do this.

    `read_layer` is asked with the layer's spec, `read_field` with the spec and the field; other actions may
    be asked with what they are about. Everyone reads what is public; everything else is the administrator's.
    """
    if actor.role == "administrator" or action == "read":
        return True
    if action == "read_layer":
        (spec,) = subject
        return isinstance(spec, LayerSpec) and spec.audience == PUBLIC
    if action == "read_field":
        spec, field = subject
        named = isinstance(spec, LayerSpec) and isinstance(field, FieldSpec)
        return named and (field.audience or spec.audience) == PUBLIC  # type: ignore[attr-defined]
    return False


def require(request: Request, action: Action, *subject: object) -> Actor:
    """Who asks, if she may; SignInRequired when somebody who signs in might, else AccessDenied."""
    actor = actor_of(request)
    if decide(actor, action, *subject):
        return actor
    raise AccessDenied(action, actor.name) if actor.is_signed_in else SignInRequired(action)


def may(action: Action) -> Callable[[Request], Actor]:
    """The same as a dependency of a route, which gets the actor."""

    def required(request: Request) -> Actor:
        return require(request, action)

    required.action = action  # type: ignore[attr-defined]
    return required


def actor_of(request: Request) -> Actor:
    """Who asks, by the session in her cookie."""
    kept = getattr(request.state, "actor", None)
    if isinstance(kept, Actor):
        return kept
    secret = session_secret(request)
    found = accounts.session_of(site_of(request).store(), secret) if secret else None
    actor = ADMINISTRATOR if found is not None and found.actor == ADMINISTRATOR.name else ANONYMOUS
    request.state.actor = actor
    return actor


def cookie_name(request: Request) -> str:
    """A cookie that only this host over HTTPS can set, where there is HTTPS."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def session_secret(request: Request) -> str | None:
    """The secret of the session as the browser sent it, checked by nobody yet."""
    return request.cookies.get(cookie_name(request))


def form_token(request: Request) -> str:
    """What a form carries in its hidden field `form_token`; empty without a session."""
    return accounts.form_token(secret) if (secret := session_secret(request)) else ""
