"""What nobody will ever meet: conditions that no answer makes true, on materials, branches, buttons, fees, results – with what a fact can be here."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.forms import service as forms
from core.items.compiling import used_blocks
from core.items.studio.advice.names import Place, fields_of
from core.items.studio.advice.rules import Content, advice, said
from core.kernel.errors import Finding
from core.kernel.shapes import listed, mapping
from core.rules.service import Domain, may_hold

#: A person is service object 1 (GB/T 39046); every other kind is an organisation.
_PERSON = "1"
_CHANNELS = frozenset({"web", "window", "api"})
_VOTES = frozenset({"agree", "refuse", "if_none"})


@advice
def conditions_can_hold(content: Content) -> Iterator[Finding]:
    """Every condition of the item, each with what it keeps from ever happening."""
    known = domains(content)
    for at, expression, key in conditions(content):
        if not may_hold(expression, known):
            yield said(at, f"never_{key}")


def domains(content: Content) -> dict[str, Domain]:
    """What each fact of the draft can be: answers of the form, situations, who applies and how, what a vote comes to."""
    item, form = mapping(content.get("item")), content.get("form")
    found: dict[str, Domain] = {}
    if isinstance(form, Mapping):
        spec = _spec(form, mapping(content.get("blocks")))
        found |= forms.domains(spec) if spec is not None else {}
    for situation in listed(item.get("situations")):
        ids = frozenset(each["id"] for each in listed(mapping(situation).get("options")) if isinstance(mapping(each).get("id"), str))
        if ids and isinstance(situation.get("id"), str):
            found[f"situation.{situation['id']}"] = Domain(ids)
    objects = listed(item.get("service_objects"))
    kinds = frozenset(kind for kind, there in (("person", _PERSON in objects), ("company", any(each != _PERSON for each in objects))) if there)
    found["party.kind"] = Domain(kinds or frozenset(("person", "company")))
    found["channel"] = Domain(_CHANNELS)
    kinds_of: dict[str, set[Any]] = {}
    for name, node, _at in nodes(content):
        kinds_of.setdefault(name, set()).add(str(node.get("kind")))
    return found | {f"{name}.outcome": Domain(_VOTES) for name, held in kinds_of.items() if held <= {"sign", "parallel"}}


def _spec(form: Mapping[str, Any], blocks: Mapping[str, Any]) -> Any:
    try:
        return forms.checked(form, used_blocks(form, blocks)).spec
    except Exception:  # noqa: BLE001 - a misshapen form tells nothing of its answers; what is wrong with it is found by the check of its shape
        return None


def nodes(content: Content) -> Iterator[tuple[str, Mapping[str, Any], Place]]:
    """Every node of the route with its id and the way to it."""
    yield from _nodes(mapping(mapping(mapping(content.get("item")).get("route")).get("review")), ("item", "route", "review"), 0)


def _nodes(scope: Mapping[str, Any], at: Place, depth: int) -> Iterator[tuple[str, Mapping[str, Any], Place]]:
    for name, node in mapping(scope.get("nodes")).items() if depth < 10 else ():
        here = (*at, "nodes", str(name))
        if isinstance(node, Mapping):
            yield str(name), node, here
            for branch, inner in mapping(node.get("branches")).items():
                yield from _nodes(mapping(inner), (*here, "branches", str(branch)), depth + 1)


def conditions(content: Content) -> Iterator[tuple[Place, Any, str]]:
    """(way, condition, what it opens) of every condition outside ``visible_when``, which the form's own check reads."""
    item = mapping(content.get("item"))
    for part, key in (("situations", "asked"), ("materials", "wanted"), ("promises", "offered"), ("bars", "barred")):
        yield from _listed(item.get(part), ("item", part), key)
    yield from _listed(mapping(item.get("fees")).get("items"), ("item", "fees", "items"), "charged")
    yield from _listed(mapping(mapping(item.get("route")).get("intake")).get("checks"), ("item", "route", "intake", "checks"), "checked")
    for _name, node, at in nodes(content):
        for part, key in (("actions", "pressed"), ("branches", "begun")):
            for name, entry in mapping(node.get(part)).items():
                if mapping(entry).get("when") is not None:
                    yield (*at, part, str(name), "when"), entry["when"], key
    yield from _limits(item.get("route"), ("item", "route"), 0)
    for at, field in fields_of(mapping(content.get("form"))):
        if mapping(field.get("ui")).get("required_when") is not None and "items" not in at:
            yield (*at, "ui", "required_when"), field["ui"]["required_when"], "required"


def _listed(value: Any, at: Place, key: str) -> Iterator[tuple[Place, Any, str]]:
    for index, entry in enumerate(listed(value)):
        if mapping(entry).get("when") is not None:
            yield (*at, str(index), "when"), entry["when"], key


def _limits(value: Any, at: Place, depth: int) -> Iterator[tuple[Place, Any, str]]:
    """The cases of time limits, wherever they stand in the route."""
    if depth > 40 or not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name == "cases":
            yield from _listed(inner, (*at, "cases"), "limited")
        elif isinstance(inner, Mapping):
            yield from _limits(inner, (*at, str(name)), depth + 1)
