"""What was concluded about a file that does not say everything about itself: a value with its evidence.

Owns the value only; who concludes what lives with the evidence (`encodings`, `crs_guess`, ...). May be
overruled by the uploader, so the other candidates travel along.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SUBJECTS = (
    "encoding",
    "source_layer",
    "crs",
    "axes",
    "datum",
    "unit",
    "layer",
    "agency",
    "column",
    "key",
    "removal",
)


@dataclass(frozen=True)
class Candidate:
    """Another value that fits too; `fields` say how well or how far off (`share`, `shift_m`)."""

    value: str
    confidence: float
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Detected:
    """One conclusion.

    Attributes
    ----------
    subject
        What it is about, one of `SUBJECTS`.
    value
        What was concluded, as the uploader would write it ("GB18030", "EPSG:4527").
    confidence
        From 0 to 1. 1 is stated by the file or the uploader and not contradicted.
    why
        Code of the evidence; the sentence is `detected_<why>` in `api/words`.
    fields
        What the sentence needs; `column` where the subject is one of several columns.
    others
        Further candidates, the likeliest first.
    """

    subject: str
    value: str
    confidence: float
    why: str
    fields: dict[str, Any] = field(default_factory=dict)
    others: tuple[Candidate, ...] = ()


def detected_from(values: Mapping[str, Any]) -> Detected:
    """The inverse of `dataclasses.asdict`, as it comes out of JSON."""
    others = tuple(Candidate(**each) for each in values.get("others", ()))
    return Detected(**{**values, "others": others})


def percent(share: float) -> int:
    """A share in percent, rounded down: only all of them are 100 %."""
    return int(100 * share + 1e-9)
