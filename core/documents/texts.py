"""Templates: read, changed by an item, checked, filled. Logic-less: a text may name values of a closed list, and that is all."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.documents.errors import WordsMissing
from core.documents.spec import FLAGS, KINDS, LISTS, PLACEHOLDERS, PLAIN, Block, Layout, Line, Template, offered
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
    """The template of *kind* with what an item says in its place (``documents.<kind>``): title, mark, seal words, blocks, where seal and code stand."""
    base = shipped(kind)
    if not own:
        return base
    blocks = tuple(_block(each) for each in own["blocks"]) if own.get("blocks") else base.blocks
    layout = Layout(own.get("seal_place") or PLAIN.seal, own.get("code_place") or PLAIN.code)
    return Template(
        kind, own.get("title") or base.title, own.get("mark") or base.mark, own.get("seal") or base.seal, base.law, base.must, blocks, layout
    )  # fmt: skip


def _block(raw: Mapping[str, Any]) -> Block:
    return Block(raw["id"], raw["text"], raw.get("each"), raw.get("given"), raw.get("style", "text"))


def check(documents: Mapping[str, Any] | None, at: str = "/documents") -> Iterator[Finding]:
    """What is wrong with the texts an item puts in place of the shipped ones: each with the spot (JSON pointer) and how to mend it."""
    for kind, own in (documents or {}).items():
        if kind not in KINDS:
            yield Finding("error", f"{at}/{kind}", "documents.unknown_kind", {"kind": kind, "known": "、".join(KINDS)})
            continue
        yield from _own_findings(kind, own, f"{at}/{kind}")
        yield from _mark_findings(kind, documents or {}, f"{at}/{kind}/mark")


def _own_findings(kind: str, own: Mapping[str, Any], at: str) -> Iterator[Finding]:
    if own.get("title"):
        yield from _unknown(own["title"], f"{at}/title", None)
    for n, block in enumerate(own.get("blocks") or ()):
        yield from _block_findings(kind, block, f"{at}/blocks/{n}")
    if own.get("blocks"):
        yield from _must_findings(kind, own["blocks"], f"{at}/blocks")


def _must_findings(kind: str, blocks: Sequence[Mapping[str, Any]], at: str) -> Iterator[Finding]:
    """The law wants it on the paper (行政许可法 32, 38): an item may word it, not leave it out, and not let it hang on something else."""
    made = shipped(kind)
    for name in made.must:
        params = {"name": name, "title": named(name), "law": made.law}
        naming = [(n, block) for n, block in enumerate(blocks) if name in _names_in(block)]
        if not naming:
            yield Finding("error", at, "documents.must_name", params)
        elif not any(block.get("given") in (None, name, *made.must) and block.get("each") in (None, name, *made.must) for _, block in naming):
            yield Finding("error", f"{at}/{naming[0][0]}", "documents.must_always", params)


def _mark_findings(kind: str, documents: Mapping[str, Any], spot: str) -> Iterator[Finding]:
    """Two kinds with one mark would share their numbers."""
    own = documents[kind].get("mark")
    others = (each for each in KINDS if each != kind and own == template(each, {"mark": (documents.get(each) or {}).get("mark")}).mark)
    if own and (other := next(others, None)) is not None:
        yield Finding("error", spot, "documents.mark_taken", {"mark": own, "other": spoken_word(f"documents.kind.{other}")})


def _block_findings(kind: str, block: Mapping[str, Any], spot: str) -> Iterator[Finding]:
    each, given = block.get("each"), block.get("given")
    if not block["text"].strip():
        yield Finding("error", spot, "documents.empty_block")
    if each is not None and each not in LISTS:
        yield Finding("error", f"{spot}/each", "documents.no_list", {"name": each, "known": "、".join(LISTS)})
    elif each is not None and each not in _names_in(block):
        yield Finding("warning", f"{spot}/text", "documents.each_unnamed", {"name": each, "title": named(each)})
    if given is not None and given not in {**PLACEHOLDERS, **LISTS, **FLAGS}:
        yield Finding("error", f"{spot}/given", "documents.unknown_name", {"name": given, "known": "、".join(PLACEHOLDERS), "at": 1})
    yield from _unknown(block["text"], f"{spot}/text", each)
    for name in dict.fromkeys((*_names_in(block), *(part for part in (each, given) if part))):
        if name not in offered(kind) and name in {**PLACEHOLDERS, **LISTS, **FLAGS}:
            params = {"name": name, "title": named(name), "document": spoken_word(f"documents.kind.{kind}")}
            yield Finding("warning", f"{spot}/text", "documents.not_offered", params)


def _unknown(text: str, spot: str, each: str | None) -> Iterator[Finding]:
    for found in _NAMED.finditer(text):
        name = found[1].strip()
        if name not in PLACEHOLDERS and name != each:
            yield Finding("error", spot, "documents.unknown_name", {"name": name, "at": found.start() + 1, "known": "、".join(PLACEHOLDERS)})
    stray = _BRACES.search(_NAMED.sub(lambda m: " " * len(m[0]), text))
    if stray is not None:
        yield Finding("error", spot, "documents.stray_brace", {"at": stray.start() + 1})


def _names_in(block: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(found.strip() for found in _NAMED.findall(block["text"]))


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """*text* in pieces, (words, ``""``) and (what stands there, name) of a placeholder, in order: for those who show names in it as something of their own."""
    at = 0
    for found in _NAMED.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], ""
        yield found[0], found[1].strip()
        at = found.end()
    if at < len(text):
        yield text[at:], ""


def named(name: str) -> dict[str, str]:
    """What people call a placeholder, a list or a flag, in both languages."""
    return spoken_word(f"documents.name.{name}")


def spoken_word(key: str) -> dict[str, str]:
    """A wording in both languages, as a parameter of a finding."""
    return {locale: word(key, locale) for locale in ("zh", "en")}


def _title(name: str) -> str:
    return PLACEHOLDERS.get(name) or LISTS.get(name) or name


def fill(made: Template, values: Values) -> tuple[str, tuple[Line, ...]]:
    """(title, lines) of a document. Raises :class:`WordsMissing` when what the law demands is empty – an act without its reason is no act."""
    lacking = [name for name in made.must if not values.get(name)]
    if lacking:
        raise WordsMissing(title=filled(made.title, values), what="、".join(_title(name) for name in lacking), names=lacking)
    return filled(made.title, values), tuple(_lines(made.blocks, values))


def _lines(blocks: Sequence[Block], values: Values) -> Iterator[Line]:
    for block in blocks:
        for line in printed(block, values):
            yield Line("".join(words for words, _name in line), "item" if block.each is not None else block.style)


def printed(block: Block, values: Values) -> Iterator[tuple[tuple[str, str], ...]]:
    """What one block prints, a paragraph each: its words in pieces, each with the name of the placeholder that they stand for, ``""`` for the text's own."""
    if block.given is not None and not values.get(block.given):
        return
    if block.each is None:
        yield tuple(_runs(block.text, values))
        return
    entries = values.get(block.each) or ()
    assert not isinstance(entries, str)
    for n, entry in enumerate(entries, 1):
        yield (f"{n}.", ""), *_runs(block.text, {**values, block.each: entry})


def _runs(text: str, values: Values) -> Iterator[tuple[str, str]]:
    return ((filled(words, values), name) for words, name in pieces(text))


def filled(text: str, values: Values) -> str:
    """*text* with the values in place; one that is not known is said to be so, never left as a hole."""

    def words(found: re.Match[str]) -> str:
        name = found[1].strip()
        value = values.get(name)
        if name == "permit":
            return str(value or "")
        return str(value) if value else word("documents.not_stated")

    return _NAMED.sub(words, text)
