"""A new layer as its form has it: the draft of an examination with what the administrator changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from layers.spec import FIELD_TYPES, GEOMETRIES

TITLE_MOST = 120


def spec_from_form(draft: Mapping[str, Any], values: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The draft with the form's names, titles, types, geometry and key; fields not taken are left out.

    Fields keep what the form does not show (their headers, units and lists of values). The key's new name
    follows the field it was.
    """
    given = {name: text.strip() for name, text in values}
    fields = []
    names: dict[str, str] = {}
    for n, field in enumerate(draft["fields"]):
        if f"take:{n}" not in given:
            continue
        name = given.get(f"field:{n}", field["name"])
        names[field["name"]] = name
        kind = given.get(f"type:{n}", field.get("type", "text"))
        made = {
            **field,
            "name": name,
            "type": kind if kind in FIELD_TYPES else "text",
            "title_zh": given.get(f"zh:{n}", "")[:TITLE_MOST],
            "title_en": given.get(f"en:{n}", "")[:TITLE_MOST],
            "required": f"required:{n}" in given,
        }
        fields.append(made)
    key = given.get("key", draft.get("key", ""))
    geometry = given.get("geometry", "")
    shaped = {"geometry": geometry} if draft.get("geometry") and geometry in GEOMETRIES else {}
    return {
        **draft,
        "name": given.get("name", draft["name"]),
        "title_zh": given.get("title_zh", "")[:TITLE_MOST],
        "title_en": given.get("title_en", "")[:TITLE_MOST],
        **shaped,
        **({"key": names.get(key, key)} if draft.get("key") else {}),
        "fields": fields,
    }
