"""The store of a workspace: which layers there are, what each agency's head is, and reading at two times.

`at` is valid time, a date: what existed then, by the features' own dates; None leaves nothing out. `as_of`
is catalog time, a sequence number or an aware time: what had been published then; None is now. Importing
this module loads no geometry: frames are imported where one is read.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from layers import ledger
from layers.database import Database, open_migrated, open_sqlite
from layers.disk import disk_told
from layers.errors import (
    LayerHasNoData,
    LayerKindError,
    LayerNotFound,
    StoreDamaged,
    VersionNotFound,
    VersionWithdrawn,
    WorkspaceMismatch,
)
from layers.ledger import HistoryEntry, Version
from layers.recovery import sweep
from layers.spec import LayerSpec, spec_from_body
from layers.staging import exclusive
from layers.tables import setting
from layers.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from layers.check import Problem
    from layers.diff import Delta
    from layers.network_diff import NetworkDelta

CATALOG_FILE = "catalog.sqlite"
AsOf = int | datetime | None
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LayerSummary:
    """A layer and what is published of it; `sequence` and `changed_at` are of its last move, None without."""

    name: str
    spec: LayerSpec
    heads: dict[str, Version]
    rows: int
    sequence: int | None
    changed_at: datetime | None


@dataclass(frozen=True)
class NetworkFrames:
    """A network's nodes (`node_id`, `lon`, `lat`, ...) and edges (`edge_id`, `u`, `v`, ...).

    Edges are a GeoDataFrame if any of them came with a line; one without is straight between its nodes.
    `directed`: the source has an edge for each direction of travel.
    """

    nodes: "pd.DataFrame"
    edges: "pd.DataFrame"
    directed: bool


@dataclass(frozen=True)
class RasterPart:
    """The raster of one agency: a Cloud Optimized GeoTIFF that nobody may change.

    `crs` is an EPSG code or WKT; `bounds` are west, south, east, north in that system.
    """

    path: Path
    crs: str
    bounds: Box
    agency: str
    version: str


MoveListener = Callable[[sa.Connection, HistoryEntry], None]


class Store:
    """One workspace's catalog and parts. Close it, or use it as a context manager."""

    def __init__(self, workspace: Workspace, database: Database) -> None:
        self.workspace = workspace
        self.database = database
        self.on_move: list[MoveListener] = []
        """Told of each move of a head within the transaction that makes it: what they write stands or falls
        with the move."""

    @classmethod
    @disk_told()
    def open(cls, workspace: Workspace, database_url: str | None = None) -> "Store":
        """Open the catalog, making or migrating it first, and sweep what a killed process left."""
        with exclusive(workspace.commit_lock):
            if database_url is None:
                path = workspace.home / CATALOG_FILE
                database = open_sqlite(
                    path, workspace.staging, lambda fresh: _belong_together(workspace, fresh)
                )
            else:
                database = open_migrated(database_url)
            try:
                _belong_together(workspace, database)
                sweep(workspace, database)
            except BaseException:
                database.close()
                raise
        return cls(workspace, database)

    def close(self) -> None:
        self.database.close()

    def moved(self, connection: sa.Connection, entry: HistoryEntry) -> None:
        """Tell the listeners of a move; for who makes one, within its transaction."""
        for listener in self.on_move:
            listener(connection, entry)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def layers(self) -> list[LayerSummary]:
        """Every layer with a spec or a version, by name."""
        with self.database.read() as connection:
            sequence, heads = self._heads_at(connection, None, None)
            changed = ledger.last_moves(connection, sequence)
            kept = ledger.last_spec_bodies(connection)
        specs = {name: spec_from_body(body) for name, body in kept.items()} | self.workspace.specs
        summaries = []
        for name in sorted(specs):
            own = {agency: version for (layer, agency), version in heads.items() if layer == name}
            rows = sum(version.rows for version in own.values())
            moved = changed.get(name, (None, None))
            summaries.append(LayerSummary(name, specs[name], own, rows, *moved))
        return summaries

    def spec(self, layer: str) -> LayerSpec:
        """The layer's spec of today, or its last one if the city has no such spec any more."""
        found = self.workspace.specs.get(layer)
        if found is None:
            with self.database.read() as connection:
                body = ledger.last_spec_bodies(connection).get(layer)
            if body is None:
                raise LayerNotFound(layer, tuple(self.workspace.specs))
            found = spec_from_body(body)
        return found

    def sequence(self, as_of: AsOf = None) -> int:
        """The number of head moves there have been, or had been then."""
        with self.database.read() as connection:
            return ledger.sequence_at(connection, as_of)

    def heads(self, layer: str, *, as_of: AsOf = None, auditor: bool = False) -> dict[str, Version]:
        """The head of each agency that has one, by agency code.

        VersionWithdrawn if one of them was withdrawn since, unless an auditor asks.
        """
        self.spec(layer)
        with self.database.read() as connection:
            _, found = self._heads_at(connection, layer, as_of)
            if not auditor:
                _refuse_withdrawn(connection, found.values())
        return {agency: version for (_, agency), version in found.items()}

    def arrivals(self, layers: Collection[str], *, as_of: AsOf = None) -> list[tuple[Version, int]]:
        """The heads of some layers from one reading, by layer and agency, each with its sequence number.

        That is of the move by which it last became the head until then: a later move back does not count.
        VersionWithdrawn as in `heads`.
        """
        for layer in layers:
            self.spec(layer)
        with self.database.read() as connection:
            sequence, known = self._heads_at(connection, None, as_of)
            found = [version for (layer, _), version in sorted(known.items()) if layer in layers]
            _refuse_withdrawn(connection, found)
            moves = self._arrivals(connection, [version.id for version in found], sequence)
        return [(version, moves[version.id]) for version in found]

    def version(self, version_id: str, *, auditor: bool = False) -> Version:
        """The version of that id; VersionWithdrawn if it was withdrawn, unless an auditor asks."""
        with self.database.read() as connection:
            found = ledger.find_version(connection, version_id)
            if found is None:
                raise VersionNotFound(version_id)
            if not auditor:
                _refuse_withdrawn(connection, [found])
        return found

    def sequence_of(self, version_id: str) -> int:
        """When the version first became its agency's head: the `as_of` that shows it."""
        with self.database.read() as connection:
            found = ledger.sequence_of(connection, version_id)
        if found is None:
            raise VersionNotFound(version_id)
        return found

    def read(
        self,
        layer: str,
        *,
        at: date | None = None,
        as_of: AsOf = None,
        version: str | None = None,
        bbox: Box | None = None,
        columns: list[str] | None = None,
        auditor: bool = False,
    ) -> "GeoDataFrame | pd.DataFrame":
        """The features of all agencies' heads, agency by agency in stored order, index from 0.

        Longitude and latitude; a plain frame for tables. Column `agency` is the publisher, except where the
        spec has a field of that name with a value. `bbox` (west, south, east, north) keeps features that
        meet it. `version` reads that version alone. Raises LayerHasNoData when no agency has a head: no data
        is not an empty layer; VersionWithdrawn when what would be read was withdrawn, unless for an auditor.
        """
        spec = self.spec(layer)
        if spec.kind not in ("features", "table"):
            raise LayerKindError(layer, spec.kind, "features or table")
        from layers.reading import joined

        if version is None:
            shown = list(self._heads_with_data(layer, as_of, auditor=auditor).values())
        else:
            shown = [self._version_of(layer, version, auditor=auditor)]
        specs = [self.spec_of(each) for each in shown]
        frames = [
            self._features(each, own, at, bbox, columns) for each, own in zip(shown, specs, strict=True)
        ]
        return joined(frames, specs, spatial=spec.geometry != "none")

    def read_version(
        self, version: Version, *, columns: list[str] | None = None, auditor: bool = False
    ) -> "GeoDataFrame | pd.DataFrame":
        """One version's features as they were published, without the column `agency`.

        VersionWithdrawn if it was withdrawn, unless an auditor asks.
        """
        if not auditor:
            with self.database.read() as connection:
                _refuse_withdrawn(connection, [version])
        return self._rows(version, self.spec_of(version), "features", columns=columns)

    def tables(self, version: Version) -> "dict[str, pd.DataFrame]":
        """Every table of a version by name: `features`, or a network's `nodes` and `edges`."""
        if version.kind == "raster":
            raise LayerKindError(version.layer, version.kind, "features, table or network")
        names = ("nodes", "edges") if version.kind == "network" else ("features",)
        spec = self.spec_of(version)
        return {name: self._rows(version, spec, name) for name in names}

    def read_network(
        self, layer: str, *, at: date | None = None, as_of: AsOf = None, auditor: bool = False
    ) -> NetworkFrames:
        """The nodes and edges of all agencies' heads; a node that several have is given once."""
        spec = self.spec(layer)
        if spec.kind != "network":
            raise LayerKindError(layer, spec.kind, "network")
        from layers.reading import exists_at, joined

        heads = self._heads_with_data(layer, as_of, auditor=auditor)
        specs = [self.spec_of(version) for version in heads.values()]
        nodes, edges = [], []
        for version, own in zip(heads.values(), specs, strict=True):
            nodes.append(self._rows(version, own, "nodes"))
            frame = self._rows(version, own, "edges")
            if at is not None and own.dates.names():
                frame = frame.loc[exists_at(frame, own.dates, at)].reset_index(drop=True)
            edges.append(_with_agency(frame, version.agency))
        all_nodes = joined(nodes, specs, spatial=False, nodes=True)
        if len(nodes) > 1:
            all_nodes = all_nodes.drop_duplicates("node_id", ignore_index=True)
        directed = any(version.facts.get("directed", False) for version in heads.values())
        lines = any("geometry" in frame for frame in edges)
        return NetworkFrames(all_nodes, joined(edges, specs, spatial=lines), directed)

    def read_raster(
        self, layer: str, *, at: date | None = None, as_of: AsOf = None, auditor: bool = False
    ) -> list[RasterPart]:
        """The raster of each agency that has one, by agency code.

        Cells have no dates of their own: `at` leaves nothing out. Raises as `read` does.
        """
        spec = self.spec(layer)
        if spec.kind != "raster":
            raise LayerKindError(layer, spec.kind, "raster")
        heads = self._heads_with_data(layer, as_of, auditor=auditor)
        return [self.raster_part(version) for _, version in sorted(heads.items())]

    def raster_part(self, version: Version) -> RasterPart:
        """The raster of one version."""
        west, south, east, north = version.facts["bounds"]
        return RasterPart(
            self.workspace.part(version.part_hash),
            version.facts["crs"],
            (west, south, east, north),
            version.agency,
            version.id,
        )

    def spec_of(self, version: Version) -> LayerSpec:
        """The spec a version was published under, as the catalog kept it."""
        found = self.workspace.specs.get(version.layer)
        if found is not None and found.spec_hash == version.spec_hash:
            return found
        with self.database.read() as connection:
            body = ledger.spec_body(connection, version.spec_hash)
        return _parsed(body or "")

    def diff(
        self, layer: str, version_a: str, version_b: str, *, auditor: bool = False
    ) -> "Delta | NetworkDelta":
        """What turns one version into another of the same layer; see `layers.history.between`."""
        from layers.history import between

        return between(self, layer, version_a, version_b, auditor=auditor)

    def history(self, layer: str, agency: str | None = None, *, auditor: bool = False) -> list[HistoryEntry]:
        """The head's moves, newest first.

        But for auditors, moves to what was withdrawn since are left out, and withdrawals do not say why.
        """
        self.spec(layer)
        with self.database.read() as connection:
            found = ledger.moves(connection, layer, agency)
        return found if auditor else [each.without_why() for each in found if each.is_public]

    def revert(self, layer: str, version_id: str, *, author: str, note: str = "") -> Version:
        """Make an older version its agency's head again; see `layers.history`."""
        from layers.history import revert

        return revert(self, layer, version_id, author=author, note=note)

    def check(self) -> "list[Problem]":
        """Everything that is wrong with the store, by reading all of it; see `layers.check`."""
        from layers.check import check

        return check(self)

    def _heads_at(
        self, connection: sa.Connection, layer: str | None, as_of: AsOf
    ) -> tuple[int, dict[tuple[str, str], Version]]:
        """The sequence number `as_of` means, and the heads then; with `_rows` all that readings rest on."""
        sequence = ledger.sequence_at(connection, as_of)
        return sequence, ledger.heads_at(connection, layer, sequence)

    def _arrivals(
        self, connection: sa.Connection, versions: Collection[str], sequence: int
    ) -> dict[str, int]:
        return ledger.arrivals(connection, versions, sequence)

    def _rows(
        self,
        version: Version,
        spec: LayerSpec,
        table: str,
        *,
        bbox: Box | None = None,
        columns: list[str] | None = None,
    ) -> "pd.DataFrame":
        """A table of a version; see `layers.reading.read_part`."""
        from layers.reading import read_part

        try:
            return read_part(self.workspace, version, spec, table, bbox=bbox, columns=columns)
        except StoreDamaged:
            with self.database.read() as connection:
                found = ledger.withdrawals(connection).get(version.id)
            if found is not None and found.purged_at is not None:  # erased while it was being read
                raise VersionWithdrawn(version.id, version.layer, found.why) from None
            raise

    def _version_of(self, layer: str, version_id: str, *, auditor: bool = False) -> Version:
        found = self.version(version_id, auditor=auditor)
        if found.layer != layer:
            raise VersionNotFound(version_id, layer)
        return found

    def _heads_with_data(self, layer: str, as_of: AsOf, *, auditor: bool = False) -> dict[str, Version]:
        with self.database.read() as connection:
            sequence, found = self._heads_at(connection, layer, as_of)
            if not auditor:
                _refuse_withdrawn(connection, found.values())
        if not found:
            raise LayerHasNoData(layer, sequence)
        return {agency: version for (_, agency), version in found.items()}

    def _features(
        self, version: Version, spec: LayerSpec, at: date | None, bbox: Box | None, columns: list[str] | None
    ) -> "pd.DataFrame":
        from layers.reading import exists_at

        dated = at is not None and bool(spec.dates.names())
        needed = columns
        if columns is not None and dated:
            needed = list(dict.fromkeys([*columns, *spec.dates.names()]))
        frame = self._rows(version, spec, "features", bbox=bbox, columns=needed)
        if at is not None and dated:
            frame = frame.loc[exists_at(frame, spec.dates, at)].reset_index(drop=True)
        if columns is not None:
            frame = frame[[name for name in frame.columns if name in columns or name == "geometry"]]
        return _with_agency(frame, version.agency)


def _refuse_withdrawn(connection: sa.Connection, versions: Iterable[Version]) -> None:
    hidden = ledger.withdrawals(connection)
    for version in versions:
        if version.id in hidden:
            raise VersionWithdrawn(version.id, version.layer, hidden[version.id].why)


def _with_agency(frame: "pd.DataFrame", agency: str) -> "pd.DataFrame":
    if "agency" not in frame.columns:
        return frame.assign(agency=_texts(agency, len(frame)))
    return frame.assign(agency=frame["agency"].fillna(agency))


def _texts(value: str, count: int) -> "pd.Series":
    import pandas as pd

    return pd.Series([value] * count, dtype="str")


@lru_cache(maxsize=256)
def _parsed(body: str) -> LayerSpec:
    return spec_from_body(body)


def _belong_together(workspace: Workspace, database: Database) -> None:
    """Tie a new catalog to its workspace; refuse one that is tied to another."""
    with database.read() as connection:
        found = connection.scalar(sa.select(setting.c.value).where(setting.c.name == "workspace_id"))
    if found is None:
        with database.write() as connection:
            connection.execute(setting.insert().values(name="workspace_id", value=workspace.workspace_id))
    elif found != workspace.workspace_id:
        raise WorkspaceMismatch(workspace.home, workspace.workspace_id, found)
