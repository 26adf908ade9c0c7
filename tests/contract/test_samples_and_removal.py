"""Every plugin's samples are published and taken to their end; any plugin may be removed with cases open: the site stays up, its cases are read and are
brought to their end by people."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from core.app import open_site
from core.cases import queries
from core.cases.errors import CaseNotFound
from core.cases.models import Case
from core.items.library import item_files, read_json
from core.kernel.actor import SYSTEM
from core.pluginhost import life
from core.pluginhost import service as plugins
from core.pluginhost.standing import load
from core.sdk.testing.browsing import Api, Browser
from core.sdk.testing.built import Built, build_once
from core.sdk.testing.halls import CITIZEN, HANDS, PluginHall, publish_samples
from tests.moulds import made_once

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
IN_TREE = sorted(path.parent.name for path in ROOT.glob("plugins/*/manifest.json"))
#: What a member of staff presses who lets a case go on its way.
ONWARD = ("accept", "pass", "agree", "grant", "record", "done", "closer", "deliver")


def samples(name: str) -> list[dict[str, Any]]:
    """The sample items of a plugin that use it."""
    found = (read_json(path) for path in item_files(ROOT / "plugins" / name / "samples" / "item_configs"))
    return [doc for doc in found if name in (doc.get("plugins") or {})]


def make(factory: pytest.TempPathFactory, home: Path) -> Any:
    """A hall with every plugin of the tree, every sample published, and for each sample a case that was accepted."""
    built = build_once(factory, home, ("civil_affairs/senior-card", "tax/new-business-tax"))
    site = open_site(built.config())
    with site.database.session() as session:
        for name in IN_TREE:
            life.install(session, plugins.host(session), name, actor=SYSTEM)
            life.enable(session, plugins.host(session), name, actor=SYSTEM)
    site.database.close()
    site = open_site(built.config())
    for name in IN_TREE:
        with site.database.session() as session:
            publish_samples(session, ROOT / "plugins" / name)
    site.database.close()
    cases: dict[str, str] = {}
    for name in IN_TREE:
        hall = PluginHall(built, ROOT / "plugins" / name, name, built.app())
        for doc in samples(name):
            cases[f"{name}/{doc['code']}"] = hall.file(doc["code"]).id
            hall.press("window", cases[f"{name}/{doc['code']}"], "accept")
        hall.settle()
        hall.database.close()
    return [built.passwords, cases]


@pytest.fixture(scope="module")
def mould(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, dict[str, str]]:
    """The hall, and plugin/item → case. Only ever copied."""
    home, (passwords, cases) = made_once(tmp_path_factory, "every-plugin", partial(make, tmp_path_factory))
    return Built(home, "", passwords), cases


@pytest.fixture
def built(mould: tuple[Built, dict[str, str]], tmp_path: Path) -> Iterator[Built]:
    """A copy."""
    shutil.copytree(mould[0].home, tmp_path / "hall")
    yield Built(tmp_path / "hall", f"sqlite:///{tmp_path / 'hall' / 'wangting.db'}", mould[0].passwords)


def onward(hall: PluginHall, case: str, rounds: int = 60) -> str:
    """Let everybody press what takes the case and its sub-cases on, until nobody can; how the case ended."""
    for _ in range(rounds):
        hall.settle()
        with hall.database.session() as session:
            family = [case, *session.scalars(select(Case.id).where(Case.parent_id == case))]
        if not any(_pressed(hall, each) for each in family):
            break
    with hall.database.session() as session:
        return str(session.get_one(Case, case).outcome)


def _pressed(hall: PluginHall, case: str) -> bool:
    for login in HANDS.values():
        with hall.database.session() as session:
            try:
                view = queries.case_for_staff(session, case, actor=hall._actor(session, login))
            except CaseNotFound:
                continue  # no sight of it
        open_buttons = {each.id for task in view.tasks if task.mine for each in task.actions if each.enabled}
        action = next((each for each in ONWARD if each in open_buttons), None)
        if action is not None:
            hall.press(login, case, action)
            return True
    return False


@pytest.mark.parametrize("name", IN_TREE)
def test_any_plugin_is_removed_with_cases_open_and_the_site_and_its_cases_go_on(
    name: str, built: Built, mould: tuple[Built, dict[str, str]], tmp_path: Path
) -> None:
    cases = {key: case for key, case in mould[1].items() if key.startswith(f"{name}/")}
    assert cases, "its samples were published and filed"
    site = open_site(built.config())
    with site.database.session() as session:
        assert life.remove(session, plugins.host(session), name, keep=tmp_path / "kept", dry_run=True).places == ("site",)
        life.remove(session, plugins.host(session), name, keep=tmp_path / "kept")
    with site.database.session() as session:
        assert name not in load(session).installed
    site.database.close()
    assert faults(PluginHall(built, ROOT / "plugins" / name, name, built.app()), name, cases) == []


@pytest.mark.parametrize("name", ["intermediary_market"])
def test_a_removal_that_takes_the_tables_and_leaves_the_plugin_in_place_is_caught(name: str, built: Built, mould: tuple[Built, dict[str, str]]) -> None:
    cases = {key: case for key, case in mould[1].items() if key.startswith(f"{name}/")}
    site = open_site(built.config())
    with site.database.session() as session:
        session.execute(text("PRAGMA foreign_keys = OFF"))
        for table, _rows in life.planned(session, plugins.host(session), name).tables:
            session.execute(text(f"DROP TABLE {table}"))
    site.database.close()
    found = faults(PluginHall(built, ROOT / "plugins" / name, name, built.app()), name, cases)
    assert found == [f"/x/{name}/ answers 502", *(f"{key} is not brought to its end: stuck" for key in cases)]


def faults(hall: PluginHall, name: str, cases: dict[str, str]) -> list[str]:
    """What is wrong with a hall that a plugin was removed from: pages that should be there and are not, or the other way round, and cases that stick."""
    anybody, found = Browser(hall.app), []
    public = ("/", "/items/senior-card", *(f"/items/{key.partition('/')[2]}" for key in cases))
    wanted = [(anybody, page, 200) for page in public] + [(anybody, f"/x/{name}/", 404), (hall.office(), "/office/", 200)]
    wanted += [(hall.citizen(), f"/cases/{case}", 200) for case in cases.values()] + [(hall.office(), f"/office/cases/{case}", 200) for case in cases.values()]
    for browser, page, status in wanted:
        answered = browser.get(page).status_code
        found += [f"{page} answers {answered}"] if answered != status else []
    for key, case in cases.items():
        try:
            end = onward(hall, case)
        except AssertionError:  # a button that is shown cannot be pressed
            end = "stuck"
        found += [f"{key} is not brought to its end: {end}"] if end != "grant" else []
    if Api(hall.app, CITIZEN, hall.built.passwords[CITIZEN]).file("senior-card").status_code != 201:
        found.append("nothing can be filed")
    hall.database.close()
    return found
