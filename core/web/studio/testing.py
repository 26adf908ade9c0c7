"""The tests of an item: run, kept through edits, covered, recorded by playing, and made from a finished case.

A play lives in its page alone: what was given and the steps go along in the form, and every click runs from the start.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases.service import testing
from core.identity import queries as people
from core.items import gate
from core.items.spec import CompiledItem
from core.items.studio import constants, covering, drafts, healing, playing, pressing, recording
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, NotAPlay
from core.kernel.errors import BadInput, PlatformError
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.desk import framed, own
from core.web.studio.preview import compiled_of

blueprint = Blueprint("studio_testing", __name__, url_prefix="/office/studio/<draft_id>/tests")
#: Characters of a play, and seconds that filling up the coverage may take.
_MOST, _PATIENCE = 400_000, 8.0
#: What a broken draft may do to the code that walks it, beside what it says itself.
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError)


def playable(draft: Draft) -> CompiledItem:
    """The draft as an item whose tests can be walked. Raises :class:`PlatformError` with what is in the way."""
    compiled = compiled_of(draft)
    try:
        for test in compiled.doc.get("tests") or ():
            playing.read(test["given"], test["steps"])
            if not isinstance(test["id"], str) or not isinstance(test["title"], str) or not isinstance(test["expect"], dict):
                raise NotAPlay(what=str(test)[:60])
        playing.play(compiled, {})
    except PlatformError as error:
        raise BadInput("items.studio_tests_broken", what=error.words(edge.locale())) from error
    except Exception as error:  # a draft may hold anything at all; what exactly broke is told by the findings
        raise BadInput("items.studio_tests_broken", what=str(error)[:80]) from error
    return compiled


def _walked(compiled: CompiledItem) -> gate.GateReport:
    """All tests, walked. Raises :class:`PlatformError` where the rest of the draft is too broken for that."""
    try:
        return gate.run_tests(compiled)
    except PlatformError:
        raise
    except Exception as error:  # a material without a need, a result without a title: the findings tell exactly
        raise BadInput("items.studio_tests_broken", what=str(error)[:80]) from error


# ---- the list


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """Every test, green or red; what they leave out; what could be expected instead."""
    return _list(own(draft_id))


def _list(draft: Draft, error: PlatformError | None = None) -> str:
    locale = edge.locale()
    try:
        compiled = playable(draft)
        report = _walked(compiled)
        covered = covering.coverage(compiled, locale, report=report, departments=people.department_titles(edge.session(), edge.scope()))
    except PlatformError as why:
        return framed("studio/tests.html", draft, "tests", ("item", "tests"), results=None, why=(error or why).words(locale))
    proposals, lost = healing.heal(draft.content, report, compiled=compiled, locale=locale), healing.gone(compiled, locale)
    results = [
        {
            "id": each.id, "title": each.title, "green": each.green, "days": each.days_used, "end": each.end,
            "findings": [finding.words(locale) for finding in each.findings],
            "proposals": [one for one in proposals if one.test == each.id], "gone": [one for one in lost if one.test == each.id],
        }
        for each in report.results
    ]  # fmt: skip
    return framed(
        "studio/tests.html", draft, "tests", ("item", "tests"), results=results, covered=covered, missing=sum(not each.tests for each in covered),
        red=sum(not each["green"] for each in results), error=error.words(locale) if error else None,
        number=request.form.get("number", ""),
    )  # fmt: skip


@blueprint.post("/")
@at_desk
def change(draft_id: str) -> Response | tuple[str, int]:
    """A button of the list: take a new expectation, fill up what is left out, make a test of a case."""
    draft, session, given = own(draft_id), edge.session(), request.form
    try:
        command = saving.command()
        work = _DOES.get(given.get("do", ""))
        if work is None:
            raise BadEdit(what=given.get("do", "")[:20])
        changes, said = work(draft, given)
        if changes:
            drafts.edit(session, draft.id, changes, command_id=command, actor=actor())
    except PlatformError as error:
        if error.status not in (404, 409, 422) or (error.status == 404 and given.get("do") != "from_case"):
            raise
        session.rollback()
        return _list(own(draft_id), error), error.status
    tell(said)
    return redirect(f"/office/studio/{draft_id}/tests/", 303)


Changes = tuple[Sequence[Edit], str]


def _heal(draft: Draft, given: Mapping[str, str]) -> Changes:
    """One new expectation, or one name that is gone taken out."""
    compiled = playable(draft)
    found: list[Edit] = [
        each.edit
        for each in healing.heal(draft.content, _walked(compiled), compiled=compiled)
        if (each.test, each.name) == (given.get("test"), given.get("name"))
    ]
    found += [
        each.edit for each in healing.gone(compiled) if each.edit is not None and (each.test, "/".join(each.at[3:])) == (given.get("test"), given.get("name"))
    ]
    return found[:1], _("已采用新的期望") if found else _("没有要改的")


def _cover(draft: Draft, _given: Mapping[str, str]) -> Changes:
    """Tests for everything that is left out."""
    compiled, there = playable(draft), recording.ids(draft.content)
    made = covering.fill(compiled, taken=there, most=100 - len(there), within=_PATIENCE)
    content: Any = draft.content
    changes: list[Edit] = []
    for test in made:
        changes += recording.added(content, test)
        content = {**content, "item": {**content["item"], "tests": [*(content["item"].get("tests") or ()), test]}}
    return changes, _("补了 %(n)s 个测试", n=len(made)) if made else _("没有找到能补的")


def _from_case(draft: Draft, given: Mapping[str, str]) -> Changes:
    """A finished case of this department, without anybody in it."""
    session = edge.session()
    case = testing.number_of(session, given.get("number", ""))
    test = testing.as_test(session, case, taken=recording.ids(draft.content), actor=actor())
    return recording.added(draft.content, test), _("已做成测试“%(title)s”，里面没有个人信息", title=test["title"])


_DOES: Mapping[str, Callable[[Draft, Mapping[str, str]], Changes]] = {"heal": _heal, "cover": _cover, "from_case": _from_case}


# ---- playing


@blueprint.get("/play")
@at_desk
def begin(draft_id: str) -> str:
    """A fresh play, the one of a test (``?test=``), or the shortest to something that no test takes in (``?for=``)."""
    draft = own(draft_id)
    try:
        compiled = playable(draft)
    except PlatformError as why:
        return framed("studio/tests.html", draft, "tests", ("item", "tests"), results=None, why=why.words(edge.locale()))
    wanted, said = request.args, ""
    test = next((each for each in compiled.doc.get("tests") or () if each["id"] == wanted.get("test")), None)
    if test is not None:
        return _play(draft, compiled, dict(test["given"]), list(test["steps"]))
    if wanted.get("for"):
        target = next((each for each in covering.targets(compiled, edge.locale()) if each.key == wanted["for"]), None)
        found = covering.suggest(compiled, target) if target is not None else None
        if target is not None and found is not None:
            return _play(draft, compiled, found.given, [dict(step) for step in found.steps], goal=target.title)
        said = _("没有找到能走到那里的办法；可以自己走走看")
    return _play(draft, compiled, playing.start(compiled), [], said=said)


@blueprint.post("/play")
@at_desk
def press(draft_id: str) -> Response | tuple[str, int] | str:
    """One click of a play: a button, the clock, another role, other answers, a step back – or record it."""
    draft, given = own(draft_id), request.form
    session = edge.session()
    compiled = playable(draft)
    held, steps = _held(given)
    do = given.get("press", "")
    try:
        if do == "record":
            command = saving.command()
            test = recording.record(compiled, held, steps, title=given.get("title", "")[:200], taken=recording.ids(draft.content))
            drafts.edit(session, draft.id, recording.added(draft.content, test), command_id=command, actor=actor())
            tell(_("已记成测试“%(title)s”", title=test["title"]))
            return redirect(f"/office/studio/{draft_id}/tests/", 303)
        held, steps = _after(compiled, held, steps, do, given)
    except PlatformError as error:
        edge.take_back(error)
        return _play(draft, compiled, held, steps, said=error.words(edge.locale())), error.status
    return _play(draft, compiled, held, steps)


def _held(given: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The play that the page carries along. Raises :class:`NotAPlay`."""
    text = given.get("_play", "")
    try:
        found = json.loads(text) if len(text) <= _MOST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotAPlay(what=text[:40])
    return playing.read(found.get("given"), found.get("steps"))


def _after(
    compiled: CompiledItem, held: dict[str, Any], steps: list[dict[str, Any]], do: str, given: Mapping[str, str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The play after one click."""
    if do == "back":
        return held, steps[:-1]
    if do == "again":
        return held, []
    if do == "answers":
        return _answers(compiled, held, given), steps
    if do.startswith("do:"):
        scene = _scene(compiled, held, steps, day=_day(given))
        found = next((button for button in _buttons(scene) if _name(button) == do), None)
        if found is None or not found.enabled:
            raise BadInput("items.studio_play_closed", do=found.title if found is not None else "", why=(found.why_not if found is not None else None) or "—")
        reason = given.get("reason", "") or (_("试走") if "reason" in found.needs or found.do in ("ask", "withdraw") else "")
        return held, [*steps, pressing.reasoned(found, day=scene.day or None, reason=reason)]
    return held, steps


def _name(button: pressing.Button) -> str:
    """How a button is told from all others of a scene."""
    return "do:" + "|".join((button.do, str(button.step.get("as", "")), str(button.step.get("at", "")), str((button.step.get("data") or {}).get("pause", ""))))


def _buttons(scene: playing.Scene) -> list[pressing.Button]:
    return [button for work in scene.work for button in work.buttons] + list(scene.beside)


def _day(given: Mapping[str, str]) -> int | None:
    """Where the clock stands; a step back, and beginning again, put it where it was."""
    text = "" if given.get("press") in ("back", "again") else given.get("day", "")
    return min(int(text), 3650) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _answers(compiled: CompiledItem, held: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Other answers where the way hangs on them; what they ask for further is filled in."""
    made = dict(held)
    for situation in compiled.doc.get("situations") or ():
        wanted = given.get(f"situation.{situation['id']}")
        if any(option["id"] == wanted for option in situation["options"]):
            made = constants.answered(compiled, made, f"situation.{situation['id']}", wanted)
    if given.get("party") in ("person", "company"):
        made["party"] = given["party"]
    for path, _title, values, _now in list(playing.questions(compiled, held)):
        picked = given.get(path, "")
        if picked.isdigit() and int(picked) < len(values):
            made = constants.answered(compiled, made, path, values[int(picked)])
    return playing.with_materials(compiled, playing.completed(compiled, made))


def _scene(compiled: CompiledItem, held: dict[str, Any], steps: list[dict[str, Any]], *, day: int | None, role: str | None = None) -> playing.Scene:
    titles = people.department_titles(edge.session(), edge.scope())
    try:
        return playing.play(compiled, held, steps, day=day, role=role, locale=edge.locale(), departments=titles)
    except _BROKEN as error:  # data of a step that no button writes
        raise NotAPlay(what=str(error)[:80]) from error


def _play(draft: Draft, compiled: CompiledItem, held: dict[str, Any], steps: list[dict[str, Any]], *, goal: str = "", said: str = "") -> str:
    given = request.form
    role = given.get("role", "")[:100] or None
    if given.get("press", "").startswith("role:"):
        role = given["press"].removeprefix("role:")[:100] or None
    scene = _scene(compiled, held, steps, day=_day(given), role=role)
    if role is not None and role not in {key for key, _words in scene.roles}:
        scene = _scene(compiled, held, steps, day=_day(given))
        role = None
    promised = compiled.route.main_limit.plain.value or 10
    asked = [
        {"path": path, "title": title, "now": now, "values": [(n, _said(compiled, path, value), value == now) for n, value in enumerate(values)]}
        for path, title, values, now in playing.questions(compiled, held)
    ]
    return framed(
        "studio/play.html", draft, "tests", ("item", "tests"), scene=scene, role=role, name=_name, furthest=max(30, 3 * promised, scene.day + 10),
        play=json.dumps({"given": held, "steps": steps}, ensure_ascii=False), questions=asked, situations=compiled.doc.get("situations") or (),
        picked=held.get("situation") or {}, party=held.get("party", "person"), goal=goal, said=said, title_given=given.get("title", ""),
    )  # fmt: skip


def _said(compiled: CompiledItem, path: str, value: Any) -> str:
    """A value of a question as a choice."""
    label = compiled.form.labels.get(path)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(label.choices.get(value, value)) if label is not None else str(value)
