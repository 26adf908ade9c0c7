"""Where the materials of a draft stand: handed in, had already by the hall, promised, to follow later – or still missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request

from core.cases.service import promising, resolving
from core.cases.service.promising import Offer
from core.cases.spec import DraftView, Handed, Signed, Supplies
from core.items.materials import needs
from core.items.sources import Met
from core.items.spec import CompiledItem, JsonObject
from core.kernel.clock import now
from core.web import edge, seat
from core.web.portal import acting
from core.web.portal.acting import Acting

LONGEST_NAME = 50


@dataclass(frozen=True, slots=True)
class Board:
    """The materials of one draft. ``bars`` say why nothing may be promised; ``supplies`` is what the applicant decided so far."""

    met: tuple[Met, ...]
    there: frozenset[str]
    offers: tuple[Offer, ...]
    bars: tuple[JsonObject, ...]
    supplies: Supplies

    @property
    def step(self) -> bool:
        """Whether there is anything to see or do on the materials step."""
        return any(met.need.source != "form" for met in self.met)

    @property
    def seen(self) -> dict[str, str]:
        """Which evidence would be used for which material, as it stands."""
        return {met.id: met.evidence.ref for met in self.met if met.evidence is not None}

    @property
    def consented(self) -> bool:
        """Whether the applicant agreed to exactly this evidence."""
        return self.supplies.consented_at is not None and dict(self.supplies.seen) == self.seen

    @property
    def signed(self) -> tuple[tuple[Offer, Signed], ...]:
        """The promises made, each with its offer; one whose text has changed since counts as not made."""
        by_code = {(one.kind, one.code): one for one in self.supplies.signed}
        made = ((offer, by_code.get((offer.kind, offer.code))) for offer in self.offers)
        return tuple((offer, one) for offer, one in made if one is not None and one.digest == offer.digest and one.name and not self.bars)

    @property
    def promised(self) -> frozenset[str]:
        """Materials that a promise stands for."""
        return frozenset(name for offer, _one in self.signed if offer.kind != "later" for name in offer.covers)

    @property
    def later(self) -> frozenset[str]:
        """Materials promised for later."""
        return frozenset(offer.code for offer, _one in self.signed if offer.kind == "later")

    @property
    def missing(self) -> tuple[Met, ...]:
        """What has to be handed in still. A material that may follow is missing until somebody promises when."""
        done = self.there | self.promised | self.later
        may_follow = {offer.code for offer in self.offers if offer.kind == "later"}
        return tuple(met for met in self.met if met.id not in done and (met.demanded or met.id in may_follow))

    @property
    def unsigned(self) -> tuple[Offer, ...]:
        """Promises chosen without a name under them."""
        blank = {(one.kind, one.code) for one in self.supplies.signed if not one.name}
        return tuple(offer for offer in self.offers if (offer.kind, offer.code) in blank)

    @property
    def complete(self) -> bool:
        """Whether the materials step is done."""
        return not self.missing and not self.unsigned and (self.consented or not self.seen)

    def wanted(self, held: tuple[Handed, ...]) -> tuple[Handed, ...]:
        """The files that go into the case; others (an answer changed) stay behind and go with the draft."""
        taken = {met.id for met in self.met if met.may_hand_in}
        return tuple(one for one in held if one.material in taken and one.material not in self.promised)

    def final(self) -> Supplies:
        """What the case is given: consent, the evidence agreed to, and the promises that hold."""
        own = frozenset(met.id for met in self.met if met.own)
        return replace(self.supplies, own=own, consented_at=self.supplies.consented_at if self.seen else None, signed=tuple(one for _offer, one in self.signed))


def board(draft: DraftView, compiled: CompiledItem, known: Mapping[str, Any], who: Acting) -> Board:
    """The board of a draft of the reader's own. Raises :class:`core.identity.errors.NotYours` when the reader may no longer act for the party:
    what the hall holds about somebody is shown to nobody else.
    """
    session, desk = edge.session(), seat.taken()
    acting.require(who, compiled)
    there = frozenset(one.material for one in draft.materials)
    if desk is not None and not desk.visit.may_look:  # the person at the desk did not agree that anybody looks
        met = tuple(Met(need) for need in needs(compiled.doc, known))
    else:
        met = resolving.resolve(session, compiled, known, who.party_id, own=there)
    offers = promising.offers(compiled, known)
    return Board(met, there, offers, promising.bars(session, compiled, known, who.party_id) if offers else (), draft.supplies)


def posted(found: Board, held: tuple[Handed, ...]) -> Supplies:
    """What the posted page decides. A file beside evidence means: my own instead. The moment of a consent or signature stays that of the first time."""
    before, at = found.supplies, now()
    there = {one.material for one in held}
    met = [replace(one, own=one.id in there and one.need.source != "library") for one in found.met]
    seen = {one.id: one.evidence.ref for one in met if one.evidence is not None}
    agreed = bool(request.form.get("_consent")) and bool(seen)
    since = before.consented_at if before.consented_at is not None and dict(before.seen) == seen else at
    earlier = {(one.kind, one.code, one.name, one.digest): one for one in before.signed}
    signed = []
    for offer in () if found.bars else found.offers:
        if request.form.get(f"promise.{offer.kind}.{offer.code}"):
            name = " ".join(request.form.get(f"sign.{offer.kind}.{offer.code}", "").split())[:LONGEST_NAME]
            signed.append(earlier.get((offer.kind, offer.code, name, offer.digest)) or Signed(offer.kind, offer.code, name, at, offer.digest))
    return Supplies(since if agreed else None, seen if agreed else {}, frozenset(one.id for one in met if one.own), tuple(signed))
