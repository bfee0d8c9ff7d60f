"""What the reader of an upload's page may do with it: the page offers nothing that would be refused."""

from dataclasses import dataclass

from api.access import Actor, decide


@dataclass(frozen=True)
class Rights:
    """say: correct it and have it examined again, or drop it; confirm_spec: keep a new layer."""

    actor: Actor
    say: bool
    publish: bool
    confirm_spec: bool


def rights_of(actor: Actor, *subject: object) -> Rights:
    """All answers of `api.access.decide` that the page needs."""
    return Rights(
        actor,
        decide(actor, "upload", *subject),
        decide(actor, "publish", *subject),
        decide(actor, "confirm_spec", *subject),
    )
