"""Going through an agency's versions: what differs between two, and back to an older one."""

import pandas as pd

from layers import audit, ledger
from layers.catalog import Store
from layers.diff import Delta, diff
from layers.disk import disk_told
from layers.errors import VersionNotFound, VersionWithdrawn
from layers.failpoint import failpoint
from layers.ledger import Version
from layers.migrate import under
from layers.network_diff import NetworkDelta, as_points, diff_network, nodes_spec
from layers.spec import LayerSpec
from layers.staging import exclusive


@disk_told()
def revert(store: Store, layer: str, version_id: str, *, author: str, note: str = "") -> Version:
    """Move the head of the version's agency to that version; a move of its own, undone by another.

    Nothing is copied or deleted. Reverting to what is the head already moves nothing; what was withdrawn is
    refused.
    """
    store.spec(layer)
    with exclusive(store.workspace.commit_lock), store.database.write() as connection:
        version = ledger.find_version(connection, version_id)
        if version is None or version.layer != layer:
            raise VersionNotFound(version_id, layer)
        withdrawn = ledger.withdrawals(connection).get(version_id)
        if withdrawn is not None:
            raise VersionWithdrawn(version_id, layer, withdrawn.why)
        heads = ledger.heads_at(connection, layer, ledger.current_sequence(connection))
        head = heads.get((layer, version.agency))
        if head is not None and head.id == version.id:
            return version
        entry = ledger.move_head(
            connection, version, head.id if head else None, action="revert", author=author, note=note
        )
        audit.record(connection, entry.moved_at, author, "revert", ledger.told(entry))
        store.moved(connection, entry)
        failpoint("before_revert_commit")
    failpoint("after_revert_commit")
    return version


def between(
    store: Store, layer: str, version_a: str, version_b: str, *, auditor: bool = False
) -> Delta | NetworkDelta:
    """What turns version a into version b of the layer, compared under b's spec; of a network in two parts.

    VersionNotFound for one of another layer, VersionWithdrawn for a withdrawn one unless for an auditor.
    """
    found = []
    for identity in (version_a, version_b):
        version = store.version(identity, auditor=auditor)
        if version.layer != layer:
            raise VersionNotFound(identity, layer)
        found.append(version)
    one, other = found
    spec = store.spec_of(other)
    if spec.kind == "network":
        return diff_network(tables_under(store, one, spec), tables_under(store, other, spec), spec)
    old, new = (tables_under(store, version, spec)["features"] for version in found)
    return diff(old, new, spec)


def tables_under(store: Store, version: Version, spec: LayerSpec) -> dict[str, pd.DataFrame]:
    """A version's tables as the given spec has them; its own spec needs no casting."""
    tables = store.tables(version)
    if version.spec_hash == spec.spec_hash:
        return tables
    if version.kind == "network":
        nodes = under(as_points(tables["nodes"]), nodes_spec(spec))
        return {"nodes": nodes, "edges": under(tables["edges"], spec)}
    return {name: under(frame, spec) for name, frame in tables.items()}
