"""Every packaged coverage rule has an answer for the demo city, by district and by agency."""

import pytest

from inventory.coverage import coverage
from inventory.coverage_rule_file import coverage_rules
from inventory.coverage_run import run_coverage
from layers.catalog import Store

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("by", ["district", "agency"])
@pytest.mark.parametrize("name", coverage_rules())
def test_a_rule_is_measured_and_its_zones_add_up(store: Store, name: str, by: str) -> None:
    run = coverage(store, name, by=by)
    result = run.result
    assert result["inputs_missing"] == []
    rows = [*result["zones"], result["outside"]]
    assert len(result["zones"]) == {"district": 12, "agency": 13}[by]
    for demand in result["demands"]:
        city = result["city"]["figures"][demand["id"]]
        assert city["demand"] > 0
        for figure in ("demand", "unknown", *(["met"] if city["met"] is not None else [])):
            parts = [row["figures"][demand["id"]][figure] for row in rows]
            assert sum(round(part * 1000) for part in parts) == round(city[figure] * 1000)
        level = city["share"] if city["share"] is not None else city["value"]
        assert level is not None
        assert level >= 0
    assert run_coverage(store, run.recipe).content == run.content
