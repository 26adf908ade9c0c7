"""Chains of cases and licences under the exported root: with the root kept elsewhere every kind of tampering is found, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from core.audit import service as audit
from core.audit.chains import SETTLED
from core.audit.spec import Problem, Root
from core.cases import chain as case_chain
from core.cases import service as cases
from core.cases.models import Case, CaseEvent
from core.kernel import clock
from core.kernel.ids import new_id
from core.keys import service as keys
from core.licences import chain as licence_chain
from core.licences import service as licences
from core.licences.models import Licence, LicenceEvent, LicenceHolder
from tests.cases.conftest import desk, lite, mould, postgres_mould
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle

__all__ = ["desk", "lite", "mould", "postgres_mould"]


@dataclass(frozen=True)
class Chain:
    """One chain to tamper with: its events, the row that names its end, how its hash is made, and its own proof."""

    events: Any
    owner: Any
    key: str
    seq: str
    head: str
    hash_of: Callable[[Any], str]
    faults: Callable[[Any], list[str]]
    family: str


CASE = Chain(CaseEvent, Case, "case_id", "seq", "head", case_chain.hash_of, lambda s: list(cases.verify_all(s)), "case")
LICENCE = Chain(LicenceEvent, Licence, "licence_id", "event_seq", "event_head", licence_chain.hash_of, lambda s: list(licence_chain.faults(s)), "licence")


@pytest.fixture
def worked(desk: Desk) -> Desk:
    """Two granted cases and an act on each licence, so that every chain has links."""
    for _ in range(2):
        ref = desk.submit()
        (licence,) = desk.act(ref.id, desk.run_until(ref.id, "review.decide"), "grant", "leader").results
        until = clock.today() + timedelta(days=30)
        suspended = licences.Request("suspend", basis="示例法第一条", reason="示例理由", ground="punish_9_3", until=until)
        with desk.database.session() as session:
            licences.carry_out(session, licence, suspended, command_id=new_id(), actor=desk.hall.actor("leader"))
    return desk


def root_of(desk: Desk, *, rest: bool) -> Root:
    """A root that was written to a file and read back; when the chains are at *rest* they lie in groups, else they are named."""
    with clock.freeze(clock.now() + (2 * SETTLED if rest else timedelta(0))), desk.database.session() as session:
        root = Root.from_json(audit.export_root(session).to_json())
    seal = root.families["case"]
    assert (len(seal.moving), sum(count for count, _ in seal.groups.values())) == ((0, 2) if rest else (2, 0))
    return root


def told(session: Any, chain: Chain, root: Root) -> tuple[list[str], list[Problem]]:
    """What the chains say of themselves, and what the root says of them."""
    return chain.faults(session), [p for p in audit.verify(session, root) if p.stream.startswith(f"{chain.family}/")]


def first(session: Any, chain: Chain) -> str:
    """The id of one chain."""
    return str(session.scalars(select(chain.owner.id).order_by(chain.owner.id)).first())


def at(chain: Chain, key: str, *more: Any) -> Any:
    return (getattr(chain.events, chain.key) == key, *more)


def edit(session: Any, chain: Chain, key: str) -> None:
    session.execute(update(chain.events).where(*at(chain, key, chain.events.seq == 1)).values(actor_id="somebody-else"))


def lose(session: Any, chain: Chain, key: str) -> None:
    session.execute(delete(chain.events).where(*at(chain, key, chain.events.seq == 2)))


def exchange(session: Any, chain: Chain, key: str) -> None:
    for old, new in ((1, -1), (2, 1), (-1, 2)):
        session.execute(update(chain.events).where(*at(chain, key, chain.events.seq == old)).values(seq=new))


def cut(session: Any, chain: Chain, key: str) -> None:
    """The last event goes, and the row that names the end is made to fit."""
    rows = session.execute(select(chain.events.seq, chain.events.hash, chain.events.prev_hash).where(*at(chain, key)).order_by(chain.events.seq)).all()
    session.execute(delete(chain.events).where(*at(chain, key, chain.events.seq == rows[-1].seq)))
    end = {chain.seq: rows[-1].seq - 1, chain.head: rows[-1].prev_hash if len(rows) > 1 else None}
    session.execute(update(chain.owner).where(chain.owner.id == key).values(**end))


def rewrite(session: Any, chain: Chain, key: str) -> None:
    """Another actor in the last event, with the right hash for it and an end that fits."""
    row = dict(session.execute(select(chain.events.__table__).where(*at(chain, key)).order_by(chain.events.seq.desc()).limit(1)).mappings().one())
    row["actor_id"] = "somebody-else"
    values = {"actor_id": row["actor_id"], "hash": chain.hash_of(row)}
    session.execute(update(chain.events).where(*at(chain, key, chain.events.seq == row["seq"])).values(**values))
    session.execute(update(chain.owner).where(chain.owner.id == key).values(**{chain.head: values["hash"]}))


def vanish(session: Any, chain: Chain, key: str) -> None:
    """All of it goes, the row that owns it too; the owner of a database need not care for foreign keys."""
    if chain is LICENCE:
        session.execute(delete(LicenceHolder).where(LicenceHolder.licence_id == key))
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(delete(chain.events).where(*at(chain, key)))
    session.execute(delete(chain.owner).where(chain.owner.id == key))


SEEN_INSIDE = {"edit": edit, "lose": lose, "exchange": exchange}
SEEN_BY_THE_ROOT = {"cut": cut, "rewrite": rewrite, "vanish": vanish}


class Undone(Exception):
    """Takes an attack back."""


@pytest.mark.parametrize("chain", [CASE, LICENCE], ids=lambda chain: chain.family)
def test_every_kind_of_tampering_is_found_by_the_chain_or_against_the_root(worked: Desk, chain: Chain) -> None:
    for rest in (False, True):
        root = root_of(worked, rest=rest)
        with worked.database.session() as session:
            assert told(session, chain, root) == ([], [])
        for name, attack in {**SEEN_INSIDE, **SEEN_BY_THE_ROOT}.items():
            with pytest.raises(Undone), worked.database.session() as session:
                if session.get_bind().dialect.name == "sqlite":
                    session.execute(text("PRAGMA defer_foreign_keys = ON"))
                attack(session, chain, first(session, chain))
                session.expire_all()
                inside, outside = told(session, chain, root)
                assert inside if name in SEEN_INSIDE else outside, (name, rest, inside, outside)
                if name in ("cut", "rewrite") and chain is LICENCE:
                    assert not inside, "without a root nobody could know: this is what it is for"
                raise Undone


def test_going_on_and_beginning_anew_after_an_export_is_no_fault(worked: Desk) -> None:
    roots = [root_of(worked, rest=rest) for rest in (False, True)]
    with worked.database.session() as session:
        old = str(session.scalars(select(Case.id).order_by(Case.id)).first())
    with clock.freeze(clock.now() + 3 * SETTLED):
        settle(worked.database)
        window = worked.mine(old).tasks[0]
        worked.act(old, window.no, "deliver", "window", data={"way": "electronic"})
        worked.submit()
        for root in roots:
            with worked.database.session() as session:
                assert told(session, CASE, root) == ([], []) and told(session, LICENCE, root) == ([], [])


def test_events_of_a_case_that_is_gone_are_named_without_a_root(lite: Desk) -> None:
    ref = lite.submit()
    with pytest.raises(Undone), lite.database.session() as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(delete(Case).where(Case.id == ref.id))
        assert list(cases.verify_all(session)) == [f"{ref.id}: there are events of a case that is gone"]
        raise Undone


def test_an_altered_seal_is_found(lite: Desk) -> None:
    lite.submit()
    with lite.database.session() as session:
        document = audit.export_root(session).to_json()
        document["families"]["case"]["moving"].clear()
        assert Problem("*", 0, "rewritten") in audit.verify(session, Root.from_json(document))


def test_a_root_of_the_first_format_still_reads(lite: Desk) -> None:
    lite.submit()
    with lite.database.session() as session:
        now = audit.export_root(session)
        document = {"format": 1, "kind": "audit-root", "at": now.at, "streams": {n: list(h) for n, h in now.streams.items()}}
        assert audit.verify(session, Root.from_json({**document, "root": audit.root_digest(now.streams)})) == ()


def test_what_is_erased_by_its_key_leaves_every_chain_and_the_root_as_they_were(worked: Desk) -> None:
    root = root_of(worked, rest=False)
    with worked.database.session() as session:
        case = str(session.scalars(select(Case.id).order_by(Case.id)).first())
        session.execute(update(Case).where(Case.id == case).values(wrapped_key=None))
        assert keys.erase(session, ("licence", first(session, LICENCE)))
    with worked.database.session() as session:
        assert told(session, CASE, root) == ([], []) and told(session, LICENCE, root) == ([], [])
        assert cases.verify(session, case).erased
        assert licence_chain.notes(session, first(session, LICENCE), licence_chain.events(session, first(session, LICENCE))) == {}
