"""The list of uploads, and what the sending page's script is told."""

from dataclasses import dataclass
from datetime import datetime

from api.upload_words import shown_name
from api.words import Words
from layers.catalog import Store
from layers.examined import load
from layers.upload_folder import examination
from layers.upload_limits import Limits
from layers.uploads import Upload, listing
from maps.shapes import inert

LISTED = 100
CHUNK_BYTES = 4 * 1024 * 1024
SEND_WORDS = (
    *("sending", "progress", "waiting", "paused", "pause", "resume", "cancel", "again"),
    *("checking", "other_file", "failed", "nothing", "too_many"),
)


@dataclass(frozen=True)
class Line:
    """One upload in the list."""

    id: str
    name: str
    layer: str
    agency: str
    state: str
    actor: str
    created_at: datetime
    outcome: str


def listed(store: Store, words: Words) -> list[Line]:
    """The newest uploads, each with what came of it so far."""
    agencies = {each.code: words.title(each, "name") for each in store.workspace.city.agencies}
    titles = {name: words.title(spec) for name, spec in store.workspace.specs.items()}
    return [
        Line(
            id=each.id,
            name=shown_name(each),
            layer=titles.get(each.layer or "", each.layer or ""),
            agency=agencies.get(each.agency or "", each.agency or ""),
            state=each.state,
            actor=each.actor,
            created_at=each.created_at,
            outcome=outcome(store, words, each),
        )
        for each in listing(store, limit=LISTED)
    ]


def outcome(store: Store, words: Words, found: Upload) -> str:
    """In a few words what there is to know of it; empty while there is nothing."""
    if found.version:
        return words.say("uploads_version", version=found.version)
    if found.state not in ("examined", "unreadable") or not found.examination:
        return ""
    try:
        report = load(examination(store.workspace, found.id, found.examination)).report
    except FileNotFoundError:
        return ""
    if report.get("failure"):
        return words.say("upload_unread")
    errors = int((report.get("counts") or {}).get("error", 0))
    if errors:
        return words.say("uploads_outcome_errors", n=errors)
    delta = report.get("delta")
    if delta and report.get("publishable"):
        return words.say("uploads_outcome_ready", n=delta["added"] + delta["changed"] + delta["removed"])
    return ""


def send_data(words: Words, limits: Limits, found: Upload | None) -> str:
    """Inert JSON for the script: its words, the chunk's size, and the upload that is to go on, if any."""
    going_on = found is not None and found.state == "receiving"
    return inert(
        {
            "chunk": CHUNK_BYTES,
            "files": limits.files,
            "upload": found.id if found is not None and going_on else None,
            "expected": [[each.name, each.bytes, each.received] for each in found.files]
            if found and going_on
            else [],
            "words": {key: words.say(f"send_{key}") for key in SEND_WORDS},
        }
    )
