"""Automatic steps: the plugin is asked after the commit, its answer is kept before it is used, and a person takes over when it fails for good."""

import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from core.cases.hookspecs import StepCall
from core.cases.models import CaseEvent
from core.cases.service import hooks
from core.items.errors import GateClosed
from core.kernel import clock
from core.outbox import relay
from core.outbox import service as outbox
from core.outbox.errors import ProcessEnded
from core.outbox.models import Message
from core.pluginhost import life, tasks
from core.pluginhost import service as plugins
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.manifest import Manifest
from core.pluginhost.models import Installed
from core.routing.errors import RouteRefused
from core.sdk import hookimpl
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item, settle
from tests.fixtures_plugins import take_in

assert tasks  # writes down which plugin failed
FOOD = "market_regulation/food-operation-new.json"


class Scorer:
    """A plugin of a test: what it was asked, and what it answers in turn."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[StepCall] = []
        self.answers = list(answers)

    @hookimpl
    def run_step(self, call: StepCall) -> Mapping[str, Any] | None:
        """Answer, or fail."""
        self.asked.append(call)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        found: Mapping[str, Any] | None = answer
        return found


def automatic(doc: dict[str, Any]) -> None:
    """Put an automatic step before the decision; a grant needs 60 points."""
    nodes = doc["route"]["review"]["nodes"]
    nodes["joint"]["agree"] = {"to": "score"}
    limit = {"value": 1, "unit": "working_day"}
    nodes["score"] = {
        "kind": "auto", "title": "信用核查", "limit": limit, "hook": "scorer.score", "purpose": "核查信用", "give": {"area": {"var": "form.area"}},
        "retry": {"tries": 2, "first": "10s"}, "to": "decide", "by_hand": "manual",
    }  # fmt: skip
    nodes["manual"] = {
        "kind": "step", "title": "人工核查信用", "holders": {"role": "reviewer", "org": "owner"}, "limit": limit,
        "actions": {"done": {"title": "核查完毕", "to": "decide"}},
    }  # fmt: skip
    first = doc["tests"][0]
    declined = {"as": "window", "do": "decline", "day": 1, "reason": "材料不符合法定形式"}
    doc["tests"] = [{**first, "id": "declined", "steps": [declined], "expect": {"end": "declined"}}]


def called(desk: Desk, plugin: Scorer) -> str:
    """A case that has come to the automatic step, with *plugin* in the house."""
    take_in(desk.database, plugin, "scorer", "run_step")
    with desk.database.session() as session:
        version = publish_item(session, FOOD, change=automatic)
    desk.version = version
    case = desk.submit().id
    desk.act(case, 1, "accept", "window")
    for login, action in (("reviewer", "pass"), ("chief", "agree")):
        desk.act(case, next(t.no for t in desk.staff(case, login).tasks if t.mine), action, login)
    return case


def nodes(desk: Desk, case: str) -> set[str]:
    return {task.node for task in desk.mine(case).tasks}


def test_a_plugin_answers_and_its_answer_is_sealed_in_the_chain_before_the_case_goes_on(lite: Desk) -> None:
    plugin = Scorer({"points": 80, "who": "企业信用平台"})
    case = called(lite, plugin)
    assert nodes(lite, case) == {"review.score"} and plugin.asked == [], "nothing outside happens inside the command"
    settle(lite.database)
    (asked,) = plugin.asked
    assert (asked.node, asked.visit, asked.ability, dict(asked.values)) == ("review.score", 1, "score", {"area": 100})
    assert nodes(lite, case) == {"review.decide"}
    with lite.database.session() as session:
        kinds = [(e.kind, e.body) for e in session.query(CaseEvent).filter(CaseEvent.case_id == case).order_by(CaseEvent.seq)]
    names = [kind for kind, _body in kinds]
    assert names.index("hook_result") < names.index("hook_done")
    assert not any("企业信用平台" in body for _kind, body in kinds)
    lite.sound(case)


def test_the_same_message_twice_asks_and_moves_nothing_twice(lite: Desk) -> None:
    plugin = Scorer({"points": 80})
    case = called(lite, plugin)
    settle(lite.database)
    before = len(lite.staff(case, "reviewer").history)
    with lite.database.session() as session:
        no = next(m.body for m in session.query(Message).filter(Message.topic == "case.hook"))
        hooks.call(session, json.loads(no), "again")
    assert len(plugin.asked) == 1 and len(lite.staff(case, "reviewer").history) == before


@pytest.mark.parametrize("answer", [RuntimeError("down"), None, {"points": "x" * 20_000}])
def test_a_plugin_that_fails_is_asked_again_later_and_then_a_person_takes_over(lite: Desk, answer: Any) -> None:
    plugin = Scorer(answer)
    case = called(lite, plugin)
    settle(lite.database)
    assert len(plugin.asked) == 1 and nodes(lite, case) == {"review.score"}
    with clock.freeze(clock.now() + timedelta(minutes=5)):
        for _ in range(4):
            relay.run_once(lite.database)
    assert len(plugin.asked) == 2 and nodes(lite, case) == {"review.manual"}
    with lite.database.session() as session:
        counted = session.get_one(Installed, "scorer").failures
    assert counted == (0 if answer is None else 2), "no answer is none of the plugin's mistakes, an error and nonsense are"
    lite.sound(case)


def test_a_try_that_ended_its_process_counts_as_one_and_a_person_takes_over_in_the_end(lite: Desk) -> None:
    plugin = Scorer({"points": 80})
    case = called(lite, plugin)
    for minutes in (0, 5):
        assert nodes(lite, case) == {"review.score"}
        with clock.freeze(clock.now() + timedelta(minutes=minutes)):
            relay.run_once(lite.database, lanes=(outbox.CORE,))
            (message,) = relay.claim(lite.database, 5, by="apart", lane=outbox.PLUGINS)
            relay.ended(lite.database, message, ProcessEnded(seconds=60.0), by="apart")
    assert plugin.asked == [] and nodes(lite, case) == {"review.manual"}
    lite.sound(case)


def test_a_plugin_that_recovers_is_used_after_all(lite: Desk) -> None:
    plugin = Scorer(RuntimeError("down"), {"points": 70})
    case = called(lite, plugin)
    settle(lite.database)
    with clock.freeze(clock.now() + timedelta(minutes=5)):
        for _ in range(4):
            relay.run_once(lite.database)
    assert nodes(lite, case) == {"review.decide"}
    lite.sound(case)


def judged(desk: Desk, points: int, **more: Any) -> str:
    """A case at its decision, which a rule on the plugin's answer opens from 60 points on."""
    plain = automatic

    def change(doc: dict[str, Any]) -> None:
        plain(doc)
        nodes = doc["route"]["review"]["nodes"]
        nodes["score"] |= {"answers": {"points": "number"}, **more}
        nodes["decide"]["actions"]["grant"]["when"] = {">=": [{"var": "score.result.points"}, 60]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "automatic", change)
        case = called(desk, Scorer({"points": points}))
    settle(desk.database)
    return case


@pytest.mark.parametrize(("points", "opens"), [(59, False), (60, True)])
def test_a_rule_reads_what_the_plugin_answered_on_the_page_and_in_the_command(lite: Desk, points: int, opens: bool) -> None:
    case = judged(lite, points)
    task = next(t for t in lite.staff(case, "leader").tasks if t.node == "review.decide")
    assert next(a for a in task.actions if a.id == "grant").enabled is opens
    if opens:
        lite.act(case, task.no, "grant", "leader")
    else:
        with pytest.raises(RouteRefused):
            lite.act(case, task.no, "grant", "leader")
    assert lite.mine(case).outcome == ("grant" if opens else None)
    lite.sound(case)


@pytest.mark.parametrize("answers", [{}, {"grade": "number"}, {"points": "date"}])
def test_the_gate_knows_what_a_step_answers_and_of_what_type(lite: Desk, answers: dict[str, str]) -> None:
    with pytest.raises(GateClosed):
        judged(lite, 80, answers=answers)


@pytest.mark.parametrize("hook", ["scorer.grade", "nobody.score"])
def test_an_item_whose_step_no_plugin_here_does_is_not_published_and_the_spot_is_named(lite: Desk, hook: str) -> None:
    take_in(lite.database, Scorer({"points": 80}), "scorer", "run_step")

    def change(doc: dict[str, Any]) -> None:
        automatic(doc)
        doc["route"]["review"]["nodes"]["score"]["hook"] = hook

    with lite.database.session() as session, pytest.raises(GateClosed) as refused:
        publish_item(session, FOOD, change=change)
    (found,) = [each for each in refused.value.findings if each.level == "error"]
    assert (found.path, found.key) == ("/route/review/nodes/score/hook", "routing.check.hook_missing")
    assert "scorer.score" in found.words("zh") and hook in found.words("en"), "what could be meant, and what is wrong"


def test_a_plugin_that_is_set_aside_does_no_step_that_could_be_published(lite: Desk) -> None:
    take_in(lite.database, Scorer({"points": 80}), "scorer", "run_step")
    with lite.database.session() as session:
        life.set_aside(session, "scorer", "mended tomorrow")
    with lite.database.session() as session, pytest.raises(GateClosed):
        publish_item(session, FOOD, change=automatic)


def test_a_plugin_with_steps_that_its_manifest_does_not_name_is_not_taken_in(lite: Desk) -> None:
    untold = Manifest("untold", "1.0.0", {"zh": "无", "en": "None"}, "market_regulation", "site", ">=1", frozenset({"run_step"}))
    with lite.database.session() as session, pytest.raises(PluginTrouble, match="steps"):
        plugins.host(session).register(untold, Scorer())
