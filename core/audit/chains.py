"""Chains of other slices – a case's events, a licence's – under the exported root.

A chain tells by itself of an edit, a gap or a change of order in it; that its end was cut off together with the row that names the end, or that the
whole chain is gone, only what was kept elsewhere can tell. A :class:`Seal` is that: small whatever the number of chains, because those at rest are
digested together in up to 4,096 groups (by the random end of their ids), and exact for those that moved within the last hour.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.audit.spec import Problem, Seal
from core.kernel import canonical

#: Transactions that began before are long over: nothing more is written with an instant older than this.
SETTLED = timedelta(hours=1)
_GROUP_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Family:
    """Chains of one kind: a table of events with ``seq``, ``at`` and ``hash``, and its column that names the chain."""

    name: str
    events: Table
    chain: str


_families: dict[str, Family] = {}


def declare(family: Family) -> None:
    """Put the chains of *family* under every root exported from now on; declaring a name again replaces it."""
    _families[family.name] = family


def sealed(session: Session, at: datetime) -> dict[str, Seal]:
    """The seal of each declared family at *at*."""
    return {name: _seal(session, family, at - SETTLED) for name, family in sorted(_families.items())}


def compared(session: Session, seals: Mapping[str, Seal]) -> Iterator[Problem]:
    """Where the chains are not what *seals* say they were. Chains that grew since, or began since, are as they should be."""
    for name, seal in sorted(seals.items()):
        family = _families.get(name)
        if family is None:
            yield Problem(name, 0, "missing")
            continue
        yield from _compare(session, family, seal)


@dataclass(slots=True)
class _Group:
    """Chains at rest whose ids end alike."""

    count: int
    digest: Any
    last: str = ""

    def take(self, chain: str, seq: int, hash_: str) -> None:
        self.count, self.last = self.count + 1, chain
        self.digest.update(f"{chain} {seq} {hash_}\n".encode())


def _walk(session: Session, family: Family) -> Iterator[tuple[str, list[Any]]]:
    """Every chain with its events (seq, at, hash), in the order of ids; one statement, one snapshot, a few rows in memory."""
    column = family.events.c
    query = select(column[family.chain].label("chain"), column.seq, column.at, column.hash).order_by(column[family.chain], column.seq)
    rows = session.execute(query.execution_options(yield_per=1000))
    for chain, events in groupby(rows, key=attrgetter("chain")):
        yield str(chain), list(events)


def _seal(session: Session, family: Family, until: datetime) -> Seal:
    groups: dict[str, _Group] = {}
    moving: dict[str, tuple[int, str]] = {}
    for chain, events in _walk(session, family):
        if any(event.at > until for event in events):
            moving[chain] = (events[-1].seq, events[-1].hash)
        else:
            _into(groups, chain, events[-1])
    return Seal(until, {key: (group.count, group.digest.hexdigest()) for key, group in sorted(groups.items())}, moving)


def _into(groups: dict[str, _Group], chain: str, last: Any) -> None:
    key = chain[-_GROUP_DIGITS:]
    if key not in groups:
        groups[key] = _Group(0, hashlib.new(canonical.DEFAULT_ALGORITHM))
    groups[key].take(chain, last.seq, last.hash)


def _compare(session: Session, family: Family, seal: Seal) -> Iterator[Problem]:
    groups: dict[str, _Group] = {}
    missed = set(seal.moving)
    for chain, events in _walk(session, family):
        if chain in seal.moving:
            missed.discard(chain)
            yield from _moved_on(f"{family.name}/{chain}", events, *seal.moving[chain])
        else:
            settled = [event for event in events if event.at <= seal.until]
            if settled:
                _into(groups, chain, settled[-1])
    for chain in sorted(missed):
        yield Problem(f"{family.name}/{chain}", 1, "truncated")
    for key in sorted(seal.groups.keys() | groups.keys()):
        yield from _same(family.name, key, seal.groups.get(key), groups.get(key))


def _moved_on(stream: str, events: list[Any], seq: int, hash_: str) -> Iterator[Problem]:
    """A chain that was in motion must still go through the link it had reached."""
    found = next((event.hash for event in events if event.seq == seq), None)
    if found is None:
        yield Problem(stream, seq, "truncated")
    elif found != hash_:
        yield Problem(stream, seq, "rewritten")


def _same(name: str, key: str, then: tuple[int, str] | None, now: _Group | None) -> Iterator[Problem]:
    """A group of chains at rest; one that held a single chain names it."""
    count = now.count if now is not None else 0
    stream = f"{name}/{now.last}" if now is not None and count == 1 else f"{name}/…{key}"
    if then is None or count > then[0]:
        yield Problem(stream, 0, "rewritten")  # older than the root, and the root does not know it
    elif count < then[0]:
        yield Problem(f"{name}/…{key}", 0, "truncated")  # chains are gone
    elif now is not None and now.digest.hexdigest() != then[1]:
        yield Problem(stream, 0, "rewritten")  # an end was cut off or another history put in its place
