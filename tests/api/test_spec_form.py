"""A new layer's form: what is kept of the draft, and that what comes out is a spec."""

from pathlib import Path

from api.spec_form import spec_from_form
from layers.spec_draft import as_toml
from layers.spec_files import parse_spec

DRAFT = {
    "name": "layer_1",
    "title_zh": "充电桩",
    "title_en": "充电桩",
    "kind": "features",
    "geometry": "point",
    "key": "field_1",
    "fields": [
        {"name": "field_1", "title_zh": "编号", "title_en": "编号", "required": True},
        {"name": "field_2", "type": "integer", "title_zh": "功率", "title_en": "功率", "unit": "kW"},
        {"name": "field_3", "title_zh": "备注", "title_en": "备注"},
    ],
}
FORM = [
    ("name", "chargers"),
    ("title_zh", "充电桩"),
    ("title_en", 'Chargers "fast"\n[[fields]]'),
    ("geometry", "point"),
    ("key", "field_1"),
    *((f"take:{n}", "yes") for n in (0, 1)),
    *((f"field:{n}", name) for n, name in enumerate(("id", "power", "remarks"))),
    *((f"zh:{n}", text) for n, text in enumerate(("编号", "功率", "备注"))),
    *((f"en:{n}", text) for n, text in enumerate(("Number", "Power", "Remarks"))),
    ("type:0", "text"),
    ("type:1", "number"),
    ("required:0", "yes"),
]


def test_the_form_makes_a_spec_with_its_names_and_what_it_does_not_show():
    spec = parse_spec(as_toml(spec_from_form(DRAFT, FORM)), Path("chargers.toml"))
    assert (spec.name, spec.geometry, spec.key) == ("chargers", "point", "id")
    assert [(each.name, each.type, each.required) for each in spec.fields] == [
        ("id", "text", True),
        ("power", "number", False),
    ]
    assert spec.field("power").unit == "kW"


def test_whatever_a_title_holds_is_only_a_title():
    spec = parse_spec(as_toml(spec_from_form(DRAFT, FORM)), Path("chargers.toml"))
    assert spec.title_en == 'Chargers "fast"\n[[fields]]'


def test_what_the_form_cannot_say_stays_as_drafted():
    odd = [("take:0", "yes"), ("geometry", "sphere"), ("type:0", "blob"), ("kind", "raster")]
    made = spec_from_form(DRAFT, odd)
    assert (made["geometry"], made["fields"][0]["type"], made["kind"]) == ("point", "text", "features")
