"""The map from articles to tests: nothing verified is missing, every test it names is there and is collected, the page says the same."""

import ast
import re

from tests.law.page import ARTICLES, PAGE, ROOT, rendered

#: The articles whose text was checked word by word, and those the corrections add to them.
VERIFIED = ("32", "38", "39", "40", "42(1)", "42(2)", "43", "44", "45", "46", "47", "48", "50", "53", "57", "58", "69", "70", "82")
CORRECTED = ("34(3)", "36", "55", "78", "79")


def covered(article: str) -> set[str]:
    """``46—48`` is three articles, ``34(3)、55`` two."""
    found: set[str] = set()
    for part in article.split("、"):
        first, _, last = part.partition("—")
        found |= {str(no) for no in range(int(first), int(last) + 1)} if last else {part}
    return found


def test_every_verified_article_has_a_test_or_a_reason() -> None:
    assert set().union(*(covered(each["article"]) for each in ARTICLES)) == {*VERIFIED, *CORRECTED}
    for each in ARTICLES:
        assert bool(each.get("tests")) != bool(each.get("reason")), each["article"]
        assert each["says"]
        assert len(each.get("reason", "说明" * 10)) > 15


def test_every_test_that_is_named_exists_and_is_collected() -> None:
    for name in {name for each in ARTICLES for name in each.get("tests", ())}:
        path, _, function = name.partition("::")
        assert re.fullmatch(r"tests/(\w+/)+test_\w+\.py", path), name
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        there = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
        assert there, name
        if function != "*":
            assert function in there, name
            assert not any("skip" in ast.unparse(mark) for mark in there[function].decorator_list), name


def test_tests_under_tests_law_that_name_an_article_are_on_the_map() -> None:
    named = {name for each in ARTICLES for name in each.get("tests", ())}
    for path in sorted((ROOT / "tests" / "law").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and re.match(r"test_articles?_\d", node.name):
                assert f"tests/law/{path.name}::{node.name}" in named


def test_the_page_is_in_step() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(), "run python -m tests.law.page"
