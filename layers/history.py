"""Going back: an older version becomes its agency's head again. Nothing is copied or deleted."""

from layers import audit, ledger
from layers.catalog import Store
from layers.errors import VersionNotFound
from layers.ledger import Version
from layers.staging import exclusive


def revert(store: Store, layer: str, version_id: str, *, author: str, note: str = "") -> Version:
    """Move the head of the version's agency to that version; a move of its own, undone by another.

    Reverting to what is the head already moves nothing.
    """
    store.spec(layer)
    with exclusive(store.workspace.commit_lock), store.database.write() as connection:
        version = ledger.find_version(connection, version_id)
        if version is None or version.layer != layer:
            raise VersionNotFound(version_id, layer)
        heads = ledger.heads_at(connection, layer, ledger.current_sequence(connection))
        head = heads.get((layer, version.agency))
        if head is not None and head.id == version.id:
            return version
        entry = ledger.move_head(
            connection, version, head.id if head else None, action="revert", author=author, note=note
        )
        audit.record(connection, entry.moved_at, author, "revert", ledger.told(entry))
    return version
