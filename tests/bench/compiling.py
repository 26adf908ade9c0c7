"""How long a very large form takes to compile: 1,000 fields, 100 of them with a rule."""

import time
from typing import Any

from core.forms.service import compile_form

FIELDS, RULES = 1000, 100


def large_form() -> dict[str, Any]:
    """A form of ten pages; every tenth field shows only for an answer to the one before."""
    properties: dict[str, Any] = {}
    for n in range(FIELDS):
        field: dict[str, Any] = {"type": "string", "title": f"字段 {n}", "maxLength": 200}
        if n % (FIELDS // RULES) == 1:
            field["ui"] = {"visible_when": {"==": [{"var": f"form.f{n - 1}"}, "甲"]}}
        properties[f"f{n}"] = field
    names = list(properties)
    pages = [
        {"id": f"p{n}", "title": f"第 {n + 1} 页", "sections": [{"id": f"s{n}", "title": "一节", "fields": names[n * 100 : n * 100 + 100]}]} for n in range(10)
    ]
    return {
        "schema_version": 1,
        "id": "large",
        "title": "很大的表",
        "type": "object",
        "properties": properties,
        "required": names[::20],
        "ui": {"pages": pages},
    }


def seconds_to_compile() -> float:
    """CPU seconds of one cold compilation; the best of three different forms, because the machine is shared."""
    taken = []
    for n in range(3):
        form = {**large_form(), "title": f"很大的表 {n}"}
        began = time.process_time()
        compile_form(form)
        taken.append(time.process_time() - began)
    return min(taken)
