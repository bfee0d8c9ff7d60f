"""What can go wrong when the demo city is built."""

from pathlib import Path
from typing import ClassVar


class DemoError(Exception):
    """The demo city cannot be built."""

    code: ClassVar[str] = "demo_error"


class DemoDiffers(DemoError):
    """The folder holds a demo city made with another seed or scale."""

    code: ClassVar[str] = "demo_differs"

    def __init__(self, home: Path, found: str, wanted: str) -> None:
        self.home, self.found, self.wanted = home, found, wanted
        super().__init__(
            f"{home} holds a demo city made with {found}, not {wanted}: choose another folder or remove it"
        )
