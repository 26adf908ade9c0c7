"""The chosen node beside the route: what it says, who could do it today, and the editors of its parts."""

from collections.abc import Mapping
from typing import Any

from core.forms import service as forms
from core.items.studio import editors, routing, scopes, staffing
from core.items.studio.drafts import Draft
from core.items.studio.parts import Part
from core.items.studio.sketch import Sketch
from core.items.studio.spots import Spot, find, write
from core.kernel.wording import word
from core.routing.actions import exit_words
from core.routing.sentences import Voice, branch_words, sentence
from core.routing.spec import Exit
from core.web import edge
from core.web.page import environment
from core.web.studio import condition
from core.web.studio.desk import names

#: Single parts of a node that are edited in its panel: what stands there in most nodes.
_INLINE = ("holders", "limit")
#: What menus of the panel change, and what never changes.
_BY_MENU = frozenset(
    ("kind", "start", "lead", "join", "branches", "nodes", "when", "agree", "refuse", "if_none", "granted", "refused", "cancelled", "to", "by_hand")
)


def panel(draft: Draft, at: Spot, made: Sketch, titles: Mapping[str, str], locale: str) -> dict[str, Any]:
    """Everything the panel of the node or branch at *at* shows."""
    held = find(draft.content, at)
    path, branch = scopes.path_of(at), scopes.is_branch(at)
    whole = editors.editor(draft.content, at)
    named = tuple(name for name in (*whole.names, *(card.at[-1] for card in whole.cards)) if name not in _BY_MENU)
    main = editors.editor(draft.content, at, Part("", named, at), locale=locale, names=names(draft.content, at))
    reader = condition.Reader(draft.content, locale, made)
    inline = [each for each in main.cards if each.single and each.at[-1] in _INLINE and each.entries]
    parts = [_part(draft, card.at, reader) for card in sorted(inline, key=lambda card: _INLINE.index(card.at[-1]))]
    return {
        "title": scopes.title_of(held, at[-1]), "id": at[-1], "path": path, "branch": branch, "kind": "branch" if branch else scopes.kind_of(held),
        "within": scopes.title_of(find(draft.content, at[:-2]), "") if len(at) > 5 and not branch else "", "sentence": _sentence(made, path, titles, locale),
        "editor": _drawn(main, reader), "parts": [each for each in parts if each is not None],
        "cards": [card for card in main.cards if card not in inline],
        "ways": _ways(draft, at, made, locale), "staffed": _staffed(draft, made, path), "branches": list(scopes.branches_of(held).items()),
        "rules": condition.views(draft.content, at, reader),
        "join": held.get("join") if isinstance(held.get("join"), Mapping) else {}, "lead": held.get("lead"), "departments": sorted(titles.items()),
        "sheet": _sheet(draft, held.get("rules")), "policies": [(policy, word(f"items.studio_route_join_{policy}", locale)) for policy in routing.POLICIES],
    }  # fmt: skip


def _sheet(draft: Draft, name: Any) -> str:
    """What the rule sheet of a step is called."""
    return scopes.title_of(find(draft.content, ("item", "rule_sheets", name)), name) if isinstance(name, str) else ""


def _drawn(made: editors.Editor, reader: condition.Reader) -> dict[str, Any] | None:
    """An editor as the panel shows it."""
    if not made.names:
        return None
    wrong = forms.decide(made.spec, dict(made.values)).errors if made.values else ()
    html = forms.render_page(environment(), made.spec, "main", dict(made.values), wrong, locale=reader.locale, begun=True, said=reader.said(made.at))
    return {"at": write(made.at), "title": made.title, "html": html, "only": ",".join(made.names)}


def _part(draft: Draft, at: Spot, reader: condition.Reader) -> dict[str, Any] | None:
    made = editors.editor(draft.content, at, locale=reader.locale, names=names(draft.content, at))
    return None if made.wrapped else _drawn(made, reader)


def _sentence(made: Sketch, path: str, titles: Mapping[str, str], locale: str) -> str:
    """The node or branch as one sentence; empty while the route does not compile."""
    if made.spec is None:
        return ""
    node = made.spec.nodes.get(path)
    if node is not None:
        return sentence(made.spec, node, locale=locale, labels=made.labels, departments=titles)
    found = made.spec.branch_of(path)
    return branch_words(Voice(made.spec, locale, made.labels, titles), found[1]) if found is not None else ""


def _ways(draft: Draft, at: Spot, made: Sketch, locale: str) -> list[dict[str, Any]]:
    """Every way out of the node: what it is called, where it leads, and where it could."""
    if scopes.is_branch(at):
        return []
    scope = scopes.scope_at(at)
    nodes = scopes.nodes_of(find(draft.content, scope))
    node = made.spec.nodes.get(scopes.path_of(at)) if made.spec is not None else None
    listed = []
    for way in scopes.ways(find(draft.content, at)):
        ends = [] if way.place[0] in ("to", "by_hand") else list(routing.outcomes(scope))
        leads = [("to", each) for each in nodes if each != at[-1]]
        leads += [("outcome", each) for each in dict.fromkeys([*ends, *([way.target] if way.lead == "outcome" else ())])]
        leads += [("back", each) for each in nodes if ends and each != at[-1]]
        if (way.lead, way.target) not in leads:
            leads.append((way.lead, way.target))
        known = [(f"{lead}:{target}", _words(made, node, lead, target, nodes, locale)) for lead, target in leads]
        name = way.title or word(f"items.studio_route_way_{way.place[-1]}", locale)
        listed.append(
            {
                "place": "/".join(way.place),
                "title": name,
                "now": f"{way.lead}:{way.target}",
                "choices": known,
                "href": "" if way.place[0] in ("to", "by_hand") else write((*at, *way.place)),
            }
        )
    return listed


def _words(made: Sketch, node: Any, lead: str, target: str, nodes: Mapping[str, Any], locale: str) -> str:
    """Where a way leads, in words."""
    if lead == "outcome" and node is not None and made.spec is not None:
        return exit_words(made.spec, node, Exit(outcome=target), locale)
    title = word(f"routing.outcome.{target}", locale) if lead == "outcome" else scopes.title_of(nodes.get(target), target)
    return word(f"items.studio_route_lead_{lead}", locale, title=title)


def _staffed(draft: Draft, made: Sketch, path: str) -> list[dict[str, Any]]:
    """For each kind of people that the node asks: how many there are today, and where nobody is."""
    node = made.spec.nodes.get(path) if made.spec is not None else None
    if node is None or made.spec is None:
        return []
    session = edge.session()
    offices = staffing.offering(session, draft.content.get("item"))
    found = staffing.staffed(session, staffing.holders_of(made.spec, node), offices) if offices else ()
    return [{"role": word(f"routing.role.{each.by}", edge.locale()), "people": each.people, "empty": each.empty} for each in found]
