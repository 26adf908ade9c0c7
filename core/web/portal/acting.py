"""For whom the reader is acting: themselves, a company, a person they represent. Remembered in the signed session, checked at every use."""

from dataclasses import dataclass

from flask import session as cookie

from core.identity import service as identity
from core.web import edge
from core.web.page import say


@dataclass(frozen=True, slots=True)
class Acting:
    """The party that applies, by its name as shown (masked for people)."""

    party_id: str
    name: str
    kind: str
    role: str


def acting() -> Acting:
    """Who applies, without asking the database: the cookie says it, every submission checks it."""
    me = edge.account()
    assert me is not None
    kept = cookie.get("acting")
    if isinstance(kept, list) and len(kept) == 5 and kept[0] == me.id:
        return Acting(*kept[1:])
    return Acting(me.party_id, me.name, "person", "applicant")


def choose(party_id: str) -> None:
    """Act for *party_id* from now on. Raises :class:`core.identity.errors.NotYours` for a party the account may not act for."""
    me = edge.account()
    assert me is not None
    held = identity.acting_for(edge.session(), me.id, [party_id])[party_id]
    cookie["acting"] = [me.id, held.party.id, held.party.name, held.party.kind, held.role]


def role_words(role: str, kind: str) -> str:
    """What the reader is to the party."""
    if role == "applicant":
        return say("我自己")
    return {
        "legal_representative": say("我是负责人"),
        "agent": say("我受委托"),
        "guardian": say("我是监护人"),
        "co_applicant": say("共同申请"),
    }.get(role, say("单位") if kind == "company" else role)
