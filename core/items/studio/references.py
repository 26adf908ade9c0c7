"""Who speaks of a node of the review by its id: rules about its outcome, “not by whoever did …”, translations – found, and carried along to another id."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.items.studio.scopes import DEEPEST, REVIEW, branches_of, nodes_of, path_of, scope_at, title_of
from core.items.studio.spots import MISSING, Spot, find

#: What rules read of a node.
READ = ("outcome", "result")
#: Parts of an item that speak of nodes in ways of their own.
_APART = frozenset(("route", "tests", "translations"))


def reader_of(content: Mapping[str, Any], at: Spot, *, inside: Spot | None = None) -> str | None:
    """The title of a node or a part of the item with a rule that reads the outcome of the node at *at* – only of what stands at *inside*, where given.

    A node's own rules do not count. Inner ids win: a scope with a node of the same id speaks of that.
    """
    name = at[-1]
    if inside is not None:
        return title_of(find(content, inside), inside[-1]) if _reads(find(content, inside), name) else None
    for other, node in nodes_of(find(content, scope_at(at))).items():
        if other != name and _reads(node, name):
            return title_of(node, other)
    item = content.get("item")
    if scope_at(at) == REVIEW and isinstance(item, Mapping):
        return next((key for key, held in item.items() if key not in _APART and _reads(held, name)), None)
    return None


def _reads(value: Any, name: str, depth: int = 0) -> bool:
    if isinstance(value, Mapping):
        if isinstance(value.get("nodes"), Mapping) and name in value["nodes"] and depth:
            return _reads({key: held for key, held in value.items() if key != "nodes"}, name, depth + 1)
        held = value.get("var")
        said = held[0] if isinstance(held, list) and held else held
        if isinstance(said, str) and said.split(".")[:2] in ([name, each] for each in READ):
            return True
        return any(_reads(each, name, depth + 1) for each in value.values())
    return isinstance(value, list) and any(_reads(each, name, depth + 1) for each in value)


def rename_branch(item: dict[str, Any], at: Spot, new: str) -> None:
    """Give the branch at *at* of *item* the id *new*, and say so wherever it is spoken of. *item* is changed in place; tests are not.

    Nodes are renamed by :func:`core.items.studio.depends.rename`; a branch is spoken of by its node's lead, in paths and in translations only.
    """
    _people(item, at, new)
    holder = find({"item": item}, at[:-1])
    entries = {(new if key == at[-1] else key): held for key, held in holder.items()}
    holder.clear()
    holder.update(entries)
    _spoken(item, at, new)
    node = find({"item": item}, at[:-2])
    if node.get("lead") == at[-1]:
        node["lead"] = new


def _people(item: dict[str, Any], at: Spot, new: str) -> None:
    """“Not by whoever did …” names a node of its scope or of one around it; the name is carried along where it means what stands at *at*, or below it."""
    old_path = path_of(at)
    for where, holders in list(_holders(find({"item": item}, REVIEW), REVIEW, 0)):
        listed = holders.get("not")
        if isinstance(listed, list):
            holders["not"] = [_meant(item, where, each, old_path, new) if isinstance(each, str) else each for each in listed]


def _holders(scope: Any, at: Spot, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path of the scope, holders) of every node, with what stands in for them."""
    for name, node in nodes_of(scope).items():
        held = node.get("groups") if isinstance(node, Mapping) else None
        listed = [each.get("holders") for each in held if isinstance(each, Mapping)] if isinstance(held, list) else []
        for holders in [node.get("holders") if isinstance(node, Mapping) else None, *listed]:
            while isinstance(holders, dict):
                yield path_of(at), holders
                holders = holders.get("fallback")
        for lane, branch in branches_of(node).items() if depth < DEEPEST else ():
            yield from _holders(branch, (*at, "nodes", name, "branches", lane), depth + 1)


def _meant(item: Mapping[str, Any], scope: str, name: str, old_path: str, new: str) -> str:
    parts = scope.split(".")
    for end in range(len(parts), 0, -1):
        around = ".".join(parts[:end])
        full = f"{around}.{name}"
        if _there(item, full):
            if (full == old_path or full.startswith(f"{old_path}.")) and len(old_path) > len(around):
                changed = f"{old_path.rpartition('.')[0]}.{new}{full[len(old_path) :]}"
                return changed[len(around) + 1 :]
            return name
    return name


def _there(item: Mapping[str, Any], path: str) -> bool:
    at: Spot = REVIEW
    for index, part in enumerate(path.split(".")[1:]):
        at = (*at, "branches" if index % 2 else "nodes", part)
    return find({"item": item}, at) is not MISSING


def _spoken(item: Mapping[str, Any], at: Spot, new: str) -> None:
    """Translations, under the short path and under the engine's."""
    path = path_of(at)
    tables = item.get("translations")
    for table in tables.values() if isinstance(tables, Mapping) else ():
        for begin in (f"route.{path.removeprefix('review.')}.", f"route.{path}."):
            for key in [key for key in table if key.startswith(begin)] if isinstance(table, dict) else ():
                table[f"{begin[: -len(at[-1]) - 1]}{new}.{key[len(begin) :]}"] = table.pop(key)
