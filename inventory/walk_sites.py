"""Where one arrives on foot: a rule's services on the streets, areas at the places where they are entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.attach import Attachment, together
from inventory.coverage_rules import Service
from inventory.inputs import Inputs
from inventory.rule_entrances import entrances
from inventory.rule_features import serving
from inventory.walking import Walking


@dataclass(frozen=True, eq=False)
class WalkSites:
    """The places of all services.

    places, service, feature: where each lies on the streets, which service it belongs to, and the row of its
    feature among those that `rule_features.serving` gives for that service. geometry, of: the
    services' own shapes and the service of each, for straight lines. sites, unattached: by service, how many
    features there are (None without data) and how many of them no street leads to.
    """

    places: Attachment
    service: NDArray[np.int32]
    feature: NDArray[np.intp]
    geometry: NDArray[np.object_]
    of: NDArray[np.int32]
    sites: tuple[int | None, ...]
    unattached: tuple[int | None, ...]


_made: WeakKeyDictionary[Inputs, WalkSites] = WeakKeyDictionary()


def walk_sites(inputs: Inputs) -> WalkSites:
    """The places of a rule's services; made once in a run."""
    found = _made.get(inputs)
    if found is None:
        found = _made[inputs] = _sites(inputs, [serving(inputs, each) for each in inputs.rule.services])
    return found


def walk_sites_within(inputs: Inputs, box: tuple[float, float, float, float]) -> WalkSites:
    """Those of the services whose own shape meets a box, west, south, east, north, and perhaps others.

    Features are numbered, and `sites` and `unattached` are counted, among these alone.
    """
    found = _made.get(inputs)
    if found is not None:
        return found
    frames = [serving(inputs, each) for each in inputs.rule.services]
    within = [
        frame
        if frame is None or service.entrances is not None
        else frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*box))].reset_index(drop=True)
        for frame, service in zip(frames, inputs.rule.services, strict=True)
    ]
    return _sites(inputs, within)


def unentered(inputs: Inputs, service: Service, frame: gpd.GeoDataFrame) -> int:
    """How many of these features of a service no street leads to."""
    entered = _entered(inputs, inputs.walking(), service, frame)
    return len(frame) - len(np.unique(entered.row[entered.places.attached]))


@dataclass(frozen=True, eq=False)
class _Entered:
    """Where the features of one service are entered. row: of each place, its feature."""

    places: Attachment
    row: NDArray[np.intp]
    geometry: NDArray[np.object_]


def _sites(inputs: Inputs, frames: Sequence[gpd.GeoDataFrame | None]) -> WalkSites:
    walking = inputs.walking()
    entered = [
        _Entered(walking.attach(np.empty((0, 2))), np.empty(0, np.intp), np.empty(0, object))
        if frame is None
        else _entered(inputs, walking, service, frame)
        for service, frame in zip(inputs.rule.services, frames, strict=True)
    ]
    sites = tuple(None if frame is None else len(frame) for frame in frames)
    unattached = tuple(
        None if count is None else count - len(np.unique(each.row[each.places.attached]))
        for count, each in zip(sites, entered, strict=True)
    )
    return WalkSites(
        places=together([each.places for each in entered]),
        service=_numbered([len(each.row) for each in entered]),
        feature=np.concatenate([each.row for each in entered]),
        geometry=np.concatenate([each.geometry for each in entered]),
        of=_numbered([len(each.geometry) for each in entered]),
        sites=sites,
        unattached=unattached,
    )


def _numbered(count: list[int]) -> NDArray[np.int32]:
    """0 as often as the first count says, then 1, and so on."""
    return np.repeat(np.arange(len(count), dtype=np.int32), count)


def _entered(inputs: Inputs, walking: Walking, service: Service, frame: gpd.GeoDataFrame) -> _Entered:
    """Points stand at their nearest street, areas are entered where streets meet them."""
    if service.entrances is not None:
        row, xy = entrances(inputs, service, frame)
        return _Entered(walking.attach(xy), row, shapely.points(xy))
    geometry = frame.geometry.to_numpy()
    doors = walking.arrive(geometry)
    return _Entered(doors.places, doors.row, geometry)
