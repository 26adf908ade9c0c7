"""Shared blocks in a draft, as edits: put one in, take its newer version, make it one's own copy, make one of what is there, begin its next version.

A form names a block by version (``{"include": "person@2"}``) and the draft holds every block that it names, so that what was reviewed is what is published.
A version that is published is only read; one that is not yet is edited in the draft, by the editors of fields, and is published with the item.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from core.items.blocks.shelf import Block, parts_of
from core.items.compiling import used_blocks
from core.items.studio import edits as editing
from core.items.studio import formbuilding as building
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.expressions import path_of
from core.items.studio.spots import MISSING, Spot, find, write
from core.items.studio.uses import uses

BLOCKS: Spot = ("blocks",)
_FIELDS: Spot = ("form", "properties")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: What a block has of its own and a group in a form has not.
_HEAD = ("$schema", "schema_version", "id", "version", "translations", "samples")
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A field that is a shared block: where, which version, what it is called there."""

    at: Spot
    name: str
    number: int
    title: str

    @property
    def key(self) -> str:
        """How the form names the block."""
        return f"{self.name}@{self.number}"


def places(content: Mapping[str, Any]) -> tuple[Place, ...]:
    """Every field of the form that is a shared block, in the order in which the form holds them."""
    held = content.get("blocks")
    return tuple(_places(find(content, _FIELDS), _FIELDS, held if isinstance(held, Mapping) else {}, 0))


def _places(fields: Any, at: Spot, blocks: Mapping[str, Any], depth: int) -> Iterator[Place]:
    for name, field in fields.items() if isinstance(fields, Mapping) and depth < _DEEPEST else ():
        if not isinstance(field, Mapping):
            continue
        here = (*at, str(name))
        parts = parts_of(field["include"]) if isinstance(field.get("include"), str) else None
        if parts is not None:
            yield Place(here, *parts, str(field.get("title") or find(blocks, (field["include"], "title")) or name))
        yield from _places(field.get("properties"), (*here, "properties"), blocks, depth + 1)
        yield from _places(find(field, ("items", "properties")), (*here, "items", "properties"), blocks, depth + 1)


def insert(content: Mapping[str, Any], block: Block, *, section: Spot) -> tuple[tuple[Edit, ...], Spot]:
    """A field that is *block*, at the end of a section."""
    made, at = building.put_field(content, block.name, {"include": block.key}, section)
    return (*made, *_shelved(content, block.key, block.body)), at


def take(content: Mapping[str, Any], at: Spot, block: Block) -> tuple[Edit, ...]:
    """The block at *at* in another version – a newer one, or an earlier one again."""
    held = _included(content, at)
    if parts_of(held) is None or held.partition("@")[0] != block.name:
        raise NoSuchSpot(at=write(at))
    return _swept(content, (*_shelved(content, block.key, block.body), Edit("set", (*at, "include"), block.key, was=held)))


def detach(content: Mapping[str, Any], at: Spot) -> tuple[Edit, ...]:
    """The block at *at* as this item's own fields; from then on nothing that is done to the block reaches it. Answers keep their paths."""
    held, field = _included(content, at), find(content, at)
    body = find(content, (*BLOCKS, held))
    if not isinstance(body, Mapping):
        raise BadEdit("items.studio_block_missing", key=held[:80])
    inner = {name: deepcopy(value) for name, value in body.items() if name not in _HEAD}
    ui = {**{name: value for name, value in inner.get("ui", {}).items() if name not in ("pages", "checks")}, **field.get("ui", {})}
    own = {**inner, **{name: value for name, value in field.items() if name != "include"}, **({"ui": ui} if ui else {})}
    return _swept(content, (Edit("set", at, own, was=field), *_spoken(content, body, path_of(at))))


def renew(content: Mapping[str, Any], key: str, known: Mapping[str, Block]) -> tuple[tuple[Edit, ...], str]:
    """The next version of a block, begun as what *key* is, in every place of this form that has the block; and its key."""
    parts, body = parts_of(key), find(content, (*BLOCKS, key))
    if parts is None or not isinstance(body, Mapping):
        raise BadEdit("items.studio_block_missing", key=key[:80])
    if key not in known:
        raise BadEdit("items.studio_block_open", title=str(body.get("title", key)))
    number = max(each.number for each in known.values() if each.name == parts[0]) + 1
    new = f"{parts[0]}@{number}"
    if find(content, (*BLOCKS, new)) is not MISSING:
        raise BadEdit("items.studio_block_open", title=str(body.get("title", key)))
    made = [*_shelved(content, new, {**deepcopy(dict(body)), "version": number})]
    made += [Edit("set", (*place.at, "include"), new, was=place.key) for place in places(content) if place.key == key]
    return _swept(content, tuple(made)), new


def share(content: Mapping[str, Any], at: Spot, name: str, known: Mapping[str, Block]) -> tuple[tuple[Edit, ...], str]:
    """A shared block, version 1, of the group at *at*; answers keep their paths, so that whatever names them goes on."""
    group = find(content, at)
    if at[:2] != _FIELDS or len(at) != 3 or not isinstance(group, Mapping) or not isinstance(group.get("properties"), Mapping) or not group["properties"]:
        raise BadEdit("items.studio_block_empty")
    fields = {f"{at[2]}.{each}" for each in group["properties"]}
    _leans(content, fields, inside=lambda spot: spot[:4] == (*at, "properties"), deep=5)
    inner = {part: value for part, value in group.items() if part not in ("ui", "title", "description")}
    key, body = _body(content, name, str(group.get("title") or at[2]), _turned(inner, fields), known)
    shown = group["ui"] if isinstance(group.get("ui"), Mapping) else {}
    ui = {part: value for part, value in shown.items() if part in ("visible_when", "required_when")}
    order = find(group, ("ui", "order"))
    body["ui"] = {"order": order if isinstance(order, list) else list(group["properties"])}
    field = {"include": key, **({"title": group["title"]} if "title" in group else {}), **({"ui": ui} if ui else {})}
    return (*_shelved(content, key, body), Edit("set", at, field, was=group)), key


def share_section(content: Mapping[str, Any], section: Spot, name: str, known: Mapping[str, Block]) -> tuple[tuple[Edit, ...], str]:
    """A shared block, version 1, of the fields of a section, which has the block in their place.

    Its answers stand one deeper then, so it is refused with :class:`BadEdit` while anything outside names one of the fields.
    """
    listed, held = find(content, (*section, "fields")), find(content, _FIELDS)
    names = [each for each in listed if isinstance(each, str) and isinstance(find(held, (each,)), Mapping)] if isinstance(listed, list) else []
    if not names:
        raise BadEdit("items.studio_block_empty")
    _leans(content, set(names), inside=lambda spot: spot[:2] == _FIELDS and spot[2] in names, deep=3)
    _unused(content, names, (*section, "fields"))
    needed = find(content, ("form", "required"))
    required = [each for each in names if isinstance(needed, list) and each in needed]
    title = str(find(content, (*section, "title")) or name)
    inner = {"type": "object", "properties": {each: held[each] for each in names}, "required": required, "additionalProperties": False}
    key, body = _body(content, name, title, {**_turned(inner, set(names)), "ui": {"order": names}}, known)
    words, silent = _moved(content, names)
    body |= {"translations": words} if words else {}
    gone = [*(edit for each in names for edit in building.remove_field(content, each)), *silent]
    bare = editing.apply(content, gone).doc
    made, _at = building.put_field(bare, name, {"include": key}, section)
    return (*_shelved(content, key, body), *gone, *made), key


def mine(content: Mapping[str, Any], key: str, known: Mapping[str, Block]) -> Mapping[str, Any]:
    """The body of a block of the draft that may still be changed. Raises :class:`BadEdit` for one that is published or not there."""
    if key in known:
        raise BadEdit("items.studio_block_published", title=known[key].title, number=known[key].number)
    body = find(content, (*BLOCKS, key))
    if not isinstance(body, Mapping):
        raise BadEdit("items.studio_block_missing", key=key[:80])
    return body


# ---- inside


def _included(content: Mapping[str, Any], at: Spot) -> str:
    held = find(content, (*at, "include"))
    if at[:2] != _FIELDS or not isinstance(held, str):
        raise NoSuchSpot(at=write(at))
    return held


def _shelved(content: Mapping[str, Any], key: str, body: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The draft holds the block too."""
    if not isinstance(content.get("blocks"), Mapping):
        return (Edit("set", BLOCKS, {key: dict(body)}, was=content.get("blocks", MISSING)),)
    return (Edit("set", (*BLOCKS, key), dict(body)),) if key not in content["blocks"] else ()


def _swept(content: Mapping[str, Any], made: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """*made*, and away with blocks that nothing names afterwards."""
    done = editing.apply(content, made).doc
    held = done["blocks"] if isinstance(done.get("blocks"), Mapping) else {}
    return (*made, *(Edit("remove", (*BLOCKS, key), was=body) for key, body in held.items() if key not in used_blocks(done["form"], held)))


def _body(content: Mapping[str, Any], name: str, title: str, inner: Mapping[str, Any], known: Mapping[str, Block]) -> tuple[str, dict[str, Any]]:
    held = content.get("blocks")
    taken = {key.partition("@")[0] for key in (*known, *(held if isinstance(held, Mapping) else ()))}
    if _NAME.fullmatch(name) is None or name in taken:
        raise BadEdit("items.studio_block_name", name=name[:80])
    head = {"$schema": "https://wangting.example/schemas/form.v1.schema.json", "schema_version": 1, "id": name, "version": 1, "title": title[:200]}
    return f"{name}@1", {**head, **deepcopy(dict(inner))}


def _leans(content: Mapping[str, Any], fields: set[str], *, inside: Callable[[Spot], bool], deep: int) -> None:
    """Refuse when a condition in there reads a field that does not come along – or reads one from so deep that a block could not say which it means."""
    found = set()
    for use in uses(content):
        if use.kind == "field" and use.how == "expression" and inside(use.at):
            near = any(use.name == each or use.name.startswith(f"{each}.") for each in fields)
            row = use.rows is not None and use.name.startswith(use.rows.removeprefix("form.") + ".")
            if not row and not (near and use.at[deep : deep + 1] == ("ui",)):
                found.add(use.name)
    if found:
        raise BadEdit("items.studio_block_leans", names="、".join(_title(content, each) for each in sorted(found)))


def _unused(content: Mapping[str, Any], names: Sequence[str], placed: Spot) -> None:
    """Refuse while something outside names one of the fields; its place and whether it must be answered go along."""
    own = (placed, ("form", "required"))
    found = {
        use.name
        for use in uses(content)
        if use.kind == "field"
        and use.name.split(".")[0] in names
        and use.why != "translated"
        and use.at[:-1] not in own
        and not (use.at[:2] == _FIELDS and use.at[2] in names)
    }
    if found:
        raise BadEdit("items.studio_block_used", names="、".join(_title(content, each) for each in sorted(found)))


def _title(content: Mapping[str, Any], path: str) -> str:
    found = find(content, (*_FIELDS, path.split(".")[0], "title"))
    return found if isinstance(found, str) and found else path


def _turned(value: Any, fields: set[str]) -> Any:
    """Conditions that read a neighbour by its full name read it as ``block.…`` – wherever the block will stand."""
    if isinstance(value, list):
        return [_turned(each, fields) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _near(held, fields) if name in ("var", "missing") else _turned(held, fields) for name, held in value.items()}


def _near(held: Any, fields: set[str]) -> Any:
    if isinstance(held, list):
        return [_near(each, fields) for each in held]
    if not isinstance(held, str):
        return held
    named = next((each for each in fields if held == f"form.{each}" or held.startswith(f"form.{each}.")), None)
    return held if named is None else "block." + held.removeprefix("form.").removeprefix(named.rpartition(".")[0]).removeprefix(".")


def _moved(content: Mapping[str, Any], names: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Edit]]:
    """What the form and the item have in other languages for fields *names*, as a block has it; and the edits that take it from where it was."""
    words: dict[str, dict[str, str]] = {}
    gone: list[Edit] = []
    for root in ("form", "item"):
        spoken = find(content, (root, "translations"))
        for locale, table in spoken.items() if isinstance(spoken, Mapping) else ():
            for path, text in table.items() if isinstance(table, Mapping) else ():
                bare = path.removeprefix("form.") if root == "form" or path.startswith("form.") else ""
                if bare.partition(".")[0] in names and isinstance(text, str):
                    words.setdefault(locale, {})[bare] = text
                    gone.append(Edit("remove", (root, "translations", locale, path), was=text))
    return words, gone


def _spoken(content: Mapping[str, Any], body: Mapping[str, Any], path: str) -> Iterator[Edit]:
    """The block's translations as the form's own, where it has none for them yet."""
    spoken = body.get("translations")
    for locale, table in spoken.items() if isinstance(spoken, Mapping) else ():
        at: Spot = ("form", "translations", locale)
        held = find(content, at)
        wanted = {f"form.{path}.{name}": text for name, text in table.items()} if isinstance(table, Mapping) else {}
        if isinstance(held, Mapping):
            yield from (Edit("set", (*at, name), text) for name, text in wanted.items() if name not in held)
        elif isinstance(find(content, at[:2]), Mapping):
            yield Edit("set", at, wanted)
