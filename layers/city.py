"""What `city.toml` says: the city's names, area, projection, agencies and zones. Imports no geometry."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from layers.errors import CityError
from layers.toml_table import TomlTable

LANGUAGES = ("zh", "en")
AGENCY_KINDS = ("city", "district", "functional_zone", "bureau")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_AGENCY_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class AgencyEntry:
    """An organisation that owns data. `members` are the codes of districts or subdistricts it answers for."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class ZoneEntry:
    """A way to cut the city into zones: a polygon layer, its key column and the column of names."""

    layer: str
    key: str
    name: str


@dataclass(frozen=True)
class City:
    """One city. `bbox` is west, south, east, north in degrees; `working_crs` is a CRS text or "auto".

    `attribution` is the credit its data's licences ask for; every map prints it. `timezone` names the zone
    of its clocks: a day is a day there. `expected` says of layers that many publish whose part is awaited:
    where one is not there yet, nothing is known, which is not the same as nothing being there.
    """

    id: str
    name_zh: str
    name_en: str
    bbox: tuple[float, float, float, float]
    working_crs: str
    languages: tuple[str, ...]
    default_language: str
    approval_number: str | None
    attribution: str | None
    synthetic: bool
    agencies: tuple[AgencyEntry, ...]
    zones: dict[str, ZoneEntry]
    network: str
    rule_set: str
    timezone: str = "UTC"
    expected: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone by its name."""
        return ZoneInfo(self.timezone)

    def agency(self, code: str) -> AgencyEntry | None:
        """The agency of that code, None if the city has no such agency."""
        return next((entry for entry in self.agencies if entry.code == code), None)

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of the box."""
        west, south, east, north = self.bbox
        return (west + east) / 2, (south + north) / 2


def read_city(path: Path) -> City:
    """The city of a `city.toml`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CityError(path, "", f"is not UTF-8 text: {error}") from error
    return parse_city(text, path)


def parse_city(text: str, path: Path | str = "city.toml") -> City:
    """The city of a text; CityError names the file and the key of whatever is not understood."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CityError(path, "", f"is not TOML: {error}") from error
    table = TomlTable(values, path, CityError)
    languages = table.texts("languages") or LANGUAGES
    for language in languages:
        if language not in LANGUAGES:
            table.fail("languages", f"knows {', '.join(LANGUAGES)}, not {language!r}")
    identifier = table.text("id")
    if not _IDENTIFIER.fullmatch(identifier):
        table.fail("id", f"should be lower-case letters, digits, - and _, is {identifier!r}")
    city = City(
        id=identifier,
        name_zh=table.text("name_zh"),
        name_en=table.text("name_en"),
        bbox=_bbox(table),
        working_crs=table.text("working_crs", "auto"),
        languages=languages,
        default_language=table.text("default_language", languages[0], choices=languages),
        approval_number=table.optional_text("approval_number"),
        attribution=table.optional_text("attribution"),
        synthetic=table.boolean("synthetic", False),
        agencies=(agencies := _agencies(table)),
        zones=_zones(table.table("zones")),
        network=table.text("network", "walk_network"),
        rule_set=table.text("rule_set", "gb50180-2018"),
        timezone=_timezone(table),
        expected=_expected(table.table("expected"), agencies),
    )
    table.done()
    return city


def _timezone(table: TomlTable) -> str:
    name = table.text("timezone", "UTC")
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, a path out of the folder, a folder
        table.fail("timezone", f"should be a name such as Asia/Shanghai, is {name!r}")


def _bbox(table: TomlTable) -> tuple[float, float, float, float]:
    west, south, east, north = table.numbers("bbox", 4)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        table.fail(
            "bbox", f"should be [west, south, east, north] in degrees, is {[west, south, east, north]}"
        )
    return west, south, east, north


def _agencies(table: TomlTable) -> tuple[AgencyEntry, ...]:
    entries: dict[str, AgencyEntry] = {}
    rows = table.tables("agencies")
    if not rows:
        table.fail("agencies", "is missing: name at least one, written [[agencies]]")
    for row in rows:
        code = row.text("code")
        if not _AGENCY_CODE.fullmatch(code):
            row.fail("code", f"should be letters, digits, - and _, is {code!r}")
        if code in entries:
            row.fail("code", f"{code!r} is used twice")
        name_zh = row.text("name_zh")
        entries[code] = AgencyEntry(
            code=code,
            name_zh=name_zh,
            name_en=row.text("name_en", name_zh),
            kind=row.text("kind", "district", choices=AGENCY_KINDS),
            members=row.texts("members"),
        )
        row.done()
    return tuple(entries.values())


def _expected(table: TomlTable, agencies: tuple[AgencyEntry, ...]) -> dict[str, tuple[str, ...]]:
    """Layer -> codes of agencies, sorted; a kind of agency stands for all of that kind."""
    found = {}
    for layer in table.names():
        codes: set[str] = set()
        for name in table.texts(layer):
            named = {entry.code for entry in agencies if name in (entry.code, entry.kind)}
            if not named:
                table.fail(layer, f"{name!r} is neither the code nor the kind of an agency of this city")
            codes |= named
        if not codes:
            table.fail(layer, "names nobody: list codes or kinds of agencies")
        found[layer] = tuple(sorted(codes))
    return found


def _zones(table: TomlTable) -> dict[str, ZoneEntry]:
    zones: dict[str, ZoneEntry] = {}
    for name in table.names():
        entry = table.table(name)
        zones[name] = ZoneEntry(entry.text("layer"), entry.text("key", "code"), entry.text("name", "name"))
        entry.done()
    return zones
