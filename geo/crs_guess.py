"""Which coordinate system a file is in, by where its coordinates fall: inside the city or nowhere near it.

A label is believed unless the coordinates contradict it. Without one, or with one that cannot be, the
systems used in the country are tried, as they are, with exchanged axes and in other units; the ones that put
the points into the city's area fit. Which datum a file has cannot be seen from it (Xian 80 lies 2 m from
CGCS2000, Beijing 54 some 70 m): CGCS2000 is proposed, the others are listed with their distance, and a
confidence below 0.9 asks the publisher to confirm.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from pyproj import CRS, Geod

from geo import crs_families as families
from geo import gcj02
from geo.crs import STORED, parse
from geo.crs_candidates import UNITS, Area, Points, System, in_china, lonlat, share_inside, systems_around
from geo.crs_families import CGCS2000, DEGREES, FAMILIES, MERIDIAN_3, MERIDIAN_6, Family
from geo.detected import Candidate, Detected, percent
from geo.errors import CrsUnknown

__all__ = ["Area", "CrsGuess", "guess"]

SAMPLE = 2000
"""Coordinates looked at: as many as tell shares of a percent apart."""
BELIEVED_SHARE = 0.5
"""A label that puts this share of the points into the area is believed."""
FOUND_SHARE = 0.5
"""Another system needs this share to be proposed."""
TIE = 0.05
"""Systems whose shares differ by less than this fit equally well."""

_DOUBTFUL, _FITTING, _PLAIN = 0.7, 0.8, 0.9
_DEGREES_ALONE = 0.85  # in China as likely a web map's GCJ-02 as anything: to be confirmed
_CLEARLY = 0.9
_LIKELY = {"CGCS2000": 0.5, "Xian 1980": 0.4, "Beijing 1954": 0.2, gcj02.GCJ02: 0.3, gcj02.BD09: 0.2}
_UNLIKELY = 0.1
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class CrsGuess:
    """How to read a file's coordinates.

    Attributes
    ----------
    crs
        The system, x east and y north; None if none fits.
    swapped
        The file has north (latitude) first.
    factor
        What the file's coordinates are multiplied with to be in the unit of `crs`.
    shifted
        GCJ-02 or BD-09 if the uploader says so: longitude and latitude still carry that shift.
    detected
        Conclusions about `crs`, `axes`, `unit` and `datum`.
    """

    crs: CRS | None
    swapped: bool = False
    factor: float = 1.0
    shifted: str | None = None
    detected: tuple[Detected, ...] = ()


def guess(
    xy: Points,
    declared: CRS | str | None,
    area: Area,
    *,
    said: str | None = None,
    swapped: bool | None = None,
) -> CrsGuess:
    """The system a file's coordinates are in.

    Parameters
    ----------
    xy
        Coordinates as in the file, shape (n, 2); any number, a sample is taken. Pairs that are not finite
        are passed over.
    declared
        What the file says; a text where no system could be made of it.
    area
        The city.
    said, swapped
        The uploader's word (an EPSG code, WKT, GCJ-02 or BD-09; whether north comes first): it is followed,
        never doubted here. CrsUnknown if `said` names no system.
    """
    points = _sample(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
    if said is not None:
        return _as_said(points, said, area, swapped)
    label, notes = _label(declared)
    if not len(points):
        return CrsGuess(label, bool(swapped), detected=(*_stated(label, None), *notes))
    tried = systems_around(label, area, swapped)
    shares = np.array([share_inside(points, system, area) for system in tried])
    own = shares[0] if label is not None else 0.0
    if label is not None and own >= BELIEVED_SHARE:
        return CrsGuess(
            label, tried[0].swapped, detected=(*_stated(label, own), *_swap(tried[0], own), *notes)
        )
    best = float(shares.max(initial=0.0))
    if best < FOUND_SHARE:
        return _nothing_fits(points, label, notes, len(tried), own)
    fits = [system for system, share in zip(tried, shares, strict=True) if share >= best - TIE]
    return _proposed(points, fits, label, notes, best)


def _sample(xy: Points) -> Points:
    """Evenly taken rows that are finite."""
    step = max(1, len(xy) // (4 * SAMPLE))
    some = xy[::step]
    some = some[np.isfinite(some).all(axis=1)]
    return some[:: max(1, len(some) // SAMPLE)]


def _label(declared: CRS | str | None) -> tuple[CRS | None, tuple[Detected, ...]]:
    if isinstance(declared, str):
        try:
            declared = parse(declared)
        except CrsUnknown:
            return None, (families.label_unknown(str(declared)),)
    return (None if declared is None else families.normalised(declared)), ()


def _as_said(points: Points, said: str, area: Area, swapped: bool | None) -> CrsGuess:
    shifted = gcj02.named(said)
    system = STORED if shifted else parse(said)
    if swapped is None:  # the word is about the system; the order of its axes is still looked at
        here = System(system)
        there = System(system, swapped=True)
        swapped = bool(len(points)) and share_inside(points, here, area) < BELIEVED_SHARE <= share_inside(
            points, there, area
        )
    name = shifted or families.label(system)
    found = Detected("crs", name, 1.0, "crs_said", {"title": shifted or families.title(system)})
    axes = _swap(System(system, swapped=swapped), 1.0)
    return CrsGuess(system, swapped, shifted=shifted, detected=(found, *axes))


def _stated(label: CRS | None, share: float | None) -> tuple[Detected, ...]:
    if label is None:
        return ()
    fields: dict[str, Any] = {"title": families.title(label)}
    fields |= {} if share is None else {"percent": percent(share)}
    why = "crs_declared" if share is not None else "crs_declared_empty"
    if share is not None and _is_old(label):
        why = "crs_declared_old_datum"
    confidence = 1.0 if share is None or share >= _CLEARLY else _PLAIN
    return (Detected("crs", families.label(label), confidence, why, fields),)


def _is_old(crs: CRS) -> bool:
    """Xian 80 or Beijing 54: without local parameters their positions are tens of metres uncertain."""
    return families.family_of(crs) in FAMILIES[1:]


def _swap(system: System, share: float) -> tuple[Detected, ...]:
    if not system.swapped:
        return ()
    return (Detected("axes", "north, east", 0.95 * share, "axes_swapped", {"percent": percent(share)}),)


def _unit(system: System, share: float) -> tuple[Detected, ...]:
    if system.unit == "m":
        return ()
    factor = UNITS[system.unit]
    fields = {"unit": system.unit, "factor": factor, "times": f"{factor:g}", "percent": percent(share)}
    return (Detected("unit", system.unit, _FITTING * share, "coordinates_in_unit", fields),)


def _nothing_fits(
    points: Points, label: CRS | None, notes: tuple[Detected, ...], tried: int, own: float
) -> CrsGuess:
    """A label that can hold the points is kept: they may simply lie elsewhere."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = [float(f"{each:.10g}") for each in (low[0], low[1], high[0], high[1])]
    fields: dict[str, Any] = {
        "extent": extent,
        **dict(zip(("x_min", "y_min", "x_max", "y_max"), (f"{each:.10g}" for each in extent), strict=True)),
        "tried": tried,
    }
    if label is not None and np.isfinite(lonlat(points, System(label))).all():
        fields |= {"title": families.title(label), "percent": percent(own)}
        elsewhere = Detected("crs", families.label(label), 0.5, "crs_outside_area", fields)
        return CrsGuess(label, detected=(elsewhere, *notes))
    return CrsGuess(None, detected=(Detected("crs", "", 0.0, "crs_unknown", fields), *notes))


def _proposed(
    points: Points, fits: list[System], label: CRS | None, notes: tuple[Detected, ...], share: float
) -> CrsGuess:
    """The first system that fits, with the others by their distance from it."""
    first = min(fits, key=lambda system: (system.unit != "m", system.swapped))
    chosen = first.crs
    fields: dict[str, Any] = {"title": families.title(chosen), "percent": percent(share)}
    if label is not None and chosen == label:  # right but for the order of axes or the unit
        found = Detected("crs", families.label(chosen), 1.0, "crs_declared", fields)
        return CrsGuess(
            chosen,
            first.swapped,
            UNITS[first.unit],
            detected=(found, *_swap(first, share), *_unit(first, share), *notes),
        )
    why, confidence = "crs_fits", _FITTING if chosen.is_projected else _DEGREES_ALONE
    if label is not None:
        why, confidence = "crs_label_wrong", _DOUBTFUL
        fields |= {"label": families.label(label)[:200], "label_title": families.title(label)}
    others = _others(points, first, fits)
    rival = next((each for each in others if "shift_m" in each.fields), None)
    if label is None and rival is not None:
        why = "crs_fits_too"
        fields |= {"rival": rival.value, "rival_m": f"{rival.fields['shift_m']:.1f}"}
    found = Detected("crs", families.label(chosen), confidence * share, why, fields, others)
    return CrsGuess(
        chosen,
        first.swapped,
        UNITS[first.unit],
        detected=(found, *_swap(first, share), *_unit(first, share), *notes),
    )


def _others(points: Points, first: System, fits: list[System]) -> tuple[Candidate, ...]:
    """What fits as well: other datums, the same numbers under another name, the web maps' shifts."""
    few = points[:: max(1, len(points) // 50)]
    here = lonlat(few, first)
    chinese = in_china(here)
    rivals = [(system, _UNLIKELY) for system in fits if system.crs != first.crs]
    family = families.family_of(first.crs) or (CGCS2000 if chinese and first.kind == DEGREES else None)
    if family is not None and first.kind:
        rivals += [
            (_like(first, first.kind, each), _LIKELY[each.name])
            for each in FAMILIES
            if each.code(first.kind, first.meridian) != first.crs.to_epsg()
        ]
    if family is not None and first.kind == MERIDIAN_3 and first.meridian in families.meridians(MERIDIAN_6):
        rivals += [(_like(first, MERIDIAN_6, each), _UNLIKELY) for each in FAMILIES]
    found = {
        families.label(system.crs): Candidate(
            families.label(system.crs),
            confidence,
            {
                "title": families.title(system.crs),
                "shift_m": _distance_m(here, lonlat(few, system)),
                "uncertain": _is_old(system.crs),
            },
        )
        for system, confidence in rivals
    }
    if first.kind == DEGREES and chinese:
        for name, undone in gcj02.TO_WGS84.items():
            fields = {"title": name, "shift_m": _distance_m(here, undone(here))}
            found[name] = Candidate(name, _LIKELY[name], fields)
    return tuple(sorted(found.values(), key=lambda each: -each.confidence))


def _like(first: System, kind: str, family: Family) -> System:
    crs = CRS.from_epsg(family.code(kind, first.meridian))
    return System(crs, kind, first.meridian, first.swapped, first.unit)


def _distance_m(here: Points, there: Points) -> float:
    """The median distance of equal rows, metres to the decimetre."""
    _, _, metres = _GEOD.inv(here[:, 0], here[:, 1], there[:, 0], there[:, 1])
    return round(float(np.median(metres)), 1)
