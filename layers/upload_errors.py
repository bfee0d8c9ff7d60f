"""What can go wrong between an uploader, the bytes, and the job that works on them."""

from collections.abc import Sequence
from typing import ClassVar

from layers.errors import LayerError


class UploadNotFound(LayerError):
    """No upload has this id, or it has no such file."""

    code: ClassVar[str] = "upload_not_found"

    def __init__(self, upload: str, n: int | None = None) -> None:
        self.upload = upload
        self.n = n
        super().__init__(
            f"no upload has the id {upload!r}" if n is None else f"upload {upload!r} has no file {n}"
        )


class UploadStateUnfit(LayerError):
    """The upload is not, or no longer, in a state that allows this step."""

    code: ClassVar[str] = "upload_state"

    def __init__(self, upload: str, state: str, wanted: Sequence[str]) -> None:
        self.upload = upload
        self.state = state
        self.wanted = tuple(wanted)
        super().__init__(f"upload {upload!r} is {state}; this step needs it to be {' or '.join(self.wanted)}")


class UploadOffsetUnfit(LayerError):
    """The bytes sent do not begin where the file that is there ends."""

    code: ClassVar[str] = "upload_offset"

    def __init__(self, upload: str, n: int, offset: int, expected: int) -> None:
        self.upload = upload
        self.n = n
        self.offset = offset
        self.expected = expected
        super().__init__(f"file {n} of upload {upload!r} goes on at byte {expected}, not at {offset}")


class UploadBusy(LayerError):
    """Another request is sending the same file at this moment."""

    code: ClassVar[str] = "upload_busy"

    def __init__(self, upload: str, n: int) -> None:
        self.upload = upload
        self.n = n
        super().__init__(
            f"file {n} of upload {upload!r} is being sent by another request; wait until it ends"
        )


class UploadStalled(LayerError):
    """A sender of bytes fell silent in the middle."""

    code: ClassVar[str] = "upload_stalled"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no byte came for {seconds:.0f} s; ask how much is there and go on")


class UploadTooLarge(LayerError):
    """More bytes or files than a limit allows; `what` names the limit."""

    code: ClassVar[str] = "upload_too_large"

    def __init__(self, what: str, size: int, limit: int) -> None:
        self.what = what
        self.size = size
        self.limit = limit
        super().__init__(f"{size} is over the limit of {limit} for {what}; send less, or raise the setting")


class UploadNoRoom(LayerError):
    """The uploads at work in this home leave no room for another of this size."""

    code: ClassVar[str] = "upload_no_room"

    def __init__(self, size: int, held: int, limit: int) -> None:
        self.size = size
        self.held = held
        self.limit = limit
        super().__init__(
            f"uploads at work hold {held} of {limit} bytes, {size} more do not fit; publish or drop some"
        )


class UploadIncomplete(LayerError):
    """Files of the upload have not arrived whole."""

    code: ClassVar[str] = "upload_incomplete"

    def __init__(self, upload: str, missing: Sequence[str]) -> None:
        self.upload = upload
        self.missing = tuple(missing)
        super().__init__(
            f"upload {upload!r} lacks bytes of {', '.join(map(repr, self.missing))}; send the rest"
        )


class FileNameUnfit(LayerError):
    """A file's own name is empty, too long, or holds control characters."""

    code: ClassVar[str] = "file_name"

    def __init__(self, name: str, problem: str) -> None:
        self.name = name.encode("unicode_escape").decode("ascii")[:200]
        self.problem = problem
        super().__init__(f"a file cannot be called '{self.name}': {problem}")


class JobNotFound(LayerError):
    """No job has this id."""

    code: ClassVar[str] = "job_not_found"

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(f"no job has the id {job!r}")


class JobLost(LayerError):
    """The worker's lease of the job ran out, or the job was cancelled: what it did is not recorded."""

    code: ClassVar[str] = "job_lost"

    def __init__(self, job: str, worker: str | None) -> None:
        self.job = job
        self.worker = worker
        super().__init__(f"job {job!r} is no longer worker {worker!r}'s; it must stop and leave it alone")
