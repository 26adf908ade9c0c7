"""The studio with the largest item it promises to be quick with – 1,000 fields, 100 rules, 40 steps, 40 tests –: opened, saved, checked, as its author
waits for it.

In one process, on PostgreSQL, without a wire; the median of a few, in seconds on the clock: that is what somebody at a screen notices.
"""

import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.app import create_app
from core.identity.models import Department, Staff
from core.items.library import library
from core.items.studio import drafts
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests.bench.bench_hall import PASSWORD, BenchHall, edge_site
from tests.bench.client import hidden
from tests.bench.report import Line
from tests.studio.large import large

#: Every page of a draft that shows a part of it or works something out, at the places where the item is largest.
PAGES = (
    "?part=basic", "?part=materials", "?part=form", "form/", "form/?field=extra_500", "?at=/form/properties/extra_503", "route/", "route/?node=review.extra_20",
    "?part=limits", "?part=translations", "?part=tests", "tests/", "tests/play", "findings/", "findings/panel", "publish/", "publish/print", "blocks/",
    "uses/?at=/form/properties/extra_500", "documents/", "preview/guide", "preview/form", "preview/route", "what-if/",
)  # fmt: skip


def lines(hall: BenchHall, made: int) -> list[Line]:
    """Opening, saving, checking, *made* times each. The first look fills what a process remembers and is printed beside: the second one is promised."""
    app = create_app(hall.config)
    browser = app.test_client()
    door = browser.get("/office/login/").text
    browser.post("/office/login/", data={**hidden(door), "username": "bench-three", "password": PASSWORD})
    base = f"/office/studio/{large_draft(app, hall)}"

    def page(path: str) -> str:
        answer = browser.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return answer.text

    form = f"{base}/form/?field=extra_500"
    first = _seconds(lambda: page(form), 1)
    opened = _seconds(lambda: page(form), made)
    given = MultiDict(hidden(page(f"{base}/?at=/form/properties/extra_500")))

    def save() -> None:
        edit = {"do": "set", "at": "/form/properties/extra_500/title", "value": f"改名 {new_id()[-6:]}"}
        body = {"command_id": new_id(), "edits": [edit], "mine": True}
        answer = browser.post(f"{base}/commands", json=body, headers={"X-CSRFToken": given["csrf_token"]})
        if answer.status_code != 200:
            raise RuntimeError(f"save: {answer.status_code} {answer.text[:300]}")

    saved = _seconds(save, made)

    def check() -> None:
        save()
        page(f"{base}/findings/panel")

    checked = _seconds(check, made) - saved
    pages = {path: _seconds(lambda path=path: page(f"{base}/{path}"), 1) for path in PAGES}  # type: ignore[misc]
    edge_site(app).database.close()
    slowest = max(pages, key=lambda path: pages[path])
    size = "1,000 fields, 100 rules, 40 steps, 40 tests"
    return [
        Line(f"studio: open an item of {size} for the first time", first, "s"),
        Line("studio: open it", opened, "s", "<= 2"),
        Line(f"studio: the slowest of its {len(pages)} pages ({slowest.partition('?')[0] or 'a part'})", pages[slowest], "s", "<= 2"),
        Line("studio: save a change to it", saved * 1000, "ms", "<= 300"),
        Line("studio: check it after a change", checked, "s", "<= 1"),
    ]


def _seconds(work: Callable[[], Any], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def large_draft(app: Any, hall: BenchHall) -> str:
    """The id of a draft of the largest item, made in the hall."""
    shelf = library()
    food = json.loads(shelf.items["food-operation-new"].read_text(encoding="utf-8"))
    content = large(food, shelf.forms[food["form"]])
    with edge_site(app).database.session() as session:
        chief = session.scalars(select(Staff.id).where(Staff.name == "bench-three")).one()
        content["item"] |= {"code": f"bench-large-{new_id()[-8:]}", "department": session.get_one(Department, hall.owner).code}
        return drafts.create(session, content, department_id=hall.owner, actor=Actor("staff", chief)).id
