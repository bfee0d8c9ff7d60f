"""Pages on versions: what differs between two; going back, withdrawing and erasing, each asked first."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import changes_page
from api.access import actor_of, form_token, may, require
from api.changes import KINDS
from api.changes_page import Asked
from api.deps import SiteDep, StoreDep
from api.forms import small_form
from api.history_page import between
from api.pages import link, reader, render
from api.params import ParameterInvalid, parse_version
from api.routes.api_layers import layer_for
from api.words import Words
from layers import ledger
from layers import withdraw as withdrawing
from layers.catalog import Store
from layers.errors import VersionNotFound
from layers.ledger import Version
from maps import change_style

router = APIRouter(prefix="/layers", include_in_schema=False)
CHOSEN_MOST = 60  # versions to choose from when comparing
VersionId = Annotated[str, Query(max_length=32)]


@router.get("/{name}/diff", dependencies=[Depends(may("read"))])
def read_diff(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    name: str,
    before: Annotated[str, Query(alias="from", max_length=32)] = "",
    after: Annotated[str, Query(alias="to", max_length=32)] = "",
    change: str | None = None,
    change_start: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    layer = layer_for(store, name, actor_of(request))
    words = reader(request).words
    new = version_of(store, name, after) if after else next(iter(layer.heads.values()), None)
    if new is None:
        raise VersionNotFound(after, name)
    old = (
        version_of(store, name, before)
        if before
        else (version_of(store, name, new.parent) if new.parent else None)
    )
    if change and change not in KINDS:
        raise ParameterInvalid("change", change, ", ".join(KINDS))
    query = {
        "from": old.id if old else None,
        "to": new.id,
        "change": change or None,
        "change_start": change_start or None,
    }
    changes = None
    if old is not None:
        changes = changes_page.view(
            site,
            store,
            words,
            change_style.load(store.workspace.home / "styles"),
            between(site, store, name, old.id, new.id),
            asked=Asked(change or None, change_start),
            path=f"/layers/{name}/diff",
            query=query,
            data=link(f"/api/layers/{name}/diff", **{"from": old.id, "to": new.id, "lang": words.lang}),
            titles=(version_title(words, old), version_title(words, new)),
            as_of=store.sequence_of(old.id),
        )
    return render(
        request,
        "diff.html",
        layer=layer,
        sentence=sentence(store, words, old, new),
        changes=changes,
        map_head=changes_page.head(site),
        old=old,
        new=new,
        choices=choices(store, words, name),
    )


@router.get("/{name}/revert/{version}", dependencies=[Depends(may("revert"))])
def ask_revert(request: Request, store: StoreDep, name: str, version: str, undo: str = "") -> Response:
    return ask(request, store, name, version, "revert", undo=bool(undo))


@router.post("/{name}/revert/{version}")
def revert(
    request: Request,
    store: StoreDep,
    name: str,
    version: str,
    form: Annotated[FormData, Depends(small_form("revert"))],
) -> Response:
    store.revert(name, parse_version(version), author=actor_of(request).name, note=_text(form, "note"))
    return RedirectResponse(f"/layers/{name}#history", status_code=303)


@router.get("/{name}/withdraw/{version}", dependencies=[Depends(may("withdraw"))])
def ask_withdraw(request: Request, store: StoreDep, name: str, version: str, undo: str = "") -> Response:
    return ask(request, store, name, version, "withdraw", undo=bool(undo))


@router.post("/{name}/withdraw/{version}")
def withdraw(
    request: Request,
    store: StoreDep,
    name: str,
    version: str,
    form: Annotated[FormData, Depends(small_form("withdraw"))],
) -> Response:
    why = _text(form, "note")
    if not why:
        raise ParameterInvalid("note", "", "reason")
    found = version_of(store, name, version)
    withdrawing.withdraw(store, found.id, why=why, actor=actor_of(request).name)
    return RedirectResponse(f"/layers/{name}#history", status_code=303)


@router.get("/{name}/purge/{version}", dependencies=[Depends(may("withdraw"))])
def ask_purge(request: Request, store: StoreDep, name: str, version: str) -> Response:
    return ask(request, store, name, version, "purge")


@router.post("/{name}/purge/{version}", dependencies=[Depends(small_form("withdraw"))])
def purge(request: Request, store: StoreDep, name: str, version: str) -> Response:
    found = version_of(store, name, version, auditor=True)
    withdrawing.purge(store, found.id, actor=actor_of(request).name)
    return RedirectResponse(f"/layers/{name}#history", status_code=303)


def ask(
    request: Request, store: Store, name: str, version: str, action: str, *, undo: bool = False
) -> Response:
    """The page that asks again before anything is done; with `undo` it is asked to undo what came after."""
    require(request, "withdraw" if action == "purge" else "revert" if action == "revert" else "withdraw")
    layer = layer_for(store, name, actor_of(request))
    found = version_of(store, name, version, auditor=action == "purge")
    words = reader(request).words
    return render(
        request,
        "version_ask.html",
        layer=layer,
        version=found,
        action=action,
        undo=undo,
        outcome=what_follows(store, words, layer.heads, found) if action == "withdraw" else "",
        agency=agency_title(store, words, found.agency),
        form_token=form_token(request),
    )


def what_follows(store: Store, words: Words, heads: Mapping[str, Version], version: Version) -> str:
    """Whether people see this version now, and what they see once it is withdrawn."""
    head = heads.get(version.agency)
    if head is None or head.id != version.id:
        return words.say("withdraw_unseen")
    agency = agency_title(store, words, version.agency)
    with store.database.read() as connection:
        after = withdrawing.before(connection, version, {*ledger.withdrawals(connection)})
    if after is None:
        return words.say("withdraw_last", agency=agency, n=version.rows)
    when = words.moment(after.created_at)
    return words.say("withdraw_next", agency=agency, version=after.id[:8], when=when, n=after.rows)


def version_of(store: Store, name: str, version: str, *, auditor: bool = False) -> Version:
    """A version of this layer."""
    found = store.version(parse_version(version), auditor=auditor)
    if found.layer != name:
        raise VersionNotFound(version, name)
    return found


def sentence(store: Store, words: Words, old: Version | None, new: Version) -> str:
    """Which two versions, of whom."""
    fields: dict[str, Any] = {
        "agency": agency_title(store, words, new.agency),
        "new": new.id[:8],
        "new_when": words.moment(new.created_at),
    }
    if old is None:
        return words.say("history_diff_first", **fields)
    return words.say("history_diff_between", old=old.id[:8], old_when=words.moment(old.created_at), **fields)


def version_title(words: Words, version: Version) -> str:
    return words.say("changes_from_version", version=version.id[:8], when=words.moment(version.created_at))


def agency_title(store: Store, words: Words, code: str) -> str:
    found = next((each for each in store.workspace.city.agencies if each.code == code), None)
    return (words.title(found, "name") if found else "") or code


def choices(store: Store, words: Words, name: str) -> list[tuple[str, str]]:
    """Versions to compare, newest first, each once; withdrawn ones left out."""
    found: dict[str, str] = {}
    for move in store.history(name):
        if move.version not in found and not move.withdrawn and len(found) < CHOSEN_MOST:
            note = f" · {move.note[:40]}" if move.note else ""
            agency = agency_title(store, words, move.agency)
            found[move.version] = f"{words.moment(move.moved_at)} · {agency} · {move.version[:8]}{note}"
    return list(found.items())


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
