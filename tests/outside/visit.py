"""One look at a hall in which an outside plugin lives, or lived; run in the clean environment: ``visit.py STEP PASSWORDS CASES``.

Prints a line of JSON at the end. The core's smoke set – home, guide, worklist, a case – is looked at at every step; with ``WANGTING_SOAK`` every page
that the home page, the map and the back office's navigation lead to.
"""

import json
import os
import re
import sys
from datetime import timedelta
from pathlib import Path

from core.app import create_app
from core.kernel import clock
from core.outbox import relay
from core.outbox.models import Job
from core.pluginhost import jobs
from core.sdk.testing.browsing import Api, Browser
from core.sdk.testing.built import Built
from core.sdk.testing.halls import CITIZEN, PluginHall

STEP, PASSWORDS, CASES = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
HOME = Path(os.environ["WANGTING_HOME"])
GUIDE, REGISTER = "/items/food-operation-new", "/x/street_trees/"


def hall() -> PluginHall:
    """The hall as a process that starts now sees it."""
    built = Built(HOME, f"sqlite:///{HOME / 'wangting.db'}", PASSWORDS)
    folder = HOME
    if STEP == "enabled":
        import street_trees

        folder = Path(street_trees.__file__).parent
    return PluginHall(built, folder, "street_trees", create_app(built.config()))


def smoke(here: PluginHall) -> None:
    """The core without the plugin's help."""
    anybody, citizen, clerk = Browser(here.app), here.citizen(), here.office()
    seen = {page: anybody.get(page) for page in ("/", GUIDE)} | {"/office/": clerk.get("/office/")}
    for case in CASES.values():
        seen |= {f"/cases/{case}": citizen.get(f"/cases/{case}"), f"/office/cases/{case}": here.office("reviewer").get(f"/office/cases/{case}")}
    if os.environ.get("WANGTING_SOAK"):
        seen |= {page: anybody.get(page) for start in ("/", "/map") for page in led_to(anybody.get(start).text) if not page.startswith("/look")}
        seen |= {page: here.office("admin").get(page) for page in led_to(here.office("admin").get("/office/").text) if page.startswith("/office/")}
    wrong = {page: answer.status_code for page, answer in seen.items() if answer.status_code not in (200, 302, 303)}
    assert not wrong, wrong
    assert "食品" in seen[GUIDE].text
    for case in {name for name in CASES if name != "core"}:
        page = seen[f"/cases/{CASES[case]}"]
        assert "QH-00017" in page.text, f"its answers are read: {page.status_code} {page.headers.get('Location')} {page.text[-3000:]}"


def led_to(page: str) -> set[str]:
    """Addresses of this hall that a page leads to."""
    return {each for each in re.findall(r'href="(/[^"#?]*)', page) if "logout" not in each and not each.startswith(("/static", "/theme", "/language"))}


def before(here: PluginHall) -> dict[str, str]:
    """A case of the core."""
    answer = Api(here.app, CITIZEN, PASSWORDS[CITIZEN]).file("senior-card")
    assert answer.status_code == 201, answer.text
    return {"core": str(answer.json["id"])}


def enabled(here: PluginHall) -> dict[str, str]:
    """Everything that the plugin adds is used once."""
    here.grant("chief", "keep")
    tree = {"number": "QH-00017", "species": "香樟", "place": "青禾路 3 号门前"}
    assert here.office("chief").post("/office/x/street_trees/", tree).status_code == 303, "back-office view, table"
    assert "香樟" in Browser(here.app).get(REGISTER).text, "portal page"
    assert REGISTER in here.citizen().get("/items/tree-pruning").text, "slot"
    decided, waiting = here.file("tree-pruning"), here.file("tree-pruning", {"tree": "qh-00017"})
    here.press("window", decided.id, "accept")
    here.settle()
    assert "同意修剪" in here.office("reviewer").get(f"/office/cases/{decided.id}").text, "automatic step"
    here.press("window", waiting.id, "accept")  # and the worker has not come to it
    with here.database.session() as session:
        jobs.plan(session)
    for _ in range(3):
        relay.run_once(here.database, lanes=("core",))
    with here.database.session() as session:
        assert session.get(Job, "plugin/street_trees/due") is not None, "scheduled task"
    return {"decided": decided.id, "waiting": waiting.id}


def disabled(here: PluginHall) -> dict[str, str]:
    """Its pages are gone."""
    assert Browser(here.app).get(REGISTER).status_code == 404
    assert REGISTER not in here.citizen().get("/items/tree-pruning").text
    return {}


def removed(here: PluginHall) -> dict[str, str]:
    """What it did by itself is done by people, and both cases come to their end."""
    for hours in range(1, 8):
        with clock.freeze(clock.now() + timedelta(hours=hours)):
            relay.run_all(here.database)
    with clock.freeze(clock.now() + timedelta(hours=8)):
        here.press("reviewer", CASES["waiting"], "done")
        for case in (CASES["waiting"], CASES["decided"]):
            here.press("reviewer", case, "grant")
        here.settle()
    here._browsers.clear()  # their sessions are of that hour
    return {}


site = hall()
told = {"before": before, "enabled": enabled, "disabled": disabled, "removed": removed}[STEP](site)
CASES |= told
smoke(site)
import core  # noqa: E402 - where the code came from that ran

print(json.dumps({"cases": CASES, "core": core.__file__}))
