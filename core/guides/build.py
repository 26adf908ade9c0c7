"""Build a guide: one pure function from a compiled item and a situation. No database, no request."""

from collections.abc import Mapping
from datetime import datetime

from core.guides.draw import outline_lines, qr_svg, route_svg
from core.guides.facts import four_facts
from core.guides.materials import counts, material_views, note_words, win_words
from core.guides.notes import assumed_notes, unknown_notes
from core.guides.places import contacts, places, redress
from core.guides.plan import distances, plan_svg
from core.guides.spec import Fee, Guide, Option, Question, Result, Said, Situation
from core.items.facts import chosen, facts
from core.items.limits import choose
from core.items.spec import CompiledItem, JsonObject
from core.items.texts import Reader
from core.kernel.money import fen
from core.kernel.wording import word
from core.rules.service import compile_rule

#: Depth of online handling from which nobody has to come (STANDARDS §0: 网上办理深度).
FULL_ONLINE = 6


def build_guide(
    compiled: CompiledItem,
    answers: Mapping[str, str] | None = None,
    *,
    locale: str = "zh",
    party_kind: str | None = None,
    division: str | None = None,
    number: int | None = None,
    published: datetime | None = None,
    address: str | None = None,
    departments: Mapping[str, str] | None = None,
    map_link: str = "",
) -> Guide:
    """The guide of *compiled* for the chosen *answers* (situation id → option id; anything else in it is ignored).

    *division* names where it is handled; *number* and *published* the version; *address* is what the QR code holds,
    *departments* the names (code → title) that the route's sentences use, *map_link* the hall's own map (``{lng}``, ``{lat}``).
    What the source does not say is said openly: facts carry ``unknown``, and ``assumed`` / ``unknown`` list every such spot.
    """
    doc, read = compiled.doc, Reader(compiled.doc, locale)
    picked = chosen(doc, answers)
    known = facts(compiled, picked, party={"kind": party_kind} if party_kind else None)
    situations = _situations(doc, picked, known, read)
    materials = material_views(compiled, known, read)
    own, free, undecided = counts(materials)
    title, short, summary = (read(name, doc.get(name)) for name in ("title", "short_title", "summary"))
    lines, assumed_redress = redress(doc, read)
    found_places = places(doc, read, map_link)
    basis = tuple(_basis(entry, read) for entry in doc.get("basis") or ())
    return Guide(
        code=compiled.code,
        title=title.text,
        title_lang=title.lang,
        short=short.text or title.text,
        short_lang=short.lang or title.lang,
        summary=summary.text,
        summary_lang=summary.lang,
        division=division or "",
        department=str(doc["department"]),
        type=word(f"guides.type_{doc['type']}", locale),
        case_type=word(f"guides.case_{doc['case_type']}", locale),
        who=tuple(word(f"guides.object_{code}", locale) for code in doc["service_objects"]),
        online=bool(doc["online"]["apply"]),
        elsewhere=str(doc["online"].get("url") or ""),
        full_online=bool(doc["online"]["apply"]) and (doc["online"].get("depth") or 0) >= FULL_ONLINE and doc["visits"]["times"] == 0,
        facts=four_facts(doc, known, read),
        situations=situations,
        chosen=word("guides.comma", locale).join(option.title for situation in situations for option in situation.options if option.chosen),
        answers=picked,
        materials=materials,
        own_count=own,
        free_count=free,
        undecided_count=undecided,
        win=win_words(own, free, locale),
        materials_note=note_words(undecided, doc, locale),
        route_lead=_lead(doc, known, read),
        route_svg=route_svg(compiled, known, locale, departments),
        route_outline=outline_lines(compiled, known, locale, departments),
        pauses=tuple(_pause(name, pause, known, read) for name, pause in (doc["route"].get("pauses") or {}).items()),
        ways=tuple(word(f"guides.way_{way}", locale) for way in doc["route"]["delivery"]["ways"]),
        conditions=tuple(Said(t.text, t.lang) for c in doc.get("conditions") or () for t in (read(f"conditions.{c['id']}.text", c["text"]),)),
        basis=basis,
        basis_summary=_basis_summary(basis, locale),
        fees=_fees(doc, known, read),
        results=tuple(_result(result, known, read, locale) for result in doc["results"]),
        places=found_places,
        plan=plan_svg(found_places, locale),
        distances=distances(found_places, locale),
        contacts=contacts(doc, locale),
        redress=lines,
        redress_assumed=assumed_redress,
        faq=tuple(_question(entry, read) for entry in doc.get("faq") or ()),
        seasons=tuple(_season(entry, read) for entry in doc.get("seasons") or ()),
        assumed=assumed_notes(doc, locale),
        unknown=unknown_notes(doc, locale),
        source=str(doc["provenance"].get("source") or ""),
        codes={name: code for name, code in (doc.get("codes") or {}).items() if code},
        number=number,
        published=published,
        hash=compiled.hash,
        locale=locale,
        qr=qr_svg(address) if address else "",
    )


def _situations(doc: JsonObject, picked: Mapping[str, str], known: Mapping[str, object], read: Reader) -> tuple[Situation, ...]:
    found = []
    for situation in doc.get("situations") or ():
        when = situation.get("when")
        if when is not None and compile_rule(when).evaluate(known) is not True:
            continue  # unknown opens nothing: a question that hangs on another waits for its answer
        path = f"situations.{situation['id']}"
        title = read(f"{path}.title", situation["title"])
        options = tuple(_option(option, path, picked.get(situation["id"]), read) for option in situation["options"])
        found.append(Situation(situation["id"], title.text, title.lang, read(f"{path}.help", situation.get("help")).text, options))
    return tuple(found)


def _option(option: JsonObject, path: str, answer: str | None, read: Reader) -> Option:
    title = read(f"{path}.{option['id']}.title", option["title"])
    return Option(option["id"], title.text, title.lang, read(f"{path}.{option['id']}.help", option.get("help")).text, option["id"] == answer)


def _lead(doc: JsonObject, known: Mapping[str, object], read: Reader) -> str:
    """How the days are counted: from when, and what may stop them (行政许可法 45: its time is told)."""
    promised, locale = choose(doc["route"]["limits"].get("promised"), known), read.locale
    sentences = [word("guides.lead_at_once" if promised is not None and promised.at_once else "guides.lead_counting", locale)]
    for name, pause in (doc["route"].get("pauses") or {}).items():
        limit = choose(pause["max"], known)
        if limit is not None:
            most = limit.words(locale)
            key = "guides.lead_pause" if limit.value is not None else "guides.lead_pause_open"
            sentences.append(word(key, locale, title=read(f"route.pauses.{name}.title", pause["title"]).text, most=most))
    return word("guides.space", locale).join(sentences)


def _pause(name: str, pause: JsonObject, known: Mapping[str, object], read: Reader) -> Said:
    title = read(f"route.pauses.{name}.title", pause["title"])
    limit = choose(pause["max"], known)
    return Said(word("guides.pause_line", read.locale, title=title.text, most=limit.words(read.locale) if limit else "", basis=pause["basis"]), title.lang)


def _basis(entry: JsonObject, read: Reader) -> Said:
    title = read(f"basis.{entry['id']}.title", entry["title"])
    extra = "".join(f"({entry['document_no']})" if entry.get("document_no") else "")
    return Said(title.text + extra + (f":{entry['text']}" if entry.get("text") else ""), title.lang, entry.get("url") or "")


def _basis_summary(basis: tuple[Said, ...], locale: str) -> str:
    if not basis:
        return ""
    return basis[0].words if len(basis) == 1 else word("guides.basis_summary", locale, first=basis[0].words, count=len(basis))


def _fees(doc: JsonObject, known: Mapping[str, object], read: Reader) -> tuple[Fee, ...]:
    found = []
    for fee in doc["fees"].get("items") or ():
        when = fee.get("when")
        if when is not None and compile_rule(when).evaluate(known) is False:
            continue
        title = read(f"fees.{fee['id']}.title", fee["title"])
        amount = fee.get("amount")
        words = word("guides.amount", read.locale, amount=amount, unit=fee.get("unit") or "") if amount is not None else word("guides.unknown", read.locale)
        basis = fee.get("basis") or word("guides.unknown", read.locale)
        found.append(Fee(fee["id"], title.text, title.lang, words, fen(amount) if amount is not None else None, basis))
    return tuple(found)


def _result(result: JsonObject, known: Mapping[str, object], read: Reader, locale: str) -> Result:
    title = read(f"results.{result['id']}.title", result["title"])
    valid = choose(result.get("valid_for"), known)
    words = (
        word("guides.valid_for", locale, limit=valid.words(locale)) if valid is not None and valid.value else word(f"guides.result_{result['kind']}", locale)
    )
    return Result(result["id"], title.text, title.lang, result["kind"], words, result.get("sample"))


def _question(entry: JsonObject, read: Reader) -> Question:
    question, answer = (read(f"faq.{entry['id']}.{part}", entry[part]) for part in ("question", "answer"))
    return Question(entry["id"], question.text, answer.text, question.lang or answer.lang)


def _season(entry: JsonObject, read: Reader) -> Said:
    title = read(f"seasons.{entry['id']}.title", entry["title"])
    span = " — ".join(str(entry[name]) for name in ("opens", "closes") if entry.get(name))
    return Said(f"{title.text} {span}".strip() + (f" {entry['help']}" if entry.get("help") else ""), title.lang)
