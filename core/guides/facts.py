"""The four facts in one row: how long against the law, how many visits, what it costs, what one gets (UX: the guide page)."""

from collections.abc import Mapping
from dataclasses import replace

from core.guides.notes import is_assumed
from core.guides.spec import Fact
from core.items.limits import ChosenLimit, choose
from core.items.spec import JsonObject
from core.items.texts import Reader
from core.kernel.wording import word
from core.rules.service import compile_rule


def four_facts(doc: JsonObject, known: Mapping[str, object], read: Reader) -> tuple[Fact, ...]:
    """Time, visits, fee and result for these facts."""
    time, visits, fee, result = _time(doc, known, read.locale), _visits(doc, read), _fee(doc, known, read.locale), _result(doc, read)
    paths = {"route.limits.promised": time, "visits": visits, "fees": fee}
    said = {fact.id: _openly(fact, doc, path, read.locale) for path, fact in paths.items()}
    return (said["time"], said["visits"], said["fee"], result)


def _openly(fact: Fact, doc: JsonObject, path: str, locale: str) -> Fact:
    """A fact that the hall assumed says so beside its value, not only at the foot of the page."""
    return replace(fact, small=(*fact.small, word("guides.assumed_here", locale))) if is_assumed(doc, path) and not fact.unknown else fact


def _time(doc: JsonObject, known: Mapping[str, object], locale: str) -> Fact:
    title = word("guides.fact_time", locale)
    limits = doc["route"]["limits"]
    promised, statutory = (choose(limits.get(name), known) for name in ("promised", "statutory"))
    shown = promised if promised is not None and (promised.value is not None or promised.at_once) else None
    small = []
    if shown is None and statutory is not None and statutory.value is not None:
        shown = statutory
        small.append(word("guides.only_statutory", locale))
    elif shown is not None and statutory is not None:
        small.extend(_against(shown, statutory, locale))
    if (promised is not None and promised.undecided) or (statutory is not None and statutory.undecided):
        small.append(word("guides.depends", locale))
    if shown is None:
        return Fact("time", title, words=word("guides.unknown", locale), small=tuple(small), unknown=True)
    if shown.at_once:
        return Fact("time", title, words=shown.words(locale), small=tuple(small))
    return Fact("time", title, value=str(shown.value), unit=word(f"guides.unit_{shown.unit}", locale), small=tuple(small))


def _against(promised: ChosenLimit, statutory: ChosenLimit, locale: str) -> list[str]:
    """“法定 15 个,快了 5 个”; without the second half where the units differ or nothing is saved."""
    if statutory.value is None:
        return [word("guides.no_statutory", locale)]
    law = word("guides.statutory", locale, limit=statutory.words(locale))
    if promised.unit == statutory.unit and promised.value is not None and promised.value < statutory.value:
        return [law, word("guides.faster", locale, limit=ChosenLimit(statutory.value - promised.value, promised.unit).words(locale))]
    return [law]


def _visits(doc: JsonObject, read: Reader) -> Fact:
    visits, title = doc["visits"], word("guides.fact_visits", read.locale)
    if visits["times"] is None:
        return Fact("visits", title, words=word("guides.unknown", read.locale), unknown=True)
    reason = read("visits.reason", visits.get("reason")).text
    return Fact("visits", title, value=str(visits["times"]), unit=word("guides.unit_visits", read.locale), small=(reason,) if reason else ())


def _fee(doc: JsonObject, known: Mapping[str, object], locale: str) -> Fact:
    fees, title = doc["fees"], word("guides.fact_fee", locale)
    if fees["charged"] is None:
        return Fact("fee", title, words=word("guides.unknown", locale), unknown=True)
    if not fees["charged"]:
        return Fact("fee", title, words=word("guides.free", locale))
    applying = [fee for fee in fees.get("items") or () if fee.get("when") is None or compile_rule(fee["when"]).evaluate(known) is not False]
    if not applying:
        return Fact("fee", title, words=word("guides.free_here", locale))
    lines = tuple(f"{fee['title']} {_amount(fee, locale)}" for fee in applying)
    return Fact("fee", title, words=word("guides.charged", locale), small=lines)


def _amount(fee: JsonObject, locale: str) -> str:
    return word("guides.amount", locale, amount=fee["amount"], unit=fee.get("unit") or "") if fee.get("amount") else word("guides.unknown", locale)


def _result(doc: JsonObject, read: Reader) -> Fact:
    title = word("guides.fact_result", read.locale)
    names = [read(f"results.{result['id']}.title", result["title"]).text for result in doc["results"] if result["kind"] != "none"]
    ways = word("guides.comma", read.locale).join(word(f"guides.way_{way}", read.locale) for way in doc["route"]["delivery"]["ways"])
    if not names:
        return Fact("result", title, words=word("guides.no_result", read.locale), small=(ways,))
    return Fact("result", title, words=word("guides.comma", read.locale).join(names), small=(ways,))
