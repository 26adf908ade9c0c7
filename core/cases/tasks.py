"""What follows a command after its commit: the submitted draft goes, observers and notices hear of it. And the periodic sweeps."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import drafts, drafts_told, listening, sampling, sealing
from core.cases.hookspecs import CaseChange
from core.cases.library import exporting, searchable
from core.cases.models import Case, CaseEvent
from core.cases.notify import notify
from core.cases.service import bulk_runs, chosen, delivering, incidents, migrating, outcomes, watching
from core.cases.service import hooks as hooks  # its handler calls the hooks of automatic steps
from core.cases.service.machine import TOPIC
from core.cases.service.rungs import sweep
from core.documents import service as documents
from core.documents.service import PAPER
from core.items import queries as items
from core.outbox import schedule
from core.outbox import service as outbox
from core.pluginhost import service as plugins
from core.pluginhost.errors import ObserverWaits

OBSERVER = "case.observer"
_HEARS = "case_changed"
SWEEP_SECONDS = timedelta(minutes=1).total_seconds()
WATCH_SECONDS = timedelta(minutes=5).total_seconds()
TIDY_SECONDS = timedelta(days=1).total_seconds()
DRAFTS_SECONDS = timedelta(hours=1).total_seconds()
PROOF_SECONDS = timedelta(hours=1).total_seconds()


@outbox.handler(TOPIC)
def case_event(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Handle one committed command of a case."""
    del message_id
    if body.get("draft"):
        drafts.discard(session, body["draft"])
    if any(kind.startswith("decision_") for kind in body["documents"]):
        delivering.prepare(session, body["case"])
    outcomes.not_granted(session, body["case"])
    notify(session, body["case"], first=body["first"], last=body["last"])
    listening.tell(session, body["case"], first=body["first"], last=body["last"])
    here, waiting = _observers(session, body["case"])
    for plugin in (*here, *waiting):
        outbox.send(session, OBSERVER, {**body, "plugin": plugin}, key=f"{OBSERVER}/{body['case']}/{body['last']}/{plugin}")


@outbox.handler(OBSERVER, lane=outbox.PLUGINS, turn="plugin")
def tell_observer(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Tell one plugin of one command. One that is set aside is told when it is back; one that was disabled meanwhile is not."""
    del message_id
    here, waiting = _observers(session, body["case"])
    if body["plugin"] in waiting:
        raise ObserverWaits(plugin=body["plugin"])
    case = session.execute(select(*Case.__table__.c).where(Case.id == body["case"])).mappings().first()
    if case is None or body["plugin"] not in here:
        return
    query = select(CaseEvent.kind, CaseEvent.body).where(CaseEvent.case_id == body["case"], CaseEvent.seq.between(body["first"], body["last"]))
    events = tuple((kind, json.loads(text)) for kind, text in session.execute(query.order_by(CaseEvent.seq)))
    change = CaseChange(
        case["id"], case["number"], case["item_code"], case["version_id"], case["department_id"], case["status"], case["outcome"], events
    )  # fmt: skip
    plugins.host(session).observe(_HEARS, body["plugin"], contexts=partial(plugins.called, session), change=change)


@outbox.handler(PAPER)
def make_paper(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Make the paper of a document: only a case can open its words."""
    del message_id
    case_id = documents.case_of(session, body["document"])
    row = session.execute(select(Case.id, Case.wrapped_key).where(Case.id == case_id)).first()
    if row is not None:
        documents.make_paper(session, body["document"], sealing.key_of(session, row.id, row.wrapped_key))
        delivering.at_once(session, row.id)


def _observers(session: Session, case_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Plugins that take part where the case is handled and want to hear of it; and those that would, but are set aside."""
    if not plugins.host(session).taking_part(_HEARS) and plugins.complete(session):
        return (), ()
    case = session.execute(select(Case.department_id, Case.version_id).where(Case.id == case_id)).first()
    if case is None:
        return (), ()
    named = items.load(session, case.version_id).plugins
    return plugins.taking_part(session, _HEARS, case.department_id, item=named), plugins.silent(session, _HEARS, case.department_id, item=named)


schedule.every("cases.rungs", SWEEP_SECONDS, sweep)
schedule.every("cases.stuck", WATCH_SECONDS, watching.sweep)
schedule.every("cases.incidents", TIDY_SECONDS, watching.tidy)
schedule.every("cases.bulk", TIDY_SECONDS, bulk_runs.tidy)
schedule.every("cases.drafts", DRAFTS_SECONDS, drafts.sweep)
schedule.every("cases.fold", PROOF_SECONDS, sampling.sweep)
assert exporting and searchable  # one writes an export piece by piece, the other indexes answers
assert incidents  # its handler tells of messages that were given up
assert migrating and drafts_told and chosen  # their handlers move cases to another version, one a message, and tell whoever has a draft
