"""What stands on the face of a result (照面内容): values in words, as people read them, not as rules compare them."""

from collections.abc import Mapping
from typing import Any

from core.items.facts import labels
from core.items.spec import CompiledItem, JsonObject
from core.kernel.money import yuan
from core.kernel.wording import word
from core.rules.service import compile_rule


def face(compiled: CompiledItem, result: JsonObject, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of *result* for these *facts*: choices by their titles, money in yuan, yes and no as words; unknown ones are left out.

    *facts* are those of :func:`core.items.facts.facts`, made with the compiled item.
    """
    named = labels(compiled.doc, compiled.form.labels)
    shown = {name: _shown(compiled, rule, facts, named) for name, rule in (result.get("data") or {}).items()}
    return {name: value for name, value in shown.items() if value is not None}


def _shown(compiled: CompiledItem, rule: Any, facts: Mapping[str, Any], named: Mapping[str, Any]) -> Any:
    if not isinstance(rule, Mapping):
        return rule
    compiled_rule = compile_rule(rule, None)
    value = compiled_rule.value(facts)
    path = rule.get("var") if set(rule) == {"var"} else None
    choices = getattr(named.get(path), "choices", {}) if isinstance(path, str) else {}
    if isinstance(value, bool):
        return word("items.yes" if value else "items.no")
    if isinstance(path, str) and compiled.form.types.get(path) == "money" and isinstance(value, int):
        return yuan(value)
    if isinstance(value, list | tuple):
        return "、".join(str(choices.get(part, part)) for part in value)
    return choices.get(value, value) if choices else value
