"""``docs/law.md`` out of ``articles.json``: ``python -m tests.law.page`` writes it, a test compares."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ARTICLES: list[dict[str, Any]] = json.loads((HERE / "articles.json").read_text(encoding="utf-8"))
PAGE = ROOT / "docs" / "law.md"

_HEAD = """# 法律与测试 / The law and its tests

*由 `tests/law/articles.json` 生成:`python -m tests.law.page`。Generated; a test keeps it in step.*

《中华人民共和国行政许可法》里与办件有关、并已核对原文的每一条,要么有点名的测试,要么有一行说明软件为什么无事可做。
Each article of the Administrative Licensing Law that concerns a case and whose text was checked has tests that name it, or a line that says why
software has no part in it. Articles are read as corrected: silence is acceptance from the day of *receipt* (32), art. 82 counts the *agency's* days – the
applicant's thirty days of art. 50 are natural days –, refusals rest on art. 38 alone.
"""


def rendered() -> str:
    """The page."""
    parts = [_HEAD]
    for each in ARTICLES:
        parts.append(f"\n## 第 {each['article']} 条\n\n{each['says']}。\n")
        parts += [f"\n- `{name}`" for name in each.get("tests", ())]
        parts += [f"\n\n*{each[key]}*" for key in ("note", "reason") if key in each]
        parts.append("\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
