"""What hangs on a field, a material, a situation or a step – told before somebody changes it –, and renaming it with everything that names it."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from core.items.studio import edits as editing
from core.items.studio.addresses import name_of
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.expressions import path_of, renamed, within
from core.items.studio.spots import MISSING, Spot, find, index_of, write
from core.items.studio.uses import Kind, Use, uses
from core.kernel.wording import word

_ROOT: Mapping[Kind, str] = {"field": "form", "situation": "situation", "node": "", "material": ""}


def target(spot: Spot) -> tuple[Kind, str] | None:
    """What stands at *spot*, where it is something that others name: its kind, and its path."""
    if spot[:1] == ("form",) and len(spot) > 2 and spot[-2] == "properties":
        return "field", path_of(spot)
    if len(spot) == 3 and spot[0] == "item" and spot[1] in ("materials", "situations") and spot[2].startswith("@"):
        return ("material" if spot[1] == "materials" else "situation"), spot[2][1:]
    if spot[:3] == ("item", "route", "review") and len(spot) > 4 and spot[-2] == "nodes":
        return "node", ".".join(token for token in spot[3:] if token not in ("nodes", "branches"))
    return None


def dependents(content: Mapping[str, Any], spot: Spot, locale: str = "zh") -> tuple[tuple[Spot, str], ...]:
    """(spot, words) of everything in the draft that reads, lists, presets, tests or translates what stands at *spot* – and what lies in it."""
    meant = target(spot)
    if meant is None:
        return ()
    found: dict[tuple[Spot, str], None] = {}
    for use in uses(content):
        if use.kind == meant[0] and within(use.name, meant[1]) and use.at[: len(spot)] != spot:
            found[(use.at, use.why)] = None
    spots = {at for at, _why in found}  # what is said of an answer is not said again of each of its parts
    told = [(at, why) for at, why in found if not any(at[:end] in spots for end in range(1, len(at)))]
    return tuple((at, word(f"items.studio_use_{why}", locale, where=name_of(content, at, locale))) for at, why in told)


def rename(content: Mapping[str, Any], spot: Spot, new_id: str) -> tuple[Edit, ...]:
    """The edits that call what stands at *spot* by *new_id*, everywhere it is named.

    Raises :class:`NoSuchSpot` for what has no name that others use, :class:`BadEdit` for an id that is none or is taken.
    """
    meant, held, holder = target(spot), find(content, spot), find(content, spot[:-1])
    if meant is None or held is MISSING:
        raise NoSuchSpot(at=write(spot))
    _allowed(holder, spot, new_id)
    kind, old = meant
    new = f"{old.rpartition('.')[0]}.{new_id}".removeprefix(".")
    made = deepcopy(dict(content))
    for use in uses(content):
        if use.kind == kind and within(use.name, old):
            _rewrite(made, use, kind, old, new)
    _called(made, spot, new_id)
    if isinstance(holder, list):
        first = (Edit("set", spot, find(made, (*spot[:-1], f"@{new_id}")), held),)
    else:  # a map is written whole, so that its entries keep their order
        first = (Edit("set", spot[:-1], find(made, spot[:-1]), holder),)
    return (*first, *editing.between(editing.apply(content, first).doc, made))


def _allowed(holder: Any, spot: Spot, new_id: str) -> None:
    """Raises :class:`BadEdit` when nobody could be called that here."""
    taken = new_id in holder if isinstance(holder, Mapping) else index_of(holder, f"@{new_id}") is not None
    kind = target(spot)
    pattern = r"[a-z][a-z0-9_]{0,63}" if kind is not None and kind[0] != "material" else r"[a-z0-9][a-z0-9_-]{0,63}"
    if taken:
        raise BadEdit("items.studio_key_taken", name=new_id[:80])
    if re.fullmatch(pattern, new_id) is None:
        raise BadEdit("items.studio_key_missing", name=new_id[:80])


def _called(made: dict[str, Any], spot: Spot, new_id: str) -> None:
    holder = find(made, spot[:-1])
    if isinstance(holder, list):
        find(made, spot)["id"] = new_id
    else:
        _rekey(holder, spot[-1], new_id)


def _rekey(holder: dict[str, Any], old: str, new: str) -> None:
    """The same map with one key called otherwise, in its place."""
    entries = [(new if name == old else name, value) for name, value in holder.items()]
    holder.clear()
    holder.update(entries)


def _rewrite(made: dict[str, Any], use: Use, kind: Kind, old: str, new: str) -> None:
    holder, last = find(made, use.at[:-1]), use.at[-1]
    if holder is MISSING:
        return  # written anew already with the list or map that it stands in
    if use.how == "expression":
        _put(holder, last, _expression(find(made, use.at), kind, old, new, use.rows))
    elif use.how == "path":
        after = _path(last if isinstance(holder, dict) else str(find(made, use.at)), kind, old, new)
        if isinstance(holder, dict):
            _rekey(holder, last, after)
        else:
            _put(holder, last, after)
    elif use.how == "key":
        _rekey(holder, last, _short(last, old, new))
    else:
        _put(holder, last, _short(str(find(made, use.at)), old, new))


def _expression(expression: Any, kind: Kind, old: str, new: str, rows: str | None) -> Any:
    if kind == "node":  # rules name a step by its id alone
        return renamed(renamed(expression, f"{_last(old)}.outcome", f"{_last(new)}.outcome"), f"{_last(old)}.result", f"{_last(new)}.result")
    return renamed(expression, f"{_ROOT[kind]}.{old}", f"{_ROOT[kind]}.{new}", rows)


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _short(said: str, old: str, new: str) -> str:
    """*said* – a whole path, or as much of its end as is said there – under the new name."""
    prefix = next((each for each in ("form.", "review.") if said.startswith(each) and within(said.removeprefix(each), old)), "")
    bare = said.removeprefix(prefix)
    if within(bare, old):
        return prefix + new + bare[len(old) :]
    row = "row." if said.startswith("row.") else ""
    return row + _last(new) if said.removeprefix(row) == _last(old) else said


def _path(path: str, kind: Kind, old: str, new: str) -> str:
    """A path of stable ids under the new name; the words of containers in it stay."""
    if kind == "node":
        parts, wanted, at = path.split("."), old.split("."), 0
        for index, part in enumerate(parts):
            if at < len(wanted) and part == wanted[at]:
                at += 1
                if at == len(wanted):
                    return ".".join((*parts[:index], _last(new), *parts[index + 1 :]))
        return path
    root = {"field": "form.", "material": "materials.", "situation": "situations."}[kind]
    prefix = root if path.startswith(root) else ""
    bare = path.removeprefix(prefix)
    return prefix + new + bare[len(old) :] if within(bare, old) else path


def _put(holder: Any, token: str, value: Any) -> None:
    if isinstance(holder, list):
        index = index_of(holder, token)
        if index is not None:
            holder[index] = value
    else:
        holder[token] = value


__all__ = ["dependents", "rename", "target"]
