"""Changing the shape of a route: nodes come, go and move, ways lead elsewhere, branches join – as edits of a draft, whatever else it holds.

A sound route stays sound: a change that would leave a dead end, an endless loop or a rule about what is no more is refused in words and writes
nothing. A route that was wrong before may be wrong after; what stands in the way of the change itself is said.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from core.items.studio import depends
from core.items.studio.edits import Edit, apply, between
from core.items.studio.errors import CannotRoute
from core.items.studio.fresh import AT_ONCE, DAY, STEMS, Fresh, fresh_branch
from core.items.studio.healing import follow
from core.items.studio.mending import free
from core.items.studio.references import reader_of, rename_branch
from core.items.studio.scopes import (
    KINDS,
    REVIEW,
    Lead,
    all_ids,
    branches_of,
    is_branch,
    is_node,
    kind_of,
    nodes_of,
    onward,
    path_of,
    scope_at,
    title_of,
    ways,
)
from core.items.studio.spots import MISSING, Spot, find, write
from core.kernel.errors import Finding, PlatformError
from core.kernel.text import normalise
from core.kernel.wording import word
from core.routing.service import check_route, compile_route
from core.routing.spec import RESERVED

Content = Mapping[str, Any]
POLICIES = ("all", "any", "quorum", "lead")
LONGEST_TITLE = 60
LONGEST_ID = 64
_ID = re.compile("[a-z][a-z0-9_]*")
_LATE = "routing.check.worst_over_promise"


# ---- nodes


def add_node(content: Content, kind: str, scope: Spot, *, after: str | None = None, title: str = "") -> tuple[tuple[Edit, ...], Spot]:
    """A new node of *kind* in the scope at *scope*: it follows *after* and leads where that one led – or, without it, stands at the start.

    Returns the edits and the spot of the new node. Its limit is one working day, or 当场 where the promise leaves no day. Raises :class:`CannotRoute`.
    """
    if kind not in KINDS:
        raise CannotRoute("items.studio_route_kind", kind=kind[:20])
    held = _scope(content, scope)
    taken = {*all_ids(find(content, REVIEW)), *RESERVED}
    name = STEMS[kind] if STEMS[kind] not in taken else free(taken, STEMS[kind])
    if after is not None and after not in nodes_of(held):
        raise CannotRoute("items.studio_route_gone", name=after[:80])
    ahead: tuple[tuple[Lead, str], ...] = onward(nodes_of(held)[after]) if after is not None else (("to", str(held.get("start"))),)
    if not ahead:
        raise CannotRoute("items.studio_route_no_way", title=title_of(nodes_of(held)[str(after)], str(after)))
    named = normalise(title).strip()[:LONGEST_TITLE]
    at = (*scope, "nodes", name)

    def change(limit: Mapping[str, Any]) -> Callable[[dict[str, Any]], None]:
        def build(item: dict[str, Any]) -> None:
            here = find({"item": item}, scope)
            made = Fresh(item, scope, limit, {*taken, name}).node(kind, named, ahead[0], nodes_of(here))
            if after is None:
                here["start"] = name
            else:
                for way in ways(here["nodes"][after]):
                    if (way.lead, way.target) == ahead[0]:
                        _point(here["nodes"][after], way.place, "to", name)
            here["nodes"] |= {name: made.pop("node"), **made}

        return build

    try:
        return _changed(content, change(DAY)), at
    except CannotRoute as error:
        if error.because != _LATE:
            raise
        return _changed(content, change(AT_ONCE)), at


def remove_node(content: Content, at: Spot) -> tuple[Edit, ...]:
    """The node at *at* away; whoever led to it leads where it led. Refused where several ways would become one, or where somebody reads its outcome."""
    node, scope = _node(content, at), scope_at(at)
    name, title = at[-1], title_of(node, at[-1])
    ahead = onward(node)
    if len(ahead) > 1:
        raise CannotRoute("items.studio_route_forks", title=title, ways=both(_told(content, scope, ahead)))
    if len(nodes_of(_scope(content, scope))) < 2:
        raise CannotRoute("items.studio_route_last", title=title)
    reader = reader_of(content, at)
    if reader is not None:
        raise CannotRoute("items.studio_route_read", title=title, reader=reader)

    def change(item: dict[str, Any]) -> None:
        here = find({"item": item}, scope)
        del here["nodes"][name]
        if here.get("start") == name:
            if not ahead or ahead[0][0] != "to":
                raise CannotRoute("items.studio_route_first", title=title)
            here["start"] = ahead[0][1]
        for other, held in here["nodes"].items():
            for way in ways(held):
                if way.lead != "outcome" and way.target == name:
                    _onto(held, other, way, ahead)
        _forget(item, at)

    return _changed(content, change)


def _onto(node: dict[str, Any], name: str, way: Any, ahead: tuple[tuple[Lead, str], ...]) -> None:
    """A way that led to what is gone leads where that led. A return goes to what followed; where that is the node itself there is nothing to return to."""
    title = title_of(node, name)
    if not ahead:
        raise CannotRoute("items.studio_route_no_way", title=title)
    lead, target = ahead[0]
    if way.lead == "back":
        if lead == "to" and target != name:
            _point(node, way.place, "back", target)
        elif way.place[0] == "actions" and len(node["actions"]) > 1:
            del node["actions"][way.place[1]]
        else:
            _point(node, way.place, "outcome", "refuse")
        return
    if lead == "outcome" and kind_of(node) == "auto":
        raise CannotRoute("items.studio_route_auto_last", title=title)
    if lead == "outcome" and way.negative:
        target = "refuse"  # a no that was handed to the node that is gone is never taken for a yes
    _point(node, way.place, lead, target)


def move_node(content: Content, at: Spot, steps: int) -> tuple[Edit, ...]:
    """The node at *at* one place later (*steps* > 0) or earlier where the way runs straight; else it is said why not."""
    node, scope = _node(content, at), _scope(content, scope_at(at))
    name = at[-1]
    if steps > 0:
        first, second = name, _only_next(content, scope_at(at), node, name)
    else:
        before = [other for other, held in nodes_of(scope).items() if ("to", name) in onward(held)]
        if len(before) != 1:
            raise CannotRoute("items.studio_route_not_straight", title=title_of(node, name))
        first, second = before[0], name
        _only_next(content, scope_at(at), nodes_of(scope)[first], first)
    return _swapped(content, scope_at(at), first, second)


def _only_next(content: Content, scope: Spot, node: Any, name: str) -> str:
    """The node that follows *node*, where no other does and no other way leads to it."""
    ahead, title = onward(node), title_of(node, name)
    if len(ahead) != 1:
        raise CannotRoute("items.studio_route_not_straight", title=title)
    if ahead[0][0] != "to":
        raise CannotRoute("items.studio_route_is_last", title=title)
    following = ahead[0][1]
    nodes = nodes_of(find(content, scope))
    others = [other for other, held in nodes.items() if other != name and ("to", following) in {(way.lead, way.target) for way in ways(held)}]
    if following not in nodes or others or len(onward(nodes[following])) != 1:
        raise CannotRoute("items.studio_route_not_straight", title=title)
    return following


def _swapped(content: Content, scope: Spot, first: str, second: str) -> tuple[Edit, ...]:
    nodes = nodes_of(find(content, scope))
    beyond = onward(nodes[second])[0]
    if reader_of(content, (*scope, "nodes", first), inside=(*scope, "nodes", second)) is not None:
        raise CannotRoute("items.studio_route_reads", title=title_of(nodes[second], second), earlier=title_of(nodes[first], first))

    def change(item: dict[str, Any]) -> None:
        here = find({"item": item}, scope)
        for other, held in here["nodes"].items():
            for way in ways(held):
                if way.lead == "to" and way.target == first and other != second:
                    _point(held, way.place, "to", second)
        for way in ways(here["nodes"][second]):
            if (way.lead, way.target) == beyond:
                _point(here["nodes"][second], way.place, "to", first)
        for way in ways(here["nodes"][first]):
            if way.lead == "to" and way.target == second:
                _onto(here["nodes"][first], first, way, (beyond,))
        if here.get("start") == first:
            here["start"] = second

    return _changed(content, change)


# ---- ways and branches


def lead_to(content: Content, at: Spot, place: Spot, lead: Lead, target: str) -> tuple[Edit, ...]:
    """The way at *place* of the node at *at* leads elsewhere: ``to`` or ``back`` to a node of the scope, or to an ``outcome``. A return is possible once
    unless the way says how often."""
    node = _node(content, at)
    way = next((each for each in ways(node) if each.place == place), None)
    known = {"to": nodes_of(find(content, scope_at(at))), "back": nodes_of(find(content, scope_at(at))), "outcome": outcomes(scope_at(at))}
    if way is None or target not in known.get(lead, ()):
        raise CannotRoute("items.studio_route_gone", name=target[:80])
    if kind_of(node) == "auto" and lead != "to":
        raise CannotRoute("items.studio_route_auto_last", title=title_of(node, at[-1]))
    return _changed(content, lambda item: _point(find({"item": item}, at), place, lead, target))


def outcomes(scope: Spot) -> tuple[str, ...]:
    """By what names a scope may end (:func:`core.routing.check.ends_of`)."""
    return ("grant", "refuse") if scope == REVIEW else ("agree", "refuse")


def _point(node: dict[str, Any], place: Spot, lead: Lead, target: str) -> None:
    if len(place) == 1 and isinstance(node.get(place[0]), str):
        node[place[0]] = target  # an automatic node writes only the next one
        return
    held = find(node, place)
    most = held.get("max", 1)
    for name in ("to", "outcome", "back", "max"):
        held.pop(name, None)
    held[lead] = target
    if lead == "back":
        held["max"] = most


def add_branch(content: Content, at: Spot, title: str, department: str) -> tuple[tuple[Edit, ...], Spot]:
    """A new branch of the parallel node at *at*, of *department*, with one step; the edits and its spot."""
    node = _node(content, at)
    named = normalise(title).strip()[:LONGEST_TITLE]
    if kind_of(node) != "parallel" or not department:
        raise CannotRoute("items.studio_route_no_branch", title=title_of(node, at[-1]))
    taken = set(branches_of(node))
    stem = department.replace("-", "_") if department[:1].isalpha() else f"d_{department}"
    name = stem if stem not in taken else free(taken, stem)

    def change(limit: Mapping[str, Any]) -> Callable[[dict[str, Any]], None]:
        def build(item: dict[str, Any]) -> None:
            find({"item": item}, at).setdefault("branches", {})[name] = fresh_branch(named or department, department, limit)

        return build

    try:
        return _changed(content, change(DAY)), (*at, "branches", name)
    except CannotRoute as error:
        if error.because != _LATE:
            raise
        return _changed(content, change(AT_ONCE)), (*at, "branches", name)


def remove_branch(content: Content, at: Spot) -> tuple[Edit, ...]:
    """The branch at *at* away. The lead passes to the first that always begins; a quorum is never more than there are branches."""
    branch, node_at = find(content, at), at[:-2]
    node = _node(content, node_at)
    if not is_branch(at) or branch is MISSING:
        raise CannotRoute("items.studio_route_gone", name=write(at)[-80:])
    if len(branches_of(node)) < 2:
        raise CannotRoute("items.studio_route_last_branch", title=title_of(branch, at[-1]))

    def change(item: dict[str, Any]) -> None:
        held = find({"item": item}, node_at)
        del held["branches"][at[-1]]
        always = [name for name, each in held["branches"].items() if isinstance(each, Mapping) and not each.get("when") and not each.get("for_each")]
        if held.get("lead") == at[-1]:
            held["lead"] = (always or list(held["branches"]))[0]
        join = held.get("join")
        if isinstance(join, dict) and isinstance(join.get("need"), int):
            join["need"] = min(join["need"], len(held["branches"]))
        _forget(item, at)

    return _changed(content, change)


def join_by(content: Content, at: Spot, policy: str, *, need: int | None = None, lead: str | None = None) -> tuple[Edit, ...]:
    """How the parallel node at *at* comes to its answer: ``all``, ``any``, a ``quorum`` of *need*, or what the *lead* says."""
    node = _node(content, at)
    if kind_of(node) != "parallel" or policy not in POLICIES or (lead is not None and lead not in branches_of(node)):
        raise CannotRoute("items.studio_route_no_branch", title=title_of(node, at[-1]))

    def change(item: dict[str, Any]) -> None:
        held = find({"item": item}, at)
        join = held["join"] = {**(held["join"] if isinstance(held.get("join"), Mapping) else {}), "policy": policy}
        join.pop("need", None)
        if policy == "quorum":
            join["need"] = need or 1
        if lead is not None:
            held["lead"] = lead

    return _changed(content, change)


def rename(content: Content, at: Spot, new: str) -> tuple[Edit, ...]:
    """The node or branch at *at* under another id, with everything that speaks of it: ways, rules, people, translations, tests."""
    old, review = find(content, at), find(content, REVIEW)
    if not (is_node(at) or is_branch(at)) or not isinstance(old, Mapping):
        raise CannotRoute("items.studio_route_gone", name=at[-1][:80] if at else "")
    taken = set(branches_of(find(content, at[:-2]))) if is_branch(at) else {*all_ids(review), *RESERVED}
    if not _ID.fullmatch(new) or len(new) > LONGEST_ID:
        raise CannotRoute("items.studio_key_missing")
    if new in taken and new != at[-1]:
        raise CannotRoute("items.studio_key_taken", name=new)
    if new == at[-1]:
        return ()
    if is_branch(at):
        return _changed(content, lambda item: rename_branch(item, at, new))
    try:
        edits = depends.rename(content, at, new)
        made = apply(content, edits).doc
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise CannotRoute("items.studio_route_broken") from error
    _still_sound(content, made["item"])
    return edits


def applied(content: Content, edits: Sequence[Edit]) -> Content:
    """*content* after *edits*: several changes in one command are made one on another."""
    made: Content = apply(content, edits).doc
    return made


# ---- what every change comes through


def _changed(content: Content, change: Callable[[dict[str, Any]], None]) -> tuple[Edit, ...]:
    """The edits of *change*, with the tests carried along; refused where it would make a sound route unsound."""
    item = deepcopy(dict(content["item"]))
    try:
        change(item)
    except (AttributeError, KeyError, TypeError) as error:  # something beside the change has a shape of its own
        raise CannotRoute("items.studio_route_broken") from error
    _still_sound(content, item)
    made = {**content, "item": item}
    return (*between(content["item"], item, ("item",)), *_followed(content, made))


def _still_sound(content: Content, item: Mapping[str, Any]) -> None:
    """Raises :class:`CannotRoute` where a route that was sound would not be."""
    if not faults(content["item"].get("route")) and (found := faults(item.get("route"))):
        raise CannotRoute("items.studio_route_unsound", because=found[0].key, why=both(found[0].words))


def _followed(content: Content, made: Content) -> tuple[Edit, ...]:
    try:
        return follow(content, made)
    except (AttributeError, KeyError, TypeError):  # tests in a shape of their own are left alone
        return ()


def faults(route: Any) -> tuple[Finding, ...]:
    """Why *route* is not sound, errors only."""
    if not isinstance(route, Mapping):
        return (Finding("error", "", "routing.bad_shape", {"detail": "route"}),)
    try:
        found = check_route(compile_route(route))
    except PlatformError as error:
        return tuple(getattr(error, "findings", ())) or (Finding("error", "", error.message_key, error.params),)
    except (RecursionError, AttributeError, KeyError, TypeError, ValueError) as error:
        return (Finding("error", "", "routing.bad_shape", {"detail": type(error).__name__}),)
    return tuple(each for each in found if each.level == "error")


def _scope(content: Content, at: Spot) -> Mapping[str, Any]:
    """The scope at *at*. Raises :class:`CannotRoute` where none stands."""
    held = find(content, at)
    if not (at == REVIEW or is_branch(at)) or not isinstance(held, Mapping) or not nodes_of(held):
        raise CannotRoute("items.studio_route_broken")
    return held


def _node(content: Content, at: Spot) -> Mapping[str, Any]:
    held = find(content, at) if is_node(at) else MISSING
    if not isinstance(held, Mapping):
        raise CannotRoute("items.studio_route_gone", name=at[-1][:80] if at else "")
    return held


def _forget(item: dict[str, Any], at: Spot) -> None:
    """The translations of what stood at *at*."""
    tables = item.get("translations")
    path = path_of(at)
    for table in tables.values() if isinstance(tables, Mapping) else ():
        for key in [key for key in table if key.startswith((f"route.{path.removeprefix('review.')}.", f"route.{path}."))]:
            del table[key]


def both(say: Callable[[str], str]) -> dict[str, str]:
    """Words in both languages, for a parameter of an error."""
    return {locale: say(locale) for locale in ("zh", "en")}


def _told(content: Content, scope: Spot, ahead: tuple[tuple[Lead, str], ...]) -> Callable[[str], str]:
    """Ways in words, in a language."""
    nodes = nodes_of(find(content, scope))

    def say(locale: str) -> str:
        names = [title_of(nodes.get(target), target) if lead == "to" else word(f"routing.outcome.{target}", locale) for lead, target in ahead]
        return word("items.studio_comma", locale).join(names)

    return say
