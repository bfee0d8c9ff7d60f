"""The streets as a rule has them walked: network, effort, barriers, and what is put on them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo.attach import Attachment, attach, together
from geo.barriers import Barriers
from geo.effort import STEP_M, Effort, Heights, class_factors, effort_of
from geo.entrances import Entrances, entrances
from geo.errors import NetworkError
from geo.network import Network, build
from inventory.errors import NoNetwork
from inventory.walk_rules import WalkRule

POINT = 0  # dimension


@dataclass(frozen=True, eq=False)
class Walking:
    """Streets under the `[walk]` table of a rule.

    effort: None where a metre is a metre; it goes to every function of `geo.reach` and `geo.isochrone`.
    untagged: columns of the rule's `closed` that neither streets nor nodes have, sorted; they close nothing.
    """

    network: Network
    effort: Effort | None
    barriers: Barriers | None
    rule: WalkRule
    untagged: tuple[str, ...] = ()

    def attach(self, xy: ArrayLike) -> Attachment:
        """The nearest place on a street for each point, shape (n, 2), as the rule attaches."""
        return attach(
            self.network,
            xy,
            limit_m=self.rule.limit_m,
            min_component_m=self.rule.min_component_m,
            barriers=self.barriers,
        )

    def enter(self, areas: ArrayLike) -> Entrances:
        """Where streets lead into areas; places of anything else are attached like points."""
        return entrances(
            self.network,
            areas,
            limit_m=self.rule.limit_m,
            min_component_m=self.rule.min_component_m,
            barriers=self.barriers,
        )

    def arrive(self, shapes: NDArray[np.object_]) -> Entrances:
        """Where one arrives at shapes: at points where they stand at a street, else where streets lead in."""
        point = shapely.get_dimensions(shapes) == POINT
        xy, of_point = shapely.get_coordinates(shapes[point], return_index=True)
        standing, row = self.attach(xy), np.flatnonzero(point)[of_point]
        if point.all():
            return Entrances(standing, row)
        doors = self.enter(shapes[~point])
        rows = np.concatenate([row, np.flatnonzero(~point)[doors.row]])
        return Entrances(together([standing, doors.places]), rows)


def walking(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    rule: WalkRule,
    *,
    crs: CRS,
    directed: bool = False,
    heights: Heights | None = None,
    step_m: float = STEP_M,
    barriers: ArrayLike = (),
) -> Walking:
    """Streets from frames, as `geo.network.build` takes them, under a rule.

    `heights` of places in `crs`, with the side of their cells, are those of the rule's `slope`; `barriers`,
    in `crs`, the geometries of its `barriers`. NoNetwork where nothing is left to walk on, or no connected
    part is as long as the rule wants.
    """
    if not len(edges):
        raise NoNetwork(rule.layer, "it is published without a street")
    try:
        network = build(
            nodes, edges, crs=crs, directed=directed, not_walkable=rule.not_walkable, closed=rule.closed
        )
        factors = class_factors(edges, rule.factors)
    except NetworkError as error:
        raise NoNetwork(rule.layer, str(error)) from error
    if not (network.component_length_m >= rule.min_component_m).any():
        longest = float(network.component_length_m.max(initial=0.0))
        raise NoNetwork(rule.layer, f"its longest connected part has {longest:.0f} m")
    effort = None
    if heights is not None or factors is not None:
        effort = effort_of(network, heights, factors, step_m=step_m)
    untagged = {column for column in rule.closed if column not in edges and column not in nodes}
    return Walking(network, effort, Barriers.over(barriers), rule, tuple(sorted(untagged)))
