"""What plugins find before an application is filed or a button pressed: asked of those that the item configures and that take part where it is handled.

A plugin that was set aside, or that this process did not load, cannot be asked, and silence is no answer. What staff do waits then – a check that fails
and one that nobody can make are alike – until somebody mends the plugin or decides to go on without it, by disabling it (DESIGN §7: finders fail the
operation and name the plugin). A citizen's application is taken all the same: the day of filing is theirs (行政许可法 32), the fault is the hall's, and a
clerk looks at it before it is accepted; that it was not checked is recorded and stands on the case.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.audit import queries as record
from core.audit import service as audit
from core.cases.errors import PluginSilent
from core.cases.hookspecs import Application, StepView
from core.cases.service.machine import Loaded
from core.cases.spec import CaseView
from core.items.hookspecs import ItemInfo
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Finding
from core.pluginhost import service as plugins

FILING, LEAVING, GRANTING = "validate_submission", "may_leave_step", "merge_licences"
#: The entry of the record about an application that was taken without the check of a plugin.
UNCHECKED = "case.unchecked"


def before_filing(
    session: Session, compiled: CompiledItem, department_id: str, *, values: Mapping[str, Any], situation: Mapping[str, str], party_id: str, actor: Actor
) -> tuple[str, ...]:
    """Refuse an application that a plugin finds wrong. Raises :class:`BadInput` with everything found. Returns the plugins that could not be asked."""
    _ask(
        session, FILING, compiled, department_id, actor,
        lambda name: {"application": Application(ItemInfo.of(compiled, name), values, situation, party_id)},
    )  # fmt: skip
    return _silent(session, FILING, compiled, department_id)


def unchecked(session: Session, case_id: str, names: tuple[str, ...], *, actor: Actor) -> None:
    """Record that a case was filed without the check of *names*, if any."""
    if names:
        audit.record(session, UNCHECKED, subject=("case", case_id), actor=actor, detail={"plugins": list(names)})


def before_leaving(session: Session, case: Loaded, task_no: int, action: str, *, actor: Actor) -> None:
    """Refuse a button that a plugin finds too early, or that a plugin should look at and cannot. Raises :class:`BadInput` with everything found,
    :class:`PluginSilent`."""
    task = case.marking.task(task_no)
    if task is not None:
        answers(session, LEAVING, case)
        _ask(
            session, LEAVING, case.compiled, case.row["department_id"], actor,
            lambda name: {"step": StepView(case.id, case.row["number"], ItemInfo.of(case.compiled, name), task.node, action)},
        )  # fmt: skip


def answers(session: Session, hook: str, case: Loaded) -> None:
    """Raise :class:`PluginSilent` when a plugin that has to answer *hook* for this case cannot be asked."""
    names = _silent(session, hook, case.compiled, case.row["department_id"])
    if names:
        raise PluginSilent(names=titles(session, names))


def standing(session: Session, view: CaseView, compiled: CompiledItem) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What staff must know at this case of plugins that cannot be asked: those that hold its buttons up now, and those that did not check it when it was
    filed."""
    if not compiled.doc.get("plugins"):
        return (), ()
    holding = {name for hook in (LEAVING, GRANTING) for name in _silent(session, hook, compiled, view.department_id)}
    entries = record.entries_of(session, ("case", view.id), since=view.submitted_at, action=UNCHECKED)
    missed = {name for one in entries for name in json.loads(one.detail)["plugins"]}
    return tuple(sorted(holding)), tuple(sorted(missed))


def titles(session: Session, names: tuple[str, ...]) -> dict[str, str]:
    """The plugins as people know them, in both languages; one that is gone by its name."""
    known = [(name, plugins.host(session).known(name)) for name in names]
    return {"zh": "、".join(m.title["zh"] if m else name for name, m in known), "en": ", ".join(m.title["en"] if m else name for name, m in known)}


def _silent(session: Session, hook: str, compiled: CompiledItem, department_id: str) -> tuple[str, ...]:
    named = compiled.doc.get("plugins")
    return tuple(name for name in plugins.silent(session, hook, department_id, item=named) if name in named) if named else ()


def _ask(session: Session, hook: str, compiled: CompiledItem, department_id: str, actor: Actor, arguments: Any) -> None:
    named = compiled.doc.get("plugins")
    if not named:
        return
    found: list[Finding] = []
    for name in plugins.taking_part(session, hook, department_id, item=named):
        if name in named:
            ctx = plugins.called(session, name, actor=actor)
            for each in plugins.host(session).call(hook, scope=(name,), contexts=lambda _name, ctx=ctx: ctx, **arguments(name)):  # type: ignore[misc]
                found.extend(each)
    refusing = tuple(each for each in found if each.level == "error")
    if refusing:
        raise BadInput("cases.plugin_refuses", findings=refusing, why={locale: " ".join(one.words(locale) for one in refusing) for locale in ("zh", "en")})
