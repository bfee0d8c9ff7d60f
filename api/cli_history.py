"""Commands on versions: history, diff, revert, withdraw."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_show import AsJson, Refused, Session, author, print_json, print_table, session_of
from api.cli_versions import two_named, version_anywhere, version_named

if TYPE_CHECKING:
    from layers.catalog import Store
    from layers.diff import Delta
    from layers.ledger import HistoryEntry

SHOWN_CHANGES = 40
A_VERSION = "its id or the first 6 digits of it, its number in the history, or head"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (history, diff, revert, withdraw):
        app.command()(command)


def history(
    context: typer.Context,
    layer: str,
    agency: Annotated[str | None, typer.Option(help="Only this agency's versions.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what happened to a layer, newest first."""
    session = session_of(context)
    words = session.words
    with session.open_store() as store:
        entries = store.history(layer, agency, auditor=True)
        rows = {entry.version: store.version(entry.version, auditor=True).rows for entry in entries}
    if as_json:
        print_json(
            [
                {
                    "sequence": entry.sequence,
                    "at": entry.moved_at,
                    "action": entry.action,
                    "agency": entry.agency,
                    "version": entry.version,
                    "rows": rows[entry.version],
                    "author": entry.author,
                    "note": entry.note,
                }
                for entry in entries
            ]
        )
        return
    print_table(
        [
            ("#", "right"),
            (words.say("cli_column_when"), "left"),
            (words.say("cli_column_action"), "left"),
            (words.say("cli_column_agency"), "left"),
            (words.say("cli_column_version"), "left"),
            (words.say("cli_column_rows"), "right"),
            (words.say("cli_column_author"), "left"),
            (words.say("cli_column_note"), "left"),
        ],
        (
            (
                str(entry.sequence),
                words.moment(entry.moved_at),
                words.say(f"cli_action_{entry.action}"),
                entry.agency,
                entry.version,
                words.number(rows[entry.version]),
                entry.author,
                entry.note,
            )
            for entry in entries
        ),
    )


def diff(
    context: typer.Context,
    layer: str,
    before: Annotated[str, typer.Argument(help=f"Version to start from: {A_VERSION}.")],
    after: Annotated[str, typer.Argument(help=f"Version to compare with it: {A_VERSION}.")],
    as_json: AsJson = False,
) -> None:
    """Say what turns one version of a layer into another: features added, changed, removed."""
    from layers.diff import Delta, counts

    session = session_of(context)
    with session.open_store() as store:
        before, after = two_named(store, layer, before, after)
        found = store.diff(layer, before, after)
        owners = [store.version(each).agency for each in (before, after)]
    delta = found if isinstance(found, Delta) else found.edges
    rows = list(changes(delta))
    if as_json:
        print_json({**counts(delta), "changes": rows, "before": before, "after": after, "agencies": owners})
        return
    words = session.words
    if owners[0] != owners[1]:
        print(words.say("cli_two_agencies", before=before, of=owners[0], after=after, other=owners[1]))
    print_table(
        [
            (words.say("cli_column_change"), "left"),
            (words.say("cli_column_key"), "left"),
            (words.say("cli_column_field"), "left"),
            (words.say("cli_column_before"), "left"),
            (words.say("cli_column_after"), "left"),
        ],
        (
            (
                words.say(f"cli_change_{row['change']}"),
                row["key"],
                str(row.get("field", "")),
                shown(row.get("before"), session),
                shown(row.get("after"), session),
            )
            for row in rows[:SHOWN_CHANGES]
        ),
    )
    if len(rows) > SHOWN_CHANGES:
        print(words.say("cli_more_changes", count=words.number(len(rows) - SHOWN_CHANGES)))
    totals = counts(delta)
    numbers = {name: words.number(totals[name]) for name in ("added", "changed", "removed", "unchanged")}
    print(words.say("cli_difference", **numbers))


def changes(delta: "Delta") -> "list[dict[str, Any]]":
    """One entry for each feature added or removed and for each value changed."""
    from layers.fields import as_text

    def text(value: object) -> str | None:
        return None if value is None or value != value else as_text(value)

    found: list[dict[str, Any]] = [{"change": "added", "key": str(key)} for key in delta.added[delta.key]]
    found += [{"change": "removed", "key": str(key)} for key in delta.removed[delta.key]]
    for field in delta.changes.columns:
        rows = delta.changes[field].to_numpy()
        keys = delta.after.loc[rows, delta.key]
        if field == "geometry":
            found += [{"change": "changed", "key": str(key), "field": "geometry"} for key in keys]
            continue
        pairs = zip(keys, delta.before.loc[rows, field], delta.after.loc[rows, field], strict=True)
        found += [
            {"change": "changed", "key": str(key), "field": field, "before": text(old), "after": text(new)}
            for key, old, new in pairs
        ]
    return found


def moves_of(store: "Store", version_id: str) -> "list[HistoryEntry]":
    """The moves that made a version a head, or took it away."""
    found = store.version(version_id, auditor=True)
    moves = store.history(found.layer, found.agency, auditor=True)
    return [entry for entry in moves if entry.version == version_id]


def shown(value: object, session: Session) -> str:
    return "" if value is None else str(value)


def revert(
    context: typer.Context,
    layer: str,
    version: Annotated[str, typer.Argument(help=f"Version to show: {A_VERSION}.")],
    note: Annotated[str, typer.Option(help="Why the older version is shown again.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show an older version of an agency's data again; nothing is erased."""
    session = session_of(context)
    with session.open_store() as store:
        version = version_named(store, layer, version)
        store.revert(layer, version, author=author(), note=note)
        sequence = store.sequence()
    if as_json:
        print_json({"layer": layer, "version": version, "sequence": sequence})
    else:
        print(session.words.say("cli_reverted", layer=layer, version=version, sequence=sequence))


def withdraw(
    context: typer.Context,
    version: Annotated[
        str, typer.Argument(help="Its id or the first 6 digits of it, or its number in the history.")
    ],
    why: Annotated[str, typer.Option(help="Why nobody may see it any more.")] = "",
    purge: Annotated[
        bool, typer.Option("--purge", help="Erase the bytes of a withdrawn version for ever.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hide a version and its original from everyone but auditors; with --purge erase it."""
    from layers import withdraw as withdrawing

    session = session_of(context)
    with session.open_store() as store:
        version = version_anywhere(store, version)
        shown_still = not any(entry.withdrawn for entry in moves_of(store, version))
        if shown_still or not purge:
            if not why.strip():
                raise Refused("cli_why")
            withdrawing.withdraw(store, version, why=why, actor=author())
        if purge:
            withdrawing.purge(store, version, actor=author())
        found = store.version(version, auditor=True)
        head = store.heads(found.layer).get(found.agency)
    if as_json:
        print_json({"version": version, "purged": purge, "head": head.id if head else None})
        return
    said = "cli_purged" if purge else "cli_withdrawn"
    shows = head.id if head else session.words.say("cli_no_data")
    print(session.words.say(said, version=version, layer=found.layer, agency=found.agency, head=shows))
