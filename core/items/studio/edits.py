"""Edits: what one person changed in a draft, so small and so named that it can be applied to what others made of the draft meanwhile.

An edit carries what it was made on (``was``). It is applied when the spot still holds that – or holds already what it would write –; else both
versions are told and nothing is written. Every edit has its inverse, which is how undoing works after others went on. All of it is pure: documents
are never changed, only the way to a changed spot is copied.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.items.studio.errors import BadEdit, Clash, Clashed
from core.items.studio.spots import MISSING, Spot, find, index_of, name_of, parse, token_of, write

Do = Literal["set", "remove", "insert", "move"]
#: Edits of one command; more than the largest paste of a whole item comes to.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Edit:
    """``set`` a value at a spot, ``remove`` it, ``insert`` an entry into the list at a spot, or ``move`` an entry within its list.

    ``was`` is what stood there (:data:`MISSING`: nothing). ``before`` names the entry that an inserted or moved one stands before; ``None`` is the end.
    """

    do: Do
    at: Spot
    value: Any = MISSING
    was: Any = MISSING
    before: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The edit as plain JSON."""
        made: dict[str, Any] = {"do": self.do, "at": write(self.at)}
        made |= {name: held for name in ("value", "was") if (held := getattr(self, name)) is not MISSING}
        return made if self.before is None else made | {"before": self.before}

    @classmethod
    def from_json(cls, given: Any) -> "Edit":
        """What somebody sent. Raises :class:`BadEdit`."""
        if not isinstance(given, Mapping) or given.get("do") not in ("set", "remove", "insert", "move") or not isinstance(given.get("at"), str):
            raise BadEdit(what=str(given)[:100])
        at, before = parse(given["at"]), given.get("before")
        if not at or not (before is None or isinstance(before, str)) or (given["do"] in ("set", "insert")) != ("value" in given):
            raise BadEdit(what=str(given)[:100])
        return cls(given["do"], at, given.get("value", MISSING), given.get("was", MISSING), before)


@dataclass(frozen=True, slots=True)
class Applied:
    """A document after edits, and the edits that take them back – in the order in which they are to be applied."""

    doc: Any
    undo: tuple[Edit, ...]


def read(given: Any) -> tuple[Edit, ...]:
    """A list of edits that somebody sent. Raises :class:`BadEdit`."""
    if not isinstance(given, list) or not given or len(given) > MOST:
        raise BadEdit(what=str(given)[:100])
    return tuple(Edit.from_json(each) for each in given)


def apply(doc: Any, edits: Iterable[Edit]) -> Applied:
    """All of *edits*, or none: raises :class:`Clashed` with every spot that is no longer what its edit was made on."""
    undo: list[Edit] = []
    clashes: list[Clash] = []
    for edit in edits:
        clash = _clash(doc, edit)
        if clash is not None:
            clashes.append(clash)
        elif (back := _inverse(doc, edit)) is not None:
            doc = _at(doc, edit.at, edit)
            undo.append(back)
    if clashes:
        raise Clashed(tuple(clashes))
    return Applied(doc, tuple(reversed(undo)))


def _clash(doc: Any, edit: Edit) -> Clash | None:
    holder = find(doc, edit.at if edit.do == "insert" else edit.at[:-1])
    here = find(doc, edit.at)
    yours = None if edit.value is MISSING else edit.value
    if edit.do == "insert":
        if not isinstance(holder, list):
            return Clash(write(edit.at), None, yours, gone=True)
        name = name_of(edit.value)
        twin = None if name is None else index_of(holder, f"@{name}")
        return None if twin is None or holder[twin] == edit.value else Clash(write((*edit.at, f"@{name}")), holder[twin], yours)
    if edit.do == "move":
        return None if isinstance(holder, list) and here is not MISSING else Clash(write(edit.at), None, None, gone=True)
    if not isinstance(holder, Mapping | list) or (isinstance(holder, list) and here is MISSING and edit.do == "set"):
        return Clash(write(edit.at), None, yours, gone=True)
    done = here is MISSING if edit.do == "remove" else same(here, edit.value)
    if done or same(here, edit.was):
        return None
    return Clash(write(edit.at), None if here is MISSING else here, yours, gone=here is MISSING)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: ``1`` is ``1.0`` but never ``true``, at any depth."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _inverse(doc: Any, edit: Edit) -> Edit | None:
    """The edit that takes *edit* back; ``None`` when it changes nothing."""
    here = find(doc, edit.at)
    holder: Any = find(doc, edit.at[:-1])
    if edit.do == "insert":
        name = name_of(edit.value)
        if name is not None and index_of(here, f"@{name}") is not None:
            return None
        token = f"@{name}" if name is not None else str(_place(here, edit.before))
        return Edit("remove", (*edit.at, token), was=edit.value)
    if edit.do == "move":
        index = index_of(holder, edit.at[-1])
        assert index is not None
        return Edit("move", edit.at, before=_following(holder, index))
    if here is MISSING:
        return None if edit.do == "remove" else Edit("remove", edit.at, was=edit.value)
    if edit.do == "set":
        # an entry that gets another id is found under it afterwards
        renamed = isinstance(holder, list) and edit.at[-1].startswith("@") and name_of(edit.value) is not None
        at = (*edit.at[:-1], f"@{name_of(edit.value)}") if renamed else edit.at
        return None if same(here, edit.value) else Edit("set", at, here, edit.value)
    if isinstance(holder, list):
        index = index_of(holder, edit.at[-1])
        assert index is not None
        return Edit("insert", edit.at[:-1], here, before=_following(holder, index))
    return Edit("set", edit.at, here)


def _following(entries: Sequence[Any], index: int) -> str | None:
    return token_of(entries, index + 1) if index + 1 < len(entries) else None


def _place(entries: Sequence[Any], before: str | None) -> int:
    index = None if before is None else index_of(entries, before)
    return len(entries) if index is None else index


def _at(doc: Any, spot: Sequence[str], edit: Edit) -> Any:
    """*doc* with *edit* carried out below it, *spot* being what is left of the way."""
    if not spot or (len(spot) == 1 and edit.do != "insert"):
        return _here(doc, spot[0] if spot else "", edit)
    token, *rest = spot
    if isinstance(doc, list):
        index = index_of(doc, token)
        assert index is not None
        return [*doc[:index], _at(doc[index], rest, edit), *doc[index + 1 :]]
    return {**doc, token: _at(doc[token], rest, edit)}


def _here(holder: Any, token: str, edit: Edit) -> Any:
    if edit.do == "insert":
        place = _place(holder, edit.before)
        return [*holder[:place], edit.value, *holder[place:]]
    if isinstance(holder, Mapping):
        return {**holder, token: edit.value} if edit.do == "set" else {name: value for name, value in holder.items() if name != token}
    index = index_of(holder, token)
    assert index is not None
    if edit.do == "set":
        return [*holder[:index], edit.value, *holder[index + 1 :]]
    rest = [*holder[:index], *holder[index + 1 :]]
    if edit.do == "remove":
        return rest
    place = _place(rest, edit.before)
    return [*rest[:place], holder[index], *rest[place:]]


# ---- what somebody changed, from two versions of it


def between(old: Any, new: Any, at: Spot = ()) -> tuple[Edit, ...]:
    """The edits that make *new* of *old*, each as deep down as it can be said: entries of lists are followed by their ids."""
    return tuple(_between(old, new, at))


def _between(old: Any, new: Any, at: Spot) -> Iterator[Edit]:
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in old:
            if name not in new:
                yield Edit("remove", (*at, name), was=old[name])
        for name, value in new.items():
            yield from _between(old[name], value, (*at, name)) if name in old else (Edit("set", (*at, name), value),)
    elif isinstance(old, list) and isinstance(new, list) and _named(old) and _named(new):
        yield from _entries(old, new, at)
    else:
        yield Edit("set", at, new, old)


def _named(entries: list[Any]) -> bool:
    names = [name_of(each) for each in entries]
    return None not in names and len(set(names)) == len(names)


def _entries(old: list[Any], new: list[Any], at: Spot) -> Iterator[Edit]:
    before = {str(name_of(each)): each for each in old}
    after = {str(name_of(each)): each for each in new}
    for name, entry in before.items():
        if name not in after:
            yield Edit("remove", (*at, f"@{name}"), was=entry)
    now = [name for name in before if name in after]
    wanted = list(after)
    for place in range(len(wanted) - 1, -1, -1):  # from the end, so that what an entry stands before is in its place already
        name = wanted[place]
        following = wanted[place + 1] if place + 1 < len(wanted) else None
        token = None if following is None else f"@{following}"
        if name not in before:
            yield Edit("insert", at, after[name], before=token)
            now.insert(len(now) if following is None else now.index(following), name)
        else:
            where = now.index(name)
            if (now[where + 1] if where + 1 < len(now) else None) != following:
                yield Edit("move", (*at, f"@{name}"), before=token)
                now.remove(name)
                now.insert(len(now) if following is None else now.index(following), name)
            yield from _between(before[name], after[name], (*at, f"@{name}"))


def forced(edits: Sequence[Edit], doc: Any, base: Any = MISSING) -> tuple[Edit, ...]:
    """*edits* as made on *doc* as it stands: “mine counts”, said by somebody who was shown both. Where the entry that they stand in was removed meanwhile it
    comes back as it was in *base*, what the edits were made from; without it such an edit clashes again."""
    made: list[Edit] = []
    for each in edits:
        back = None if base is MISSING else _revival(doc, base, each)
        if back is not None:
            made.append(back)
            doc = apply(doc, (back,)).doc
        made.append(replace(each, was=find(doc, each.at)) if each.do in ("set", "remove") else each)
    return tuple(made)


def _revival(doc: Any, base: Any, edit: Edit) -> Edit | None:
    """The edit that brings back the highest entry on the way to *edit* that is no longer there."""
    for depth in range(1, len(edit.at) + (edit.do in ("insert", "move"))):
        way = edit.at[:depth]
        if find(doc, way) is not MISSING:
            continue
        held, entries, now = find(base, way), find(base, way[:-1]), find(doc, way[:-1])
        if held is MISSING or not isinstance(entries, list):
            return None if held is MISSING else Edit("set", way, held)
        index = index_of(entries, way[-1])
        after = () if index is None else range(index + 1, len(entries))
        following = (token for n in after if index_of(now, token := token_of(entries, n)) is not None)
        return Edit("insert", way[:-1], held, before=next(following, None))
    return None


def yielding(edits: Sequence[Edit], doc: Any) -> tuple[Edit, ...]:
    """Those of *edits* that clash with nothing in *doc*: “theirs counts”, said by somebody whose other changes are to stay."""
    kept: list[Edit] = []
    for each in edits:
        try:
            doc = apply(doc, (each,)).doc
        except Clashed:
            continue
        kept.append(each)
    return tuple(kept)
