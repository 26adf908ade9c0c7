"""Templates: read, changed by an item, checked, filled. Logic-less: a text may name values of a closed list, and that is all."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.documents.errors import WordsMissing
from core.documents.spec import FLAGS, KINDS, LISTS, PLACEHOLDERS, Block, Line, Template
from core.kernel.errors import Finding
from core.kernel.wording import word

_FOLDER = Path(__file__).resolve().parent / "templates"
_NAMED = re.compile(r"\{\{([^{}]*)\}\}")
#: A brace that is no part of a whole ``{{name}}``: somebody mistyped one.
_BRACES = re.compile(r"[{}]")

Values = Mapping[str, str | Sequence[str]]


@cache
def shipped(kind: str) -> Template:
    """The platform's own template of *kind*."""
    raw = json.loads((_FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return Template(
        kind, raw["title"], raw["mark"], raw["seal"], raw["law"], tuple(raw.get("must", ())), tuple(_block(each) for each in raw["blocks"])
    )  # fmt: skip


def template(kind: str, own: Mapping[str, Any] | None) -> Template:
    """The template of *kind* with what an item says in its place (``documents.<kind>``): title, seal words, blocks."""
    base = shipped(kind)
    if not own:
        return base
    blocks = tuple(_block(each) for each in own["blocks"]) if own.get("blocks") else base.blocks
    return Template(kind, own.get("title") or base.title, base.mark, own.get("seal") or base.seal, base.law, base.must, blocks)


def _block(raw: Mapping[str, Any]) -> Block:
    return Block(raw["id"], raw["text"], raw.get("each"), raw.get("given"), raw.get("style", "text"))


def check(documents: Mapping[str, Any] | None, at: str = "/documents") -> Iterator[Finding]:
    """What is wrong with the texts an item puts in place of the shipped ones: each with the spot (JSON pointer) and how to mend it."""
    for kind, own in (documents or {}).items():
        if kind not in KINDS:
            yield Finding("error", f"{at}/{kind}", "documents.unknown_kind", {"kind": kind, "known": "、".join(KINDS)})
            continue
        if own.get("title"):
            yield from _unknown(own["title"], f"{at}/{kind}/title", None)
        for n, block in enumerate(own.get("blocks") or ()):
            spot = f"{at}/{kind}/blocks/{n}"
            yield from _block_findings(block, spot)
        if own.get("blocks"):
            named = {name for block in own["blocks"] for name in _names_in(block)}
            for name in shipped(kind).must:
                if name not in named:
                    # The law wants it on the paper (32, 38): an item may word it, not leave it out.
                    yield Finding("error", f"{at}/{kind}/blocks", "documents.must_name", {"name": name, "title": _title(name)})


def _block_findings(block: Mapping[str, Any], spot: str) -> Iterator[Finding]:
    each, given = block.get("each"), block.get("given")
    if each is not None and each not in LISTS:
        yield Finding("error", f"{spot}/each", "documents.no_list", {"name": each, "known": "、".join(LISTS)})
    if given is not None and given not in {**PLACEHOLDERS, **LISTS, **FLAGS}:
        yield Finding("error", f"{spot}/given", "documents.unknown_name", {"name": given, "known": "、".join(PLACEHOLDERS), "at": 1})
    yield from _unknown(block["text"], f"{spot}/text", each)


def _unknown(text: str, spot: str, each: str | None) -> Iterator[Finding]:
    for found in _NAMED.finditer(text):
        name = found[1].strip()
        if name not in PLACEHOLDERS and name != each:
            yield Finding("error", spot, "documents.unknown_name", {"name": name, "at": found.start() + 1, "known": "、".join(PLACEHOLDERS)})
    stray = _BRACES.search(_NAMED.sub(lambda m: " " * len(m[0]), text))
    if stray is not None:
        yield Finding("error", spot, "documents.stray_brace", {"at": stray.start() + 1})


def _names_in(block: Mapping[str, Any]) -> Iterator[str]:
    yield from (found.strip() for found in _NAMED.findall(block["text"]))


def _title(name: str) -> str:
    return PLACEHOLDERS.get(name) or LISTS.get(name) or name


def fill(made: Template, values: Values) -> tuple[str, tuple[Line, ...]]:
    """(title, lines) of a document. Raises :class:`WordsMissing` when what the law demands is empty – an act without its reason is no act."""
    lacking = [name for name in made.must if not values.get(name)]
    if lacking:
        raise WordsMissing(title=_put(made.title, values), what="、".join(_title(name) for name in lacking), names=lacking)
    return _put(made.title, values), tuple(_lines(made.blocks, values))


def _lines(blocks: Sequence[Block], values: Values) -> Iterator[Line]:
    for block in blocks:
        if block.given is not None and not values.get(block.given):
            continue
        if block.each is None:
            yield Line(_put(block.text, values), block.style)
            continue
        entries = values.get(block.each) or ()
        assert not isinstance(entries, str)
        for n, entry in enumerate(entries, 1):
            yield Line(f"{n}.{_put(block.text, {**values, block.each: entry})}", "item")


def _put(text: str, values: Values) -> str:
    """*text* with the values in place; one that is not known is said to be so, never left as a hole."""

    def words(found: re.Match[str]) -> str:
        name = found[1].strip()
        value = values.get(name)
        if name == "permit":
            return str(value or "")
        return str(value) if value else word("documents.not_stated")

    return _NAMED.sub(words, text)
