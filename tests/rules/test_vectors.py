"""One table of cases, two evaluators: what the server decides and what the browser shows are the same."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.rules.parse import ARITY
from core.rules.service import RuleError, compile_rule

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "core" / "rules" / "vectors.json").read_text("utf-8"))
OPERATORS = list(ARITY)
SOAK = bool(os.environ.get("WANGTING_SOAK"))


def python(rule: Any, facts: Any) -> tuple[Any, bool | None]:
    try:
        compiled = compile_rule(rule)
    except RuleError:
        return None, None
    return compiled.value(facts), compiled.evaluate(facts)


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 is 1.0 but never true."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    return float(a) == float(b)  # inside a list that is handed through, a number the browser cannot hold is rounded on reading


@pytest.mark.parametrize("case", VECTORS, ids=[f"{n}-{c['title']}" for n, c in enumerate(VECTORS)])
def test_python_answers_the_vector(case: dict[str, Any]) -> None:
    value, truth = python(case["rule"], case["facts"])
    assert same(value, case["value"]), value
    assert truth is (case["value"] if isinstance(case["value"], bool) else None)


def test_the_browser_answers_every_vector(run_js: Any) -> None:
    answers = run_js([(c["rule"], c["facts"]) for c in VECTORS])
    wrong = [(c["title"], c["value"], got) for c, (got, truth) in zip(VECTORS, answers, strict=True) if not same(got, c["value"])]
    assert not wrong


def test_the_vectors_are_many_and_cover_every_operator() -> None:
    assert len(VECTORS) >= 150
    text = json.dumps([c["rule"] for c in VECTORS])
    assert [op for op in OPERATORS if f'"{op}": ' not in text] == []
    assert {type(c["value"]) for c in VECTORS} >= {bool, int, str, type(None)}


def test_the_browsers_twin_is_small_and_evaluates_no_text() -> None:
    source = (ROOT / "core" / "web" / "static" / "js" / "rules.js").read_text("utf-8")
    assert len(source.encode()) < 6 * 1024
    assert "eval(" not in source.replace("evaluate(", "") and "Function" not in source and "import" not in source


SCALARS: list[Any] = [
    0,
    1,
    -1,
    2.5,
    300,
    0.1,
    9007199254740991,
    9007199254740993,
    1e308,
    "a",
    "b",
    "",
    "Z",
    "一",
    "\uffee",
    "\U00020000",
    "\ud800",
    "2026-02-28",
]
SCALARS += ["2026-02-30", "2024-02-29", True, False, None]
KEYS = ["a", "b", "c", "rows", "day", "no"]


def random_facts(r: random.Random) -> dict[str, Any]:
    form: dict[str, Any] = {k: r.choice(SCALARS) for k in KEYS if r.random() < 0.7}
    if r.random() < 0.7:
        form["rows"] = [{k: r.choice(SCALARS) for k in KEYS if r.random() < 0.6} for _ in range(r.randrange(4))]
    if r.random() < 0.3:
        form["b"] = [r.choice(SCALARS) for _ in range(r.randrange(4))]
    return {"form": form, **({"row": form} if r.random() < 0.2 else {})}


def random_rule(r: random.Random, depth: int, wild: bool) -> Any:
    if depth == 0 or r.random() < 0.2:
        if r.random() < 0.6:
            return {"var": r.choice(["form.", "form.", "row."]) + r.choice(KEYS)}
        return r.choice(SCALARS if wild else [s for s in SCALARS if s not in (None, "", 9007199254740993, 1e308)])
    op = r.choice(OPERATORS + (["xor", "", "cat"] if wild else []))
    deeper = lambda: random_rule(r, depth - 1, wild)  # noqa: E731
    if op == "var":
        return {"var": "form." + r.choice(KEYS)}
    if op == "missing":
        return {"missing": ["form." + r.choice(KEYS) for _ in range(r.randrange(1, 3))]}
    if op in ("some", "all", "none"):
        return {op: [{"var": r.choice(["form.rows", "row.rows", "form.b"])}, deeper()]}
    if op == "in" and r.random() < 0.8:
        return {"in": [deeper(), [r.choice(SCALARS[:8]) for _ in range(r.randrange(4))]]}
    if op == "days_between" and r.random() < 0.7:
        return {op: [r.choice(["2026-02-28", {"var": "form.day"}]), r.choice(["2024-02-29", {"var": "form.a"}])]}
    count = {"!": 1, "if": 3, "-": r.choice([1, 2]), "<": r.choice([2, 3])}.get(op, 2)
    if wild and r.random() < 0.1:
        count = r.randrange(4)
    return {op: [deeper() for _ in range(count)]}


@pytest.mark.counted
@pytest.mark.parametrize("wild", [False, True], ids=["well formed", "wild"])
def test_both_evaluators_agree_on_random_rules(wild: bool, run_js: Any, record_property: Callable[[str, object], None]) -> None:
    seed = 20260101 + wild
    r = random.Random(seed)
    cases = [(random_rule(r, r.randrange(1, 6), wild), random_facts(r)) for _ in range(50_000 if SOAK else 1_000)]
    answers = run_js(cases)
    ours = [python(rule, facts) for rule, facts in cases]
    wrong = [(case, a, b) for case, a, b in zip(cases, ours, answers, strict=True) if not (same(a[0], b[0]) and a[1] is b[1])]
    assert not wrong, wrong[0]
    seen = [truth for _, truth in ours]
    assert min(seen.count(True), seen.count(False), seen.count(None)) > len(cases) // 40, "the fuzz must reach every answer"
    for name, value in (("seed", seed), ("rules", len(cases)), *((str(truth), seen.count(truth)) for truth in (True, False, None))):
        record_property(name, value)


def test_chromium_agrees_with_node_where_both_are_present(run_js: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    if shutil.which("node") is None or not any(map(os.path.exists, (os.environ.get("CHROMIUM") or "/usr/bin/chromium",))):
        pytest.skip("only one of node and chromium is here; the other tests used it")
    cases = [(c["rule"], c["facts"]) for c in VECTORS]
    by_node = run_js(cases)
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "node" else real(name))
    assert run_js(cases) == by_node
