"""Runs the browser's twin of the rules: in node where there is one, else in Chromium. With neither the tests fail loudly."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import services

TWIN = Path(__file__).resolve().parents[2] / "core" / "web" / "static" / "js" / "rules.js"
Cases = list[tuple[Any, Any]]

_LOOP = """
import { createInterface } from "node:readline";
const { value, evaluate } = await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin })) {
  const [rule, facts] = JSON.parse(line);
  process.stdout.write(JSON.stringify([value(rule, facts), evaluate(rule, facts)]) + "\\n");
}
"""
_PAGE = """async ([source, lines]) => {
  const { value, evaluate } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  return lines.map((line) => { const [rule, facts] = JSON.parse(line); return JSON.stringify([value(rule, facts), evaluate(rule, facts)]); });
}"""


def in_node(lines: list[str]) -> list[str]:
    command = [shutil.which("node") or "node", "--input-type=module", "-e", _LOOP, TWIN.as_uri()]
    return subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True, encoding="utf-8").stdout.splitlines()


def in_chromium(lines: list[str]) -> list[str]:
    page = services.browser().new_page()
    try:
        return list(page.evaluate(_PAGE, [TWIN.read_text("utf-8"), lines]))
    finally:
        page.close()


@pytest.fixture(scope="session")
def run_js() -> Callable[[Cases], list[tuple[Any, bool | None]]]:
    """``run_js([(rule, facts), …])`` → ``[(value, truth), …]`` as the browser sees them."""

    def run(cases: Cases) -> list[tuple[Any, bool | None]]:
        lines = [json.dumps(case) for case in cases]  # ASCII, so that lone surrogates survive the pipe
        answers = (in_node if shutil.which("node") else in_chromium)(lines)
        assert len(answers) == len(cases)
        return [tuple(json.loads(a)) for a in answers]

    return run
