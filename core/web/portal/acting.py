"""For whom the reader is acting: themselves, a company, a person they represent. Remembered in the signed session, checked at every use."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import session as cookie

from core.cases.spec import Handed, PartyOnCase
from core.files import service as files
from core.files.errors import BlobGone
from core.files.spec import KINDS
from core.identity import service as identity
from core.identity.spec import ActingParty
from core.web import edge
from core.web.page import say

#: Roles in which the reader stands for the applicant.
REPRESENTATIVES = frozenset({"agent", "guardian", "legal_representative"})
KINDS_BY_MEDIA = {media: extensions[0] for media, extensions in KINDS.values()}


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


def on_case(who: Acting, together: Sequence[str] = ()) -> tuple[tuple[PartyOnCase, ...], tuple[Handed, ...]]:
    """Everybody of a submission and the evidence of who stands for whom: the applicant, the reader as their representative, and co-applicants.

    Nothing is asked of the database for those who apply for themselves alone.
    """
    me = edge.account()
    assert me is not None
    parties = [PartyOnCase(who.party_id)]
    if who.party_id != me.party_id and who.role in REPRESENTATIVES:
        parties.append(PartyOnCase(me.party_id, who.role))
    others = dict.fromkeys(party_id for party_id in together if party_id != who.party_id)
    parties += [PartyOnCase(party_id, "co_applicant") for party_id in others]
    represented = [party_id for party_id in (who.party_id, *others) if party_id != me.party_id]
    if not represented:
        return tuple(parties), ()
    held = identity.acting_for(edge.session(), me.id, represented)
    papers = (_paper(me.id, each) for each in held.values())
    return tuple(parties), tuple(paper for paper in papers if paper is not None)


def _paper(account_id: str, held: ActingParty) -> Handed | None:
    if held.evidence_blob is None:
        return None
    holder = ("account", account_id)
    try:
        ref = files.describe(edge.session(), held.evidence_blob, holder=holder)
    except BlobGone:
        return None  # given by somebody else, who holds the paper
    name = f"{evidence_title(held.role)}.{KINDS_BY_MEDIA.get(ref.media_type, 'pdf')}"
    return Handed(f"party:{held.role}", ref.id, name, ref.media_type, ref.size, ref.digest, holder)


def evidence_title(role: str) -> str:
    """What the paper behind a role is called."""
    return {"agent": say("授权委托书"), "guardian": say("监护关系证明")}.get(role, say("身份证明"))


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
