"""A real item from the studio's door to the hand-in, as its data file tells: what its source says, entered by a person."""

import json
import re
from pathlib import Path
from typing import Any

from tests.browser.studio_hand import Hand

FOLDER = Path(__file__).with_name("five_items")
#: Parts of the item that are one editor each, in the order in which they are filled in.
PARTS = ("基本信息", "依据与条件", "时限", "费用")


def load(code: str) -> dict[str, Any]:
    """What the source says of an item (``record``, as published) and what an administrator makes of it."""
    found: dict[str, Any] = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return found


def make(hand: Hand, data: dict[str, Any]) -> str:
    """The whole item; returns the address of the request for review."""
    hand.begin(**data["begin"])
    for title in PARTS:
        if title in data:
            hand.part(title)
            hand.write(data[title])
    _form(hand, data["表单"])
    for title, lists in (("情形", "情形"), ("材料", "申请材料"), ("结果", "办理结果"), ("指南", "办理地点")):
        for words in data.get(lists, data.get(title, ())):
            hand.part(title)
            hand.card(words, lists)
    _route(hand, data.get("路由", ()))
    hand.tests()
    return hand.hand_in(data["为什么改"])


def _form(hand: Hand, pages: dict[str, list[dict[str, Any]]]) -> None:
    hand.part("表单")
    for number, (title, fields) in enumerate(pages.items()):
        if number:
            hand.page_of(title)
        for words in fields:
            hand.field(words, title)


def _route(hand: Hand, steps: Any) -> None:
    """Each step is one thing that is done in the route editor."""
    for step in steps:
        if hand.page.url.find("/route/") < 0:
            hand.part("路由")
        if "加" in step:
            hand.node(step["加"], step["名称"], step["在"])
        elif "选" in step:
            hand.choose(step["选"])
        if "条件" in step:
            hand.condition(step["条件"], hand.page.locator("#panel"))
        if "面板" in step:
            hand.panel(step["面板"])
        for lane in step.get("分支", ()):
            hand.branch(*lane)
        if "去向" in step:
            hand.ways(step["去向"])
        if "移除" in step:
            hand.press(re.compile(f"^移除 {step['移除']}"))
