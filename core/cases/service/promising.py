"""告知承诺 and 容缺受理: what may be promised, what was signed, and the check that follows.

国办发〔2020〕42号: the agency tells once, in writing, what must be true and what a false promise leads to; the applicant
chooses freely – who does not choose hands in the paper as usual –; some matters and some applicants are excluded. 安阳 24, 滨州 11: a secondary
material may follow within the days told; what lateness means is a setting of the item. The two are kept apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.cases import clocks, sealing
from core.cases.models import CasePledge, table
from core.cases.spec import Signed
from core.items import sources
from core.items.materials import needs
from core.items.spec import CompiledItem, JsonObject
from core.kernel import canonical
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.keys.keyring import DataKey
from core.rules.service import compile_rule
from core.worktime.explain import explain
from core.worktime.projection import project
from core.worktime.spec import Ledger, Limit

#: Who looks after what follows late unless the item says otherwise: the window that took the application.
WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Offer:
    """One promise that this applicant may make now: its kind (``proof``, ``permit``, ``later``), its id, what it covers and its texts."""

    kind: str
    code: str
    doc: JsonObject
    covers: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Binds a signature to the very words that were shown: what is told, promised and threatened, in the item's Chinese."""
        return canonical.digest({"kind": self.kind, "code": self.code, **{name: str(self.doc.get(name) or "") for name in ("duty", "text", "liability")}})


@dataclass(frozen=True, slots=True)
class Pledges:
    """The promises of one application, checked: what was signed with what each rests on."""

    signed: tuple[Signed, ...] = ()
    offers: tuple[Offer, ...] = ()

    @property
    def covered(self) -> frozenset[str]:
        """Materials that a promise stands for."""
        return frozenset(name for offer in self.offers if offer.kind != "later" for name in offer.covers)

    @property
    def later(self) -> frozenset[str]:
        """Materials that will follow."""
        return frozenset(offer.code for offer in self.offers if offer.kind == "later")


def bars(session: Session, compiled: CompiledItem, facts: Mapping[str, Any], party_id: str) -> tuple[JsonObject, ...]:
    """Why this applicant may promise nothing: the item's bars that hold. A condition nobody can judge any more bars, too – never the other way."""
    named = [bar for bar in compiled.doc.get("bars") or () if bar.get("condition")]
    known = sources.bar_conditions(session) if named else {}
    return tuple(bar for bar in compiled.doc.get("bars") or () if _holds(session, bar, known, facts, party_id))


def _holds(session: Session, bar: JsonObject, known: Mapping[str, sources.BarCondition], facts: Mapping[str, Any], party_id: str) -> bool:
    if bar.get("condition"):
        condition = known.get(bar["condition"])
        return condition is None or condition.holds(session, party_id)
    return compile_rule(bar["when"]).evaluate(facts) is not False


def offers(compiled: CompiledItem, facts: Mapping[str, Any]) -> tuple[Offer, ...]:
    """What the item offers to promise for these *facts*, whoever asks (:func:`bars` says who may not)."""
    wanted = {need.id: need for need in needs(compiled.doc, facts)}
    open_now = [each for each in compiled.doc.get("promises") or () if not each.get("when") or compile_rule(each["when"]).evaluate(facts) is True]
    found = [Offer(each["kind"], each["id"], each, tuple(name for name in each.get("materials") or () if name in wanted)) for each in open_now]
    if deferral := compiled.doc.get("deferral"):
        found += [Offer("later", name, {**deferral, "later": need.doc["later"]}, (name,)) for name, need in wanted.items() if need.state == "deferrable"]
    return tuple(found)


def signed(
    session: Session, compiled: CompiledItem, facts: Mapping[str, Any], party_id: str, signatures: Sequence[Signed]
) -> Pledges:  # fmt: skip
    """The promises of an application, each checked against what the item offers. Raises :class:`BadInput` for one that is not offered, that was
    worded otherwise when it was signed, that nobody signed, or that a bar excludes.
    """
    if not signatures:
        return Pledges()
    if found := bars(session, compiled, facts, party_id):
        raise BadInput("cases.promise_barred", why="；".join(str(bar["title"]) for bar in found))
    known = {(offer.kind, offer.code): offer for offer in offers(compiled, facts)}
    for one in signatures:
        offer = known.get((one.kind, one.code))
        if offer is None or one.digest != offer.digest:
            raise BadInput("cases.promise_changed")
        if not one.name.strip():
            raise BadInput("cases.promise_unsigned")
    return Pledges(tuple(signatures), tuple(known[(one.kind, one.code)] for one in signatures))


def write(session: Session, row: Mapping[Any, Any], key: DataKey, pledges: Pledges) -> None:
    """The rows of the follow-up list. What follows late is due from now; a check begins with the decision."""
    made = [_row(session, row, key, one, offer) for one, offer in zip(pledges.signed, pledges.offers, strict=True)]
    if made:
        session.execute(insert(table(CasePledge)), made)


def _row(session: Session, row: Mapping[Any, Any], key: DataKey, one: Signed, offer: Offer) -> dict[str, Any]:
    late = offer.kind == "later"
    said = {name: str(offer.doc.get(name) or "") for name in ("title", "duty", "text", "liability", "basis", "on_late")} | {"name": one.name}
    return {
        "id": new_id(), "region_root": row["region_root"], "case_id": row["id"], "number": row["number"], "item_code": row["item_code"],
        "item_title": row["item_title"], "applicant": row["applicant"], "department_id": row["department_id"],
        "role": WINDOW if late else offer.doc["check"]["role"], "kind": offer.kind, "code": one.code, "state": "due" if late else "signed",
        "sealed": sealing.seal_json(key, row["id"], said), "signed_at": one.at,
        "due_on": due_day(session, offer.doc["later"], row["submitted_at"]) if late else None,
        "checked_at": None, "checked_by": None, "method": None, "sealed_check": None,
    }  # fmt: skip


def due_day(session: Session, limit: Mapping[str, Any], start: datetime) -> date | None:
    """The last day of *limit* from *start*, on the working calendar."""
    return project(_running(limit, start), clocks.calendar(session), now=now()).due


def due_words(session: Session, limit: Mapping[str, Any], start: datetime, event: str, locale: str) -> tuple[str, ...]:
    """The sentences behind :func:`due_day`; *event* names what began at *start*."""
    ledger = _running(limit, start)
    return explain(ledger, project(ledger, clocks.calendar(session), now=now()), event=event, locale=locale)


def _running(limit: Mapping[str, Any], start: datetime) -> Ledger:
    return Ledger(Limit(limit["value"], limit["unit"])).start(start, "promise")
