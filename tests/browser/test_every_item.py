"""Every shipped item, in a browser: its guide, its application from the first page to the receipt, its place in the window's worklist."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.forms.service import compile_form, sample
from core.items.subcases import nodes_of
from tests.browser import filling
from tests.demo_hall import CITIZEN, DemoHall
from tests.items_content.content import forms, real_items
from tests.papers import paper

REAL = real_items()
#: A bundle needs its plugin, and what a bundle begins is filed with it: both are walked in the plugin's own journey.
BUNDLED = {node["item"] for doc in REAL.values() if doc["plugins"] for _at, _id, node in nodes_of(doc["route"])}
ITEMS = {code: doc for code, doc in REAL.items() if not doc["plugins"] and code not in BUNDLED}


def answers(item: dict[str, Any]) -> dict[str, Any]:
    """Valid answers for the item's first test case."""
    given = item["tests"][0]["given"]
    spec = compile_form(forms()[item["form"]])
    return dict(sample(spec, overrides=given["form"], facts={"situation": given["situation"], "channel": "web"}))


def papers_for(item: dict[str, Any]) -> dict[str, list[tuple[str, bytes]]]:
    """One file for every material the applicant hands in."""
    return {
        material["id"]: [paper(material.get("accept") or ["pdf"], material["id"])]
        for material in item["materials"]
        if material["source"]["from"] == "applicant"
    }


@pytest.mark.parametrize("code", sorted(ITEMS))
def test_item_from_guide_to_worklist(code: str, person: Callable[..., Page], hall: DemoHall) -> None:
    """A citizen (or their company) applies with valid answers; a window clerk sees the case."""
    item: dict[str, Any] = dict(ITEMS[code])
    me = person(CITIZEN)
    me.goto(hall.url(f"/items/{code}"))
    expect(me.locator("main svg").first).to_be_visible()
    assert me.locator("a[href*='/apply']").count(), "the guide leads to the application"
    case_id = filling.apply(me, hall, code, answers(item), item["tests"][0]["given"]["situation"], papers_for(item))
    number = me.locator("dd.b").first.inner_text()
    for login in ("window", "linxi-reviewer", "linxi-agent", "qinghe-window", "yunling-window"):
        clerk = person(login)
        clerk.goto(hall.url(f"/office/?number={number}"))
        if clerk.locator(f"a[href='/office/cases/{case_id}']").count():
            return
    raise AssertionError(f"{number} is on nobody's worklist")
