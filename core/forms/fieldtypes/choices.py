"""Answers picked from a list: yes/no, one, several, one level after another, a commitment."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.forms.branch import Branch
from core.forms.clean import code
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.fieldtypes.text import Text, fitting
from core.forms.spec import Field, Option

#: More options than this make a select instead of a wall of radio buttons.
_RADIO_MOST = 7


def find(options: tuple[Option, ...], value: Any) -> Option | None:
    """The option that stands for *value*, at any depth; ``True`` is not ``1``."""
    for option in options:
        for _, each in option.walk():
            if each.value == value and type(each.value) is type(value):
                return each
    return None


class YesNo(FieldType):
    """Yes or no – or not answered, which is neither."""

    key = "yes_no"
    rule_type = "bool"
    macro = "yes_no"
    group = True
    required_key = "forms.required_choice"
    title = Title("是否", "Yes or no")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def coerce(self, field: Field, text: str) -> Any:
        """The words of the two buttons and their usual spellings."""
        bare = code(text).lower()
        if not bare:
            return MISSING
        return {"true": True, "yes": True, "1": True, "on": True, "是": True, "false": False, "no": False, "0": False, "否": False}.get(bare, text)

    def encode(self, field: Field, value: Any) -> Any:
        """``true`` / ``false``."""
        return {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else ""

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The words of the buttons."""
        if not isinstance(value, bool):
            return "" if value is None else str(value)
        if locale == "en":
            return "Yes" if value else "No"
        return str(field.ui.get("yes", "是") if value else field.ui.get("no", "否"))

    def sample(self, field: Field, seed: int = 0) -> Any:
        """No, which usually asks for least."""
        return bool(field.schema.get("const", False))


class Statement(FieldType):
    """A text to agree to (告知承诺). The only answer is yes; the text itself is pinned with the form."""

    key = "statement"
    rule_type = "bool"
    macro = "statement"
    required_key = "forms.required_statement"
    title = Title("承诺", "Statement")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """Only ``true`` counts."""
        return {"type": "boolean"}

    def coerce(self, field: Field, text: str) -> Any:
        """A ticked box; an unticked one posts nothing."""
        return True if text in ("true", "on", "1", "yes") else MISSING

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """An explicit no is not agreement where agreement is required."""
        if value is not True and field.required:
            yield (), "forms.required_statement", {}

    def encode(self, field: Field, value: Any) -> Any:
        """Ticked or not."""
        return "true" if value is True else ""

    def display(self, field: Field, value: Any, locale: str) -> str:
        """That it was agreed."""
        return {True: "已承诺", False: "未承诺"}.get(value, "") if locale != "en" else {True: "Agreed", False: "Not agreed"}.get(value, "")

    def sample(self, field: Field, seed: int = 0) -> Any:
        """Agreed."""
        return True


class Choice(FieldType):
    """One of several."""

    key = "choice"
    rule_type = "choice"
    macro = "choice"
    required_key = "forms.required_choice"
    title = Title("单选", "One choice")

    def coerce(self, field: Field, text: str) -> Any:
        """The value behind the posted key; a key that is on no list is kept, and refused by the schema."""
        if not text:
            return MISSING
        option = field.by_key.get(text)
        return option.value if option is not None else text

    def encode(self, field: Field, value: Any) -> Any:
        """The key behind the value."""
        option = find(field.options, value)
        return option.key if option is not None else ("" if value is None or value is MISSING else str(value))

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The option's title."""
        option = find(field.options, value)
        return option.title if option is not None else ("" if value is None else str(value))

    def sample(self, field: Field, seed: int = 0) -> Any:
        """One of the options."""
        leaves = [o for top in field.options for _, o in top.walk() if not o.children]
        return leaves[seed % len(leaves)].value if leaves else "1"


class Cascade(Choice):
    """One of a tree (``ui.options.tree``), or of the list that the answer above allows (``ui.parent`` with ``ui.choices_by``)."""

    key = "cascade"
    macro = "cascade"
    title = Title("级联选择", "Choice by levels")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """The code of the last level."""
        return {"type": "string", "maxLength": 200}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """All levels, the widest first: ``陕西省 / 西安市 / 高陵区``."""
        for option in field.options:
            trail = _trail(option, value)
            if trail:
                return " / ".join(o.title for o in trail)
        return super().display(field, value, locale)

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """A tree wants one of its leaves."""
        if field.options and (chosen := find(field.options, value)) is None:
            yield (), "forms.enum", {}
        elif field.options and chosen is not None and chosen.children and not field.ui.get("any_level"):
            yield (), "forms.deeper", {"chosen": chosen.title}


class Region(Cascade):
    """An administrative division by its code; without a list of divisions at hand, its name in words."""

    key = "region"
    title = Title("行政区划", "Division")

    def coerce(self, field: Field, text: str) -> Any:
        """A code, or the name as typed."""
        return super().coerce(field, text if field.options else Text().tidy(text))

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A leaf, or an invented place."""
        return super().sample(field, seed) if field.options else "样例市样例区"


def _as_ordered(keys: list[str], order: str | None) -> list[str]:
    """Browsers post ticked boxes in the order of the page; ``_order`` is the order they were given in before, for as many as are left."""
    if not order or len(order) > 20_000:
        return keys
    try:
        before = json.loads(order)
    except (ValueError, RecursionError):
        return keys
    known = [k for k in before if k in keys] if isinstance(before, list) else []
    return [*known, *(k for k in keys if k not in known)]


def _trail(option: Option, value: Any) -> list[Option]:
    if option.value == value and type(option.value) is type(value):
        return [option]
    for child in option.children:
        if below := _trail(child, value):
            return [option, *below]
    return []


class Choices(FieldType):
    """Several of several."""

    key = "choices"
    rule_type = "choices"
    macro = "choices"
    group = True
    required_key = "forms.required_choice"
    title = Title("多选", "Several choices")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A list without doubles."""
        return {"type": "array", "uniqueItems": True}

    def decode(self, field: Field, branch: Branch) -> Any:
        """The values behind the ticked keys, each once."""
        picked: list[Any] = []
        for key in _as_ordered(branch.texts[: len(field.options) + 50], branch.first("_order")):
            option = field.by_key.get(key)
            value = option.value if option is not None else key
            if key and value not in picked:
                picked.append(value)
        return picked or MISSING

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """None ticked may be an answer."""
        return super().accepts_mark(field, mark) or mark == "[]"

    def encode(self, field: Field, value: Any) -> Any:
        """The keys."""
        if not isinstance(value, list):
            return ()
        return tuple(o.key if (o := find(field.options, v)) is not None else str(v) for v in value)

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The titles in the order of the options."""
        if not isinstance(value, list):
            return str(value)
        titles = [o.title if (o := find(field.options, v)) is not None else str(v) for v in value]
        return ("; " if locale == "en" else "；").join(titles)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """As many as are asked for, at least one."""
        count = max(1, field.schema.get("minItems", 1))
        if not field.options:
            return [fitting({}, "样例")]
        return [field.options[(seed + i) % len(field.options)].value for i in range(min(count, len(field.options)))]
