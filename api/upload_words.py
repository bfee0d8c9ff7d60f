"""Small things said about uploads: sizes, names, states of work, errors that were kept as code and fields."""

from api.words import Words
from layers.jobs import Job
from layers.uploads import Upload

_STEPS = ("take_apart", "read", "detect", "validate", "compare", "keep")


def problem(words: Words, found: Upload, job: Job | None) -> dict[str, str] | None:
    """What failed, and what can be done next; None while nothing has."""
    if job is None or job.state != "failed" or job.error is None or found.state in ("dropped", "published"):
        return None
    return {
        "title": words.say("upload_failed_title"),
        "text": words.failure(job.error.code, job.error.fields),
        "next": words.say("upload_failed_job_next"),
    }


def now(words: Words, job: Job | None) -> str:
    """What is happening, in a sentence."""
    if job is None or job.state == "queued":
        return words.say("upload_now_queued")
    step, share = (job.progress or {}).get("step"), share_of(job)
    if step is None:
        return words.say("upload_now_running")
    name = words.say(f"upload_step_{step}" if step in _STEPS else "upload_step_other")
    if share is None:
        return words.say("upload_now_at", step=name)
    return words.say("upload_now_step", step=name, share=words.percent(share / 100, 0))


def share_of(job: Job | None) -> int | None:
    """How far the work is, in percent; None while that is not known."""
    share = (job.progress or {}).get("share") if job else None
    return round(100 * float(share)) if isinstance(share, (int, float)) else None


def shown_name(found: Upload) -> str:
    """What the upload is called: its only file, or the first and how many more."""
    first = found.files[0].name if found.files else found.id[:8]
    return first if len(found.files) < 2 else f"{first} +{len(found.files) - 1}"


def size_text(words: Words, size: int) -> str:
    """Bytes as people say them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{words.number(size / factor, 1 if size < 100 * factor else 0)}\u00a0{unit}"
    return f"{words.number(size)}\u00a0B"
