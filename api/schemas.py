"""What the JSON under /api looks like, for its reference and its readers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """Every error under /api."""

    code: str = Field(description="Stable name of the problem.")
    message: str = Field(description="One sentence in the reader's language.")
    fields: dict[str, Any] = Field(description="What the problem is about.")


class Health(BaseModel):
    """Whether the server can answer."""

    status: str
    version: str
    city: str
    sequence: int = Field(description="Number of head moves the catalog has seen.")
    browser_files: list[str] = Field(description="Installed browser packages.")


class Agency(BaseModel):
    """An organisation that owns data."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    members: list[str]


class ZoneKind(BaseModel):
    """A way to cut the city into zones."""

    name: str
    layer: str
    key: str


class City(BaseModel):
    """The city of this server."""

    id: str
    name_zh: str
    name_en: str
    bbox: tuple[float, float, float, float]
    working_crs: str
    languages: list[str]
    approval_number: str | None
    synthetic: bool = Field(description="True when geometry and figures are invented.")
    zones: list[ZoneKind]
    agencies: list[Agency]
    sequence: int


class Head(BaseModel):
    """The version of an agency that people see."""

    id: str
    agency: str
    rows: int
    created_at: datetime
    author: str
    note: str
    logical_hash: str
    bbox: tuple[float, float, float, float] | None
    raster: dict[str, Any] | None = Field(None, description="Of a raster: size, place, system and bands.")


class Layer(BaseModel):
    """A named kind of thing and what is published of it."""

    name: str
    title_zh: str
    title_en: str
    kind: str
    geometry: str
    key: str
    rows: int
    sequence: int | None
    changed_at: datetime | None
    heads: list[Head]


class LayerDetail(Layer):
    """A layer with its public fields."""

    fields: list["FieldOut"]


class FieldOut(BaseModel):
    """One public field of a layer."""

    name: str
    type: str
    title_zh: str
    title_en: str
    unit: str | None
    required: bool
    domain: list[str]


class Move(BaseModel):
    """One move of a head: a publish or a revert."""

    sequence: int
    moved_at: datetime
    action: str
    agency: str
    version: str
    previous: str | None
    author: str
    note: str


class FeatureCollection(BaseModel):
    """GeoJSON in longitude, latitude. Where there are too many points for the view, features are counts."""

    type: str = "FeatureCollection"
    features: list[dict[str, Any]]
    count: int = Field(description="How many features there are, shown or not.")
    message: str | None = None


LayerDetail.model_rebuild()
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (400, "The request is not understood."),
        (404, "There is no such thing."),
        (409, "The data do not allow an answer."),
        (503, "The city's data are not available yet."),
    )
}
