"""For whom the reader is acting: themselves, a company, a person they represent. Remembered in the signed session, checked at every use."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import session as cookie

from core.cases.spec import Handed, PartyOnCase
from core.files import service as files
from core.files.errors import BlobGone
from core.files.spec import KINDS
from core.identity import service as identity
from core.identity.errors import NotYours
from core.identity.service import mandates, visits
from core.identity.spec import ActingParty
from core.items.spec import CompiledItem
from core.kernel.errors import NotFound
from core.web import edge, seat
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
    """Who applies, without asking the database: the cookie says it – at a desk the visit –, every submission checks it."""
    desk = seat.taken()
    if desk is not None:
        return Acting(desk.visit.party.id, desk.visit.party.name, desk.visit.party.kind, "applicant")
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
    try:
        held = identity.acting_for(edge.session(), me.id, [party_id])[party_id]
    except NotYours:
        held = by_mandate(me.id, party_id)
    cookie["acting"] = [me.id, held.party.id, held.party.name, held.party.kind, held.role]


def by_mandate(account_id: str, party_id: str) -> ActingParty:
    """The party of a mandate in force; for which items it is good is asked when one is applied for."""
    found = next((one for one in mandates.held(edge.session(), account_id) if one.party_id == party_id and one.state == "granted"), None)
    if found is None:
        raise NotYours
    return mandates.acting(edge.session(), found)


def own_values(who: Acting) -> dict[str, str]:
    """The applicant's own values: as their account has them, or as their document on the desk says. Who acts by a mandate types them."""
    desk = seat.taken()
    if desk is not None:
        return visits.values_at(edge.session(), desk.visit.id, actor=desk.filer)
    me = edge.account()
    assert me is not None
    try:
        return identity.own_values(edge.session(), me.id, who.party_id)
    except NotFound:
        return dict.fromkeys(("kind", "document_kind", "name", "number", "phone", "address", "legal_representative"), "")


def require(who: Acting, compiled: CompiledItem) -> None:
    """What the hall holds about a party is shown to those who may act for it in this matter, and to nobody else.

    Raises :class:`core.identity.errors.NotYours` or :class:`core.identity.errors.MandateRefused`. A desk was checked when its seat was taken; one that
    rests on a mandate opens nothing beyond the items of it.
    """
    desk = seat.taken()
    if desk is not None and desk.visit.mandate is not None:
        mandates.authority(edge.session(), desk.visit.mandate, item=compiled.code, department=str(compiled.doc["department"]))
    me = edge.account() if desk is None else None
    if me is None or who.party_id == me.party_id:
        return
    try:
        identity.acting_for(edge.session(), me.id, [who.party_id])
    except NotYours:
        mandates.held_for(edge.session(), me.id, who.party_id, item=compiled.code, department=str(compiled.doc["department"]))


def on_case(who: Acting, together: Sequence[str] = ()) -> tuple[tuple[PartyOnCase, ...], tuple[Handed, ...]]:
    """Everybody of a submission and the evidence of who stands for whom: the applicant, the reader as their representative, and co-applicants.

    Nothing is asked of the database for those who apply for themselves alone. At a desk it is who the visit says.
    """
    desk = seat.taken()
    if desk is not None:
        return _at_desk(desk)
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
    try:
        held = identity.acting_for(edge.session(), me.id, represented)
    except NotYours:  # by a mandate there is no paper; the submission says if there is none either
        return tuple(parties), ()
    papers = (_paper(me.id, each) for each in held.values())
    return tuple(parties), tuple(paper for paper in papers if paper is not None)


def _at_desk(desk: seat.Seat) -> tuple[tuple[PartyOnCase, ...], tuple[Handed, ...]]:
    visit = desk.visit
    parties = [PartyOnCase(visit.party.id)]
    if visit.bearer is not None and visit.bearer.id != visit.party.id:
        parties.append(PartyOnCase(visit.bearer.id, visit.role))
    if visit.evidence_blob is None:
        return tuple(parties), ()
    holder = ("visit", visit.id)
    ref = files.describe(edge.session(), visit.evidence_blob, holder=holder)
    name = f"{evidence_title(visit.role)}.{KINDS_BY_MEDIA.get(ref.media_type, 'pdf')}"
    return tuple(parties), (Handed(f"party:{visit.role}", ref.id, name, ref.media_type, ref.size, ref.digest, holder),)


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


def came_as(role: str) -> str:
    """What whoever came to a desk is to the applicant."""
    return {"agent": say("经办人"), "guardian": say("监护人"), "legal_representative": say("负责人")}.get(role, say("本人"))


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
