"""What can go wrong with named, versioned data. One base class; each error has a code and keeps its subject.

Bad data is not an error but a list of findings; `Rejected` carries them when a publish was asked for.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from layers.findings import Finding


class LayerError(Exception):
    """Base of every error of this package."""

    code: ClassVar[str] = "layer_error"


class LayerNotFound(LayerError):
    """No layer has this name."""

    code: ClassVar[str] = "layer_not_found"

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        self.name = name
        self.known = tuple(known)
        hint = f"; there are {', '.join(self.known)}" if self.known else ""
        super().__init__(f"no layer is called {name!r}{hint}")


class LayerHasNoData(LayerError):
    """The layer exists, but no agency has published a version of it at that time."""

    code: ClassVar[str] = "layer_has_no_data"

    def __init__(self, name: str, sequence: int) -> None:
        self.name = name
        self.sequence = sequence
        super().__init__(
            f"layer {name!r} has no published version at sequence {sequence}; publish one by `quantu ingest`"
        )


class LayerKindError(LayerError):
    """The layer is of another kind than the task needs."""

    code: ClassVar[str] = "layer_kind"

    def __init__(self, name: str, kind: str, wanted: str) -> None:
        self.name = name
        self.kind = kind
        self.wanted = wanted
        super().__init__(f"layer {name!r} is of kind {kind}, this needs kind {wanted}")


class AgencyNotFound(LayerError):
    """The city has no agency with this code."""

    code: ClassVar[str] = "agency_not_found"

    def __init__(self, agency: str, known: Sequence[str]) -> None:
        self.agency = agency
        self.known = tuple(known)
        super().__init__(
            f"the city has no agency {agency!r}; city.toml names {', '.join(self.known) or 'none'}"
        )


class AgencyRequired(LayerError):
    """Nothing says for which agency to publish, and the city has several."""

    code: ClassVar[str] = "agency_required"

    def __init__(self, known: Sequence[str]) -> None:
        self.known = tuple(known)
        super().__init__(
            f"name the agency that publishes (--agency); city.toml has {', '.join(self.known) or 'none'}"
        )


class LayerRequired(LayerError):
    """Nothing says, nor shows, which layer a file is for."""

    code: ClassVar[str] = "layer_required"

    def __init__(self) -> None:
        super().__init__(
            "no layer fits this file: name the layer it is for (--layer), or confirm the draft of a new one"
        )


class Unconfirmed(LayerError):
    """Something about a file was concluded, not stated, and nobody has confirmed it."""

    code: ClassVar[str] = "unconfirmed"

    def __init__(self, layer: str, conclusions: Sequence[tuple[str, str]]) -> None:
        self.layer = layer
        self.subjects = tuple(subject for subject, _ in conclusions)
        self.conclusions = tuple(f"{subject} = {value}" for subject, value in conclusions)
        super().__init__(
            f"nothing was published to layer {layer!r}: confirm {', '.join(self.conclusions)} "
            "(--accept), or say what it is"
        )


class AgencyMayNotPublish(LayerError):
    """The layer's spec does not list this agency, nor its kind, among its publishers."""

    code: ClassVar[str] = "agency_may_not_publish"

    def __init__(self, agency: str, layer: str, publishers: Sequence[str]) -> None:
        self.agency = agency
        self.layer = layer
        self.publishers = tuple(publishers)
        super().__init__(
            f"agency {agency!r} may not publish layer {layer!r}, only {', '.join(self.publishers)} may"
        )


class VersionNotFound(LayerError):
    """No version has this id, or it is of another layer."""

    code: ClassVar[str] = "version_not_found"

    def __init__(self, version: str, layer: str | None = None) -> None:
        self.version = version
        self.layer = layer
        of = f" of layer {layer!r}" if layer else ""
        super().__init__(f"no version{of} has the id {version!r}; `quantu history` lists them")


class VersionWithdrawn(LayerError):
    """The version was withdrawn: nobody but auditors reads it, and it is not published again."""

    code: ClassVar[str] = "version_withdrawn"

    def __init__(self, version: str, layer: str, why: str) -> None:
        self.version = version
        self.layer = layer
        self.why = why
        super().__init__(f"version {version!r} of layer {layer!r} was withdrawn: {why}")


class VersionNotWithdrawn(LayerError):
    """Only what was withdrawn first is erased."""

    code: ClassVar[str] = "version_not_withdrawn"

    def __init__(self, version: str, layer: str) -> None:
        self.version = version
        self.layer = layer
        super().__init__(
            f"version {version!r} of layer {layer!r} is not withdrawn; withdraw it before erasing"
        )


class TimeNotKnown(LayerError):
    """`as_of` names a sequence number or a time the catalog has not reached, or a time without zone."""

    code: ClassVar[str] = "time_not_known"

    def __init__(self, as_of: int | datetime, sequence: int, problem: str) -> None:
        self.as_of = as_of
        self.sequence = sequence
        self.problem = problem
        super().__init__(
            f"as_of {as_of} cannot be answered: {problem} (the catalog stands at sequence {sequence})"
        )


class HeadMoved(LayerError):
    """Someone else moved the head between reading it and publishing."""

    code: ClassVar[str] = "head_moved"

    def __init__(self, layer: str, agency: str, expected: str | None, found: str | None) -> None:
        self.layer = layer
        self.agency = agency
        self.expected = expected
        self.found = found
        super().__init__(
            f"the head of layer {layer!r} of agency {agency!r} moved from {expected or 'nothing'} to "
            f"{found or 'nothing'} meanwhile; look at the new head and publish again"
        )


class DeltaUnfit(LayerError):
    """A delta and a state do not belong together, or a state has no keys to compare by."""

    code: ClassVar[str] = "delta_unfit"

    def __init__(self, layer: str, key: str | None, problem: str) -> None:
        self.layer = layer
        self.key = key
        self.problem = problem
        which = "a key" if key is None else f"key {key!r}"
        super().__init__(f"states of layer {layer!r} cannot be compared: {which} {problem}")


class ModeNotSupported(LayerError):
    """The publish mode is not one this release can do."""

    code: ClassVar[str] = "mode_not_supported"

    def __init__(self, mode: str, supported: Sequence[str]) -> None:
        self.mode = mode
        self.supported = tuple(supported)
        super().__init__(f"publish mode {mode!r} is not supported; use {' or '.join(self.supported)}")


class CandidateReadOnly(LayerError):
    """Something was to be written to a store that only says what publishing would do."""

    code: ClassVar[str] = "candidate_read_only"

    def __init__(self, layer: str, agency: str) -> None:
        self.layer = layer
        self.agency = agency
        super().__init__(
            f"a candidate state of layer {layer!r} by {agency!r} is only looked at: publish to the store"
        )


class Rejected(LayerError):
    """The data were not published because findings of severity error stand against them."""

    code: ClassVar[str] = "rejected"

    def __init__(self, layer: str, findings: "Sequence[Finding]") -> None:
        self.layer = layer
        self.findings = tuple(findings)
        errors = [f for f in self.findings if f.severity == "error"]
        self.errors = len(errors)
        rules = ", ".join(sorted({f.rule for f in errors}))
        super().__init__(
            f"nothing was published to layer {layer!r}: {len(errors)} errors ({rules}); mend the file"
        )


class SourceUnusable(LayerError):
    """The call asks something of a file that it does not have: a column, a file of the right kind."""

    code: ClassVar[str] = "source_unusable"

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        self.problem = problem
        super().__init__(f"{source}: {problem}")


class SpecError(LayerError):
    """A spec file says something that is not understood."""

    code: ClassVar[str] = "spec_error"

    def __init__(self, path: Path | str, key: str, problem: str) -> None:
        self.path = str(path)
        self.key = key
        self.problem = problem
        super().__init__(f"{self.path}: key {key!r}: {problem}" if key else f"{self.path}: {problem}")


class WorkspaceError(LayerError):
    """Base of what is wrong with a workspace."""

    code: ClassVar[str] = "workspace_error"


class WorkspaceMissing(WorkspaceError):
    """The folder is not a workspace."""

    code: ClassVar[str] = "workspace_missing"

    def __init__(self, home: Path) -> None:
        self.home = str(home)
        super().__init__(
            f"{home} is no workspace (it has no city.toml); make one with `quantu init` or `quantu demo`, "
            "or set QUANTU_HOME"
        )


class WorkspaceExists(WorkspaceError):
    """A workspace cannot be made where something already is."""

    code: ClassVar[str] = "workspace_exists"

    def __init__(self, home: Path) -> None:
        self.home = str(home)
        super().__init__(f"{home} exists and is not an empty folder; choose another place for the workspace")


class WorkspaceMismatch(WorkspaceError):
    """The catalog was made for another workspace."""

    code: ClassVar[str] = "workspace_mismatch"

    def __init__(self, home: Path, workspace_id: str, catalog_id: str) -> None:
        self.home = str(home)
        self.workspace_id = workspace_id
        self.catalog_id = catalog_id
        super().__init__(
            f"the catalog belongs to workspace {catalog_id}, {home} is workspace {workspace_id}; "
            "check QUANTU_HOME and QUANTU_DATABASE_URL"
        )


class CityError(WorkspaceError):
    """city.toml says something that is not understood."""

    code: ClassVar[str] = "city_error"

    def __init__(self, path: Path | str, key: str, problem: str) -> None:
        self.path = str(path)
        self.key = key
        self.problem = problem
        super().__init__(f"{self.path}: key {key!r}: {problem}" if key else f"{self.path}: {problem}")


class CatalogUnavailable(LayerError):
    """The catalog's database does not answer."""

    code: ClassVar[str] = "catalog_unavailable"

    def __init__(self, address: str, problem: str) -> None:
        self.address = address
        self.problem = problem
        super().__init__(f"the catalog at {address} does not answer: {problem}")


class CatalogBusy(LayerError):
    """Another process held the catalog's write lock for too long."""

    code: ClassVar[str] = "catalog_busy"

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(f"another process is writing to the catalog at {address}; try again")


class CatalogTooNew(LayerError):
    """The catalog was written by a newer release."""

    code: ClassVar[str] = "catalog_too_new"

    def __init__(self, address: str, revision: str) -> None:
        self.address = address
        self.revision = revision
        super().__init__(
            f"the catalog at {address} has schema {revision}, which this release does not know; upgrade"
        )


class StoreDamaged(LayerError):
    """A sealed part is missing or is not what the catalog recorded."""

    code: ClassVar[str] = "store_damaged"

    def __init__(self, part: str, problem: str) -> None:
        self.part = part
        self.problem = problem
        super().__init__(
            f"part {part} is damaged: {problem}; run `quantu check` and restore it from a backup"
        )


class StoreWriteFailed(LayerError):
    """The store's disk failed. What was published before is untouched."""

    code: ClassVar[str] = "store_write_failed"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"the store's disk failed: {problem}; what was published before is untouched, "
            "so mend the disk and do it again"
        )


class StoreNoRoom(StoreWriteFailed):
    """There is no room left on the store's disk."""

    code: ClassVar[str] = "store_no_room"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        LayerError.__init__(
            self,
            f"the store's disk has no room for it: {problem}; what was published before is untouched, "
            "so make room and do it again",
        )
