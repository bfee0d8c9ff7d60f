"""Areas, lengths and forms that are hardly meant: beyond the spec, far from all others, thin."""

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.city import City
from layers.findings import Found
from layers.metres import in_metres, measurable
from layers.spec import LayerSpec

FEW = 20
"""Of fewer features nothing can be said about what is usual."""
FAR_RANGES = 10.0
"""So many interquartile ranges of log size beyond the quartiles: sizes in a city vary by powers of ten."""
LEAST_RANGE = 0.1
"""Log size range taken at least (ten percent): in a grid of equal cells the range is zero."""
THIN = 0.02
"""4 pi area / perimeter squared: 1 for a circle, 0.785 for a square, 0.02 for a strip 155 times its width."""

Floats = NDArray[np.float64]


def check_sizes(geometry: NDArray[np.object_], spec: LayerSpec, city: City, found: Found) -> None:
    """Findings about areas of polygons and lengths of lines, in metres of the city's working system."""
    dimension = shapely.get_dimensions(geometry)
    near = measurable(geometry, city)
    checks = spec.checks
    areal, linear = np.flatnonzero(near & (dimension == 2)), np.flatnonzero(near & (dimension == 1))
    if len(areal):
        metric = in_metres(geometry[areal], city)
        areas = shapely.area(metric)
        thin = _slivers(areas, shapely.length(metric), checks.sliver_m2, areal, found)
        _judge("area", areas, areal, thin, checks.min_area_m2, checks.max_area_m2, found)
    if len(linear):
        lengths = shapely.length(in_metres(geometry[linear], city))
        nothing = np.zeros(len(linear), bool)
        _judge("length", lengths, linear, nothing, checks.min_length_m, checks.max_length_m, found)


def _slivers(
    areas: Floats, perimeters: Floats, limit: float, positions: NDArray[np.intp], found: Found
) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", divide="ignore"):
        compactness = np.nan_to_num(4 * np.pi * areas / perimeters**2)
    thin = (areas < limit) & (compactness < THIN)
    found.features(
        "geometry_sliver",
        "warning",
        positions[thin],
        field="geometry",
        value=lambda asked: areas[thin][asked].round(2).tolist(),
        each=lambda asked: [{"compactness": value} for value in compactness[thin][asked].round(5).tolist()],
    )
    return thin


def _judge(
    what: str,
    sizes: Floats,
    positions: NDArray[np.intp],
    told: NDArray[np.bool_],
    minimum: float | None,
    maximum: float | None,
    found: Found,
) -> None:
    """Sizes against the spec's limits, without limits against one another."""
    if minimum is not None or maximum is not None:
        rule, fields = f"{what}_range", {"minimum": minimum, "maximum": maximum}
        wrong = (sizes < (0 if minimum is None else minimum)) | (
            sizes > (np.inf if maximum is None else maximum)
        )
    else:
        rule, fields = f"{what}_unusual", {"median": round(float(np.median(sizes)), 2)}
        wrong = _far_from_all(sizes)
    wrong &= ~told
    found.features(
        rule,
        "warning",
        positions[wrong],
        field="geometry",
        value=lambda asked: sizes[wrong][asked].round(2).tolist(),
        each=lambda asked: [fields] * len(asked),
    )


def _far_from_all(sizes: Floats) -> NDArray[np.bool_]:
    if len(sizes) < FEW:
        return np.zeros(len(sizes), bool)
    logs = np.log(np.maximum(sizes, 1e-9))
    low, high = np.quantile(logs, [0.25, 0.75])
    reach = FAR_RANGES * max(high - low, LEAST_RANGE)
    return np.asarray((logs < low - reach) | (logs > high + reach))
