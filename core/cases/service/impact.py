"""What publishing a version would do to what is under way: running cases by position under each choice, citizens' drafts, and what hangs on the item.

Nothing is written. The cases are read in one statement and judged by the very rules that a run is held to (:mod:`core.cases.movable`). Where the
judgement hangs on where a case stands only, cases that stand alike are judged once; where it hangs on what was filed, answers are opened in batches, up
to :data:`OPENED` cases in all – what is beyond that is said to be unjudged, and is judged when it is its turn.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.models import Case, CaseMaterial, CasePayload, table
from core.cases.movable import Filed, asks_answers, findings
from core.cases.service.migrating import standing, verdict_of
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.items.models import ItemVersion
from core.items.service.people import unfit, with_people_of
from core.items.spec import CompiledItem
from core.kernel.errors import Finding
from core.routing.marking import Marking

#: Cases whose answers are opened for one report.
OPENED = 1000
#: Cases read or opened at once.
BATCH = 500
#: What may be chosen for a position: the cases stay under their version, go to the new one, or get its people only.
CHOICES = ("stay", "migrate", "people")


@dataclass(frozen=True, slots=True)
class Fate:
    """So many cases of a position would have this verdict (``moved``, ``refused``, ``deferred``, ``same``), and why."""

    verdict: str
    count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Open cases that stand at one place. ``fates`` says under each choice but *stay* what would become of them; ``unjudged`` were not opened."""

    place: str
    title: str
    phase: str
    paused: bool
    count: int
    numbers: Mapping[int, int]
    fates: Mapping[str, tuple[Fate, ...]]
    unjudged: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything under way that a new version of an item meets. ``elsewhere`` are open cases of other departments, which stay where they are."""

    item_code: str
    positions: tuple[Position, ...]
    elsewhere: int
    unfit: Mapping[int, tuple[Finding, ...]]

    @property
    def total(self) -> int:
        """All open cases of the departments that were asked for."""
        return sum(position.count for position in self.positions)


@dataclass(slots=True)
class _Pile:
    """Cases of one version that stand alike in everything that moving asks about the route."""

    version_id: str
    place: str
    title: str
    marking: Marking
    ids: list[str] = field(default_factory=list)
    count: int = 0


def report(session: Session, new: CompiledItem, *, departments: Sequence[str], node_map: Mapping[str, str] | None = None) -> Report:
    """What publishing *new* would do to the open cases of its item in *departments*."""
    known = select(ItemVersion.id, ItemVersion.number).where(ItemVersion.item_code == new.code)
    numbers = {row.id: row.number for row in session.execute(known)}
    piles = list(_piles(session, new.code, departments))
    goals = {version: _goals(pinned(session, version), new) for version in {pile.version_id for pile in piles}}
    opened = _opened(session, [pile for pile in piles if _asks(pinned(session, pile.version_id), goals[pile.version_id])])
    judge = _Judge(session, goals, opened, node_map or {})
    by_place: dict[str, list[_Pile]] = defaultdict(list)
    for pile in piles:
        by_place[pile.place].append(pile)
    positions = tuple(_position(place, found, numbers, judge) for place, found in sorted(by_place.items()))
    wrong = {numbers[version]: unfit(session, goal["people"]) for version, goal in goals.items() if goal["people"].hash not in (new.hash, goal["stay"].hash)}
    return Report(new.code, positions, _elsewhere(session, new.code, departments), {number: found for number, found in wrong.items() if found})


def _goals(old: CompiledItem, new: CompiledItem) -> dict[str, CompiledItem]:
    return {"stay": old, "migrate": new, "people": with_people_of(old, new)}


def _asks(old: CompiledItem, goals: Mapping[str, CompiledItem]) -> bool:
    return any(goal.hash != old.hash and asks_answers(old, goal) for goal in goals.values())


def _piles(session: Session, item_code: str, departments: Sequence[str]) -> Iterable[_Pile]:
    """Every open case in one statement, piled up by what decides about moving it."""
    case = table(Case).c
    query = select(case.id, case.version_id, case.marking).where(
        case.item_code == item_code, case.department_id.in_(tuple(departments)), case.status.not_in(tuple(ENDED))
    )
    found: dict[Any, _Pile] = {}
    for case_id, version_id, marking in session.execute(query, execution_options={"yield_per": BATCH}):
        key = (version_id, *_stand(marking))
        pile = found.get(key)
        if pile is None:
            place, title = standing(marking)
            pile = found[key] = _Pile(version_id, place, title, Marking.from_json(marking))
        pile.count += 1
        if len(pile.ids) < OPENED:
            pile.ids.append(case_id)
    return found.values()


def _stand(marking: Mapping[str, Any]) -> tuple[Any, ...]:
    """All of a stored marking that :func:`core.routing.service.move` looks at: where it stands and what is behind it, not who did it or when."""
    behind = (frozenset(marking[name]) for name in ("blocks", "visits", "outcomes", "acted"))
    tasks = frozenset((task["node"], task["kind"], task["scope"], task["title"]) for task in marking["tasks"])
    return marking["phase"], marking["status"], bool(marking["pauses"]), tasks, *behind, frozenset(marking.get("children", ()))


def _opened(session: Session, piles: Sequence[_Pile]) -> dict[str, Filed]:
    """What the cases of *piles* filed, as many of each as there is room for."""
    room, wanted = OPENED, list[str]()
    for left, pile in zip(range(len(piles), 0, -1), sorted(piles, key=lambda pile: pile.count), strict=True):
        taken = pile.ids[: max(1, room // left)]
        wanted += taken
        room -= len(taken)
    found: dict[str, Filed] = {}
    for start in range(0, len(wanted), BATCH):
        found |= _filed(session, wanted[start : start + BATCH])
    return found


def _filed(session: Session, ids: Sequence[str]) -> dict[str, Filed]:
    case, payload, material = table(Case).c, table(CasePayload).c, table(CaseMaterial).c
    brought: dict[str, set[str]] = defaultdict(set)
    papers = select(material.case_id, material.material).where(material.case_id.in_(ids), material.until_revision.is_(None))
    for case_id, name in session.execute(papers):
        brought[case_id].add(name)
    newest = (payload.case_id == case.id) & (payload.revision == case.payload_revision)
    query = select(case.id, case.channel, case.wrapped_key, payload.sealed).join_from(table(Case), table(CasePayload), newest).where(case.id.in_(ids))
    found: dict[str, Filed] = {}
    for row in session.execute(query):
        key = sealing.key_of(session, row.id, row.wrapped_key)
        content = (sealing.open_json(key, row.id, row.sealed) or {}).get("value", {})
        values = content.get("values") if key is not None else None
        found[row.id] = Filed(values, content.get("situation") or {}, content.get("party") or {}, row.channel, frozenset(brought[row.id]))
    return found


class _Judge:
    """Judges the cases of a pile under a choice, each way of standing once and each opened case by itself."""

    def __init__(self, session: Session, goals: Mapping[str, Mapping[str, CompiledItem]], opened: Mapping[str, Filed], node_map: Mapping[str, str]) -> None:
        self._session, self._goals, self._opened, self._map = session, goals, opened, node_map

    def fates(self, pile: _Pile, choice: str) -> Iterator[tuple[tuple[Finding, ...] | None, int]]:
        """Findings and how many cases they are true of; ``None`` for cases to which nothing would happen."""
        old, goal = self._goals[pile.version_id]["stay"], self._goals[pile.version_id][choice]
        if goal.hash == old.hash:
            yield None, pile.count
        elif asks_answers(old, goal):
            for case_id in pile.ids:
                if case_id in self._opened:
                    yield tuple(findings(old, goal, pile.marking, self._opened[case_id], self._node_map(choice))), 1
        else:
            yield tuple(findings(old, goal, pile.marking, _NOTHING_FILED, self._node_map(choice))), pile.count

    def _node_map(self, choice: str) -> Mapping[str, str]:
        return self._map if choice == "migrate" else {}


_NOTHING_FILED = Filed({}, {}, {}, "web", frozenset())


def _position(place: str, piles: Sequence[_Pile], numbers: Mapping[str, int], judge: _Judge) -> Position:
    fates, count = {}, sum(pile.count for pile in piles)
    unjudged = 0
    for choice in CHOICES[1:]:
        sums: Counter[tuple[str, tuple[str, ...]]] = Counter()
        said: dict[tuple[str, ...], tuple[Finding, ...]] = {}
        for pile in piles:
            for found, cases in judge.fates(pile, choice):
                keys = tuple(f"{each.path} {each.key} {sorted(each.params.items())}" for each in found or ())
                said[keys] = found or ()
                sums["same" if found is None else verdict_of(found), keys] += cases
        fates[choice] = tuple(Fate(verdict, cases, said[keys]) for (verdict, keys), cases in sorted(sums.items()))
        unjudged = max(unjudged, count - sum(sums.values()))
    by_number: Counter[int] = Counter()
    for pile in piles:
        by_number[numbers[pile.version_id]] += pile.count
    first = piles[0]
    return Position(place, first.title, first.marking.phase, place.endswith("!"), count, dict(sorted(by_number.items())), fates, unjudged)


def _elsewhere(session: Session, item_code: str, departments: Sequence[str]) -> int:
    case = table(Case).c
    query = select(func.count()).where(case.item_code == item_code, case.department_id.not_in(tuple(departments)), case.status.not_in(tuple(ENDED)))
    return session.scalar(query) or 0
