"""Every hook, one test each, called ``test_hook_<name>``: what a plugin answers is seen where the reference says it is."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.app import HOOKSPECS
from core.cases.models import Case
from core.items import service as items
from core.items.errors import GateClosed
from core.items.library import library, shipped_root
from core.items.sources import Question, bar_conditions, facts
from core.kernel.actor import SYSTEM
from core.kernel.clock import today
from core.licences import queries as licences
from core.licences.models import Licence
from core.licences.service.issuing import sheet
from core.pluginhost import service as plugins
from core.pluginhost.hooks import specified
from core.sdk.testing.browsing import Api, Browser
from core.sdk.testing.built import Built
from core.sdk.testing.halls import CITIZEN, PluginHall, publish_samples
from tests.contract.conftest import EVERY
from tests.contract.every_hook.models import Heard

ITEM = "every-hook"


def heard(hall: PluginHall, begins: str) -> list[str]:
    """What the plugin wrote down that begins so."""
    with hall.database.session() as session:
        return [what for what in session.scalars(text("SELECT what FROM plg_every_hook_heard ORDER BY id")) if what.startswith(begins)]


def refused(hall: PluginHall, **answers: str) -> str:
    """The words that a filing is refused with."""
    api = Api(hall.app, CITIZEN, hall.built.passwords[CITIZEN], roots=(EVERY / "samples",))
    answer = api.file(ITEM, answers=answers)
    assert answer.status_code == 422, answer.text
    return json.dumps(answer.json, ensure_ascii=False)


def accepted(hall: PluginHall) -> str:
    """A case that was accepted, and that the worker has come to; its id."""
    case = hall.file(ITEM).id
    hall.press("window", case, "accept")
    hall.settle()
    return case


def test_hook_field_types(every: PluginHall) -> None:
    assert "不是偶数" in refused(every, number="3")


def test_hook_validate_submission(every: PluginHall) -> None:
    assert "沉默不能申请" in refused(every, reason="silence")


def test_hook_pages(every: PluginHall) -> None:
    assert "<h1>你好</h1>" in Browser(every.app).get("/x/every_hook/hello").text
    assert every.office("reviewer").get("/office/x/every_hook/notes").status_code == 403
    every.grant("reviewer", "write")
    assert "notes" in every.office("reviewer").get("/office/x/every_hook/notes").text


def test_hook_slots(every: PluginHall) -> None:
    assert f"slot of {ITEM}" in Browser(every.app).get(f"/items/{ITEM}").text


def test_hook_background_jobs(every: PluginHall) -> None:
    every.run_job("write", {"word": "done"}, key="contract")
    every.run_job("write", {"word": "done"}, key="contract")
    assert heard(every, "job") == ["job done"], "the same key is one job"


def test_hook_shared_facts(every: PluginHall) -> None:
    with every.database.session() as session:
        found = facts(session)["every-hook"].provide(session, Question("p1", {}, today()))
    assert getattr(found, "title", None) == "every_hook p1", "it is asked with its context"


def test_hook_bar_conditions(every: PluginHall) -> None:
    with every.database.session() as session:
        barred = bar_conditions(session)["every-hook"]
        assert barred.holds(session, "barred") and not barred.holds(session, "anybody")


def test_hook_check_item(every: PluginHall) -> None:
    shelf = library(within=(shipped_root(), EVERY / "samples"))
    doc = json.loads((EVERY / "samples/item_configs/urban_management/every-hook.json").read_text(encoding="utf-8"))
    doc["plugins"]["every_hook"] = {"mood": "bad"}
    with every.database.session() as session, pytest.raises(GateClosed) as caught:
        items.apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, publishing=True, same_person=True, actor=SYSTEM)
    assert [found.key for found in caught.value.findings if found.level == "error"] == ["every_hook.mood"]


def test_hook_check_config(every: PluginHall) -> None:
    page = every.office("admin").get("/office/plugins/every_hook/").text
    assert "还缺一个设置" in page


def test_hook_run_step(every: PluginHall) -> None:
    case = accepted(every)
    assert heard(every, f"step {case}") == [f"step {case} double 4"]
    assert "同意修剪" in every.office("reviewer").get(f"/office/cases/{case}").text, "the case went on"


def test_hook_case_changed(every: PluginHall) -> None:
    case = accepted(every)
    told = heard(every, f"changed {case}")
    assert len(told) >= 2 and set(told) == {f"changed {case} in_review"}, "once a command, with where it stands now"


def test_hook_may_leave_step(every: PluginHall) -> None:
    case = accepted(every)
    with every.ctx() as ctx:
        ctx.session.add(Heard(what=f"hold {case} grant"))
    with pytest.raises(AssertionError, match="这件先不能走"):
        every.press("reviewer", case, "grant")
    every.press("reviewer", case, "refuse", opinion="另一个按钮没有拦")


def test_hook_merge_licences(every: PluginHall) -> None:
    case = accepted(every)
    every.press("reviewer", case, "grant")
    every.settle()
    with every.database.session() as session:
        number = session.get_one(Case, case).number
        (found,) = licences.of_case(session, number)
        assert sheet(session, session.get_one(Licence, found.id))["data"]["合并"] == f"{number} 4"


def test_every_hook_has_its_test_and_the_reference_names_it() -> None:
    names = {name for module in HOOKSPECS for name in specified(module)}
    assert {f"test_hook_{name}" for name in names} <= set(globals())
    assert set(json.loads((EVERY / "manifest.json").read_text(encoding="utf-8"))["hooks"]) == names


def test_a_sample_that_does_not_run_to_the_end_that_it_says_is_caught(every: PluginHall, tmp_path: Path) -> None:
    shutil.copytree(EVERY / "samples", tmp_path / "samples")
    path = tmp_path / "samples/item_configs/urban_management/every-hook.json"
    doc = json.loads(path.read_text(encoding="utf-8"))
    doc["tests"][0]["expect"]["end"] = "refuse"
    path.write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    with every.database.session() as session, pytest.raises(GateClosed) as caught:
        publish_samples(session, tmp_path)
    assert any("test" in found.key for found in caught.value.findings)


@pytest.fixture
def silent(every: PluginHall, tmp_path: Path) -> Iterator[PluginHall]:
    """The same hall with the plugin loaded and enabled nowhere."""
    shutil.copytree(every.built.home, tmp_path / "hall")
    built = Built(tmp_path / "hall", f"sqlite:///{tmp_path / 'hall' / 'wangting.db'}", every.built.passwords)
    hall = PluginHall(built, EVERY, "every_hook", built.app())
    hall.enable()
    yield hall
    hall.database.close()


def test_no_hook_is_called_where_the_plugin_is_not_enabled(silent: PluginHall) -> None:
    before = heard(silent, "")
    case = silent.file(ITEM, {"reason": "silence"}).id
    silent.press("window", case, "accept")
    silent.settle()
    assert heard(silent, "") == before
    assert Browser(silent.app).get("/x/every_hook/hello").status_code == 404
    assert "slot of" not in Browser(silent.app).get(f"/items/{ITEM}").text
    with silent.database.session() as session:
        assert "every-hook" not in facts(session) and "every-hook" not in bar_conditions(session)
        assert plugins.enabled(session) == frozenset()
