"""Never ask twice, over the API: what the hall has for an application, and what the caller says to it – consent, promises."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.cases.service import promising, resolving
from core.cases.spec import Handed, Signed, Supplies
from core.identity import service as identity
from core.identity.errors import NotYours
from core.identity.service import mandates
from core.identity.spec import ActingParty
from core.items import facts as item_facts
from core.items import queries as items
from core.items.sources import Met
from core.items.spec import CompiledItem
from core.kernel.clock import now
from core.web import edge
from core.web.api.operation import caller, operation

#: What an application may say about supplies, beside its materials.
SAID: Mapping[str, Any] = {
    "consent": {"type": "boolean", "description": "the applicant agrees that what the hall has already (POST /v1/supplies) is used in this application"},
    "promises": {
        "type": "array",
        "maxItems": 50,
        "description": "what the applicant promises in place of a paper, with the digest of the very words that were shown",
        "items": {
            "type": "object",
            "properties": {
                "kind": {"enum": ["proof", "permit", "later"]},
                "code": {"type": "string", "maxLength": 80},
                "name": {"type": "string", "minLength": 1, "maxLength": 50, "description": "who signs"},
                "digest": {"type": "string", "maxLength": 160},
            },
            "required": ["kind", "code", "name", "digest"],
            "additionalProperties": False,
        },
    },
}
_ASKED = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "maxLength": 64},
        "answers": {"type": "object"},
        "situation": {"type": "object", "additionalProperties": {"type": "string"}},
        "party": {"type": "string", "format": "uuid"},
    },
    "required": ["item", "answers"],
    "additionalProperties": False,
}


def stand_for(party_id: str, compiled: CompiledItem) -> ActingParty:
    """By what authority the caller acts for a party in this matter: a lasting one, or a mandate. Raises :class:`NotYours`, :class:`MandateRefused`."""
    session, me = edge.session(), caller().id
    try:
        return identity.acting_for(session, me, [party_id])[party_id]
    except NotYours:
        return mandates.held_for(session, me, party_id, item=compiled.code, department=str(compiled.doc["department"]))


@operation("POST", "/supplies", "What the hall has already for an application, and what may be promised in place of a paper", auth="citizen", body=_ASKED)
def look_for_supplies(body: Mapping[str, Any]) -> dict[str, Any]:
    """For a party the caller acts for, and nobody else's."""
    session = edge.session()
    compiled = items.current(session, body["item"], edge.scope()).compiled
    party = body.get("party") or (caller().account.party_id if caller().account else "")  # type: ignore[union-attr]
    acting = stand_for(party, compiled)
    situation = item_facts.chosen(compiled.doc, body.get("situation") or {})
    known = item_facts.facts(compiled, situation, body["answers"], party={"kind": acting.party.kind}, channel="api")
    met = resolving.resolve(session, compiled, known, party)
    offers = () if promising.bars(session, compiled, known, party) else promising.offers(compiled, known)
    return {"materials": [_material(one) for one in met], "promises": [_offer(one) for one in offers]}


def _material(one: Met) -> dict[str, Any]:
    found = one.evidence
    evidence = {"kind": found.kind, "title": found.title, "number": found.number, "issuer": found.issuer} if found is not None else None
    refused = one.refused.words(edge.locale()) if one.refused is not None else None
    return {"id": one.id, "title": str(one.need.doc["title"]), "state": one.need.state, "evidence": evidence, "refused": refused}


def _offer(offer: promising.Offer) -> dict[str, Any]:
    texts = {name: str(offer.doc.get(name) or "") for name in ("title", "duty", "text", "liability", "basis")}
    return {"kind": offer.kind, "code": offer.code, "digest": offer.digest, "covers": list(offer.covers), **texts}


def said(body: Mapping[str, Any], compiled: CompiledItem, known: Mapping[str, Any], party_id: str, handed: Sequence[Handed]) -> tuple[Supplies, frozenset[str]]:
    """What the application says about supplies, and the materials that need not be handed in for it."""
    there = frozenset(one.material for one in handed)
    met = resolving.resolve(edge.session(), compiled, known, party_id, own=there)
    seen = {one.id: one.evidence.ref for one in met if one.evidence is not None} if body.get("consent") else {}
    signed = tuple(Signed(each["kind"], each["code"], each["name"], now(), each["digest"]) for each in body.get("promises") or ())
    chosen = {(one.kind, one.code) for one in signed}
    promised = {name for offer in promising.offers(compiled, known) if (offer.kind, offer.code) in chosen for name in offer.covers}
    own = frozenset(one.id for one in met if one.own)
    return Supplies(now() if seen else None, seen, own, signed), frozenset({*seen, *promised})
