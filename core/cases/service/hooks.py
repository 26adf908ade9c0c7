"""Calling the hook of an automatic step: tried again with growing pauses, and when it fails for good a person takes over (ROUTING §9.5)."""

import copy
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from core.cases import hook_calls, results
from core.cases.chain import Fact
from core.cases.errors import CaseNotFound, LaterMissing
from core.cases.hookspecs import StepCall
from core.cases.service import decision, lateness, watching
from core.cases.service.acting import hook_ended
from core.cases.service.machine import Change, Loaded, carry_out, load
from core.kernel import canonical
from core.kernel.actor import SYSTEM
from core.kernel.clock import now
from core.outbox import service as outbox
from core.outbox.errors import describe
from core.pluginhost import service as plugins
from core.pluginhost.calls import BACKGROUND_SECONDS
from core.routing.engine import advance
from core.routing.errors import RouteRefused
from core.routing.facts import hook_input
from core.routing.marking import Command, OpenTask

log = logging.getLogger("wangting.hooks")


class _NoAnswer(Exception):
    """The plugin did not answer, or not with what can be kept."""


def ended(session: Session, body: dict[str, Any], message_id: str) -> None:
    """The process was ended in the middle of a try: it took too long, or the plugin broke it. That try failed; the route says how many there are."""
    del message_id
    case, task = _waiting(session, body)
    if case is not None and task is not None:
        _failed(session, case, task, body["attempt"], "the process was ended in the middle of the try")


@outbox.handler(hook_calls.TOPIC, lane=outbox.PLUGINS, turn="plugin", ended=ended)
def call(session: Session, body: dict[str, Any], message_id: str) -> None:
    """One try. The step may be gone meanwhile – withdrawn, ended by hand – then there is nothing to do."""
    del message_id
    case, task = _waiting(session, body)
    if case is None or task is None:
        return
    try:
        answer = _asked(session, case, task)
    except Exception as error:
        session.rollback()  # whatever the plugin had written before it failed
        log.warning("step %s of case %s: try %s failed", task.node, case.id, body["attempt"], exc_info=not isinstance(error, _NoAnswer))
        _failed(session, case, task, body["attempt"], _technical(error))
        return
    _answered(session, case, task, answer)


def _waiting(session: Session, body: dict[str, Any]) -> tuple[Loaded | None, OpenTask | None]:
    """The case and its automatic step, if both still wait."""
    try:
        case = load(session, body["case"])[0]
    except CaseNotFound:
        return None, None
    task = case.marking.task(body["no"])
    return case, task if task is not None and task.kind == "auto" else None


def _technical(error: Exception) -> str:
    """What the incident keeps: never what the plugin itself said, which may hold an applicant's values – only of what kind it was."""
    return describe(error) + (f" ({type(error.__cause__).__name__})" if error.__cause__ is not None else "")


def _asked(session: Session, case: Loaded, task: OpenTask) -> dict[str, Any]:
    """Ask the plugin that the route names; it gets copies and can move nothing."""
    node = case.compiled.route.nodes[task.node]
    plugin, _dot, ability = (node.hook or "").partition(".")
    values = copy.deepcopy(hook_input(case.compiled.route, case.marking, node, case.facts()))
    given = StepCall(case.id, case.row["number"], case.row["item_code"], task.node, task.visit, ability, values)
    taking_part = plugins.taking_part(session, "run_step", case.row["department_id"], item=(plugin,))
    if plugin not in taking_part:
        raise _NoAnswer
    calls = plugins.host(session).calls
    with calls.within(BACKGROUND_SECONDS):
        answers = plugins.host(session).call("run_step", scope=(plugin,), contexts=partial(plugins.called, session), call=given)
    answer = next((each for each in answers if isinstance(each, Mapping)), None)
    if answer is None:
        raise _NoAnswer
    kept = _kept(answer)
    if kept is None:
        calls.note(plugin, "run_step", "nonsense", what=type(answer).__name__)
        raise _NoAnswer
    return kept


def _kept(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer as it is kept; ``None`` for what is no JSON or too long."""
    try:
        text = canonical.dumps(dict(answer))
    except (TypeError, ValueError):
        return None
    kept: dict[str, Any] = json.loads(text)
    return kept if len(json.dumps(kept, ensure_ascii=False)) <= hook_calls.LONGEST else None


def _failed(session: Session, case: Loaded, task: OpenTask, attempt: int, error: str) -> None:
    """Try again later, or open the step that a person does; the applicant's clock goes on, for it is the hall's fault."""
    node = case.compiled.route.nodes[task.node]
    if attempt < hook_calls.tries(node):
        at = now() + hook_calls.pause(node, attempt)
        body, key = hook_calls.body(case.id, task.no, attempt + 1, node.hook or ""), hook_calls.key(case.id, task.no, attempt + 1)
        outbox.send(session, hook_calls.TOPIC, body, key=key, available_at=at, region_root=case.row["region_root"])
        return
    hook_ended(session, case.id, task.no, ok=False, result_ref=None, command_id=f"hook/{case.id}/{task.no}")
    watching.tell_by_hand(session, case.id, task, error)


def _answered(session: Session, case: Loaded, task: OpenTask, answer: Mapping[str, Any]) -> None:
    """Keep the answer under (node, visit), then go on with it, in one transaction. An answer that would grant while promised papers are missing goes
    to the person behind the step, who waits for them."""
    kept = json.dumps(answer, ensure_ascii=False)

    def decide(loaded: Loaded) -> Change:
        facts = {**loaded.facts(), loaded.compiled.route.nodes[task.node].id: {"result": dict(answer)}}
        command = Command("hook_done", task.no, data={"result_ref": f"{task.node}#{task.visit}"})
        plan = advance(loaded.compiled.route, loaded.marking, command, facts)
        before = [Fact(results.HOOK, {"node": task.node, "visit": task.visit, "no": task.no}, {"result": kept})]
        change = Change(plan, before=before, action="hook_done")
        if plan.outcome == "grant":
            lateness.whole(session, loaded)
            change.then = lambda granted, at: decision.issue(session, granted, at, actor=SYSTEM)
        return change

    try:
        carry_out(session, case.id, f"hook/{case.id}/{task.no}", decide, actor=SYSTEM)
    except LaterMissing:
        watching.by_hand(session, case.id, task.no, "papers that were promised for later are missing")
    except RouteRefused:
        log.warning("step %s of case %s: its answer cannot be used", task.node, case.id, exc_info=True)
        watching.by_hand(session, case.id, task.no, "the answer cannot be used")
