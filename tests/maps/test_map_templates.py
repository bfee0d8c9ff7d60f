"""Data on a map page is never a template: branca would compile what elements say a second time."""

import json

import pytest

from maps.elements import MapElement
from maps.page import PlanMap


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% raw %}", "{# gone #}", "{{ cycler.__init__ }}"])
def test_names_that_look_like_templates_stay_text(text):
    page = PlanMap(bounds=(0, 0, 1, 1), label=text, words={"zoom_in": text})
    page.add_child(MapElement({"name": text}))
    body = page.parts().body
    assert f'aria-label="{text}"' in body
    data = body.split('data-map-element="element">')[1].split("</script>")[0]
    assert json.loads(data) == {"name": text}
    assert "49" not in body
