"""How an item begins: from a template of its type, or as a copy of another."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from core.items.studio.errors import BadEdit
from core.kernel.text import normalise
from core.schemas import service as schemas

_TEMPLATES = Path(__file__).with_name("templates")
_LONGEST = 64


@cache
def templates() -> Mapping[str, Mapping[str, Any]]:
    """Templates by name, each ``{"title": {"zh", "en"}, "help": {…}, "item": …, "form": …}``."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(_TEMPLATES.glob("*.json"))}
    return dict(sorted(found.items(), key=lambda pair: pair[1]["order"]))


def code_of(text: str) -> str:
    """A code that somebody typed. Raises :class:`BadEdit` when an item cannot be called that."""
    code = normalise(text).strip().lower()
    if not code or len(code) > _LONGEST or re.fullmatch(schemas.load("item")["properties"]["code"]["pattern"], code) is None:
        raise BadEdit("items.studio_code_bad", code=code[:80])
    return code


def from_template(name: str, *, code: str, title: str, department: str, level: str) -> dict[str, Any]:
    """The content of a new item made from a template. Raises :class:`BadEdit` for a template that is none and a code that is none."""
    found = templates().get(name)
    if found is None:
        raise BadEdit("items.studio_template_missing", name=name[:80])
    return named({"item": deepcopy(found["item"]), "form": deepcopy(found["form"]), "blocks": {}}, code, title, department, level)


def copy_of(content: Mapping[str, Any], *, code: str, title: str, department: str, level: str) -> dict[str, Any]:
    """The content of a new item that is like another: everything but what is the other's alone – its codes in the lists of powers."""
    made = deepcopy(dict(content))
    if isinstance(made["item"].get("codes"), Mapping):
        made["item"]["codes"] = dict.fromkeys(made["item"]["codes"])
    return named(made, code, title, department, level)


def named(content: dict[str, Any], code: str, title: str, department: str, level: str) -> dict[str, Any]:
    """*content*, which is changed, as the item of that code, name and place. Raises :class:`BadEdit` for a code that is none."""
    code = code_of(code)
    name = normalise(title).strip() or code
    form = code.replace("-", "_")
    content["item"] |= {"code": code, "title": name, "department": department, "level": level, "form": form}
    content["form"] |= {"id": form}
    return content
