"""What twenty enabled plugins cost a submission that calls into every one of them: whole submissions in one process.

Each plugin answers every hook that stands on the way from the blank form to the receipt: a slot on the guide, a fact and a condition for the gate and the
materials, a check of what is filed, and an observer. CPU of the process and of its database, which is in it (SQLite).
"""

import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from core.app import open_site
from core.cases.service import plugin_checks
from core.items.library import read_json
from core.items.service import apply
from core.kernel.actor import SYSTEM
from core.pluginhost import life
from core.pluginhost import service as plugins
from core.sdk.testing.browsing import Browser
from core.sdk.testing.built import build
from core.sdk.testing.halls import PluginHall
from tests.bench.bench_hall import CODE
from tests.bench.client import hidden
from tests.bench.product import FORM, form_of, posted
from tests.bench.report import Line

HERE = Path(__file__).resolve().parent
NAMES = tuple(f"bench_{n:02d}" for n in range(20))
HOOKS = ("bar_conditions", "case_changed", "shared_facts", "slots", "validate_submission")
SHARE = "submission with 20 plugins enabled against itself without asking them, CPU"
PLUGIN = '''"""A plugin of the bench."""

from core.sdk import hookimpl
from core.sdk.facts import BarCondition, FactType
from core.sdk.slots import Slot


@hookimpl
def slots():
    return (Slot("portal.guide", "nothing.html", lambda ctx, subject: None),)


@hookimpl
def shared_facts():
    return (FactType("{name}", "{name}", lambda ctx, question: None),)


@hookimpl
def bar_conditions():
    return (BarCondition("{name}", "{name}", lambda ctx, party_id: False),)


@hookimpl
def validate_submission(ctx, application):
    return ()


@hookimpl
def case_changed(ctx, change):
    pass
'''


def lines(home: Path, count: int = 100) -> list[Line]:
    """What twenty enabled plugins add to a submission: the CPU spent on asking them, against the rest of the very same *count* submissions – a neighbour's
    noise hits both. (Submissions with and without them, in turns, differ by less than two runs of the same do.)"""
    hall = _hall(home)
    try:
        browser = hall.citizen()
        _cost(browser)  # the first one fills what is kept
        measured = [_cost(browser) for _ in range(count)]
        with hall.database.session() as session:
            asked = len(plugins.taking_part(session, "validate_submission"))
        return [
            Line("plugins enabled in the hall", asked, "plugins", ">= 20"),
            Line(
                "submission with 20 plugins enabled against itself without asking them, CPU",
                median(whole / (whole - asking) for whole, asking in measured),
                "x",
                "<= 1.05",
            ),
        ]
    finally:
        hall.database.close()


def _hall(home: Path) -> PluginHall:
    """A hall with the plugins installed, and the item of forty fields naming each of them."""
    for name in NAMES:
        folder = home / "plugins" / name
        folder.mkdir(parents=True)
        manifest = {
            "$schema": "https://wangting.example/schemas/plugin_manifest.v1.schema.json", "schema_version": 1, "name": name, "version": "1.0.0",
            "title": {"zh": name, "en": name}, "owner": "market_regulation", "scope": "site", "sdk": ">=1", "hooks": list(HOOKS),
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        (folder / "plugin.py").write_text(PLUGIN.format(name=name), encoding="utf-8")
    built = build(home)
    site = open_site(built.config())
    with site.database.session() as session:
        for name in NAMES:
            life.install(session, plugins.host(session), name, actor=SYSTEM)
            life.enable(session, plugins.host(session), name, actor=SYSTEM)
    doc = {**read_json(HERE / "items" / f"{CODE}.json"), "plugins": {name: {} for name in NAMES}}
    forms = {"forty_fields": read_json(HERE / "forms" / "forty_fields.json")}
    with site.database.session() as session:
        apply(session, doc, forms=forms, publishing=True, same_person=True, actor=SYSTEM)
    site.database.close()
    return PluginHall(built, home, NAMES[0], built.app())


def _cost(browser: Browser) -> tuple[float, float]:
    """CPU seconds of one submission, and those of them in which plugins were asked."""
    asking, ask = 0.0, plugin_checks._ask

    def timed(*arguments: Any) -> None:
        nonlocal asking
        begin = time.process_time()
        try:
            ask(*arguments)
        finally:
            asking += time.process_time() - begin

    plugin_checks._ask = timed
    try:
        begin = time.process_time()
        _submit(browser)
        return time.process_time() - begin, asking
    finally:
        plugin_checks._ask = ask


def _submit(browser: Browser) -> None:
    page = browser.get(FORM).text
    fields: dict[str, str | list[str]] = {**hidden(page), **dict(posted())}
    check = browser.client.post(FORM, data=fields).text
    action = check.split("/submit", 1)[0].rsplit('"', 1)[1] + "/submit"
    answer = browser.client.post(action, data={**form_of(check, action), "_agree": "1"})
    if not answer.headers.get("Location", "").endswith("/receipt"):
        raise RuntimeError("the hall refused the form")
    browser.get(answer.headers["Location"])
