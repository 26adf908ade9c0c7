"""Rules by menus, wherever a draft has one: conditions of comparisons in groups, formulas of what was answered, and the sentence they make."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.studio import conditions, drafts, filling, ruled, scopes, sketch, trees
from core.items.studio.addresses import name_of
from core.items.studio.drafts import Draft
from core.items.studio.editors import Editor
from core.items.studio.edits import Edit, same
from core.items.studio.errors import NoSuchSpot
from core.items.studio.parts import part_of
from core.items.studio.ruled import Ruled, World
from core.items.studio.sketch import Sketch
from core.items.studio.spots import MISSING, Spot, find, parse, token_of, write
from core.kernel.errors import BadInput, PlatformError
from core.rules.service import compile_rule
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.studio import rule_view, saving
from core.web.studio.desk import framed, own

blueprint = Blueprint("studio_condition", __name__, url_prefix="/office/studio/<draft_id>/condition")
#: Characters of a rule as JSON.
_MOST_JSON = 40_000


class Reader:
    """What the rules of a draft may read, worked out once for all of a page."""

    def __init__(self, content: Any, locale: str, route: Sketch | None = None) -> None:
        self.content, self.locale, self._route = content, locale, route
        self._known = route.known if route is not None else None
        self._worlds: dict[Spot, World] = {}

    def world(self, at: Spot) -> World:
        """What the rule at *at* may read."""
        if self._route is None and at[:2] == scopes.REVIEW[:2]:
            self._route = sketch.sketch(self.content, self.locale)
        if self._known is None:
            self._known = self._route.known if self._route is not None else sketch.known(self.content, self.locale)
        if at[:-1] not in self._worlds:
            self._worlds[at[:-1]] = ruled.world(self.content, at, self._known, self._route, self.locale)
        return self._worlds[at[:-1]]

    def view(self, rule: Ruled) -> dict[str, Any]:
        """The rule as the macros draw it."""
        return rule_view.view(rule, self.world(rule.at), self.locale)

    def said(self, at: Spot) -> Callable[[Any], str]:
        """What puts rules into words that stand somewhere below *at*."""
        return lambda rule: conditions.sentence(rule, self.world(at).labels, self.locale)


def views(content: Any, at: Spot, reader: Reader) -> list[dict[str, Any]]:
    """Every rule among the properties of what stands at *at*; a field of the form has its own in ``ui``."""
    holder = (*at, "ui") if at[0] == "form" and len(at) > 2 and at[-2] == "properties" else at
    found = ruled.rules_of(content, holder, reader.locale)
    return [reader.view(each) for each in found if each.rule is not None or not each.value or _computed(content, at)]


def worded(made: Editor, reader: Reader) -> Editor:
    """An editor whose cards that are rules say what they are."""
    return replace(made, cards=tuple(replace(cards, entries=tuple(_worded(each, reader) for each in cards.entries)) for cards in made.cards))


def _worded(entry: tuple[Spot, str, str], reader: Reader) -> tuple[Spot, str, str]:
    at, title, kind = entry
    found = ruled.rule_at(reader.content, at, reader.locale)
    return entry if found is None else (at, title, reader.said(at)(found.rule) or kind)


def named(given: Any, content: Any, at: Spot) -> Spot:
    """The spot of the rule whose control ``_go`` names, in the editor of what stands at *at*: a row counts as it was posted."""
    spot, name, said = at, "", str(given["_go"])[:400]
    for token in said.split("-"):
        before, name = name, f"{name}-{token}" if name else token
        held = find(content, spot)
        if isinstance(held, list) and token.isdigit():
            posted = {int(rest) for each in given if each.startswith(f"{before}-") and (rest := each.removeprefix(f"{before}-").partition("-")[0]).isdigit()}
            place = sorted(posted | {int(token)}).index(int(token))
            spot = (*spot, token_of(held, place) if place < len(held) else str(place))
        elif isinstance(held, Mapping) and (token in held or token == said.rpartition("-")[2]):
            spot = (*spot, token)
    return spot


def _computed(content: Any, at: Spot) -> bool:
    """Whether a field is worked out, not asked."""
    return at[0] != "form" or find(content, (*at, "ui", "field")) == "computed"


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """One rule on a page of its own."""
    return _page(own(draft_id), parse(request.args.get("at", "")[:2000]))


def _page(draft: Draft, at: Spot, error: PlatformError | None = None, text: str | None = None) -> str:
    locale = edge.locale()
    found = ruled.rule_at(draft.content, at, locale)
    if found is None or find(draft.content, at[:1]) is MISSING:
        raise NoSuchSpot(at=write(at))
    shown = Reader(draft.content, locale).view(found)
    holder = at[:-2] if (at[-2:-1] == ("ui",) and len(at) > 3) or find(draft.content, at[:-1]) is MISSING else at[:-1]
    return framed(
        "studio/condition.html", draft, part_of(at), at, shown=shown, spot=write(at), error=error.words(locale) if error else None, text=text,
        holder_href=f"/office/studio/{draft.id}/?{urlencode({'at': write(holder)})}", holder_name=name_of(draft.content, holder, locale),
    )  # fmt: skip


@blueprint.post("/")
@at_desk
def press(draft_id: str) -> Response | tuple[str, int]:
    """Keep the rule as filled in – by menus, or as JSON (``json``) –, or ``clear`` it altogether."""
    draft, given = own(draft_id), request.form
    at = parse(given.get("at", "")[:2000])
    found = ruled.rule_at(draft.content, at)
    if found is None:
        raise NoSuchSpot(at=write(at))
    try:
        drafts.edit(edge.session(), draft_id, _changes(draft, found, given), command_id=saving.command(), actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        if "json" in given:
            return _page(own(draft_id), at, error, given["json"][:_MOST_JSON]), error.status
        tell(error.words(edge.locale()))
    return redirect(_back(draft, at), 303)


def _changes(draft: Draft, found: Ruled, given: Any) -> tuple[Edit, ...]:
    held = find(draft.content, found.at)
    reader = Reader(draft.content, "zh")
    rule = None if given.get("do") == "clear" else _read(given["json"]) if "json" in given else _filled(found, given, reader.world(found.at))
    if rule is None:
        return () if held is MISSING else (Edit("remove", found.at, was=held),)
    compile_rule(rule, reader.world(found.at).types)
    return () if same(rule, found.rule) else (_setting(draft.content, found.at, rule),)


def _filled(found: Ruled, given: Any, world: World) -> Any:
    if not found.value:
        return trees.whole(filling.condition(trees.condition(found.rule), given, world))
    made = filling.formula(None if found.rule is None else trees.formula(found.rule), given, world, filling.wanted_at(found.at, world))
    return trees.whole(made)


def _read(text: str) -> Any:
    if len(text) > _MOST_JSON:
        raise BadInput("web.json_large")
    return schemas.parse(text) if text.strip() else None


def _setting(content: Any, at: Spot, rule: Any) -> Edit:
    """The rule at its place; an object in which it is to stand and that is not there yet comes with it."""
    value = rule
    while len(at) > 2 and find(content, at[:-1]) is MISSING:
        value, at = {at[-1]: value}, at[:-1]
    held = find(content, at)
    return Edit("set", at, value, held)


def _back(draft: Draft, at: Spot) -> str:
    """Where the rule was changed: beside its holder, in the route, in the form, or on its own page."""
    base, back, mark = f"/office/studio/{draft.id}", request.form.get("back"), f"#rule-{at[-1]}"
    if back == "route":
        return f"{base}/route/?{urlencode({'node': scopes.path_of(scopes.node_of(at))})}{mark}"
    if back == "form":
        return f"{base}/form/?{urlencode({'field': at[2]})}{mark}"
    if back == "holder":
        holder = at[:-2] if at[0] == "form" and at[-2:-1] == ("ui",) and len(at) > 3 else at[:-1]
        return f"{base}/?{urlencode({'at': write(holder)})}{mark}"
    return f"{base}/condition/?{urlencode({'at': write(at)})}{mark}"
