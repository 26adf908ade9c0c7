"""What other slices ask: the hall's host, which plugins take part somewhere, and their answers."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from core.kernel.actor import SYSTEM, Actor
from core.pluginhost import words
from core.pluginhost.context import Context, context
from core.pluginhost.host import Answer, PluginHost
from core.pluginhost.standing import SITE, Standing, department, remembered


def host(session: Session) -> PluginHost:
    """The hall's plugin host, carried by the session."""
    found = session.info["plugins"]
    assert isinstance(found, PluginHost)
    return found


def standing(session: Session) -> Standing:
    """What the hall decided about its plugins."""
    found = remembered.value(session)
    if "plugins" in session.info:
        host(session).calls.failing = found.failing  # so that the success of what failed before is noted, and of nothing else
    return found


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


def silent(session: Session, hook: str, department_id: str, *, item: Iterable[str]) -> tuple[str, ...]:
    """Names of the plugins that somebody enabled there to answer *hook* and that cannot be asked: set aside, or not loaded in this process.

    *item*: as for :func:`enabled`. One that was disabled is none of them: that was decided by a person. One of which this process knows nothing – its
    files are gone – counts where the item names it.
    """
    if "plugins" not in session.info or not host(session).knows(hook):
        return ()
    here, named = standing(session), frozenset(item)
    chosen = here.places.get(SITE, frozenset()) | here.places.get(department(department_id), frozenset())
    out = ((name, host(session).known(name)) for name in sorted(chosen) if name in here.aside or not host(session).active(name))
    return tuple(name for name, it in out if (name in named if it is None else hook in it.hooks and (it.scope != "item" or name in named)))


def complete(session: Session) -> bool:
    """Whether every plugin that somebody enabled takes part: none is set aside, and none was not loaded in this process."""
    here = standing(session)
    return all(host(session).active(name) and name not in here.aside for names in here.places.values() for name in names)


def anywhere(session: Session, hook: str) -> tuple[str, ...]:
    """Names of the plugins that implement *hook* and are enabled at any place at all: for what is not about one department (a public page, a job)."""
    if "plugins" not in session.info or not host(session).knows(hook) or not host(session).taking_part(hook):
        return ()
    here = standing(session)
    return host(session).taking_part(hook, frozenset().union(*here.places.values()) - here.aside.keys())


def answers(
    session: Session, hook: str, department_id: str | None = None, *, item: Iterable[str] = (), actor: Actor = SYSTEM, locale: str = "zh", **arguments: Any
) -> list[Answer]:
    """What the enabled plugins answer to *hook*, each with its name, in their order. Raises :class:`PluginFailed` for one that fails."""
    names = taking_part(session, hook, department_id, item=item)
    if not names:
        return []
    return host(session).answers(hook, scope=names, contexts=partial(called, session, actor=actor, locale=locale), **arguments)


def offers(session: Session, hook: str, department_id: str | None = None, *, item: Iterable[str] = ()) -> list[tuple[str, Any]]:
    """(plugin, one thing) for everything that the enabled plugins offer by *hook*, one after the other in their order."""
    names = taking_part(session, hook, department_id, item=item)
    return [(name, each) for name in names for each in host(session).offered(hook, name)]


def called(session: Session, plugin: str, *, actor: Actor = SYSTEM, locale: str = "zh", granted: Iterable[str] = ()) -> Context:
    """The context of one call of *plugin* in this transaction."""
    return context(session, host(session).manifest(plugin), actor=actor, locale=locale, granted=frozenset(granted), words=words.of(host(session), plugin))
