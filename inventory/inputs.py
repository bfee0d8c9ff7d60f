"""What a measure may read: the layers a recipe pins, the streets and the zones, all in one CRS in metres."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import to_crs
from geo.overlay import assign_zones
from inventory.coverage_rules import CoverageRule
from inventory.errors import RuleError
from inventory.memory import Remembered, day_of, versions_of
from inventory.pins import Recipe
from inventory.streets import lines_of, streets_of
from inventory.walking import Walking
from layers.catalog import RasterPart, Store
from layers.errors import LayerKindError

_frames: Remembered[gpd.GeoDataFrame] = Remembered(24)  # a city's layers are some 30 MB


@dataclass(frozen=True, eq=False)
class Inputs:
    """The layers of one run.

    zones: polygons in `crs`, one row each, whose column `key` (texts) orders them: a point on a border
    belongs to the one that sorts first. day: the date the result holds for.
    """

    store: Store
    recipe: Recipe
    rule: CoverageRule
    zones: gpd.GeoDataFrame
    key: str
    threads: int | None = None

    @property
    def crs(self) -> CRS:
        """The working CRS, in metres."""
        return self.recipe.crs

    @cached_property
    def within(self) -> shapely.Geometry | None:
        """The drawn area that is asked about, in the working CRS; None where it is the whole city."""
        return None if self.recipe.area is None else self.zones.geometry.iloc[0]

    def has(self, layer: str) -> bool:
        """Whether any agency had published the layer; no data is not an empty layer."""
        return any(pinned["layer"] == layer for pinned in self.recipe.inputs)

    def kind(self, layer: str) -> str:
        """`features`, `table`, `raster` or `network`."""
        return self.store.spec(layer).kind

    def key_of(self, layer: str) -> str:
        """The column that names the layer's features."""
        return self.store.spec(layer).key

    def frame(self, layer: str, columns: Sequence[str] = ()) -> gpd.GeoDataFrame | None:
        """Columns and shapes of a layer as pinned, in the working CRS; None if no agency had published it.

        Of a network its streets as lines. Shapes may be missing or empty. The frame is shared: do not change
        it. RuleError names a column that the layer does not have.
        """
        if not self.has(layer):
            return None
        wanted = tuple(sorted(set(columns)))
        key = (
            self.store.workspace.workspace_id,
            layer,
            versions_of(self.recipe, layer),
            day_of(self.store, self.recipe, layer),
            self.crs.to_string(),
            wanted,
        )
        return _frames.get(key, lambda: self._read(layer, wanted))

    def raster(self, layer: str) -> list[RasterPart]:
        """The raster of each agency that has published one; none if nobody has."""
        if not self.has(layer):
            return []
        return self.store.read_raster(layer, at=self.recipe.day, as_of=self.recipe.sequence)

    def walking(self) -> Walking:
        """The streets one walks on; NoNetwork if there are none."""
        return self._walking

    def zone_of(self, xy: NDArray[np.float64]) -> NDArray[np.int32]:
        """The zone of each point, shape (n,), -1 outside all."""
        return assign_zones(xy, self.zones, key=self.key).astype(np.int32)

    @cached_property
    def _walking(self) -> Walking:
        rule = self.rule.walk
        assert rule is not None  # noqa: S101 - only measures that walk ask
        return streets_of(self.store, self.recipe, rule)

    def _read(self, layer: str, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
        if self.kind(layer) == "network":
            frame = lines_of(self.store, self.recipe, layer)
        else:
            read = self.store.read(
                layer, at=self.recipe.day, as_of=self.recipe.sequence, columns=list(columns)
            )
            if not isinstance(read, gpd.GeoDataFrame):
                raise LayerKindError(layer, self.kind(layer), "features")
            frame = read
        for column in columns:
            if column not in frame.columns:
                raise RuleError(self.rule.id, column, f"layer {layer!r} has no such column")
        return to_crs(frame[[*columns, "geometry"]], self.crs)
