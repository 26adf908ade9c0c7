"""Jobs of plugins as messages of their own lane: planned when their interval is over, or sent by the plugin itself; each call one message.

A call that asks for more sends the next message in its own transaction. So a long job is many short transactions, it can be ended between any two of
them, and it goes on where it stood.
"""

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.kernel.clock import now
from core.outbox import schedule
from core.outbox import service as outbox
from core.outbox.models import Job as Row
from core.pluginhost import service as plugins
from core.pluginhost.background import JOBS, Job
from core.pluginhost.errors import JobWaits, UnknownPlugin

log = logging.getLogger("wangting.plugins")

HOOK = "background_jobs"
#: What is at most kept of a key that a plugin gives (characters).
LONGEST_KEY = 160


def later(session: Session, plugin: str, name: str, body: Mapping[str, Any], *, key: str) -> str:
    """Have a job of *plugin* done after this transaction; the same *key* again changes nothing. Returns the message's id.

    *body* is plain JSON with ids and references, never a person's values: it is not sealed. Raises :class:`UnknownPlugin` for a job it does not offer,
    :class:`ValueError` for a key that is empty or too long.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"a key has 1 to {LONGEST_KEY} characters")
    return _send(session, plugin, _offered(session, plugin, name), dict(body), key, 1)


def plan(session: Session) -> None:
    """One turn: send a message for every job whose interval is over, unless the last one is not done yet. Plugins that take part nowhere have none."""
    found = {
        _row(plugin, job.name): (plugin, job)
        for plugin in plugins.anywhere(session, HOOK)
        for job in plugins.host(session).offered(HOOK, plugin)
        if job.every is not None
    }
    if not found:
        return
    at, rows = now(), {row.name: row.next_at for row in session.execute(select(Row.name, Row.next_at).where(Row.name.in_(found)))}
    missing = sorted(found.keys() - rows.keys())
    if missing:
        schedule.introduce(session, missing)
    for name, (plugin, job) in sorted(found.items()):
        if rows.get(name, at) > at:
            continue
        session.execute(update(Row).where(Row.name == name).values(next_at=at + job.every))
        if not outbox.waits(session, outbox.PLUGINS, _key(plugin, job.name, "every/")):
            _send(session, plugin, job, {}, f"every/{at.isoformat()}", 1)


@outbox.handler(JOBS, lane=outbox.PLUGINS, turn="plugin")
def run(session: Session, body: dict[str, Any], message_id: str) -> None:
    """One call of a job. One whose plugin takes part nowhere waits; one whose plugin was removed is forgotten."""
    del message_id
    plugin, name, key = body["plugin"], body["job"], body["key"]
    here = plugins.standing(session)
    if plugin not in here.installed:
        log.warning("job %s of %s is forgotten: the plugin was removed", name, plugin)
        return
    if plugin not in plugins.anywhere(session, HOOK):
        raise JobWaits(plugin=plugin, job=name)
    job = _offered(session, plugin, name)
    with plugins.host(session).calls.call(plugin, f"{HOOK} {name}", job.seconds):
        again = job.run(plugins.called(session, plugin), dict(body["body"]))
    if again is not None and not isinstance(again, bool):
        raise plugins.host(session).nonsense(plugin, f"{HOOK} {name}", again)
    if again:
        _send(session, plugin, job, body["body"], key, body["turn"] + 1)
    else:
        session.execute(update(Row).where(Row.name == _row(plugin, name)).values(last_ok_at=now()))


def _offered(session: Session, plugin: str, name: str) -> Job:
    found: Job | None = next((each for each in plugins.host(session).offered(HOOK, plugin) if each.name == name), None)
    if found is None:
        raise UnknownPlugin("pluginhost.unknown_job", name=plugin, job=name)
    return found


def _send(session: Session, plugin: str, job: Job, body: Mapping[str, Any], key: str, turn: int) -> str:
    said = {"plugin": plugin, "job": job.name, "body": dict(body), "key": key, "turn": turn, "seconds": job.seconds}
    return outbox.send(session, JOBS, said, key=_key(plugin, job.name, f"{key}#{turn}"))


def _row(plugin: str, job: str) -> str:
    return f"plugin/{plugin}/{job}"


def _key(plugin: str, job: str, key: str) -> str:
    return f"{JOBS}/{plugin}/{job}/{key}"
