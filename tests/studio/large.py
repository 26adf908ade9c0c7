"""The largest item that the studio promises to be quick with: many fields, rules, steps – sound, and in the shape of a real one."""

import copy
from collections.abc import Mapping
from typing import Any

FIELDS, RULES, STEPS, TESTS = 1_000, 100, 40, 40
_PER_SECTION = 10


def large(
    food: Mapping[str, Any], food_form: Mapping[str, Any], *, fields: int = FIELDS, rules: int = RULES, steps: int = STEPS, tests: int = TESTS
) -> dict[str, Any]:
    """A draft's content grown from the item *food* and its form: so many fields more, rules that show some of them, steps one after another,
    and so many tests, each with answers of its own."""
    item, form = copy.deepcopy(dict(food)), copy.deepcopy(dict(food_form))
    added = {f"extra_{n}": _field(n) for n in range(fields - len(form["properties"]))}
    names = list(added)
    for n in range(rules):
        name = names[(n * 7 + 3) % len(names)]
        added[name]["ui"] = {**added[name].get("ui", {}), "visible_when": _rule(n)}
    form["properties"] |= added
    sections = [
        {"id": f"more_{start}", "title": f"补充内容第 {start // _PER_SECTION + 1} 节", "fields": names[start : start + _PER_SECTION]}
        for start in range(0, len(names), _PER_SECTION)
    ]
    form["ui"]["pages"] += [{"id": f"page_{n}", "title": f"补充第 {n // 10 + 1} 页", "sections": sections[n : n + 10]} for n in range(0, len(sections), 10)]
    _lengthen(item, steps)
    item["tests"] = [_again(item["tests"][n % len(item["tests"])], n) for n in range(max(tests, len(item["tests"])))]
    return {"item": item, "form": form, "blocks": {}}


def _again(test: dict[str, Any], n: int) -> dict[str, Any]:
    """A test once more, under an id of its own and with another answer in it, so that nothing that is remembered of the one helps the other."""
    made = copy.deepcopy(test)
    return {
        **made,
        "id": f"{made['id']}_{n}",
        "title": f"{made['title']}（{n}）",
        "given": {**made["given"], "form": {**made["given"]["form"], "extra_5": f"第 {n} 次"}},
    }


def _field(n: int) -> dict[str, Any]:
    if n % 10 == 0:
        return {"type": "boolean", "title": f"第 {n} 项是否适用", "ui": {"field": "yes_no"}}
    if n % 10 == 1:
        options = [{"const": f"c{k}", "title": f"第 {k} 种做法"} for k in range(5)]
        return {"type": "string", "title": f"第 {n} 项的做法", "oneOf": options, "ui": {"field": "choice"}}
    if n % 10 == 2:
        return {"type": "number", "title": f"第 {n} 项的数量", "minimum": 0, "ui": {"field": "number", "unit": "个"}}
    return {"type": "string", "title": f"第 {n} 项的说明", "maxLength": 200, "ui": {"field": "text"}}


def _rule(n: int) -> dict[str, Any]:
    """Reads fields of the real form only, so that no rule waits for another."""
    return {"and": [{"==": [{"var": "form.business_kind"}, ("catering", "retail", "canteen")[n % 3]]}, {">": [{"var": "form.area"}, n]}]}


def _lengthen(item: dict[str, Any], steps: int) -> None:
    """Steps before the decision, each with its limit; the promise is long enough for all of them."""
    review = item["route"]["review"]
    for part in ("statutory", "promised"):
        item["route"]["limits"][part] = {"value": 200 if part == "statutory" else 150, "unit": "working_day", "basis": "《中华人民共和国食品安全法》第三十五条"}
    for n in range(steps):
        review["nodes"][f"extra_{n}"] = {
            "kind": "step", "title": f"补充核对第 {n + 1} 步", "holders": {"role": "reviewer", "org": "owner"}, "limit": {"value": 1, "unit": "working_day"},
            "actions": {
                "pass": {"title": "通过", "to": f"extra_{n + 1}" if n + 1 < steps else "decide"},
                "refuse": {"title": "不通过", "outcome": "refuse", "needs": ["reason"]},
            },
        }  # fmt: skip
    for way in ("agree", "refuse"):
        review["nodes"]["joint"][way] = {"to": "extra_0"}
    passed = [{"as": "reviewer", "do": "pass", "at": f"extra_{n}"} for n in range(steps)]
    for test in item["tests"]:
        test["steps"] = [each for step in test["steps"] for each in ([*passed, step] if step["as"] == "leader" else [step])]
