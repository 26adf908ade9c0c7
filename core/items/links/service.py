"""Verbs of the link check: ask one address and write down what came of it; plan which are asked when; have one asked at once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core.db.database import Database
from core.identity import queries as people
from core.items.catalogue import power
from core.items.links import judging
from core.items.links.gathering import gather
from core.items.links.judging import Verdict, judge
from core.items.links.models import Link, LinkChange, LinkUse
from core.items.links.queries import dead_links
from core.items.links.settings import DAYS
from core.items.models import Item
from core.kernel.clock import local, now
from core.kernel.ids import new_id
from core.kernel.probing import Probe, Prober
from core.notices import service as notices
from core.outbox import service as outbox
from core.settings import service as settings

LOOK = "links.look"
#: Addresses of one server are asked so far apart.
GAP = timedelta(seconds=30)
#: A look that lasts longer is ended with its process: a prober ends itself earlier, a name server's silence does not.
LONGEST_SECONDS = 45
#: Addresses planned in one turn; the next turn plans the next.
TURN = 200
#: Something must have answered so lately for silence to count.
LATELY = timedelta(hours=24)
_row = Link.__table__.c


def plan(session: Session) -> bool:
    """One turn of the periodic job: read what items name, and send a message for every address that is due. Whether more waits."""
    days = int(settings.get(session, DAYS))
    if days <= 0:
        return False
    if gather(session):
        return True
    ids = session.scalars(select(_row.id).where(_row.next_at <= now()).order_by(_row.next_at, _row.id).limit(TURN)).all()
    hurry(session, ids)
    session.execute(update(Link).where(Link.id.in_(ids)).values(next_at=now() + timedelta(days=days)), execution_options={"synchronize_session": False})
    return len(ids) == TURN


def hurry(session: Session, link_ids: Sequence[str]) -> int:
    """Have addresses asked as soon as politeness allows: a message each, those of one server apart – also from what was planned before or asked just now.
    Pressing twice asks once. Returns how many."""
    at = now()
    rows = session.execute(select(_row.id, _row.host, _row.looks).where(_row.id.in_(link_ids)).order_by(_row.next_at, _row.id)).all()
    last = _last(session, {row.host for row in rows})
    for row in rows:
        turn = _turn(row.host)
        last[turn] = max(at, last[turn] + GAP) if turn in last else at
        body = {"link": row.id, "host": turn, "seconds": LONGEST_SECONDS}
        outbox.send(session, LOOK, body, key=f"{LOOK}/{row.id}/{row.looks + 1}/{at:%Y%m%d%H}", available_at=last[turn])
    return len(rows)


def _turn(host: str) -> str:
    return host[:64]


def _last(session: Session, hosts: Collection[str]) -> dict[str, datetime]:
    """When each server is asked for the last time so far, planned or done."""
    planned = outbox.latest(session, outbox.PLUGINS, map(_turn, hosts)) if hosts else {}
    asked = select(_row.host, func.max(_row.checked_at)).where(_row.host.in_(hosts), _row.checked_at.is_not(None)).group_by(_row.host)
    for host, at in session.execute(asked) if hosts else ():
        planned[_turn(host)] = max(at, planned.get(_turn(host), at))
    return planned


def look(database: Database, link_id: str, prober: Prober) -> str | None:
    """Ask one address – in no transaction, a server may take its time – and write down what came of it; its state now, ``None`` for one that is gone."""
    with database.session() as session:
        url = session.scalar(select(_row.url).where(_row.id == link_id))
    if url is None:
        return None
    probe = prober.ask(url)
    return database.run(lambda session: write_down(session, link_id, probe))


def write_down(session: Session, link_id: str, probe: Probe) -> str | None:
    """What *probe* makes of an address. A change of state is kept, a death is told to those who look after the items that name it."""
    row = session.execute(select(_row.url, _row.host, _row.state, _row.why, _row.moved_to, _row.failures).where(_row.id == link_id).with_for_update()).first()
    if row is None:
        return None
    at = now()
    verdict = judge(row.url, probe, failures=row.failures, dead=row.state == judging.DEAD, line_works=_line_works(session, row.host))
    values = {
        "state": verdict.state, "why": verdict.why, "status": probe.status, "moved_to": verdict.moved_to, "failures": verdict.failures, "checked_at": at,
        "looks": Link.looks + 1, "next_at": at + (verdict.again or timedelta(days=max(int(settings.get(session, DAYS)), 1))),
    }  # fmt: skip
    values |= {"answered_at": at} if probe.status is not None else {}
    changed = verdict.state != row.state
    values |= {"since": at} if changed else {}
    session.execute(update(Link).where(_row.id == link_id).values(values), execution_options={"synchronize_session": False})
    if changed or (verdict.why, verdict.moved_to) != (row.why, row.moved_to):
        _keep(session, link_id, verdict, probe)
    if changed and verdict.state == judging.DEAD:
        _tell(session, link_id, row.url)
    if judging.DEAD in (verdict.state, row.state):
        dead_links.changed(session)
    return verdict.state


def _line_works(session: Session, host: str) -> bool:
    """Whether another server answered lately: then silence is not our own."""
    return session.scalar(select(_row.id).where(_row.answered_at > now() - LATELY, _row.host != host).limit(1)) is not None


def _keep(session: Session, link_id: str, verdict: Verdict, probe: Probe) -> None:
    values = {"id": new_id(), "link_id": link_id, "at": now(), "state": verdict.state, "why": verdict.why, "status": probe.status}
    session.execute(insert(LinkChange).values(**values, moved_to=verdict.moved_to))


def _tell(session: Session, link_id: str, url: str) -> None:
    """Tell the administrators of every department whose item names a dead address; where a department has none, the heads of its sections."""
    for code, title in session.execute(select(Item.code, Item.title).where(Item.code.in_(select(LinkUse.item_code).where(LinkUse.link_id == link_id)))):
        office = power.owner(session, code)
        posts = people.colleagues(session, [office.id])
        told = next((found for role in ("admin", "section_chief") if (found := sorted({post[0] for post in posts if post[3] == role}))), [])
        for who in told:
            key = f"link/{link_id}/{code}/dead/{local(now()):%Y%m%d}/{who}"
            about = {"region_root": office.region_root, "department_id": office.id}
            notices.post(session, key=key, template="link_dead", recipient=("staff", who), params={"item": title, "url": url[:300]}, **about)


def due(session: Session, *, every: bool = False) -> list[tuple[str, str, str]]:
    """(id, host, address) of what is due – or of *every* address –, servers in turns."""
    query = select(_row.id, _row.host, _row.url).order_by(_row.host, _row.url)
    rows = session.execute(query if every else query.where(_row.next_at <= now())).all()
    turn: dict[str, int] = {}
    numbered = []
    for row in rows:
        turn[row.host] = turn.get(row.host, -1) + 1
        numbered.append((turn[row.host], (row.id, row.host, row.url)))
    return [each for _number, each in sorted(numbered, key=lambda one: one[0])]


def figures(session: Session) -> dict[str, int]:
    """How many addresses are in each state."""
    found: dict[str, int] = dict(session.execute(select(_row.state, func.count()).group_by(_row.state)).all())
    return {state: found.get(state, 0) for state in judging.STATES}
