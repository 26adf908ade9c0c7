"""The one way an item is written down.

``wangting items export`` and the studio both write through :func:`format_item`, so what was applied and exported again is
the same bytes (DESIGN §3: files and studio are one thing). The text is a function of the *value* alone: a published bundle
is canonical JSON and has no key order of its own, so the order here is: the names below first, in this order, every other
name (ids that authors chose) by the way the route runs where there is one, else alphabetically. Order that means something
(materials, pages, choices) lives in arrays and is untouched.
"""

import json
from collections.abc import Mapping
from typing import Any

#: Widest line a small list or object is kept on, so that a limit or an option stays one line as authors write them.
INLINE_WIDTH = 160

_ORDER = (
    "$schema schema_version type kind id code title short_title summary department level codes service_objects applicants anywhere case_type themes "
    "life_events words basis conditions situations materials form route limits lights pauses intake review delivery anytime fees results visits online places "
    "places contacts faq redress seasons provenance translations tests plugins "
    "question answer text status need when source from licence fact original copies accept max_files max_mb help options sets "
    "cases value unit role org department holders limit max "
    "given situation form_values steps as do day expect end path days_used errors documents "
    "statutory promised start nodes lead branches join agree refuse actions to outcome back needs "
    "charged amount items licence_type valid_for data times reason apply depth address hours consult complain "
    "properties required ui field visible_when required_when computed prefill pages sections fields person company basic implementation handle local"
)
_RANK: dict[str, int] = {}
for _name in _ORDER.split():
    _RANK.setdefault(_name, len(_RANK))


def format_item(doc: Mapping[str, Any]) -> str:
    """*doc* as canonical pretty JSON, ending with a newline. Equal values give equal text, whatever the order of their keys."""
    return _block(doc, "", ()) + "\n"


def _names(value: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    if (path and path[-1] == "translations") or (len(path) > 1 and path[-2] == "translations"):
        return sorted(value)
    return sorted(value, key=lambda name: (_RANK.get(name, len(_RANK)), name))


def _run_order(scope: Mapping[str, Any]) -> list[str]:
    """Node ids in the order in which the route reaches them, so that an exported route reads from start to end."""
    nodes: Mapping[str, Any] = scope["nodes"]
    order: list[str] = []
    waiting = [str(scope.get("start", ""))]
    while waiting:
        name = waiting.pop(0)
        if name in order or name not in nodes:
            continue
        order.append(name)
        waiting.extend(_targets(nodes[name]))
    return order + sorted(set(nodes) - set(order))


def _targets(node: Any) -> list[str]:
    if not isinstance(node, Mapping):
        return []
    actions = node.get("actions")
    buttons = [actions[name] for name in sorted(actions)] if isinstance(actions, Mapping) else []
    ways = [node, node.get("agree"), node.get("refuse"), *buttons]
    found = [way["to"] for way in ways if isinstance(way, Mapping) and isinstance(way.get("to"), str)]
    return [*found, *([node["by_hand"]] if isinstance(node.get("by_hand"), str) else [])]


def _inline(value: Any, path: tuple[str, ...]) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(n, ensure_ascii=False)}: {_inline(value[n], (*path, n))}" for n in _names(value, path)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(child, path) for child in value) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max((_depth(v) for v in value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max((_depth(v) for v in value), default=0)
    return 0


def _block(value: Any, indent: str, path: tuple[str, ...]) -> str:
    if not isinstance(value, Mapping | list | tuple) or not value:
        return _inline(value, path)
    if indent and _depth(value) <= 2:
        line = _inline(value, path)
        if len(indent) + len(line) <= INLINE_WIDTH:
            return line
    deeper = indent + "  "
    if isinstance(value, Mapping):
        names = _names(value, path)
        rows = [f"{deeper}{json.dumps(n, ensure_ascii=False)}: {_child(value, n, deeper, path)}" for n in names]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    return "[\n" + ",\n".join(deeper + _block(child, deeper, path) for child in value) + f"\n{indent}]"


def _child(parent: Mapping[str, Any], name: str, indent: str, path: tuple[str, ...]) -> str:
    child = parent[name]
    if name != "nodes" or not isinstance(child, Mapping) or not child:
        return _block(child, indent, (*path, name))
    rows = [f"{indent}  {json.dumps(n, ensure_ascii=False)}: {_block(child[n], indent + '  ', (*path, name, n))}" for n in _run_order(parent)]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
