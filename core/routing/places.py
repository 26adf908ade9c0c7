"""Paths of a running case: a branch with ``for_each`` is walked once for every element, each under a path of its own (``review.joint.sites[2].look``).

The route itself is compiled once; an instance is a copy of the branch under its new path, made when it is first asked for. Looking a path up
therefore works the same for written and for repeated branches, and iterating shows the written ones only.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from core.routing.spec import Branch, Holders, Node, Scope

#: Elements one ``for_each`` may start at most; more belong into cases of their own.
MOST_EACH = 50
#: Copies kept by one route before they are forgotten and made anew.
_KEPT = 5000
_NUMBER = re.compile(r"\[([1-9][0-9]?)\]")
Place = TypeVar("Place")


def static(path: str) -> str:
    """*path* as it is written in the route: without the numbers of elements."""
    return _NUMBER.sub("", path) if "[" in path else path


def number(path: str) -> int | None:
    """Which element the innermost repeated branch of *path* stands for, counted from 1; ``None`` outside of one."""
    found = _NUMBER.findall(path)
    return int(found[-1]) if found else None


def instance_id(branch: str, element: int) -> str:
    """The id of *branch* for the *element*-th element, counted from 1."""
    return f"{branch}[{element}]"


class Places(dict[str, Place]):
    """Written places, and repeated ones made on demand. Iterating, ``len`` and ``==`` know the written ones only."""

    def __init__(self, written: Mapping[str, Place], make: Callable[[str], Place | None]) -> None:
        super().__init__(written)
        self._make = make

    def __missing__(self, path: str) -> Place:
        found = self._make(path) if "[" in path else None
        if found is None:
            raise KeyError(path)
        return found

    def get(self, path: str, default: Place | None = None) -> Place | None:  # type: ignore[override]
        """The place at *path*, or *default*."""
        found = dict.get(self, path)
        if found is None and "[" in path:
            found = self._make(path)
        return default if found is None else found

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.get(path) is not None


class Instances:
    """Copies of repeated branches, by path."""

    def __init__(self, nodes: Mapping[str, Node], scopes: Mapping[str, Scope]) -> None:
        self.nodes: Mapping[str, Node] = MappingProxyType(Places(nodes, self._node))
        self.scopes: Mapping[str, Scope] = MappingProxyType(Places(scopes, self._scope))
        self._nodes: dict[str, Node] = {}
        self._scopes: dict[str, Scope] = {}

    def _node(self, path: str) -> Node | None:
        if path not in self._nodes:
            self._scope(path[: path.rindex("]") + 1])
        return self._nodes.get(path)

    def _scope(self, path: str) -> Scope | None:
        if path not in self._scopes:
            top = path[: path.rindex("]") + 1]
            branch = self._branch(top)
            if branch is None:
                return None
            if len(self._nodes) > _KEPT:
                self._nodes.clear()
                self._scopes.clear()
            self._copy(branch.scope, branch.scope.path, top)
        return self._scopes.get(path)

    def _branch(self, path: str) -> Branch | None:
        """The written branch that *path* (``…sites[2]``) repeats."""
        base, _, element = path[:-1].rpartition("[")
        node_path, _, name = base.rpartition(".")
        node = self.nodes.get(node_path)
        branch = node.branches.get(name) if node is not None else None
        known = element.isdigit() and 1 <= int(element) <= MOST_EACH
        return branch if branch is not None and branch.for_each is not None and known else None

    def _copy(self, scope: Scope, old: str, new: str) -> Scope:
        nodes = {key: self._copied(node, old, new) for key, node in scope.nodes.items()}
        made = replace(scope, path=_moved(scope.path, old, new), nodes=MappingProxyType(nodes))
        self._scopes[made.path] = made
        self._nodes.update((node.path, node) for node in nodes.values())
        return made

    def _copied(self, node: Node, old: str, new: str) -> Node:
        branches = {key: replace(branch, scope=self._copy(branch.scope, old, new)) for key, branch in node.branches.items()}
        return replace(
            node,
            path=_moved(node.path, old, new),
            scope=_moved(node.scope, old, new),
            title=f"{node.title}（{number(new)}）",
            holders=_held(node.holders, old, new) if node.holders else None,
            groups=tuple(replace(group, holders=_held(group.holders, old, new)) for group in node.groups),
            branches=MappingProxyType(branches),
        )


def _moved(path: str, old: str, new: str) -> str:
    return new + path[len(old) :] if path == old or path.startswith(f"{old}.") else path


def _held(holders: Holders, old: str, new: str) -> Holders:
    """Four eyes inside a repeated branch look at the same element."""
    below = _held(holders.fallback, old, new) if holders.fallback else None
    return replace(holders, exclude=tuple(_moved(path, old, new) for path in holders.exclude), fallback=below)
