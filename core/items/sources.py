"""Where a material comes from before anybody is asked for it: the licence library, a shared fact, an earlier case, or the form itself.

The law behind it: 能共享的不得收纸质 and 已交可复用不得重交 (城关 17, 优化营商环境条例 37; 国令716 arts 8-12 give what is shared equal force). What an
earlier case holds is found by the slice that owns cases; it answers in the same words as the sources here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Literal

from sqlalchemy.orm import Session

from core.items.materials import Need
from core.kernel.clock import local
from core.kernel.wording import word
from core.licences import queries as library
from core.licences import service as licences
from core.licences.spec import VerifyView
from core.pluginhost.service import called, offers
from core.worktime.projection import add_months

Kind = Literal["library", "fact", "case"]


@dataclass(frozen=True, slots=True)
class Paper:
    """A stored file that evidence consists of, and who holds it now."""

    blob_id: str
    name: str
    media_type: str
    size: int
    digest: str
    holder: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the hall has in place of a material.

    ``ref`` pins it (licence id, fact name, id of the earlier case's first file); ``number`` is what people know it by (licence or case
    number), ``issuer`` who stands behind it, ``of`` its date, ``until`` the last day it may serve. ``papers`` are its files, if it has any.
    """

    kind: Kind
    ref: str
    title: str
    number: str = ""
    issuer: str = ""
    of: date | None = None
    until: date | None = None
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why what was found may not serve: the rule in words (a wording key with its parameters)."""

    rule: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def words(self, locale: str = "zh") -> str:
        """The rule, worded."""
        return word(self.rule, locale, **self.params)


#: A source's answer: evidence, why there is none that may serve, or ``None`` when it knows nothing.
Found = Evidence | Refused | None


@dataclass(frozen=True, slots=True)
class Question:
    """What a fact provider is asked: about whom, with the parameters of the item's ``source``, and on which day."""

    party_id: str
    source: Mapping[str, Any]
    day: date


@dataclass(frozen=True, slots=True)
class FactType:
    """A kind of fact the hall can look up. ``papers`` are titles of papers it stands for, so that the gate knows what need not be asked.

    ``needs`` names keys of ``source`` an item must give (``item``). ``provide(session, question)`` reads only; a plugin's is called with its
    :class:`~core.pluginhost.context.Context` in place of the session.
    """

    name: str
    title: str
    provide: Callable[[Any, Question], Found]
    papers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BarCondition:
    """A named condition about an applicant that bars promises. ``holds(session, party_id)`` reads only; a plugin's gets its context."""

    name: str
    title: str
    holds: Callable[[Any, str], bool]


@dataclass(frozen=True, slots=True)
class Met:
    """One material of one application and what the hall found for it. ``own``: the applicant chose to hand it in all the same."""

    need: Need
    found: Found = None
    own: bool = False

    @property
    def id(self) -> str:
        """The material's id."""
        return self.need.id

    @property
    def evidence(self) -> Evidence | None:
        """What serves in place of the material, when something does and the applicant did not choose otherwise."""
        return self.found if isinstance(self.found, Evidence) and not self.own else None

    @property
    def refused(self) -> Refused | None:
        """Why what was found does not serve."""
        return self.found if isinstance(self.found, Refused) else None

    @property
    def may_hand_in(self) -> bool:
        """Whether a file is taken: what the applicant owes, or what could not be had from its source – a scan helps the window to register it.

        Paper beside a licence that the library holds is not taken (能共享的不得收纸质): what is wrong in it is put right by its issuer.
        """
        return self.need.source != "form" and self.evidence is None

    @property
    def demanded(self) -> bool:
        """Whether an application without a file is incomplete."""
        return self.need.demanded and self.evidence is None


_facts: dict[str, FactType] = {}


def declare(fact: FactType) -> FactType:
    """Offer a fact that the hall itself knows. Called once, by the module of the slice that knows it."""
    _facts[fact.name] = fact
    return fact


def facts(session: Session) -> dict[str, FactType]:
    """Every fact that can be looked up here, by name: the hall's own, then those of plugins."""
    known = dict(_facts)
    for plugin, offered in offers(session, "shared_facts"):
        known.setdefault(offered.name, replace(offered, provide=partial(_asking, plugin, offered.provide)))
    return known


def bar_conditions(session: Session) -> dict[str, BarCondition]:
    """Every condition that plugins offer for barring promises, by name."""
    return {offered.name: replace(offered, holds=partial(_asking, plugin, offered.holds)) for plugin, offered in offers(session, "bar_conditions")}


def _asking(plugin: str, ask: Callable[..., Any], session: Session, about: Any) -> Any:
    """Ask what a plugin offered: it gets a context in place of the session."""
    return ask(called(session, plugin), about)


def ask(session: Session, need: Need, party_id: str, day: date) -> Found:
    """What the library or a shared fact has for *need* on *day*. The caller has checked that it may ask about the party."""
    source = need.doc["source"]
    if need.source == "library":
        return _library(session, party_id, str(source["licence"]), day)
    if need.source == "fact":
        known = facts(session).get(str(source["fact"]))
        return known.provide(session, Question(party_id, source, day)) if known is not None else Refused("items.fact_unknown", {"fact": source["fact"]})
    return None


def _library(session: Session, party_id: str, type_code: str, day: date) -> Found:
    """The party's newest licence of the type that may serve; else the rule that refuses the newest one there is."""
    held = [view for view in library.for_party(session, party_id) if view.type_code == type_code]
    for view in held:
        if licences.usable(session, view.id, on=day).ok:
            return _evidence(view)
    if not held:
        return None
    refusal = licences.usable(session, held[0].id, on=day)
    return Refused(str(refusal.rule), refusal.params)


def _evidence(view: VerifyView) -> Evidence:
    return Evidence("library", view.id, view.type_title, view.number, view.issuer, local(view.issued_at).date(), view.valid_to)


def serves_until(handed_in: date, limit: Mapping[str, Any] | None) -> date | None:
    """The last day on which a paper handed in then may serve again (``reuse_for``); ``None`` when the item does not say that it may."""
    if not limit or not limit.get("value"):
        return None
    value, unit = int(limit["value"]), limit["unit"]
    if unit in ("month", "year"):
        return add_months(handed_in, value * (12 if unit == "year" else 1))
    return handed_in + timedelta(days=value) if unit == "calendar_day" else None
