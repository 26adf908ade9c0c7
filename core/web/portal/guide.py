"""The guide page: everything about one item for one situation, kept rendered per version, answers, language and look."""

from typing import Any

from flask import request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from core.guides.build import build_guide
from core.guides.draw import route_svg
from core.guides.settings import MAP_LINK
from core.guides.spec import Guide
from core.identity import queries as people
from core.items import anywhere, seasons
from core.items import facts as item_facts
from core.items.spec import Current
from core.items.texts import Reader
from core.kernel import clock
from core.kernel.errors import NotFound
from core.settings import service as settings
from core.web import edge
from core.web.drawn import as_file
from core.web.page import Kept, plugin_slots, say, typeset
from core.web.portal import away, offer
from core.web.portal.browse import portal

kept = Kept()


@portal.get("/items/<code>")
def item(code: str) -> str:
    """The guide of an item; ``?<situation>=<option>`` shortens it to what concerns the reader."""
    current = offer.shown(code)
    answers = item_facts.chosen(current.compiled.doc, request.args)
    key = (
        "guide",
        current.version_id,
        current.compiled.hash,
        tuple(sorted(answers.items())),
        request.host_url,
        current.stopped,
        _dead(current),
        _map(),
        seasons.standing(current.compiled.doc, clock.today()),
    )

    def plugins() -> str:
        return plugin_slots("portal.guide", department_id=current.offer.department_id, item=current.compiled.plugins, item_code=code)

    return kept.page(key, "portal/guide.html", lambda: {"g": view(current, answers)}, typeset, plugins)


@portal.get("/items/<code>/route.svg")
def route_drawing(code: str) -> Response:
    """The drawing of the route for the reader's situation, to be kept."""
    current = offer.shown(code)
    known = item_facts.facts(current.compiled, item_facts.chosen(current.compiled.doc, request.args))
    locale = edge.locale()
    svg = route_svg(current.compiled, known, locale, people.department_titles(edge.session(), edge.scope()))
    if not svg:
        raise NotFound
    return as_file(svg, f"{say('流程图')}-{_short(current, locale)}")


def _short(current: Current, locale: str) -> str:
    read = Reader(current.compiled.doc, locale)
    return read("short_title", current.compiled.doc.get("short_title")).text or read("title", current.compiled.doc["title"]).text


def _map() -> str:
    """The hall's own map."""
    return str(settings.get(edge.session(), MAP_LINK))


def _dead(current: Current) -> tuple[tuple[str, Any], ...]:
    """What of the addresses in a guide is dead, as a part of its page's name."""
    return tuple(sorted((url, each.checked_at) for url, each in away.gone(current.compiled).items()))


def view(current: Current, answers: dict[str, Any]) -> dict[str, object]:
    """The values of the guide template."""
    compiled, locale = current.compiled, edge.locale()
    address = url_for("portal.item", code=compiled.code, _external=True)
    guide = build_guide(
        compiled,
        answers,
        locale=locale,
        division=current.offer.division_title,
        number=current.number,
        published=current.published_at,
        address=address,
        departments=people.department_titles(edge.session(), edge.scope()),
        map_link=_map(),
    )
    shown = {name: getattr(guide, name) for name in guide.__slots__}
    return shown | {
        "tags": _tags(guide),
        "contents": _contents(guide),
        "contacts": [(each.title, each.value, each.phone) for each in guide.contacts],
        "route_svg": Markup(guide.route_svg),  # noqa: S704 – drawn by core.routing, which escapes every title
        "plan": Markup(guide.plan),  # noqa: S704 – drawn by core.guides.plan, which escapes every title
        "qr": Markup(guide.qr),  # noqa: S704 – drawn by segno
        "department_href": url_for("portal.department", code=compiled.doc["department"]),
        "department": current.offer.department_title,
        "offers": current.offers,
        "anywhere": _anywhere(current),
        "away": away.teller(away.gone(compiled)),
        "stopped": current.stopped,
        "href": url_for("portal.item", code=compiled.code),
        "season": seasons.standing(compiled.doc, clock.today()),
        "address": address,
        "drawing_href": url_for("portal.route_drawing", code=compiled.code, **answers),
        "apply_href": url_for("apply.begin", code=compiled.code, **answers),
    }


def _anywhere(current: Current) -> dict[str, str] | None:
    """全域通办 in words: where one may apply, and who decides."""
    doc, form = current.compiled.doc, current.compiled.form
    found = anywhere.setting(doc)
    if not found:
        return None
    field = form.root.by_id.get(str(found["authority"]))
    asked = form.text(f"{field.path}.title", field.title, edge.locale())[0] if field is not None else str(found["authority"])
    region = {"province": say("全省"), "city": say("全市"), "county": say("全县")}[found["within"]]
    how = {"online": say("自己在网上办"), "collect": say("由窗口代收，转给办理机关"), "joint": say("由几个地方的窗口一起办")}
    words = say("申请表里“%(field)s”在哪里，就由那里的部门办理和决定，标准和时限都一样。", field=asked)
    return {
        "title": say("全域通办：%(region)s的大厅都能申请", region=region),
        "words": words + say("可以%(how)s。", how=say("、").join(how[mode] for mode in found["modes"])),
        "basis": str(found.get("basis") or ""),
    }


def _tags(guide: Guide) -> list[dict[str, str]]:
    tags = [{"title": guide.type, "tone": "a"}, {"title": guide.case_type, "tone": ""}]
    if guide.full_online:
        tags.append({"title": say("全程网办"), "tone": "go"})
    elif guide.online:
        tags.append({"title": say("可网办"), "tone": "go"})
    else:
        tags.append({"title": say("要到窗口"), "tone": "wait"})
    return [tag for tag in tags if tag["title"]]


def _contents(guide: Guide) -> list[tuple[str, str]]:
    parts = [
        ("situation", say("我的情形"), guide.situations),
        ("materials", say("要交的材料"), True),
        ("route", say("怎么走流程"), True),
        ("conditions", say("要满足的条件"), guide.conditions),
        ("fees", say("收费"), guide.fees),
        ("results", say("办好后拿到什么"), guide.results),
        ("basis", say("依据"), True),
        ("where", say("地点与时间"), True),
        ("faq", say("常见问题"), guide.faq),
        ("ask", say("咨询与投诉"), True),
        ("about", say("这份指南"), True),
    ]
    return [(anchor, title) for anchor, title, there in parts if there]


__all__ = ["item", "kept", "portal", "view"]
