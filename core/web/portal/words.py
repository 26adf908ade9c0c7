"""How evidence and promises are said to an applicant: where it comes from, how old it is, until when it serves, what a promise binds to."""

from core.cases.service.promising import Offer
from core.items.limits import choose
from core.items.sources import Evidence
from core.items.spec import CompiledItem
from core.items.texts import Reader, Text
from core.web import edge
from core.web.page import day, say


def evidence(found: Evidence) -> str:
    """``来自证照库：营业执照 12345，高陵区市场监管局，2024年3月1日，用到 2027年2月28日``."""
    locale = edge.locale()
    source = {"library": say("来自证照库"), "fact": say("来自共享信息"), "case": say("你以前交过")}[found.kind]
    parts = [found.title if not found.number else f"{found.title} {found.number}", found.issuer]
    if found.of is not None:
        parts.append(day(found.of, locale))
    if found.until is not None:
        parts.append(say("能用到%(day)s", day=day(found.until, locale)))
    elif found.kind == "library":
        parts.append(say("长期有效"))
    return say("%(source)s：%(what)s", source=source, what=say("，").join(part for part in parts if part))


def title(offer: Offer, compiled: CompiledItem) -> str:
    """The promise's name."""
    if offer.kind == "later":
        material = next(each for each in compiled.doc["materials"] if each["id"] == offer.code)
        read = Reader(compiled.doc, edge.locale())
        return say("先受理，以后补交：%(title)s", title=str(read(f"materials.{offer.code}.title", material["title"])))
    return str(text(offer, compiled, "title"))


def text(offer: Offer, compiled: CompiledItem, part: str) -> Text:
    """One of the texts of a promise – ``duty``, ``text``, ``liability`` – translated or marked."""
    path = f"deferral.{part}" if offer.kind == "later" else f"promises.{offer.code}.{part}"
    return Reader(compiled.doc, edge.locale())(path, offer.doc.get(part))


def term(offer: Offer) -> str:
    """Within how long the paper follows, or the promise is checked."""
    locale = edge.locale()
    limit = choose(offer.doc["later"] if offer.kind == "later" else offer.doc["check"]["within"], {})
    words = limit.words(locale) if limit is not None else ""
    return say("%(limit)s内补齐，从提交算起。", limit=words) if offer.kind == "later" else say("决定以后 %(limit)s内核查。", limit=words)
