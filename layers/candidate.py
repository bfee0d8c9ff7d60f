"""A store as it would be if one agency published one more state; nothing is written.

A candidate reads like the store it stands on, as that was when the candidate was made. Its new version has
the id that publishing the content (from no file) would give it: what is remembered by versions stays right.
"""

import contextlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import NoReturn

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo.crs import STORED, to_stored
from layers import ledger
from layers.catalog import AsOf, Box, NetworkFrames, Store
from layers.database import Database
from layers.errors import CandidateReadOnly, LayerKindError, TimeNotKnown
from layers.ledger import HistoryEntry, Version
from layers.networks import along_nodes
from layers.publish import state_under
from layers.reading import in_normal_form, with_places
from layers.sealed import bbox_of, in_stored_order, logical_hash
from layers.spec import FieldSpec, LayerSpec

State = pd.DataFrame | NetworkFrames


class Candidate(Store):
    """`store` as it is now, with `state` as the agency's head of the layer.

    Parameters
    ----------
    state
        All the agency would have, in the form of the spec, as `layers.validate.prepare` makes it: longitude
        and latitude; of a network its nodes (points, or `lon` and `lat`) and edges.

    Attributes
    ----------
    ahead
        What the head would be: the present one if it holds this content under this spec already.
    changed
        Whether publishing would make a new head.
    base
        The sequence number of the store below; the candidate's own is one more where `changed`, two more
        where a changed spec would make a version of its own first.
    """

    def __init__(self, store: Store, layer: str, agency: str, state: State) -> None:
        super().__init__(store.workspace, _Unwritten(store.database, layer, agency))
        spec = store.spec(layer)
        self.base = store.sequence()
        now = store.heads(layer, as_of=self.base).get(agency)
        head = _migrated(store, spec, now)
        self._tables = _tables(spec, state)
        digest = logical_hash(self._tables)
        same = head is not None and (head.logical_hash, head.spec_hash) == (digest, spec.spec_hash)
        self._moves = (head is not now) + (not same)
        self.changed = self._moves > 0
        directed = isinstance(state, NetworkFrames) and state.directed
        self.ahead = (
            head
            if head is not None and same
            else _version(spec, agency, head, digest, self._tables, directed=directed)
        )

    def sequence(self, as_of: AsOf = None) -> int:
        """The number of head moves there would have been, or had been then."""
        with self.database.read() as connection:
            return self._sequence_at(connection, as_of)

    def version(self, version_id: str, *, auditor: bool = False) -> Version:
        """The version of that id, the candidate's own among them."""
        return self.ahead if version_id == self.ahead.id else super().version(version_id, auditor=auditor)

    def history(self, layer: str, agency: str | None = None, *, auditor: bool = False) -> list[HistoryEntry]:
        """The head's moves, newest first, with the one that publishing would add."""
        below = super().history(layer, agency, auditor=auditor)
        entries = [each for each in below if each.sequence <= self.base]
        if self.changed and layer == self.ahead.layer and agency in (None, self.ahead.agency):
            entries.insert(0, self._move())
        return entries

    def close(self) -> None:
        """Nothing: the catalog is the store's below."""

    def _move(self) -> HistoryEntry:
        made = self.ahead
        return HistoryEntry(
            sequence=self.base + self._moves,
            moved_at=made.created_at,
            layer=made.layer,
            agency=made.agency,
            action="publish",
            version=made.id,
            previous=made.parent,
            author=made.author,
            note=made.note,
        )

    def _heads_at(
        self, connection: Connection, layer: str | None, as_of: AsOf
    ) -> tuple[int, dict[tuple[str, str], Version]]:
        sequence = self._sequence_at(connection, as_of)
        if sequence <= self.base:
            return sequence, ledger.heads_at(connection, layer, sequence)
        found = ledger.heads_at(connection, layer, self.base)
        if layer in (None, self.ahead.layer):
            found[self.ahead.layer, self.ahead.agency] = self.ahead
        return sequence, dict(sorted(found.items()))

    def _arrivals(self, connection: Connection, versions: Collection[str], sequence: int) -> dict[str, int]:
        found = ledger.arrivals(connection, versions, min(sequence, self.base))
        own = {self.ahead.id: self.base + self._moves} if self.changed and sequence > self.base else {}
        return found | own

    def _sequence_at(self, connection: Connection, as_of: AsOf) -> int:
        own = self.base + self._moves
        if as_of is None or as_of == own:
            return own
        if isinstance(as_of, int) and as_of > own:
            raise TimeNotKnown(as_of, own, "no such sequence number has been reached")
        return min(ledger.sequence_at(connection, as_of), self.base)

    def _rows(
        self,
        version: Version,
        spec: LayerSpec,
        table: str,
        *,
        bbox: Box | None = None,
        columns: list[str] | None = None,
    ) -> pd.DataFrame:
        if not self.changed or version.id != self.ahead.id:
            return super()._rows(version, spec, table, bbox=bbox, columns=columns)
        frame = self._tables[table]
        if bbox is not None:
            frame = frame.loc[shapely.intersects(frame.geometry.array, shapely.box(*bbox))]
        if columns is not None:
            frame = frame[[name for name in frame.columns if name in columns or name == "geometry"]]
        return (with_places(frame) if table == "nodes" else frame).reset_index(drop=True)


class _Unwritten(Database):
    """The catalog of the store below, which a candidate must not write to."""

    def __init__(self, below: Database, layer: str, agency: str) -> None:
        vars(self).update(vars(below))
        self._candidate = (layer, agency)

    @contextlib.contextmanager
    def write(self) -> Iterator[NoReturn]:
        raise CandidateReadOnly(*self._candidate)
        yield


def _tables(spec: LayerSpec, state: State) -> dict[str, pd.DataFrame]:
    """The tables a part of this state would hold, in stored order and normal form."""
    if spec.kind == "raster":
        raise LayerKindError(spec.name, spec.kind, "features, table or network")
    if isinstance(state, NetworkFrames) != (spec.kind == "network"):
        raise LayerKindError(
            spec.name, spec.kind, "network" if spec.kind != "network" else "features or table"
        )
    if not isinstance(state, NetworkFrames):
        return {"features": in_stored_order(_normal(state, spec.fields), spec.key)}
    points = state.nodes
    if not isinstance(points, gpd.GeoDataFrame):
        place = gpd.points_from_xy(points["lon"], points["lat"])
        points = gpd.GeoDataFrame(points.drop(columns=["lon", "lat"]), geometry=place, crs=STORED)
    nodes = in_stored_order(_normal(points, spec.nodes), "node_id")
    edges = along_nodes(_normal(state.edges, spec.fields), nodes["node_id"], spec.key)
    return {"nodes": nodes, "edges": edges}


def _normal(frame: pd.DataFrame, fields: tuple[FieldSpec, ...]) -> pd.DataFrame:
    """The columns of the spec, in their dtypes; what a reading adds (`agency`) is none of them."""
    known = {field.name: field for field in fields}
    own = frame[[name for name in frame.columns if name in known or name == "geometry"]]
    return in_normal_form(to_stored(own) if isinstance(own, gpd.GeoDataFrame) else own, known)


def _migrated(store: Store, spec: LayerSpec, head: Version | None) -> Version | None:
    """The head as it would be before its data change: a changed spec comes first, as publishing has it."""
    if head is None or head.spec_hash == spec.spec_hash or spec.kind == "network":
        return head
    state = state_under(store, head, spec)
    if state is None:
        return head
    tables = _tables(spec, state)
    return _version(spec, head.agency, head, logical_hash(tables), tables, directed=False)


def _version(
    spec: LayerSpec,
    agency: str,
    head: Version | None,
    digest: str,
    tables: dict[str, pd.DataFrame],
    *,
    directed: bool,
) -> Version:
    parent = head.id if head else None
    network = spec.kind == "network"
    facts = {"directed": directed, **{name: len(frame) for name, frame in tables.items()}} if network else {}
    return Version(
        id=ledger.version_id(spec.name, agency, parent, digest, spec.spec_hash, None),
        layer=spec.name,
        agency=agency,
        kind=spec.kind,
        part_hash="",
        logical_hash=digest,
        spec_hash=spec.spec_hash,
        source_hash=None,
        parent=parent,
        rows=len(tables["edges" if network else "features"]),
        bbox=bbox_of(tables),
        facts=facts,
        author="",
        note="",
        created_at=datetime.now(UTC),
    )
