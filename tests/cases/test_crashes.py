"""Killed at each statement, sent twice, two clients at once: no half write, one answer a command, and the events are the rows – always.

First every command that people have, on the licence's own route, dying at each of its statements; then random sound routes under random commands.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.cases import service as cases
from core.cases.models import Case, CaseCommand, CaseTask
from core.cases.service import machine, rungs
from core.cases.service.anytime import follow
from core.identity import service as identity
from core.items.compiling import compile_item
from core.items.library import library
from core.items.models import ItemVersion
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import PlatformError
from core.kernel.ids import new_id
from core.routing.engine import advance
from core.routing.marking import Command
from core.routing.service import actions
from tests.cases.crashing import Killed, Witness, dies_everywhere, killed_at
from tests.cases.test_concurrency import together
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import ROOT, item_document, settle
from tests.routing.test_random_routes import document, scopes

SOAK = bool(os.environ.get("WANGTING_SOAK"))
LATER = [pytest.mark.soak, pytest.mark.counted, pytest.mark.skipif(not SOAK, reason="the full count runs with WANGTING_SOAK=1 (make soak)")]


@contextmanager
def witnessed(desk: Desk) -> Iterator[Witness]:
    witness = Witness(desk.database)
    yield witness
    witness.close()


# every command people have ----------------------------------------------------------------------------------------------


@dataclass
class Script:
    """The life of one case, command by command, each under an id of its own; ``done`` is how often each died before it was carried out."""

    desk: Desk
    witness: Witness
    case: str = ""
    done: dict[str, int] = field(default_factory=dict)

    def give(self, name: str, verb: Callable[..., Any], *args: Any, by: Actor | str, **more: Any) -> Any:
        """One command to the case: it dies at each statement, is sent again until it is answered, and once more after that."""
        actor = self.desk.hall.actor(by) if isinstance(by, str) else by
        command = new_id()

        def work() -> Any:
            with self.desk.database.session() as session:
                return verb(session, self.case, *args, command_id=command, actor=actor, **more)

        answer, self.done[name] = dies_everywhere(self.desk.database, self.witness, work)
        self.answered_twice(answer, work)
        self.desk.sound(self.case)
        return answer

    def file(self) -> None:
        """The submission, the same way."""
        command = new_id()
        answer, self.done["submit"] = dies_everywhere(self.desk.database, self.witness, partial(self.desk.submit, command=command))
        self.answered_twice(answer, partial(self.desk.submit, command=command))
        self.case = answer.id
        self.desk.sound(self.case)

    def answered_twice(self, answer: Any, work: Callable[[], Any]) -> None:
        """The answer was lost on its way: the same command gets the same answer, and nothing is written."""
        before = self.witness.rows()
        again = work()
        same = ("id", "number", "query_code") if hasattr(answer, "query_code") else ("case_id", "status", "seq", "outcome", "results")
        assert [getattr(again, part) for part in same] == [getattr(answer, part) for part in same]
        assert self.witness.rows() == before, "the second time something was written"

    def no(self, kind: str) -> int:
        """The open task of that kind."""
        with self.desk.database.session() as session:
            found = session.scalar(select(CaseTask.no).where(CaseTask.case_id == self.case, CaseTask.kind == kind).order_by(CaseTask.no.desc()))
        assert found is not None
        return int(found)


def short(script: Script) -> None:
    """What every case goes through: filing, acceptance, a decision with its licence and papers, delivery."""
    desk = script.desk
    script.file()
    script.give("accept", cases.act, 1, "accept", by="window")
    script.give("grant", cases.act, desk.run_until(script.case, "review.decide"), "grant", by="leader")
    settle(desk.database)
    script.give("deliver", cases.act, script.no("delivery"), "deliver", by="window", data={"way": "electronic"})


def staffed(desk: Desk) -> None:
    """Posts that :func:`long` needs besides."""
    hall = desk.hall
    with desk.database.session() as session:
        identity.add_post(session, hall.staff["leader"], hall.department("market_regulation"), "agency_head", actor=SYSTEM)
        identity.add_post(session, hall.staff["chief"], hall.department("market_regulation"), "reviewer", actor=SYSTEM)


def long(script: Script) -> None:
    """Everything else that may be done: correction, claim, procedures, handing on, questions, extension, taking back, silence, refusal."""
    desk, hall = script.desk, script.desk.hall
    script.file()
    script.give("request_correction", cases.act, 1, "request_correction", by="window", data={"fields": {"area": "与合同不符"}})
    script.give("correct", cases.correct, values={**VALUES, "area": 90}, by=hall.me)
    script.give("claim", cases.claim, script.no("intake"), by="window")
    script.give("release", cases.release, script.no("intake"), by="window")
    script.give("accept", cases.act, script.no("intake"), "accept", by="window")
    script.give("open_pause", cases.open_pause, script.no("step"), "site_check", by="reviewer", reason="现场核查")
    script.give("close_pause", cases.close_pause, script.no("step"), by="reviewer")
    script.give("extend", cases.extend, reason="材料复杂", by="leader")
    script.give("ask", cases.ask, script.no("step"), question="有几间仓库?", by="reviewer")
    script.give("answer", cases.answer, script.no("inquiry"), words="两间", by=hall.me)
    script.give("urge", cases.urge, by=hall.me)
    script.give("transfer", cases.transfer, script.no("step"), to=hall.staff["chief"], reason="换人", by="reviewer")
    script.give("delegate", cases.delegate, script.no("step"), to=hall.staff["reviewer"], reason="看一下", by="chief")
    script.give("return_delegate", cases.return_delegate, script.no("step"), opinion="可以", by="reviewer")
    step = script.no("step")
    script.give("pass", cases.act, step, "pass", by="chief")
    script.give("take_back", cases.take_back, step, by="chief")
    script.give("terminate", cases.terminate, reason="没有必要继续", by="leader")
    for kind, verb, more in (("withdraw", cases.withdraw, {"by": hall.me}), ("decline", partial(_decline), {"by": "window"})):
        script.file()
        script.give(kind, verb, **more)
    script.file()
    script.give("accept", cases.act, 1, "accept", by="window")
    script.give("refuse", cases.act, desk.run_until(script.case, "review.decide"), "refuse", by="leader", reason="没有清洗区")


def _decline(session: Any, case: str, **more: Any) -> Any:
    return cases.act(session, case, 1, "decline", reason="自家请客不是经营", data={"disposition": "not_required"}, **more)


def test_filing_accepting_granting_and_delivering_die_at_each_statement(desk: Desk) -> None:
    with witnessed(desk) as witness:
        script = Script(desk, witness)
        short(script)
    assert all(died > 3 for died in script.done.values()), script.done
    with desk.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_every_other_command_dies_at_each_statement(lite: Desk) -> None:
    staffed(lite)
    with witnessed(lite) as witness:
        script = Script(lite, witness)
        long(script)
    assert len(script.done) >= 20 and all(died > 3 for died in script.done.values()), script.done


@pytest.mark.parametrize("rounds", [pytest.param(2, marks=LATER)])
def test_the_whole_script_on_each_database(desk: Desk, rounds: int, record_property: Any) -> None:
    deaths = 0
    staffed(desk)
    for _ in range(rounds):
        with witnessed(desk) as witness:
            for part in (short, long):
                script = Script(desk, witness)
                part(script)
                deaths += sum(script.done.values())
    record_property("deaths", deaths)


def test_the_sweep_of_rungs_dies_at_each_statement_and_fires_each_once(lite: Desk) -> None:
    """Silence is acceptance (行政许可法 32): the worker dies at every point and the next turn goes on."""
    ref = lite.submit()
    with clock.freeze(clock.now() + timedelta(days=20)):
        deaths = 0
        while True:
            try:
                with killed_at(lite.database, deaths + 1):
                    rungs.run_due(lite.database)
                break
            except Killed:
                deaths += 1
                lite.sound(ref.id)
        assert deaths > 10
        view = lite.mine(ref.id)
        assert [line.kind for line in view.history].count("case_accepted") == 1
    lite.sound(ref.id)


# random routes under random commands --------------------------------------------------------------------------------------

KINDS = ("act", "act", "act", "act", "sign", "claim", "release", "open_pause", "close_pause", "extend", "transfer", "delegate", "return_delegate",
         "ask", "answer", "urge", "overdue", "fire_rung", "hook_done", "hook_failed", "child_ended",
         "withdraw", "terminate", "lapse", "deem_accepted")  # fmt: skip
WISH = st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.integers(0, 5), st.sampled_from(["a", "b", "c"]), st.integers(1, 30), st.booleans())


def published(desk: Desk, review: dict[str, Any]) -> str:
    """A version of the licence with a random route, without the gate: the route is sound, the people of it need not be there."""
    doc = item_document("market_regulation/food-operation-new.json")
    route = json.dumps(document(review)).replace('[{"var": "form.flag"}, true]', '[{"var": "form.business_kind"}, "catering"]')
    route = (
        route.replace('{"!": {"var": "form.flag"}}', '{"==": [{"var": "form.business_kind"}, "retail"]}')
        .replace('"for_each": "form.rows", ', "")
        .replace('"form.flag"', '"form.business_kind"')
    )
    doc["route"] = json.loads(route)
    del doc["route"]["intake"]["relay"], doc["route"]["intake"]["pre_review"], doc["route"]["intake"]["checks"]
    doc["rule_sheets"], doc["tests"] = {}, []
    shelf = library(within=(ROOT,))
    compiled = compile_item(doc, forms=shelf.forms, blocks=shelf.blocks)
    with desk.database.session() as session:
        count = session.scalar(select(func.max(ItemVersion.number)).where(ItemVersion.item_code == doc["code"])) or 0
        made = ItemVersion(item_code=doc["code"], number=count + 1, hash=compiled.hash, bundle=compiled.bundle, published_by="test")
        session.add(made)
        session.flush()
        return made.id


@dataclass
class Wish:
    """A random command of the right shape for whatever is open, decided on the case as it stands when it is carried out."""

    kind: str
    which: int
    choice: int
    actor: str
    command: str = field(default_factory=new_id)

    @property
    def who(self) -> Actor:
        """One of three members of staff, by an id of the true length."""
        return Actor("staff", f"00000000-0000-7000-8000-00000000000{'abc'.index(self.actor)}")

    def __call__(self, desk: Desk, case: str) -> Any:
        with desk.database.session() as session:
            return machine.carry_out(session, case, self.command, partial(self.decide, session), actor=self.who)

    def decide(self, session: Any, case: machine.Loaded) -> machine.Change:
        """As a verb does: the engine's plan, words beside it, and the rows of tasks that stay open."""
        route, marking = case.compiled.route, case.marking
        facts = {**case.facts(), "documents": {"ready": True}}
        if not marking.tasks:
            return machine.Change(advance(route, marking, Command("withdraw"), facts))
        task = marking.tasks[self.which % len(marking.tasks)]
        kind, action = self.kind, "visit"
        if kind in ("act", "sign"):
            views = actions(route, marking, task.no, facts)
            action = views[self.choice % len(views)].id if views else "go"
        data: dict[str, Any] = {"fields": ["area"], "to": "d", "clock": "main", "rung": "red"}
        if kind == "child_ended":
            action, data = ("granted", "refused", "cancelled")[self.choice % 3], {"node": task.node, "visit": task.visit, "child": "c"}
        plan = advance(route, marking, Command(kind, task.no, action, "理由", data, self.who.id), facts)
        return machine.Change(plan, note={"reason": "理由"}, action=action, then=lambda loaded, _at: follow(session, loaded, plan))


def refused(error: BaseException) -> bool:
    """Whether somebody was told no, in words of both languages."""
    return isinstance(error, PlatformError) and bool(error.words("zh")) and bool(error.words("en"))


def carried_out(desk: Desk, case: str, command: str) -> int:
    with desk.database.session() as session:
        return session.scalar(select(func.count()).select_from(CaseCommand).where(CaseCommand.case_id == case)) or 0


def at_once(desk: Desk, case: str, wish: Wish, other: Wish) -> None:
    """Three clients: two send the same command, one another. Whoever is refused is told why; the same command is carried out once."""
    answers = together(partial(wish, desk, case), partial(wish, desk, case), partial(other, desk, case))
    assert all(not isinstance(answer, BaseException) or refused(answer) for answer in answers), answers
    first, second = answers[:2]
    if not isinstance(first, BaseException) and not isinstance(second, BaseException):
        assert (first.seq, first.status) == (second.seq, second.status)


def killed_then_sent_again(desk: Desk, witness: Witness, case: str, wish: Wish, point: int) -> None:
    """The command dies before statement *point*, is sent until answered, and then once more."""
    before = witness.look()
    try:
        with killed_at(desk.database, point):
            answer = wish(desk, case)
    except Killed:
        assert witness.look() == before, "half a write"
        try:
            answer = wish(desk, case)
        except PlatformError as error:
            assert refused(error)
            assert witness.look() == before, "a refused command wrote something"
            return
    except PlatformError as error:
        assert refused(error)
        assert witness.look() == before, "a refused command wrote something"
        return
    after, count = witness.look(), carried_out(desk, case, wish.command)
    again = wish(desk, case)
    assert (again.replayed, again.seq, again.status) == (True, answer.seq, answer.status)
    assert witness.look() == after and carried_out(desk, case, wish.command) == count


def walked(desk: Desk, review: dict[str, Any], wishes: list[Any]) -> int:
    """One random case; returns how many commands were tried."""
    version = published(desk, review)
    before, desk.version = desk.version, version
    case = desk.submit().id
    desk.version = before
    with witnessed(desk) as witness:
        for index, (kind, which, choice, actor, point, crowd) in enumerate(wishes):
            wish = Wish(kind, which, choice, actor)
            if crowd:
                at_once(desk, case, wish, Wish("act", which + 1, choice, "abc"[index % 3]))
            else:
                killed_then_sent_again(desk, witness, case, wish, point)
            desk.sound(case)
    return len(wishes)


QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def randomly(desk: Desk, examples: int) -> int:
    """Walk so many random cases; how many commands were tried."""
    tried = [0]

    @settings(max_examples=examples, deadline=None, suppress_health_check=QUIET, derandomize=True, database=None, phases=[Phase.generate])
    @given(scopes(("grant", "refuse"), 0), st.lists(WISH, min_size=6, max_size=14))
    def walk(review: dict[str, Any], wishes: list[Any]) -> None:
        tried[0] += walked(desk, review, wishes)

    walk()
    return tried[0]


def test_random_routes_random_commands_deaths_duplicates_and_crowds(lite: Desk) -> None:
    assert randomly(lite, 12) >= 72


@pytest.mark.parametrize("examples", [pytest.param(60, marks=LATER)])
def test_many_random_routes_on_each_database(desk: Desk, examples: int, record_property: Any) -> None:
    record_property("routes", examples)
    record_property("commands", randomly(desk, examples))
