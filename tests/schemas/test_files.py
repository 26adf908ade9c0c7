"""The published schemas themselves: complete, described in Chinese, safe patterns, one shape shared by all who use it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.schemas import service as schemas

ROOT = Path(__file__).resolve().parents[2]
KINDS = ["catalogue_entry", "form", "item", "licence_type", "notice_template", "organisation", "plugin_manifest", "route", "rule_sheet", "theme"]
CHINESE = re.compile("[\u4e00-\u9fff]")


def walk(node: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    yield at, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{at}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{at}/{index}")


def is_condition(at: str) -> bool:
    """Inside if/then/not a schema states a condition, it declares no property."""
    return bool(re.search(r"/(if|then|else|not)(/|$)", at))


def test_the_kinds_are_published() -> None:
    assert schemas.versions() == dict.fromkeys(KINDS, (1,))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_2020_12_with_its_own_address(kind: str) -> None:
    schema = schemas.load(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://wangting.example/schemas/{kind}.v1.schema.json"
    assert schema["properties"]["$schema"]["const"] == schema["$id"]
    assert {"$schema", "schema_version"} <= set(schema["required"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_property_has_a_chinese_title_and_description(kind: str) -> None:
    bare = []
    for at, node in walk(schemas.load(kind)):
        if not isinstance(node, dict) or is_condition(at) or not re.search(r"/(properties|patternProperties)$", at):
            continue
        if at.endswith(("/properties/properties", "/properties/patternProperties")):  # a property of that name, not the keyword
            continue
        for name, sub in node.items():
            if not (
                isinstance(sub, dict)
                and CHINESE.search(str(sub.get("title", "")) + "字" * (name in ("title",)))
                and CHINESE.search(str(sub.get("description", "")))
            ):
                bare.append(f"{at}/{name}")
    assert bare == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_takes_no_names_it_does_not_declare(kind: str) -> None:
    open_objects = [
        at
        for at, node in walk(schemas.load(kind))
        if isinstance(node, dict) and ("properties" in node or "patternProperties" in node) and node.get("type") == "object" and not is_condition(at)
        if node.get("additionalProperties") is not False
    ]
    assert open_objects == []


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_are_linear_time_and_mean_the_same_everywhere(kind: str) -> None:
    for at, node in walk(schemas.load(kind)):
        patterns = [node["pattern"]] if isinstance(node, dict) and isinstance(node.get("pattern"), str) else []
        patterns += list(node["patternProperties"]) if isinstance(node, dict) and isinstance(node.get("patternProperties"), dict) else []
        for pattern in patterns if not at.endswith("/properties") else ():
            assert not re.search(r"\\[dwsDWSbB1-9]|\(\?[=!<]", pattern), (at, pattern)
            # a repeated group is linear only when it begins with a separator that cannot occur inside it
            assert not re.search(r"\((?!\[\.\])[^()]*[+*]\)[+*]", pattern), (at, pattern)


@pytest.mark.parametrize("kind", KINDS)
def test_references_stay_inside_the_file_and_lead_somewhere(kind: str) -> None:
    schema = schemas.load(kind)
    for at, node in walk(schema):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and not at.endswith("/properties"):
            assert node["$ref"].startswith("#/$defs/"), at
            assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"], at


def test_item_form_and_route_share_one_definition_of_rules_limits_and_nodes() -> None:
    item, route, form = (schemas.load(k)["$defs"] for k in ("item", "route", "form"))
    assert all(item[name] == route[name] for name in route)
    assert form["rule"] == route["rule"]
    assert schemas.load("item")["properties"]["route"]["properties"]["review"] == schemas.load("route")["properties"]["review"]


def test_the_rule_of_the_schema_knows_exactly_the_operators_of_the_language() -> None:
    from core.rules.parse import ARITY

    assert list(schemas.load("route")["$defs"]["rule"]["oneOf"][2]["properties"]) == list(ARITY)


def test_the_example_of_the_architecture_page_is_valid() -> None:
    """The page is the contract others code against; a shape that the schema refuses would be a lie."""
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.DOTALL)
    item, form = (schemas.parse(block) for block in blocks[:2])
    assert schemas.validate("form", form) == []
    assert [f.path for f in schemas.validate("item", item) if not f.path.startswith("route")] == []


@pytest.mark.parametrize("path", sorted((ROOT / "themes").glob("*/theme.json")), ids=lambda p: p.parent.name)
def test_the_shipped_themes_follow_their_schema(path: Path) -> None:
    assert schemas.validate("theme", json.loads(path.read_text("utf-8"))) == []
