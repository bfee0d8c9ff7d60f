"""What a running Quantu is told from outside: `QUANTU_*` variables, read once by whoever starts it.

Owns the list of settings and their defaults. `create_app(settings)` takes the finished value, so
nothing is read from the environment when a module is imported.
"""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from layers.upload_limits import Limits

MIB = 1024**2
ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Settings of one process; each field is read from `QUANTU_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="QUANTU_", frozen=True, extra="forbid")

    home: Path = Field(
        default=Path("home"),
        description="The city's workspace: a folder of data and settings, made by `quantu init` or `demo`.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Where the catalog lives, as an SQLAlchemy address. Default: SQLite inside the home.",
    )
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the web server listens on.")
    allowed_hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost", "[::1]"),
        description="Host names requests may be addressed to, as a JSON list; others get 400.",
    )
    browser_files: Path = Field(
        default=ROOT / "node_modules",
        description="Folder of the installed browser packages (Leaflet, Swagger UI).",
    )
    upload_file_mib: int = Field(default=2048, ge=1, description="MiB one uploaded file may have.")
    upload_mib: int = Field(default=4096, ge=1, description="MiB one upload may have.")
    uploads_mib: int = Field(default=20480, ge=1, description="MiB all uploads at work may have together.")
    upload_files: int = Field(default=200, ge=1, le=10_000, description="Files one upload may have.")
    upload_idle_days: int = Field(
        default=14, ge=1, description="Days after which an upload that nobody touches is dropped."
    )
    job_memory_mib: int = Field(
        default=3072, ge=64, description="MiB a job may use beyond what its worker holds when it starts."
    )
    job_seconds: int = Field(default=1800, ge=1, description="Seconds a job may take.")
    job_seconds_of: dict[str, int] = Field(
        default={}, description="Seconds for kinds of jobs that differ, as a JSON object."
    )
    production: bool = Field(
        default=False,
        description="Refuse to serve or work unless files of others are opened in confinement.",
    )
    threads: int = Field(default=2, ge=1, le=256, description="Threads a coverage run may use.")
    results_kept: int = Field(
        default=100, ge=4, description="Coverage results kept on disk; the ones used last stay."
    )
    results_kept_mb: int = Field(
        default=4096, ge=1, description="Megabytes that kept coverage results may fill; today's always stay."
    )
    pasts_at_once: int = Field(
        default=1, ge=1, description="Coverage of other dates computed at once; who asks for more gets 503."
    )
    waiting: int = Field(
        default=16, ge=0, description="Requests that may wait for coverage being computed; others get 503."
    )

    def upload_limits(self) -> Limits:
        """How much may be sent."""
        return Limits(
            self.upload_file_mib * MIB, self.upload_mib * MIB, self.uploads_mib * MIB, self.upload_files
        )

    def catalog_url(self) -> str | None:
        """The catalog's address in clear, for the one place that connects."""
        return self.database_url.get_secret_value() if self.database_url else None
