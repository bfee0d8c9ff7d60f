"""Who answers for a zone."""

from inventory.agencies import Agencies
from layers.city import AgencyEntry

ENTRIES = (
    AgencyEntry("370100-planning", "规划局", "Planning", "bureau"),
    AgencyEntry("370105", "天桥区", "Tianqiao", "district"),
    AgencyEntry("370112", "历城区", "Licheng", "district"),
    AgencyEntry("370176", "高新区", "High-tech zone", "functional_zone", ("370112008",)),
)


def code_of(zone):
    found = Agencies(ENTRIES).responsible_for(zone)
    return found and found.code


def test_a_district_answers_for_all_below_it():
    assert code_of("370105") == "370105"
    assert code_of("370105001") == "370105"
    assert code_of("370105001001") == "370105"


def test_a_functional_zone_takes_its_members_out_of_their_district():
    assert code_of("370112008003") == "370176"
    assert code_of("370112007") == "370112"


def test_nobody_answers_for_a_zone_elsewhere():
    assert code_of("370900") is None
