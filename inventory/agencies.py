"""Who answers for a zone: a district for its own, a functional zone for the members it lists."""

from dataclasses import dataclass

from layers.city import AgencyEntry, City


@dataclass(frozen=True)
class Agencies:
    """The organisations of a city, and the zone codes each answers for."""

    entries: tuple[AgencyEntry, ...]

    @classmethod
    def of(cls, city: City) -> "Agencies":
        return cls(city.agencies)

    def responsible_for(self, zone_code: str) -> AgencyEntry | None:
        """The agency of a district, subdistrict or community by its code.

        Codes are nested: a subdistrict's begins with its district's. The longest code that an agency has or
        lists as a member wins, so that a functional zone takes its subdistricts out of the districts around
        it. None where no agency fits.
        """
        best: tuple[int, AgencyEntry] | None = None
        for entry in self.entries:
            for code in (entry.code, *entry.members):
                if zone_code.startswith(code) and (best is None or len(code) > best[0]):
                    best = (len(code), entry)
        return best[1] if best else None
