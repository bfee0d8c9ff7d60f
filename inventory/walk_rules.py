"""How one walks under a rule: on which streets, at what cost, and across what not. Data, read from TOML."""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.filters import Value


@dataclass(frozen=True)
class WalkRule:
    """How one walks.

    not_walkable: classes of streets that are left out. slope: a raster layer of heights in metres. factors:
    class of street -> for how many metres one metre counts. closed: column of streets -> values with which
    they are not entered. barriers: layers that the way to a street may not cross.
    """

    layer: str
    not_walkable: tuple[str, ...]
    speed_km_h: float
    slope: str | None
    factors: Mapping[str, float]
    closed: Mapping[str, tuple[Value, ...]]
    barriers: tuple[str, ...]
    limit_m: float
    min_component_m: float
    search_m: float

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers it reads: the streets, the heights, the barriers."""
        return (self.layer, *([self.slope] if self.slope else []), *self.barriers)

    @property
    def is_plain(self) -> bool:
        """Whether a metre is a metre, every street is open but by its class, and nothing is in the way."""
        return not (self.slope or self.factors or self.closed or self.barriers)
