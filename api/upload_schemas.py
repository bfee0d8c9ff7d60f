"""What the JSON of uploads and jobs looks like."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from layers.upload_limits import NOTE_MOST


class NewFile(BaseModel):
    """A file that will be sent."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="What its owner calls it; folders with `/`. Never used as a path.")
    bytes: int = Field(ge=0, description="Its size.")


class NewUpload(BaseModel):
    """The announcement of an upload."""

    model_config = ConfigDict(extra="forbid")

    files: list[NewFile] = Field(min_length=1, description="In the order of their numbers, from 0.")
    said: dict[str, Any] = Field(
        default={}, description="What the uploader says of them: layer, agency, mode, crs, encoding, ..."
    )


class SaidAgain(BaseModel):
    """Other words about an upload; they replace the earlier ones."""

    model_config = ConfigDict(extra="forbid")

    said: dict[str, Any]


class Publication(BaseModel):
    """The wish to publish what an examination showed."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(
        default="", max_length=NOTE_MOST, description="What others should know of this version."
    )
    confirm: list[str] = Field(default=[], description="Conclusions that were looked at, such as `crs`.")
    examination: int | None = Field(
        default=None,
        ge=1,
        description="The examination that was looked at; refused when there is a newer one.",
    )


class Offset(BaseModel):
    """How much of a file is there."""

    n: int = Field(description="The file's number in its upload.")
    offset: int = Field(description="Where its next byte goes.")


class Announced(BaseModel):
    """An upload that waits for its files."""

    id: str
    files: list[Offset]


class FileState(Offset):
    """A file of an upload."""

    name: str
    bytes: int


class Failure(BaseModel):
    """Why a job failed."""

    code: str
    message: str = Field(description="One sentence in the reader's language.")
    fields: dict[str, Any]


class JobState(BaseModel):
    """Work that a worker does, has done or will do."""

    id: str
    kind: str
    subject: str = Field(description="What it is about: an upload's id.")
    state: str = Field(description="queued, running, done or failed.")
    attempts: int = Field(description="How often it was begun.")
    progress: dict[str, Any] | None
    outcome: dict[str, Any] | None
    error: Failure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class UploadState(BaseModel):
    """An upload as it stands."""

    id: str
    state: str = Field(
        description="receiving, waiting, examined, unreadable, publishing, published or dropped."
    )
    actor: str
    created_at: datetime
    changed_at: datetime
    files: list[FileState]
    said: dict[str, Any]
    layer: str | None
    agency: str | None
    examination: int = Field(description="Number of the newest examination, 0 before the first.")
    version: str | None = Field(description="What it was published as.")
    note: str
    job: JobState | None = Field(description="The newest job about it.")
