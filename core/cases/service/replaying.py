"""What if: last month's finished cases of an item, walked once more through a version that is not published yet.

Each case is walked by its own acts, first through the version it was under, then through the new one as far as the acts exist there. What is told holds
numbers, ids and the titles of questions and steps – never an answer. Nothing is written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cases import clocks, sealing
from core.cases.models import Case, CaseMaterial, CasePayload, CaseTaskDone, table
from core.cases.retelling import Happened, retold
from core.cases.service.testing import CHANNELS, chains
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.identity import queries as people
from core.items.catalogue import kinds
from core.items.materials import needs
from core.items.rehearsal import PLAIN_CALENDAR, Walked, rehearse, short
from core.items.spec import CompiledItem, JsonObject
from core.items.studio.pressing import step_title
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import Forbidden
from core.kernel.ids import is_id
from core.kernel.wording import word
from core.routing.service import RouteSpec
from core.worktime.calendars import Calendar

#: The newest cases that one replay takes, the days it looks back, and how many are opened at a time.
MOST, DAYS, AT_A_TIME = 500, 31, 50
_case, _payload, _material, _done = table(Case).c, table(CasePayload).c, table(CaseMaterial).c, table(CaseTaskDone).c


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would have been otherwise: ``fields materials refused end path days``. ``what`` names it; ``old`` and ``new`` are values of the item."""

    kind: str
    what: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One case. ``differences`` is empty when it would have gone the same way; ``told`` is false for one whose way a test cannot tell."""

    id: str
    number: str
    version_id: str
    differences: tuple[Difference, ...] = ()
    told: bool = True


@dataclass(frozen=True, slots=True)
class Replay:
    """All of them. ``late`` is how many were later than promised, under the promise they had and under the new one."""

    cases: tuple[Replayed, ...]
    more: bool
    late: tuple[int, int] = (0, 0)
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def same(self) -> int:
        """Cases that would have gone the same way."""
        return sum(case.told and not case.differences for case in self.cases)

    @property
    def other(self) -> int:
        """Cases that would not."""
        return sum(bool(case.differences) for case in self.cases)

    @property
    def untold(self) -> int:
        """Cases of which nothing can be said."""
        return sum(not case.told for case in self.cases)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the item's finished cases were like: applications a working day, and how often each button was pressed, by place."""

    arrivals: float
    odds: Mapping[str, Mapping[str, float]]


def offices(session: Session, actor: Actor) -> tuple[str, ...]:
    """The departments in whose name the actor may ask for changes. Raises :class:`Forbidden` without any."""
    posts = people.staff_view(session, actor.id).posts if actor.kind == "staff" and is_id(actor.id) else ()
    found = tuple(dict.fromkeys(post.department_id for post in posts if post.role in kinds.ASKS))
    if not found:
        raise Forbidden
    return found


def replay(session: Session, new: CompiledItem, *, days: int = DAYS, most: int = MOST, actor: Actor) -> Replay:
    """Walk the newest *most* cases of the item that ended in the last *days* days in the actor's departments through *new*."""
    since, departments = now() - timedelta(days=min(days, 366)), offices(session, actor)
    most = max(1, min(most, MOST))
    query = select(_case.id).where(_case.item_code == new.code, _case.department_id.in_(departments), _case.ended_at >= since, _case.status.in_(tuple(ENDED)))
    ids = list(session.scalars(query.order_by(_case.ended_at.desc(), _case.id).limit(most + 1)))
    calendar, found, late = clocks.calendar(session), [], Counter[str]()
    for begin in range(0, min(most, len(ids)), AT_A_TIME):
        for row, events, given in _opened(session, ids[begin : begin + AT_A_TIME][: most - begin]):
            found.append(_one(pinned(session, row.version_id), new, row, events, given, calendar, late))
    sums = Counter(kind for case in found for kind in {each.kind for each in case.differences})
    return Replay(tuple(found), len(ids) > most, (late["old"], late["new"]), dict(sums))


def _opened(session: Session, ids: Sequence[str]) -> Iterator[tuple[Any, list[Happened], dict[str, Any] | None]]:
    """Cases with their events and what was given; ``None`` where the answers were erased."""
    newest = (_payload.case_id == _case.id) & (_payload.revision == _case.payload_revision)
    columns = select(_case.id, _case.number, _case.version_id, _case.channel, _case.wrapped_key, _payload.sealed)
    rows = session.execute(columns.outerjoin(table(CasePayload), newest).where(_case.id.in_(ids))).all()
    by_id = {row.id: row for row in rows}
    keys = {row.id: sealing.key_of(session, row.id, row.wrapped_key) for row in rows}
    events = chains(session, list(by_id), keys)
    handed: dict[str, list[str]] = {}
    for case_id, material in session.execute(select(_material.case_id, _material.material).where(_material.case_id.in_(ids)).distinct()):
        handed.setdefault(case_id, []).append(material)
    for each in ids:
        if each in by_id:
            row = by_id[each]
            content = (sealing.open_json(keys[each], each, row.sealed) or {}).get("value")
            yield row, events[each], _given(row, content, handed.get(each, ())) if content is not None else None


def _given(row: Any, content: Mapping[str, Any], handed: Sequence[str]) -> dict[str, Any]:
    party = str((content.get("party") or {}).get("kind") or "person")
    channel = row.channel if row.channel in CHANNELS else "web"
    situation, form = content.get("situation") or {}, content.get("values") or {}
    return {"situation": situation, "form": form, "party": party, "channel": channel, "materials": sorted(handed)}


def _one(
    old: CompiledItem, new: CompiledItem, row: Any, events: Sequence[Happened], given: dict[str, Any] | None, calendar: Calendar, late: Counter[str]
) -> Replayed:
    steps = retold(events, calendar) if given is not None else []
    before = _walked(old, given, steps) if given is not None else None
    if given is None or before is None or before.walk is None or before.stopped is not None:
        return Replayed(row.id, row.number, row.version_id, told=False)
    # where a step is no more there is nothing to do; that it is left out shows in the path
    left = [step for step in steps if f"review.{step.get('at')}" not in old.route.nodes or f"review.{step['at']}" in new.route.nodes]
    after = _walked(new, given, left)
    found = (*_asked(old, new, given, before, after), *_gone_otherwise(new, left, before, after))
    for name, compiled, walked in (("old", old, before), ("new", new, after)):
        promised = compiled.route.main_limit.resolve(walked.facts)
        used = walked.walk.days_used if walked.walk is not None else None
        late[name] += bool(promised is not None and promised.value and promised.unit == "working_day" and used is not None and used > promised.value)
    return Replayed(row.id, row.number, row.version_id, found)


def _walked(compiled: CompiledItem, given: JsonObject, steps: Sequence[JsonObject]) -> Walked:
    """The way through a version even where its form asks for more than was answered: the case had been taken."""
    return rehearse(compiled, given, steps, calendar=PLAIN_CALENDAR, anyway=True)


def _asked(old: CompiledItem, new: CompiledItem, given: JsonObject, before: Walked, after: Walked) -> Iterator[Difference]:
    """Questions that were not answered, and materials that were not handed in, though the new version asks for them."""
    earlier = {error.path for error in before.decision.errors}
    paths = dict.fromkeys(error.path for error in after.decision.errors if error.path not in earlier)
    titles = [new.form.labels[f"form.{path}"].title if f"form.{path}" in new.form.labels else path for path in paths]
    if titles:
        yield Difference("fields", "、".join(dict.fromkeys(titles)))
    had = {need.id for need in needs(old.doc, before.facts) if need.demanded}
    lacking = [str(n.doc["title"]) for n in needs(new.doc, after.facts) if n.demanded and n.id not in given["materials"] and n.id not in had]
    if lacking:
        yield Difference("materials", "、".join(lacking))


def _gone_otherwise(new: CompiledItem, steps: Sequence[JsonObject], before: Walked, after: Walked) -> Iterator[Difference]:
    assert before.walk is not None and after.walk is not None
    if after.stopped is not None:
        number = after.stopped[0]
        step: JsonObject = steps[number] if number is not None else {}
        place = str(step.get("at", "intake"))
        yield Difference("refused", f"{_title(new.route, place)} · {step_title(new.route, step, place, 'zh') if step else '—'}")
        return
    if before.walk.end != after.walk.end:
        yield Difference("end", "", before.walk.end, after.walk.end)
    if before.walk.path != after.walk.path:
        old_path, new_path = ([_title(walked.route, place) for place in walked.path] for walked in (before.walk, after.walk))
        less, more = ([title for title in one if title not in other] for one, other in ((old_path, new_path), (new_path, old_path)))
        yield Difference("path", "", "、".join(dict.fromkeys(less)), "、".join(dict.fromkeys(more)))
    if before.walk.days_used != after.walk.days_used:
        yield Difference("days", "", str(before.walk.days_used or 0), str(after.walk.days_used or 0))


def _title(route: RouteSpec, place: str) -> str:
    """A place by its title: a node's own, or what every route calls it."""
    node = route.nodes.get(f"review.{place}")
    if node is not None:
        return node.title
    key = f"routing.title.{'check' if place.startswith('intake.check.') else place.rpartition('.')[2]}"
    said = word(key)
    return said if said != key else place


def measured(session: Session, item_code: str, *, days: int = DAYS, actor: Actor) -> Measured:
    """How many applications came in the last *days* days in the actor's departments, and how they were acted on."""
    since, departments = now() - timedelta(days=min(days, 366)), offices(session, actor)
    mine = (_case.item_code == item_code, _case.department_id.in_(departments), _case.submitted_at >= since)
    count = session.scalar(select(func.count()).select_from(table(Case)).where(*mine)) or 0
    working = clocks.calendar(session).working_between(since.date(), now().date()) or 1
    joined = table(CaseTaskDone).join(table(Case), _case.id == _done.case_id)
    query = select(_done.node, _done.action, func.count().label("n")).select_from(joined).where(*mine, _done.actor_kind == "staff")
    odds: dict[str, dict[str, float]] = {}
    for row in session.execute(query.group_by(_done.node, _done.action)):
        odds.setdefault(short(row.node), {})[row.action] = float(row.n)
    return Measured(count / working, odds)
