"""What can go wrong while drawing. Each error keeps its subject as attributes; `api` words it by code."""

from typing import ClassVar


class MapError(Exception):
    """Base of everything `maps` raises on purpose."""

    code: ClassVar[str] = "map_error"


class StyleNotFound(MapError):
    """No style file has this name."""

    code: ClassVar[str] = "style_not_found"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"no map style is called {name!r}; add maps/styles/{name}.toml or name an existing one"
        )


class StyleInvalid(MapError):
    """A style file says something that cannot be drawn."""

    code: ClassVar[str] = "style_invalid"

    def __init__(self, name: str, field: str, problem: str) -> None:
        self.name = name
        self.field = field
        self.problem = problem
        super().__init__(f"map style {name!r}, {field}: {problem}; mend it in {name}.toml")


class ShapeError(MapError):
    """A frame cannot be drawn as it is."""

    code: ClassVar[str] = "shape_error"

    def __init__(self, layer: str, problem: str) -> None:
        self.layer = layer
        self.problem = problem
        super().__init__(f"layer {layer!r} cannot be drawn: {problem}; publish it again with whole geometry")
