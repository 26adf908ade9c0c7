"""Lines that a plugin puts on a licence for certificates that were merged into it (hook ``merge_licences``). Costs nothing where no plugin does."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.hookspecs import Grant, Merged, SubCase
from core.cases.models import Case, CaseChild, table
from core.cases.service import plugin_checks
from core.cases.service.machine import Loaded
from core.items.hookspecs import ItemInfo
from core.kernel.actor import Actor
from core.pluginhost import service as plugins

HOOK = plugin_checks.GRANTING
_case, _child = table(Case).c, table(CaseChild).c


def lines(session: Session, case: Loaded, *, actor: Actor) -> Mapping[str, Mapping[str, str]]:
    """Result id → lines for its licence. Raises :class:`core.pluginhost.errors.PluginFailed` when the plugin fails, and
    :class:`core.cases.errors.PluginSilent` when it cannot be asked: nothing is granted then."""
    plugin_checks.answers(session, HOOK, case)
    names = plugins.taking_part(session, HOOK, case.row["department_id"], item=case.compiled.plugins)
    if not names:
        return {}
    begun = _begun(session, case.id)
    called = partial(plugins.called, session, actor=actor)
    for name in names:
        grant = Grant(case.id, case.row["number"], ItemInfo.of(case.compiled, name), begun, case.facts())
        answer = plugins.host(session).first(HOOK, scope=(name,), contexts=called, grant=grant)
        if answer is not None:
            merged: Merged = answer.value
            return {merged.result: merged.lines}
    return {}


def _begun(session: Session, case_id: str) -> tuple[SubCase, ...]:
    query = select(_child.item_code, _case.number, _child.result).join(table(Case), _case.id == _child.child_id).where(_child.parent_id == case_id)
    return tuple(SubCase(row.item_code, row.number, row.result) for row in session.execute(query.order_by(_child.at, _case.id)))
