"""Failures of plugins are rows: counted in a row for each plugin, and too many set it aside for every process until an operator lets it back.

The words hold names of types, files, lines and seconds – never what a plugin said itself, which may be an applicant's value.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.db.database import Database
from core.kernel.actor import SYSTEM
from core.kernel.clock import now
from core.kernel.wording import word
from core.pluginhost.calls import Call, Note
from core.pluginhost.models import Installed
from core.pluginhost.standing import remembered

log = logging.getLogger("wangting.plugins")

#: So many failures in a row and a plugin takes part nowhere any more.
QUARANTINE_AFTER = 10
#: What no second try can mend: the plugin is set aside at once.
AT_ONCE = ("hung", "unfit")
#: The status of a process that ended itself because a call hung (sysexits.h: internal software error).
HUNG_EXIT = 70


def write(database: Database) -> None:
    """Write what this thread noted of calls, in a transaction of its own. The transaction that the calls were made in is over.

    A database that does not answer loses the count, never what somebody asked for: it is logged, not raised.
    """
    host = database.sessions.kw["info"].get("plugins")
    notes = host.calls.noted() if host is not None else ()
    if notes:
        try:
            database.run(lambda session: keep(session, notes))
        except Exception:
            log.exception("failures of plugins could not be written: %s", notes)


def keep(session: Session, notes: Iterable[Note]) -> None:
    """Write notes into their plugins' rows, in the order in which they were made."""
    for note in notes:
        if note.kind == "worked":
            worked(session, note.plugin, note.hook)
        else:
            failed(session, note)


def failed(session: Session, note: Note) -> bool:
    """Count one failure; whether it set the plugin aside. Nothing is counted for one that is aside, or not installed, already.

    Pages, slots and the check of an application are counted, but set nothing aside: whoever finds an address, or an answer, that breaks one could switch
    off what the plugin guards – its checks, its steps – for the whole hall by asking ten times. A check that fails refuses the application and names the
    plugin; an administrator who reads that on the plugin's page switches it off. The failures of other hooks are a count of their own, which these
    leave alone.
    """
    row = Installed.__table__.c
    said = {"hook": note.hook, "kind": note.kind, "params": dict(note.params)}
    seen = note.kind not in AT_ONCE and _seen(note.hook)
    before = _read(session.scalar(select(row.last_error).where(row.name == note.plugin)) or "")
    anew = before is not None and _seen(before["hook"]) != seen
    if seen and anew:
        return False  # a hook is failing: its count goes on
    count = session.execute(
        update(Installed)
        .where(row.name == note.plugin, row.set_aside_at.is_(None))
        .values(failures=1 if anew else row.failures + 1, last_error=json.dumps(said, ensure_ascii=False))
        .returning(row.failures)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if count is None:
        return False
    aside = (count >= QUARANTINE_AFTER and not seen) or note.kind in AT_ONCE
    if aside:
        reason = json.dumps({**said, "count": count}, ensure_ascii=False)
        session.execute(update(Installed).where(row.name == note.plugin).values(set_aside_at=now(), reason=reason))
        audit.record(session, "plugin.set_aside", subject=("plugin", note.plugin), actor=SYSTEM, detail=json.loads(reason))
        log.error("plugin %s is set aside: %s", note.plugin, words(reason, "en"))
    remembered.changed(session)
    return aside


#: The check of an application: what it is given is what a stranger wrote.
_GATE = "validate_submission"


def _seen(hook: str) -> bool:
    """Whether anybody may ask for a call as often as they like: a page (``/figures``), a slot, the check of an application."""
    return hook == _GATE or hook.startswith(("/", "slots "))


def worked(session: Session, plugin: str, hook: str) -> None:
    """What failed last works again: the count begins anew. Another hook's success says nothing about the one that fails."""
    here = (Installed.name == plugin, Installed.set_aside_at.is_(None))
    said = _read(session.scalar(select(Installed.last_error).where(*here)) or "")
    if said is not None and said["hook"] == hook:
        session.execute(update(Installed).where(*here).values(failures=0, last_error=None))
        remembered.changed(session)


def hung(database: Database, call: Call, *, replaced: bool) -> None:
    """A call did not come back: set its plugin aside everywhere. The thread it runs on is lost; where the server *replaced* processes, this one ends.

    Told by the watchdog. Raises what the database raises when the process goes on, so that it is told again.
    """
    note = Note(call.plugin, call.hook, "hung", {"seconds": int(time.monotonic() - call.since)})
    log.critical("plugin %s hangs in %s%s", note.plugin, note.hook, "; this process ends and is replaced" if replaced else "")
    try:
        database.run(lambda session: failed(session, note), attempts=1)
    except Exception:
        if not replaced:
            raise
        _write_elsewhere(note)
    if replaced:
        os._exit(HUNG_EXIT)


def _write_elsewhere(note: Note) -> None:
    """The hung call itself may hold the database: a process that outlives this one writes it down."""
    from subprocess import DEVNULL, Popen  # hardly ever needed

    command = [sys.executable, "-P", "-m", "core.worker.aside", note.plugin, note.hook, str(note.params["seconds"])]
    Popen(command, stdin=DEVNULL, start_new_session=True)  # noqa: S603 - our own program


def words(reason: str, locale: str) -> str:
    """Why a plugin failed or was set aside, as people read it. What somebody else wrote there is given as it is."""
    said = _read(reason)
    if said is None:
        return reason
    last = word(f"pluginhost.failure.{said['kind']}", locale, hook=said["hook"], **said["params"])
    count = said.get("count", 1)
    return last if count == 1 else word("pluginhost.failure.in_a_row", locale, count=count, last=last)


def both(reason: str) -> Mapping[str, str]:
    """The words in both languages, as a parameter of an error."""
    return {locale: words(reason, locale) for locale in ("zh", "en")}


def _read(reason: str) -> Mapping[str, Any] | None:
    try:
        said = json.loads(reason)
    except ValueError:
        return None
    return said if isinstance(said, dict) and {"hook", "kind", "params"} <= said.keys() else None
