"""Every shipped item, in a browser: its guide, its application from the first page to the receipt, its place in the window's worklist.

The usual run takes as many items as have, together, every kind of field, material and step that any item has; ``make soak`` takes all.
"""

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.forms.service import compile_form, sample
from core.items.subcases import nodes_of
from tests.browser import filling
from tests.browser.conftest import SOAK
from tests.demo_hall import CITIZEN, DemoHall
from tests.items_content.content import forms, real_items
from tests.papers import paper

REAL = real_items()
#: A bundle needs its plugin, and what a bundle begins is filed with it: both are walked in the plugin's own journey.
BUNDLED = {node["item"] for doc in REAL.values() if doc["plugins"] for _at, _id, node in nodes_of(doc["route"])}
ITEMS = {code: doc for code, doc in REAL.items() if not doc["plugins"] and code not in BUNDLED}
#: What says of a part of an item of which kind it is.
_KINDS = ("accept", "do", "format", "from", "join", "source", "type", "widget")


def kinds(part: Any) -> Iterator[str]:
    """Every kind that is told in *part* of an item and the parts inside it."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in _KINDS:
                yield f"{key} {value}"
            yield from kinds(value)
    elif isinstance(part, list):
        for each in part:
            yield from kinds(each)


def enough() -> set[str]:
    """A few items that have every kind: always the one next that has most of those left."""
    has = {code: {*kinds([forms()[doc["form"]], doc["materials"], doc["route"]])} for code, doc in sorted(ITEMS.items())}
    left, taken = set[str]().union(*has.values()), set()
    while left:
        best = max(has, key=lambda code: len(has[code] & left))
        left -= has[best]
        taken.add(best)
    return taken


ENOUGH = set(ITEMS) if SOAK else enough()


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


def sees(state: dict[str, Any], address: str, link: str) -> bool:
    """Whether the page at *address* has the *link* for somebody with these cookies; no browser draws it for that."""
    worn = "; ".join(f"{each['name']}={each['value']}" for each in state["cookies"])
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": worn})) as answer:
        return f'href="{link}"' in answer.read().decode()


@pytest.mark.counted
@pytest.mark.parametrize("code", [pytest.param(code, marks=() if code in ENOUGH else pytest.mark.soak) for code in sorted(ITEMS)])
def test_item_from_guide_to_worklist(code: str, person: Callable[..., Page], cookies: Callable[[str], Any], hall: DemoHall) -> None:
    """A citizen (or their company) applies with valid answers; a window clerk's worklist has the case."""
    item: dict[str, Any] = dict(ITEMS[code])
    me = person(CITIZEN)
    me.goto(hall.url(f"/items/{code}"))
    expect(me.locator("main svg:not(.qr)").first).to_be_visible()
    assert me.locator("a[href*='/apply']").count(), "the guide leads to the application"
    case_id = filling.apply(me, hall, code, answers(item), item["tests"][0]["given"]["situation"], papers_for(item))
    number = me.locator("dd.b").first.inner_text()
    clerks = ("window", "linxi-reviewer", "linxi-agent", "qinghe-window", "yunling-window")
    worklist = hall.url(f"/office/?number={number}")
    assert any(sees(cookies(login), worklist, f"/office/cases/{case_id}") for login in clerks), f"{number} is on nobody's worklist"
