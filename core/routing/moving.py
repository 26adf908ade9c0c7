"""Moving a running case to another version of its route (ROUTING §7): refuse rather than guess.

A case moves when it can be said of every place where it stands what that place is in the new route, when what it has behind it means the same there,
and when nothing ahead of it asks for something it never did. A parallel block moves as a whole and unchanged or not at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.kernel.canonical import dumps
from core.kernel.errors import Finding
from core.kernel.wording import word
from core.routing.check import reach
from core.routing.draft import Draft
from core.routing.evolve import apply
from core.routing.marking import Marking, OpenTask, Plan, RouteEvent
from core.routing.places import static
from core.routing.spec import Node, RouteSpec
from core.rules.service import Rule

#: Tasks that stand on a node of the review.
_DRAWN = frozenset({"step", "sign", "auto", "child"})


def move(old: RouteSpec, new: RouteSpec, marking: Marking, node_map: Mapping[str, str]) -> Marking | list[Finding]:
    """*marking* as it stands in *new*, or why it cannot go there.

    *node_map* maps paths of *old*'s nodes to those of *new* (``{"review.check": "review.look"}``); a path that is in neither stays itself, if *new* has
    such a node of the same kind. Findings of level ``error`` refuse, those of level ``warning`` only defer: the case is paused, or waits for a plugin or
    another item.
    """
    found = list(_Move(old, new, marking, node_map).findings())
    return found or _moved(marking, _Move(old, new, marking, node_map).names())


def migrate(
    old: RouteSpec, new: RouteSpec, marking: Marking, node_map: Mapping[str, str], *, from_hash: str, to_hash: str, actor: str | None = None
) -> Plan | list[Finding]:
    """The command ``migrate``: the plan that moves the case, with the event ``definition_changed``; findings when it may not move (:func:`move`).

    No task is opened or closed and no clock is touched: what was promised to the applicant stays promised.
    """
    work = _Move(old, new, marking, node_map)
    found = list(work.findings())
    if found:
        return found
    names = work.names()
    body = {"from": from_hash, "to": to_hash, "map": names, "by": actor}
    return Plan(_moved(marking, names), (RouteEvent("definition_changed", body),))


def _moved(marking: Marking, names: Mapping[str, str]) -> Marking:
    draft = Draft(marking)
    apply(draft, "definition_changed", {"map": names})
    return draft.freeze()


class _Move:
    def __init__(self, old: RouteSpec, new: RouteSpec, marking: Marking, node_map: Mapping[str, str]) -> None:
        self.old, self.new, self.marking, self.node_map = old, new, marking, node_map

    # names ----------------------------------------------------------------------------------------------------------

    def name(self, path: str) -> str:
        """*path* in the new route: by the longest part of it that the map knows; numbers of elements stay where they are."""
        parts, plain = path.split("."), static(path).split(".")
        for end in range(len(plain), 1, -1):
            target = self.node_map.get(".".join(plain[:end]))
            if target is not None:
                named = target.split(".")
                if len(named) == end:
                    named = [new + part[len(old) :] for new, part, old in zip(named, parts, plain, strict=False)]
                return ".".join((*named, *parts[end:]))
        return path

    def names(self) -> dict[str, str]:
        """Every path of the marking whose name changes."""
        m = self.marking
        paths = {*m.visits, *m.outcomes, *m.signs, *m.blocks, *m.acted, *m.deemed}
        paths |= {t.node for t in m.tasks} | {t.scope for t in m.tasks}
        paths |= {key.partition("#")[0] for key in (*m.backs, *m.children)}
        return {path: self.name(path) for path in sorted(paths) if self.name(path) != path}

    # findings -------------------------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Finding]:
        """Everything that speaks against moving the case, refusals and reasons to wait."""
        if self.marking.ended:
            yield _error("", "ended", status=word(f"routing.status.{self.marking.status}"))
            return
        yield from self._map()
        yield from self._waiting()
        if self.marking.phase == "intake":
            yield from self._intake()
        yield from self._behind()
        if self.marking.phase == "review":
            yield from self._here()
            yield from self._ahead()

    def _map(self) -> Iterator[Finding]:
        for origin, target in self.node_map.items():
            if origin not in self.old.nodes or target not in self.new.nodes:
                yield _error(origin, "map_unknown", node=origin if origin not in self.old.nodes else target)
        targets = list(self.node_map.values())
        for origin, target in self.node_map.items():
            stays = target in self.old.nodes and target not in self.node_map and target in self.new.nodes
            if targets.count(target) > 1 or (stays and self.marking.visits.get(target)):
                yield _error(origin, "map_twice", node=target)

    def _waiting(self) -> Iterator[Finding]:
        if self.marking.pauses:
            yield _warning("", "paused")
        for task in self.marking.tasks:
            if task.kind in ("auto", "child"):
                yield _warning(task.node, task.kind, title=task.title)

    def _intake(self) -> Iterator[Finding]:
        intake = self.new.intake
        for task in self.marking.tasks:
            where, _, last = task.node.removesuffix(".amend").rpartition(".")
            lost = (
                (task.kind == "check" and last not in intake.checks)
                or (where == "intake.relay" and (intake.relay is None or intake.relay.chain != getattr(self.old.intake.relay, "chain", None)))
                or (where == "intake" and last == "pre_review" and intake.pre_review is None)
                or (task.kind == "correction" and intake.correction_limit is None)
            )
            if lost:
                yield _error(task.node, "gone", title=task.title)

    def _behind(self) -> Iterator[Finding]:
        """A node that was visited must not be another kind of thing under the same name."""
        for path in self.marking.visits:
            before, after = self.old.nodes.get(path), self.new.nodes.get(self.name(path))
            if before is not None and after is not None and before.kind != after.kind:
                yield _error(static(path), "meaning", title=before.title)

    def _here(self) -> Iterator[Finding]:
        blocks = sorted(self.marking.blocks)
        for path in blocks:
            if not self._unchanged(path):
                node = self.old.nodes.get(path)
                yield _error(static(path), "block_changed", title=node.title if node is not None else path)
        for task in self.marking.tasks:
            inside = any(task.node.startswith(f"{path}.") for path in blocks)
            if task.kind in _DRAWN and not inside:
                yield from self._stands(task)

    def _unchanged(self, path: str) -> bool:
        before, after = _raw(self.old, static(path)), _raw(self.new, static(self.name(path)))
        return before is not None and after is not None and dumps(dict(before)) == dumps(dict(after))

    def _stands(self, task: OpenTask) -> Iterator[Finding]:
        target = self.new.nodes.get(self.name(task.node))
        if target is None:
            yield _error(static(task.node), "unmapped", title=task.title)
        elif target.kind != task.kind or target.scope != self.name(task.scope):
            yield _error(static(task.node), "meaning", title=task.title)
        elif task.kind == "sign" and not self._unchanged(task.node):  # votes were given to these very groups
            yield _error(static(task.node), "sign_changed", title=task.title)

    def _ahead(self) -> Iterator[Finding]:
        """Nothing still to come may ask for what this case never did: four eyes would see nobody, a condition would stay unknown for ever."""
        scope = self.new.review
        places = {self.name(path).split(".")[1] for path in (*self.marking.blocks, *(t.node for t in self.marking.tasks if t.kind in _DRAWN))}
        ahead = reach(scope, [place for place in places if place in scope.nodes])
        acted = {static(self.name(path)) for path in self.marking.acted}
        finished = {static(self.name(path)) for path in self.marking.outcomes}
        for node in self.new.walk():
            if node.path.split(".")[1] not in ahead:
                continue
            for path in _excluded(node):
                if path != "intake" and path not in acted and path.split(".")[1] not in ahead:
                    yield _error(node.path, "never_done", title=node.title, node=self.new.nodes[path].title)
            for path in self._read(node):
                if path not in finished and path.split(".")[1] not in ahead:
                    yield _error(node.path, "never_done", title=node.title, node=self.new.nodes[path].title)

    def _read(self, node: Node) -> set[str]:
        """The nodes whose outcomes the rules of *node* read, nearest scope first."""
        found = set()
        rules: list[Rule | None] = [action.when for action in node.actions.values()]
        rules += [branch.when for branch in node.branches.values()]
        rules += [*node.give.values(), *(rule for rule, _ in (node.limit.cases if node.limit is not None else ()))]
        for rule in rules:
            for name in rule.paths if rule is not None else ():
                first, _, rest = name.partition(".")
                if rest == "outcome":
                    found |= {path for path in _around(node.scope, first) if path in self.new.nodes}
        return found


def _around(scope: str, node: str) -> Iterator[str]:
    parts = scope.split(".")
    for end in range(len(parts), 0, -1):
        yield ".".join((*parts[:end], node))


def _excluded(node: Node) -> set[str]:
    held = [node.holders, *(group.holders for group in node.groups)]
    return {path for holders in held if holders is not None for path in holders.exclude}


def _raw(spec: RouteSpec, path: str) -> Mapping[str, Any] | None:
    """The node at *path* as it is written."""
    parts = path.split(".")
    place: Any = spec.doc.get(parts[0])
    for key in parts[1:]:
        if not isinstance(place, Mapping):
            return None
        place = place.get("nodes", place.get("branches", {})).get(key)
    return place if isinstance(place, Mapping) else None


def _error(path: str, key: str, **params: Any) -> Finding:
    return Finding("error", path, f"routing.move.{key}", params)


def _warning(path: str, key: str, **params: Any) -> Finding:
    return Finding("warning", path, f"routing.move.{key}", params)
