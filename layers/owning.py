"""Whose data an upload holds: as said, or as keys and places show."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from geo.detected import Detected
from layers.catalog import Store
from layers.columns import match
from layers.fields import cast
from layers.guess import guess_agency, guess_owner
from layers.known import Known
from layers.reading import read_part
from layers.said import Said
from layers.spec import LayerSpec

_TRUST_MIDDLE = 0.6  # a raster is cut along sheets, not along borders


def agency_of_features(
    store: Store, known: Known, frame: pd.DataFrame, said: Said, spec: LayerSpec
) -> tuple[str | None, tuple[Detected, ...]]:
    """Whose data they are: as said, else the only one that may be, else the one whose features they repeat,
    else by where most features lie."""
    if said.agency is not None:
        return said.agency, ()
    only = only_agency(store, spec)
    if only is not None:
        return only, ()
    owner = _owner(store, frame, spec)
    if owner is not None:
        return owner.value, (owner,)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or not known.grounds:
        return None, ()
    guess = guess_agency(known.places(frame), known.grounds)
    return guess.value or None, (guess,)


def agency_of_raster(
    store: Store, known: Known, middle: gpd.GeoDataFrame | None, said: Said, spec: LayerSpec
) -> tuple[str | None, tuple[Detected, ...]]:
    """As said, else the only one that may be, else on whose ground the middle lies, which is a weak sign."""
    agency = said.agency or only_agency(store, spec)
    if agency is not None or middle is None or not known.grounds:
        return agency, ()
    guess = guess_agency(known.places(middle), known.grounds)
    if guess.value:
        guess = replace(guess, why="agency_by_middle", confidence=min(guess.confidence, _TRUST_MIDDLE))
    return guess.value or None, (guess,)


def only_agency(store: Store, spec: LayerSpec | None = None) -> str | None:
    """The one agency that may publish, None where several may."""
    entries = store.workspace.city.agencies
    if spec is not None and spec.publishers:
        entries = tuple(each for each in entries if {each.code, each.kind} & set(spec.publishers))
    return entries[0].code if len(entries) == 1 else None


def _owner(store: Store, frame: pd.DataFrame, spec: LayerSpec) -> Detected | None:
    """The agency whose head has the keys of the file, where a column holds them."""
    field = spec.field(spec.key)
    column = match((field,), [str(column) for column in frame.columns]).columns.get(spec.key)
    heads = store.heads(spec.name)
    if column is None or not heads:
        return None
    owned = {
        code: read_part(store.workspace, head, store.spec_of(head), "features", columns=[spec.key])[spec.key]
        for code, head in heads.items()
        if spec.key in store.spec_of(head).by_name
    }
    return guess_owner(cast(frame[column], field).values, owned)
