"""What the documents of a draft would say: which kinds it can lead to, and values for them from the item itself – its tests' answers, its limits and their
last day, its materials, procedures and results. Nothing is numbered, stored or sent; a draft that is half written gives what it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from core.documents.spec import DECISIONS, FLAGS, KINDS, LISTS, SAMPLE, offered
from core.documents.texts import Values
from core.documents.values import of_item
from core.forms import service as forms
from core.items import facts as item_facts
from core.items.results import face
from core.items.spec import CompiledItem, JsonObject
from core.items.studio.spots import find
from core.kernel.errors import BadInput, PlatformError
from core.kernel.shapes import mapping
from core.kernel.wording import word
from core.licences.errors import UnknownType
from core.licences.life import last_day
from core.licences.service.catalogue import type_of
from core.worktime.calendars import Calendar
from core.worktime.explain import day_words, limit_words
from core.worktime.projection import period_end
from core.worktime.spec import Limit

if TYPE_CHECKING:
    from core.licences.render import Sheet

ROUTE = ("item", "route")
#: What stands where a document has the serial of its number and a case its own: nothing was numbered.
NO_NUMBER = "×"
#: What reading a draft that compiles and is half written all the same may meet.
HALF_WRITTEN = (KeyError, TypeError, ValueError, AttributeError, IndexError)
#: Materials named in a sample of a correction.
_ASKED = 2


def kinds_of(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of documents that a case of this draft can lead to, in the platform's order."""
    route = mapping(find(content, ROUTE))
    found = {"acceptance", "declining", "termination", "receipt", *DECISIONS}
    if mapping(route.get("intake")).get("correction"):
        found.add("correction")
    if mapping(route.get("anytime")).get("extend"):
        found.add("extension")
    notices = [notice for pause in mapping(route.get("pauses")).values() if (notice := mapping(pause).get("notice"))]
    found |= {notice if notice in KINDS else "pause" for notice in notices if isinstance(notice, str)}
    found |= {named for named in _named(route) if named in KINDS}
    return tuple(kind for kind in KINDS if kind in found)


def _named(value: Any, depth: int = 0) -> Iterator[str]:
    """Documents that actions of the route name."""
    if depth > 30:
        return
    if isinstance(value, Mapping):
        if isinstance(value.get("document"), str):
            yield value["document"]
        for inner in value.values():
            yield from _named(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, depth + 1)


def answers(content: Mapping[str, Any], compiled: CompiledItem | None) -> dict[str, Any]:
    """Answers to the form as people of this item's first test gave them, with valid ones where it gave none."""
    if compiled is None:
        return {}
    with suppress(PlatformError, *HALF_WRITTEN):
        return _answers(content, compiled)
    return {}


def _answers(content: Mapping[str, Any], compiled: CompiledItem) -> dict[str, Any]:
    given = _given(content)
    situation = item_facts.chosen(compiled.doc, given.get("situation"))
    preset = item_facts.preset(compiled.doc, situation)
    facts = item_facts.facts(compiled, situation, party={"kind": given.get("party") or "person"}, channel="web")
    return forms.sample(compiled.form, overrides={**preset, **mapping(given.get("form"))}, facts=facts)


def _given(content: Mapping[str, Any]) -> Mapping[str, Any]:
    tests = find(content, ("item", "tests"))
    return mapping(mapping(tests[0]).get("given")) if isinstance(tests, list) and tests else {}


def applicant(content: Mapping[str, Any], compiled: CompiledItem | None, given: Mapping[str, Any]) -> str:
    """The name in the question that is filled from the applicant's own name; else that of nobody."""
    for field in compiled.form.fields if compiled is not None else ():
        said = given.get(field.id)
        if field.ui.get("prefill") == "party.name" and isinstance(said, str) and said.strip():
            return said
    party = _given(content).get("party") or next(iter(_applicants(content)), "person")
    return "示范市样例有限公司" if party == "company" else "王小芳"


def _applicants(content: Mapping[str, Any]) -> Sequence[Any]:
    found = find(content, ("item", "applicants"))
    return found if isinstance(found, list) else ()


def values(
    content: Mapping[str, Any], kind: str, *, name: str, department: str, today: date, calendar: Calendar, whole: bool = False
) -> Values:  # fmt: skip
    """Sample values of *kind*. With *whole* everything that may stand there does, so that every paragraph is seen; else what usually does."""
    item = mapping(content.get("item"))
    day = day_words(today, year=True)
    made: dict[str, str | Sequence[str]] = {
        **of_item(kind, _said_of(item)), "applicant": name, "case_no": f"（{word('documents.sample')}）", "department": department, "today": day,
        "submitted_on": day, "accepted_on": day, "reasons": _reasons(content, kind),
    }  # fmt: skip
    made |= {key: value for key, value in _BESIDES.get(kind, _nothing)(content).items() if key in offered(kind)}
    if "due" in offered(kind):
        made |= _until(_limit(content, kind), today, calendar)
    return {**made, **_filled_up(kind, made)} if whole else made


def _said_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """What documents say of the item itself, where the draft says it as they read it."""
    said = {"title": str(item.get("title") or ""), "short_title": item.get("short_title"), "type": item.get("type")}
    return said | {name: mapping(item.get(name)) for name in ("contacts", "redress")}


def _filled_up(kind: str, made: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """Everything that is empty, said by its name."""
    lacking = [key for key in offered(kind) if not made.get(key) and key != "permit"]
    said = {key: f"〔{word(f'documents.name.{key}')}〕" for key in lacking}
    return {key: "1" if key in FLAGS else (words,) if key in LISTS else words for key, words in said.items()}


def _reasons(content: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Reasons that somebody gave in a test of the item; only acts that need some have them in a sample."""
    if kind in ("acceptance", "decision_grant", "correction", "receipt"):
        return ()
    tests = find(content, ("item", "tests"))
    steps = (step for test in (tests if isinstance(tests, list) else ()) for step in mapping(test).get("steps") or ())
    said = (str(mapping(step).get("reason") or "").strip() for step in steps if mapping(step).get("do") in ("refuse", "decline", "terminate"))
    return (next((words for words in said if words), word("documents.sample_reason")),)


def _nothing(_content: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _declining(_content: Mapping[str, Any]) -> dict[str, Any]:
    return {"disposition": "申请事项依法不属于本机关职权范围", "authority": ""}


def _correction(content: Mapping[str, Any]) -> dict[str, Any]:
    listed = find(content, ("item", "materials"))
    titles = [str(mapping(each).get("title") or "").strip("《》") for each in (listed if isinstance(listed, list) else ())]
    return {"asked": tuple(f"《{title}》：{word('documents.sample_reason')}" for title in titles if title)[:_ASKED] or (word("documents.sample_reason"),)}


def _procedure(content: Mapping[str, Any]) -> dict[str, Any]:
    pause = _pause(content)
    return {"procedure": str(pause.get("title") or "现场核查"), "basis": str(pause.get("basis") or "《中华人民共和国行政许可法》第四十五条")}


def _pause(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((mapping(each) for each in mapping(find(content, (*ROUTE, "pauses"))).values()), {})


def _extension(content: Mapping[str, Any]) -> dict[str, Any]:
    extend = mapping(find(content, (*ROUTE, "anytime", "extend")))
    return {"basis": str(extend.get("basis") or "《中华人民共和国行政许可法》第四十二条"), "approver": word("documents.agency_head")}


def _granted(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"results": tuple(f"{title}（编号 {NO_NUMBER}）" for title in _licences(content))}


def _licences(content: Mapping[str, Any]) -> list[str]:
    return [str(each.get("title") or "") for each in results(content) if each.get("kind") == "licence"]


def _delivered(content: Mapping[str, Any]) -> dict[str, Any]:
    papers = [f"{word('documents.kind.decision_grant')}（{NO_NUMBER}）", *(f"{title}（编号 {NO_NUMBER}）" for title in _licences(content))]
    return {"delivered": tuple(papers), "way": word("documents.way.pickup"), "recipient": "", "signed_by_hand": "1"}


_BESIDES = {
    "declining": _declining, "correction": _correction, "pause": _procedure, "suspension": _procedure, "extension": _extension,
    "decision_grant": _granted, "receipt": _delivered,
}  # fmt: skip


def _limit(content: Mapping[str, Any], kind: str) -> Limit | None:
    """The limit that a document of *kind* tells, as the route has it."""
    at = {"acceptance": ("limits", "promised"), "correction": ("intake", "correction", "limit"), "extension": ("anytime", "extend", "adds")}.get(kind)
    raw = find(content, (*ROUTE, *at)) if at is not None else _pause(content).get("max")
    if raw is None or not isinstance(raw, Mapping):
        raw = find(content, (*ROUTE, "limits", "statutory"))
    try:
        return Limit.from_json({name: raw.get(name) for name in ("value", "unit")}) if isinstance(raw, Mapping) else None
    except (PlatformError, TypeError):
        return None  # a draft may say anything; what is wrong with its limits is found elsewhere


def _until(limit: Limit | None, today: date, calendar: Calendar) -> dict[str, str]:
    if limit is None or limit.value is None:
        return {"limit": "", "due": "", "no_due": "1"}
    last = period_end(limit, today, calendar)
    return {"limit": limit_words(limit), "due": "" if last is None else day_words(last, year=True), "no_due": "1" if last is None else ""}


def results(content: Mapping[str, Any]) -> tuple[JsonObject, ...]:
    """The results that the draft lists."""
    listed = find(content, ("item", "results"))
    return tuple(each for each in listed if isinstance(each, dict)) if isinstance(listed, list) else ()


def issued(content: Mapping[str, Any]) -> tuple[JsonObject, ...]:
    """The results that are licences of the library, with an id and a type."""
    named = (each for each in results(content) if all(isinstance(each.get(name), str) for name in ("id", "licence_type")))
    return tuple(each for each in named if each.get("kind") == "licence")


def faced(compiled: CompiledItem, result: JsonObject, given: Mapping[str, Any]) -> dict[str, str]:
    """What the sheet of a *result* says for these answers."""
    with suppress(PlatformError, *HALF_WRITTEN):
        known = item_facts.facts(compiled, {}, given, party={"kind": "person"}, channel="web")
        return {name: str(value) for name, value in face(compiled, result, known).items()}
    return {}


def licence(
    session: Session, result: JsonObject, faced: Mapping[str, str], *, name: str, issuer: str, today: date, fonts: Sequence[Path]
) -> "Sheet":  # fmt: skip
    """The sheet of the licence that *result* gives: its type's title, what the answers say, no number, no code. Raises :class:`BadInput` for a type that
    the catalogue of licences does not have."""
    from core.licences.render import Sheet  # the drawing library is for those who draw

    try:
        kind = type_of(session, result["licence_type"])
    except UnknownType as error:
        raise BadInput("items.studio_licence_untyped", type=result["licence_type"]) from error
    try:
        until = last_day(today, result.get("valid_for"))
    except (TypeError, ValueError, OverflowError):
        until = None  # half a limit is found wrong elsewhere
    return Sheet(
        kind.title, NO_NUMBER, NO_NUMBER, name, "", {**faced}, issuer, today, today, until, "", "", SAMPLE, fonts,
    )  # fmt: skip
