"""What the address of an upload's page asks to see of its examination."""

from dataclasses import dataclass
from typing import Any

from api.changes import KINDS
from api.params import ParameterInvalid
from layers.findings import SEVERITIES


@dataclass(frozen=True)
class Wanted:
    """What the address asks to see of an examination."""

    severity: str | None = None
    rule: str | None = None
    start: int = 0
    place: str | None = None
    change: str | None = None
    change_start: int = 0

    def __post_init__(self) -> None:
        for name, value, known in (("severity", self.severity, SEVERITIES), ("change", self.change, KINDS)):
            if value is not None and value not in known:
                raise ParameterInvalid(name, value, ", ".join(known))

    def query(self) -> dict[str, Any]:
        """The same as it stands in an address."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "start": self.start or None,
            "place": self.place,
            "change": self.change,
            "change_start": self.change_start or None,
        }
