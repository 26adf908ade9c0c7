"""What other slices ask: the hall's host, and which plugins take part somewhere."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from core.pluginhost.host import PluginHost
from core.pluginhost.standing import Standing, remembered


def host(session: Session) -> PluginHost:
    """The hall's plugin host, carried by the session."""
    found = session.info["plugins"]
    assert isinstance(found, PluginHost)
    return found


def standing(session: Session) -> Standing:
    """What the hall decided about its plugins."""
    return remembered.value(session)


def enabled(session: Session, department_id: str | None = None, *, item: Iterable[str] = ()) -> frozenset[str]:
    """Names of the plugins that take part: those enabled for the site or the department; one of reach *item* only where the item names it.

    *item*: the plugins that the item's version names. Every call of a hook that is about a department or an item goes through this scope.
    """
    reach = {state.manifest.name: state.manifest.scope for state in host(session).states() if state.active}
    named = frozenset(item)
    return frozenset(name for name in standing(session).enabled(department_id) if name in reach and (reach[name] != "item" or name in named))


def taking_part(session: Session, hook: str, department_id: str | None = None, *, item: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the enabled plugins that implement *hook*, in order; none in a process whose host was not given the specification."""
    if "plugins" not in session.info or not host(session).knows(hook) or not host(session).taking_part(hook):
        return ()
    return host(session).taking_part(hook, enabled(session, department_id, item=item))


def offers(session: Session, hook: str, department_id: str | None = None, *, item: Iterable[str] = ()) -> list[Any]:
    """Everything that the enabled plugins offer by *hook*, one after the other in their order."""
    names = taking_part(session, hook, department_id, item=item)
    return [each for answer in host(session).call(hook, scope=names) for each in answer] if names else []
