"""A route's review as it is written, right or wrong: its scopes and nodes by spot, the ways out of a node, the lines of its outline.

What compiles is read with :mod:`core.routing`; this reads what does not (yet). Nothing here fails because of what a draft holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.items.studio.spots import Spot, find

REVIEW: Spot = ("item", "route", "review")
KINDS = ("step", "sign", "parallel", "subcase", "auto")
#: Deeper blocks than any route has (``core.routing.compiling.MAX_NESTING``) are not read.
DEEPEST = 8
#: Ways whose names say that the answer was no.
NEGATIVE = frozenset(("refuse", "refused", "cancelled"))
_EXITS: Mapping[str, tuple[str, ...]] = {
    "sign": ("agree", "refuse"),
    "parallel": ("agree", "refuse", "if_none"),
    "subcase": ("granted", "refused", "cancelled"),
    "auto": ("to", "by_hand"),
}
Lead = Literal["to", "outcome", "back"]


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a node: where it is written below the node, whereto (``to`` a node, ``back`` to one, or an ``outcome``), and its title."""

    place: Spot
    lead: Lead
    target: str
    title: str = ""

    @property
    def negative(self) -> bool:
        """Whether it is the way of a no."""
        return self.place[-1] in NEGATIVE or (self.lead == "outcome" and self.target == "refuse")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the outline: a node or a ``branch``, ``path`` being what routing calls it."""

    level: int
    at: Spot
    kind: str
    title: str
    path: str
    branch: bool = False


def nodes_of(scope: Any) -> Mapping[str, Any]:
    """The nodes of a scope as written; none where there is no such thing."""
    held = scope.get("nodes") if isinstance(scope, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def branches_of(node: Any) -> Mapping[str, Any]:
    """The branches of a node as written."""
    held = node.get("branches") if isinstance(node, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def kind_of(node: Any) -> str:
    """What kind of node it says it is; empty where it says nothing known."""
    kind = node.get("kind") if isinstance(node, Mapping) else None
    return kind if isinstance(kind, str) and kind in KINDS else ""


def title_of(entry: Any, fallback: str) -> str:
    """A node's, branch's or button's title."""
    title = entry.get("title") if isinstance(entry, Mapping) else None
    return title if isinstance(title, str) and title.strip() else fallback


def ways(node: Any) -> tuple[Way, ...]:
    """Every way out of *node* that leads anywhere, as written."""
    return tuple(_ways(node))


def _ways(node: Any) -> Iterator[Way]:
    kind = kind_of(node)
    if kind == "step":
        actions = node.get("actions")
        for name, action in actions.items() if isinstance(actions, Mapping) else ():
            yield from _way(("actions", str(name)), action, title_of(action, str(name)))
        return
    for name in _EXITS.get(kind, ()):
        held = node.get(name)
        if kind == "auto" and isinstance(held, str):
            yield Way((name,), "to", held)
        elif kind != "auto":
            yield from _way((name,), held, "")


def _way(place: Spot, held: Any, title: str) -> Iterator[Way]:
    leads: tuple[Lead, ...] = ("to", "outcome", "back")
    for lead in leads:
        if isinstance(held, Mapping) and isinstance(held.get(lead), str):
            yield Way(place, lead, held[lead], title)
            return


def onward(node: Any) -> tuple[tuple[Lead, str], ...]:
    """Whereto *node* leads on, each once, what follows a yes first; a refusal that ends the scope is no way on, unless it is the only one."""
    ahead = [way for way in ways(node) if way.lead != "back"]
    found = dict.fromkeys((way.lead, way.target) for way in sorted(ahead, key=lambda each: each.negative) if (way.lead, way.target) != ("outcome", "refuse"))
    return tuple(found) or tuple(dict.fromkeys((way.lead, way.target) for way in ahead))


def is_node(at: Spot) -> bool:
    """Whether *at* is the spot of a node of the review – there or not."""
    return at[:3] == REVIEW and len(at) % 4 == 1 and len(at) >= 5 and all(at[n] == "nodes" for n in range(3, len(at), 4)) and _laned(at, 5)


def is_branch(at: Spot) -> bool:
    """Whether *at* is the spot of a branch of a parallel node – there or not."""
    return at[:3] == REVIEW and len(at) % 4 == 3 and len(at) >= 7 and at[-2] == "branches" and is_node(at[:-2])


def _laned(at: Spot, begin: int) -> bool:
    return all(at[n] == "branches" for n in range(begin, len(at), 4))


def scope_at(at: Spot) -> Spot:
    """The scope in which the node at *at* stands."""
    return at[:-2]


def node_of(at: Spot) -> Spot:
    """The node or branch in which *at* lies; nothing for what lies in none."""
    return next((at[:end] for end in range(len(at), len(REVIEW), -1) if is_node(at[:end]) or is_branch(at[:end])), ())


def path_of(at: Spot) -> str:
    """The path that routing has for a node or branch: ``review.joint.fire.opinion``."""
    return ".".join(("review", *(token for index, token in enumerate(at[3:]) if index % 2)))


def spot_of(content: Any, path: str) -> Spot | None:
    """The spot of a path of routing, of a node or a branch that the draft holds."""
    at: Spot = REVIEW
    parts = path.split(".")
    if parts[0] != "review":
        return None
    for index, part in enumerate(parts[1:]):
        at = (*at, "branches" if index % 2 else "nodes", part)
        if not isinstance(find(content, at), Mapping):
            return None
    return at if len(at) > len(REVIEW) else None


def all_ids(scope: Any, depth: int = 0) -> Iterator[str]:
    """The ids of every node in *scope*, in its branches too."""
    for name, node in nodes_of(scope).items():
        yield str(name)
        for branch in branches_of(node).values() if depth < DEEPEST else ():
            yield from all_ids(branch, depth + 1)


def in_order(scope: Any) -> tuple[str, ...]:
    """The nodes of a scope as they are walked; what cannot be reached, or lies on a loop, comes last as written."""
    nodes = nodes_of(scope)
    incoming = dict.fromkeys(nodes, 0)
    ahead = {name: [way.target for way in ways(node) if way.lead == "to" and way.target in nodes] for name, node in nodes.items()}
    for targets in ahead.values():
        for target in targets:
            incoming[target] += 1
    ready = sorted((name for name, count in incoming.items() if count == 0), key=lambda name: name != scope.get("start"))
    found: list[str] = []
    while ready:
        here = ready.pop(0)
        found.append(here)
        for target in ahead[here]:
            incoming[target] -= 1
            if incoming[target] == 0:
                ready.append(target)
    return (*found, *(name for name in nodes if name not in found))


def outline(content: Any) -> tuple[Line, ...]:
    """The review as nested lines, in the order in which it is walked."""
    return tuple(_lines(find(content, REVIEW), REVIEW, 0, 0))


def stations(content: Any) -> int:
    """How many stations the route has from receipt to delivery; a block of branches is none, what lies in it is."""
    checks = find(content, ("item", "route", "intake", "checks"))
    return sum(not line.branch and line.kind != "parallel" for line in outline(content)) + (len(checks) if isinstance(checks, list) else 0) + 2


def _lines(scope: Any, at: Spot, level: int, depth: int) -> Iterator[Line]:
    for name in in_order(scope) if nodes_of(scope) else ():
        node, here = nodes_of(scope)[name], (*at, "nodes", name)
        yield Line(level, here, kind_of(node), title_of(node, name), path_of(here))
        for lane, branch in branches_of(node).items() if depth < DEEPEST else ():
            below = (*here, "branches", lane)
            yield Line(level + 1, below, "branch", title_of(branch, lane), path_of(below), branch=True)
            yield from _lines(branch, below, level + 2, depth + 1)
