"""What plugins find before an application is filed or a button pressed: asked of those that the item configures and that take part where it is handled."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.cases.hookspecs import Application, StepView
from core.cases.service.machine import Loaded
from core.items.hookspecs import ItemInfo
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Finding
from core.pluginhost import service as plugins


def before_filing(
    session: Session, compiled: CompiledItem, department_id: str, *, values: Mapping[str, Any], situation: Mapping[str, str], party_id: str, actor: Actor
) -> None:
    """Refuse an application that a plugin finds wrong. Raises :class:`BadInput` with everything found."""
    _ask(
        session, "validate_submission", compiled, department_id, actor,
        lambda name: {"application": Application(ItemInfo.of(compiled, name), values, situation, party_id)},
    )  # fmt: skip


def before_leaving(session: Session, case: Loaded, task_no: int, action: str, *, actor: Actor) -> None:
    """Refuse a button that a plugin finds too early. Raises :class:`BadInput` with everything found."""
    task = case.marking.task(task_no)
    if task is not None:
        _ask(
            session, "may_leave_step", case.compiled, case.row["department_id"], actor,
            lambda name: {"step": StepView(case.id, case.row["number"], ItemInfo.of(case.compiled, name), task.node, action)},
        )  # fmt: skip


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
