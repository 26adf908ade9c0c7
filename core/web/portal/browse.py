"""Finding an item: home, search, departments, themes, audiences; and the ways to change language and look."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, request, url_for
from flask import session as cookie
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.items import queries as items
from core.items.spec import ItemView
from core.items.subjects import subject_title
from core.kernel.text import normalise
from core.search import queries as search_index
from core.search.spec import Hit, Parts
from core.web import edge
from core.web.page import page, say, themes, typeset
from core.web.plugged.offered import doors
from core.web.portal import today
from core.web.portal.lists import Link, Row, card_text, row

portal = Blueprint("portal", __name__)
AUDIENCES = ("person", "company")
PAGE = 20
LONGEST_QUERY = 100


@portal.get("/")
def home() -> str:
    """The front door: one search box, two doors, what people do most."""
    locale, shown = edge.locale(), items.visible(edge.session(), edge.scope())
    popular = today.popular(edge.session(), shown, 5)
    place, phone = today.place(edge.session(), popular)
    return page(
        "portal/home.html",
        today=today.opening(edge.session(), edge.hall()),
        week=today.week(edge.session(), edge.hall()),
        unasked=[row(item, locale) for item in today.without_visit(shown, 4)],
        figures=today.figures(edge.session(), edge.scope(), shown),
        popular=[row(item, locale) for item in popular],
        doors=[_door(who, shown, locale) for who in AUDIENCES],
        departments=_departments(shown)[:8],
        life_events=_life_events(shown, locale),
        columns=list(doors("portal")),
        needs=today.needs(edge.session(), edge.account()),
        place=place,
        phone=phone,
    )


def _door(who: str, shown: Sequence[ItemView], locale: str) -> dict[str, Any]:
    serving = [item for item in shown if items.serves(item, who)]
    return {
        "icon": who,
        "title": say("个人办事") if who == "person" else say("法人办事"),
        "href": url_for("portal.audience", who=who),
        "count": len(serving),
        "subjects": _subjects(serving, who, locale)[:8],
    }


def _subjects(shown: Sequence[ItemView], who: str, locale: str) -> list[Link]:
    counts = Counter(slug for item in shown for slug in item.card.get("themes", {}).get(who, ()))
    return [Link(subject_title(slug, locale), url_for("portal.theme", slug=slug, who=who), n) for slug, n in counts.most_common()]


def _departments(shown: Sequence[ItemView]) -> list[Link]:
    counts = Counter(item.department for item in shown)
    titles = {item.department: item.offer.department_title for item in reversed(shown)}
    return [Link(titles[code], url_for("portal.department", code=code), n) for code, n in counts.most_common()]


def _life_events(shown: Sequence[ItemView], locale: str) -> list[Link]:
    counts = Counter(slug for item in shown for slug in item.card.get("life_events", ()))
    return [Link(subject_title(slug, locale), url_for("portal.search", life=slug), n) for slug, n in counts.items()]


@portal.get("/search")
def search() -> str:
    """Results by everyday words, pinyin or initials, with filters; without a query, everything."""
    asked = normalise(request.args.get("q", ""))[:LONGEST_QUERY]
    locale, shown = edge.locale(), items.visible(edge.session(), edge.scope())
    found = _hits(asked, shown, locale) if asked else [(item, None) for item in shown]
    kept = [(item, marked) for item, marked in found if _wanted(item)]
    start = min(request.args.get("from", 0, type=int) or 0, len(kept)) if (request.args.get("from", 0, type=int) or 0) > 0 else 0
    batch = kept[start : start + PAGE]
    rows = [row(item, locale, marked) for item, marked in batch]
    return page(
        "portal/search.html",
        q=asked,
        total=len(rows),
        groups=[{"id": "items", "title": say("事项"), "hits": rows}] if rows else [],
        filters=_filters([item for item, _marked in found]),
        more=_here(**{"from": str(start + PAGE)}) if len(kept) > start + PAGE else None,
        suggestions=[Link(card_text(item, "short_title", locale), url_for("portal.item", code=item.code)) for item in today.popular(edge.session(), shown, 6)],
    )


def _hits(asked: str, shown: Sequence[ItemView], locale: str) -> list[tuple[ItemView, Markup | None]]:
    by_code = {item.code: item for item in shown}
    hits = search_index.find(edge.session(), asked, kinds=("item",), scope=edge.scope(), limit=200)
    return [(by_code[hit.id], mark(_parts(hit, by_code[hit.id], locale))) for hit in hits if hit.id in by_code]


def _parts(hit: Hit, item: ItemView, locale: str) -> Parts:
    """The title in pieces; a translated title is shown whole, because the index marks the Chinese one."""
    title = card_text(item, "title", locale)
    if len(title) != len(hit.title) or title != typeset(hit.title):
        return ((title, False),)
    pieces, at = [], 0
    for text, wanted in hit.parts:  # setting the punctuation changes characters, never how many there are
        pieces.append((title[at : at + len(text)], wanted))
        at += len(text)
    return tuple(pieces)


def mark(parts: Parts) -> Markup:
    """The pieces of a title with what was asked for in ``<mark>``; everything is escaped."""
    return Markup("").join(Markup("<mark>{}</mark>").format(text) if hit else escape(text) for text, hit in parts)


def _wanted(item: ItemView) -> bool:
    who, department, how, life = (request.args.get(name, "") for name in ("who", "department", "how", "life"))
    return (
        (who not in AUDIENCES or items.serves(item, who))
        and (not department or item.department == department)
        and (not life or life in item.card.get("life_events", ()))
        and (how != "online" or bool(item.card.get("online")))
        and (how != "free" or item.card.get("charged") is False)
        and (how != "instant" or item.card.get("case_type") == "instant")
    )


def _here(**changes: str | None) -> str:
    kept = {name: value for name, value in request.args.items() if name in ("q", "who", "department", "how", "life")}
    merged = {name: value for name, value in {**kept, **changes}.items() if value}
    values: dict[str, Any] = merged
    return url_for("portal.search", **values)


def _filters(found: Sequence[ItemView]) -> list[dict[str, Any]]:
    def choices(name: str, options: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        now = request.args.get(name, "")
        return [{"title": title, "href": _here(**{name: value}), "chosen": now == value} for value, title in options]

    departments = Counter(item.department for item in found)
    titles = {item.department: item.offer.department_title for item in reversed(found)}
    named = [(code, f"{titles[code]} {n}") for code, n in departments.most_common(8)]
    return [
        {"title": say("谁来办"), "choices": choices("who", [("", say("不限")), ("person", say("个人")), ("company", say("法人"))])},
        {
            "title": say("怎么办"),
            "choices": choices("how", [("", say("不限")), ("online", say("可网办")), ("instant", say("当场办结")), ("free", say("不收费"))]),
        },
        {"title": say("哪个部门"), "choices": choices("department", [("", say("不限")), *named])},
    ]


@portal.get("/search/suggest")
def suggest() -> Response:
    """At most eight suggestions for the combobox, as text pieces – the browser makes the markup."""
    asked = normalise(request.args.get("q", ""))[:LONGEST_QUERY]
    locale, session, scope = edge.locale(), edge.session(), edge.scope()
    hits = search_index.suggest(session, asked, kinds=("item",), scope=scope, limit=8) if asked else ()
    by_code = {item.code: item for item in items.visible(session, scope, codes=[hit.id for hit in hits])} if hits else {}
    found = [
        {"href": url_for("portal.item", code=hit.id), "parts": _parts(hit, by_code[hit.id], locale), "why": _why(row(by_code[hit.id], locale))}
        for hit in hits
        if hit.id in by_code
    ]
    return jsonify(groups=[{"title": say("事项"), "hits": found}] if found else [])


def _why(shown: Row) -> str:
    return shown.facts[0] if shown.facts else shown.department


@portal.get("/departments")
def departments() -> str:
    """Every department that offers something here."""
    shown = items.visible(edge.session(), edge.scope())
    return page("portal/list.html", title=say("按部门找"), way=[], lead="", links=_departments(shown), groups=[], items=[], more=None)


@portal.get("/departments/<code>")
def department(code: str) -> str:
    """The items of one kind of department."""
    shown = items.visible(edge.session(), edge.scope(), department=code)
    if not shown:
        known = {each.code: each.title for each in people.departments(edge.session(), edge.scope())}
        if code not in known:
            abort(404)
        title = known[code]
    else:
        title = shown[0].offer.department_title
    return _listing(title, [(say("按部门找"), url_for("portal.departments"))], shown)


@portal.get("/themes")
def themes_list() -> str:
    """Every theme, for people and for companies."""
    locale, shown = edge.locale(), items.visible(edge.session(), edge.scope())
    groups = [{"title": _door(who, shown, locale)["title"], "links": _subjects(shown, who, locale)} for who in AUDIENCES]
    return page("portal/list.html", title=say("按主题找"), way=[], lead="", links=[], groups=[g for g in groups if g["links"]], items=[], more=None)


@portal.get("/themes/<slug>")
def theme(slug: str) -> str:
    """The items of one theme."""
    who = request.args.get("who", "")
    shown = [
        item
        for item in items.visible(edge.session(), edge.scope())
        if any(slug in item.card.get("themes", {}).get(each, ()) for each in ((who,) if who in AUDIENCES else AUDIENCES))
    ]
    if not shown:
        abort(404)
    return _listing(subject_title(slug, edge.locale()), [(say("按主题找"), url_for("portal.themes_list"))], shown)


@portal.get("/for/<who>")
def audience(who: str) -> str:
    """Everything for people, or for companies, with its themes."""
    if who not in AUDIENCES:
        abort(404)
    locale = edge.locale()
    shown = [item for item in items.visible(edge.session(), edge.scope()) if items.serves(item, who)]
    title = say("个人办事") if who == "person" else say("法人办事")
    return _listing(title, [], shown, _subjects(shown, who, locale))


def _listing(title: str, way: list[tuple[str, str]], shown: Sequence[ItemView], links: Sequence[Link] = ()) -> str:
    locale = edge.locale()
    return page("portal/list.html", title=title, way=way, lead="", links=links, groups=[], items=[row(item, locale) for item in shown], more=None)


@portal.get("/language/<code>")
def language(code: str) -> Response:
    """Speak *code* from now on and go back. Changing the language harms nobody, so a plain link does it (and works without scripts)."""
    if code not in edge.LOCALES:
        abort(404)
    cookie["locale"] = code
    return redirect(edge.safe_next(request.args.get("next")))


@portal.get("/look/<theme>")
def look(theme: str) -> Response:
    """Look like *theme* from now on and go back."""
    if theme not in themes() or not themes().get(theme).public:
        abort(404)
    cookie["look"] = theme
    cookie.permanent = True
    return redirect(edge.safe_next(request.args.get("next")))


@portal.get("/help")
def help_page() -> str:
    """How to use the hall."""
    return page("portal/help.html")


@portal.get("/accessibility")
def accessibility() -> str:
    """The accessibility statement."""
    return page("portal/accessibility.html")


@portal.get("/privacy")
def privacy() -> str:
    """What is kept, why, and who sees it."""
    return page("portal/privacy.html")


@portal.get("/map")
def site_map() -> str:
    """Every public page by name."""
    links = [
        (say("首页"), url_for("portal.home")),
        (say("找要办的事"), url_for("portal.search")),
        (say("个人办事"), url_for("portal.audience", who="person")),
        (say("法人办事"), url_for("portal.audience", who="company")),
        (say("按部门找"), url_for("portal.departments")),
        (say("按主题找"), url_for("portal.themes_list")),
        (say("查进度"), url_for("progress.ask")),
        (say("核验证照"), url_for("progress.verify")),
        (say("我的"), url_for("my.space")),
        (say("帮助"), url_for("portal.help_page")),
        (say("无障碍说明"), url_for("portal.accessibility")),
        (say("隐私与数据"), url_for("portal.privacy")),
    ]
    return page("portal/site_map.html", links=links)
