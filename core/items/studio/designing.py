"""The documents of a draft as their designer shows them – paragraph by paragraph, in the lines that paper will have – and what its buttons do, as edits.

An item says only what differs from the platform's text. Whoever changes a paragraph of that text makes the item's own copy of all of them; who restores the
platform's text removes what the item says of that kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.documents.spec import CODE_PLACES, FLAGS, LISTS, PLACEHOLDERS, SAMPLE, SEAL_PLACES, Block, Line, Template, offered
from core.documents.texts import Values, check, filled, pieces, printed, shipped, template
from core.items.studio.edits import Edit, between
from core.items.studio.entries import LONGEST_ID
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.samples import NO_NUMBER
from core.items.studio.spots import MISSING, Spot, find, write
from core.kernel.errors import BadInput
from core.kernel.text import normalise, typeset
from core.kernel.wording import word
from core.printing.errors import FontLacks

if TYPE_CHECKING:
    from core.documents.render import Paper

DOCUMENTS: Spot = ("item", "documents")
#: Steps that lead from any paragraph to the last place.
FARTHEST = 1000
#: Characters of a paragraph in the list of them.
_BRIEF = 30
STYLES = ("to", "text", "sign")
#: The longest text of a paragraph, a title, the words in the seal place and the mark of the number (item schema).
LONGEST, LONGEST_TITLE, LONGEST_SEAL, LONGEST_MARK = 2000, 80, 20, 4

#: A line on paper in pieces: words, and the name of the placeholder that they stand for.
SetLine = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: its text as written and in short, and each line as it is printed with the sample (none where the sample leaves it out)."""

    id: str
    number: int
    text: str
    brief: str
    style: str
    each: str
    given: str
    said: str
    must: tuple[str, ...]
    lines: tuple[SetLine, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document on its sheet. ``own`` tells whether the item has words of its own, ``top`` the lines of authority, title, number and case, ``marks`` the
    hint at the code, the number of the page and the day; ``lacks`` why it
    cannot be printed."""

    kind: str
    own: bool
    made: Template
    top: tuple[tuple[str, ...], ...]
    paragraphs: tuple[Paragraph, ...]
    marks: tuple[str, str, str]
    lacks: FontLacks | None = None


def own_of(content: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """What the draft says of *kind* in the platform's place; ``None`` when nothing, or nothing that a document could be made of."""
    held = find(content, (*DOCUMENTS, kind))
    return held if isinstance(held, Mapping) else None


def made_of(content: Mapping[str, Any], kind: str) -> Template:
    """The template of *kind* as the draft has it. What is half written is passed by, so that the rest can be seen: paragraphs without text are empty."""
    own = dict(own_of(content, kind) or {})
    if "blocks" in own:
        listed = own["blocks"] if isinstance(own["blocks"], list) else []
        own["blocks"] = [{**each, "text": _text(each.get("text"))} for each in listed if isinstance(each, Mapping) and isinstance(each.get("id"), str)]
    for name, known in (("seal_place", SEAL_PLACES), ("code_place", CODE_PLACES)):
        if own.get(name) not in known:
            own.pop(name, None)
    for name in ("title", "seal", "mark"):
        if not isinstance(own.get(name), str):
            own.pop(name, None)
    made = template(kind, own)
    return replace(made, blocks=tuple(_sound(each) for each in made.blocks))


def _sound(block: Block) -> Block:
    """A list that is none is printed as plain text; a paragraph with it is found wrong elsewhere."""
    return block if block.each in (None, *LISTS) else replace(block, each=None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def paper_of(made: Template, values: Values, *, department: str, mark: str, today: date, fonts: Sequence[Path]) -> "Paper":
    """*made* on paper with sample *values*: without a number, without a code, with the word across it that says so."""
    from core.documents.render import Paper  # the drawing library is for those who draw

    lines = tuple(Line("".join(words for words, _ in run), "item" if block.each else block.style) for block in made.blocks for run in printed(block, values))
    number = f"{mark}{made.mark}〔{today.year}〕{NO_NUMBER}号"
    return Paper(
        filled(made.title, values), number, department, today, str(values["case_no"]), lines, made.seal, "", "", fonts, made.layout,
        watermark=SAMPLE,
    )  # fmt: skip


def sheet(made: Template, paper: "Paper", values: Values, *, own: bool, locale: str) -> Sheet:
    """The document of *made* on *paper* (its lines are those of *made* filled with *values*), line by line as printed."""
    from core.documents.render import broken, marks  # the drawing library is for those who draw

    lacks = None
    try:
        head, body = broken(paper)
    except FontLacks as error:  # it is shown without the breaks of paper, with what is wrong
        lacks = error
        head = tuple((words,) for words in (paper.department, paper.title, paper.number, ""))
        body = tuple((typeset(line.words),) for line in paper.lines)
    rows = iter(body)
    paragraphs = []
    for number, block in enumerate(made.blocks, 1):
        lines = tuple(line for run in printed(block, values) for line in _set(run, next(rows, ())))
        must = tuple(name for name in made.must if name in {named for _, named in pieces(block.text)})
        paragraphs.append(
            Paragraph(
                block.id, number, block.text, _brief(block.text, locale), block.style, block.each or "", block.given or "", said(block, locale), must, lines
            )
        )
    return Sheet(made.kind, own, made, head, tuple(paragraphs), marks(paper), lacks)


def said(block: Block, locale: str) -> str:
    """When and how often a paragraph is printed, as sentences; empty for one that always is, once."""
    parts = (("documents.when_given", block.given), ("documents.each_line", block.each))
    return word("items.studio_and_then", locale).join(word(key, locale, name=_called(name, locale)) for key, name in parts if name)


def _brief(text: str, locale: str) -> str:
    """The beginning of a text, with names as people call them."""
    words = "".join(f"〔{_called(name, locale)}〕" if name else part for part, name in pieces(text))
    return words if len(words) <= _BRIEF else words[: _BRIEF - 1] + "…"


def _called(name: str, locale: str) -> str:
    return word(f"documents.name.{name}", locale) if name in {**PLACEHOLDERS, **LISTS, **FLAGS} else name


def _set(run: Sequence[tuple[str, str]], rows: Sequence[str]) -> Iterator[SetLine]:
    """The printed *rows* of a paragraph, each cut where one piece of its *run* ends; what paper leaves out at the end of a line (spaces) is left out."""
    whole = typeset("".join(words for words, _ in run))
    names = [name for words, name in run for _ in words]
    at = 0
    for row in rows or ("",):  # an empty paragraph is found wrong, and has a line to write in
        line: list[tuple[str, str]] = []
        for character in row:
            while at < len(whole) - 1 and whole[at] != character and whole[at].isspace():
                at += 1
            name = names[at] if at < len(names) else ""
            line.append((line.pop()[0] + character, name) if line and line[-1][1] == name else (character, name))
            at += 1
        yield tuple(line)


def menu(kind: str, values: Values, locale: str) -> tuple[tuple[str, str, str], ...]:
    """(name, what it is called, a sample) of everything that a paragraph of *kind* may name."""
    names = [name for name in offered(kind) if name not in FLAGS]
    return tuple((name, _called(name, locale), _short(values.get(name))) for name in names)


def choices(kind: str, locale: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """What a paragraph may depend on, and the lists that it may go through: (name, what it is called)."""
    names = offered(kind)
    return tuple((name, _called(name, locale)) for name in names), tuple((name, _called(name, locale)) for name in names if name in LISTS)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else next(iter(value or ()), "")
    return text if len(text) <= 24 else text[:23] + "…"


# ---- what the buttons do


def grounds(content: Mapping[str, Any], base: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """What a form of a page made from *base* is compared with: *base*, so that somebody else's change to the same clashes; the draft as it stands where the
    item's own text came or went since – what the page changed is then changed in that."""
    then, now = own_of(base, kind) or {}, own_of(content, kind) or {}
    return base if bool(then) == bool(now) and ("blocks" in then) == ("blocks" in now) else content


def changed(content: Mapping[str, Any], kind: str, **properties: Any) -> tuple[Edit, ...]:
    """*properties* of the document of *kind*; ``None`` takes one back to the platform's. Those that say what the platform says are not written."""
    own = {**(own_of(content, kind) or {}), **properties}
    base = shipped(kind)
    plain = {"title": base.title, "seal": base.seal, "mark": base.mark, "seal_place": "right", "code_place": "left", "blocks": _raw(base.blocks)}
    kept = {name: value for name, value in own.items() if value is not None and value != plain.get(name)}
    return _put(content, kind, kept)


def restored(content: Mapping[str, Any], kind: str) -> tuple[Edit, ...]:
    """The platform's text again."""
    return _put(content, kind, {})


def _put(content: Mapping[str, Any], kind: str, own: Mapping[str, Any]) -> tuple[Edit, ...]:
    held = find(content, DOCUMENTS)
    before = held if isinstance(held, Mapping) else {}
    after = {name: value for name, value in before.items() if name != kind} | ({kind: dict(own)} if own else {})
    if not after:
        return () if held is MISSING else (Edit("remove", DOCUMENTS, was=held),)
    if not isinstance(held, Mapping):
        return (Edit("set", DOCUMENTS, after, held),)
    return tuple(between(held, after, DOCUMENTS))


def _raw(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Paragraphs as an item's file has them; what is the default is left out."""
    made = ({"id": b.id, "text": b.text, "each": b.each, "given": b.given, "style": b.style if b.style != "text" else None} for b in blocks)
    return [{name: value for name, value in each.items() if value is not None} for each in made]


def blocks_of(content: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The paragraphs as they would stand in the item: its own, else a copy of the platform's."""
    own = (own_of(content, kind) or {}).get("blocks")
    return [dict(each) for each in own if isinstance(each, Mapping)] if isinstance(own, list) else _raw(shipped(kind).blocks)


def _at(blocks: Sequence[Mapping[str, Any]], name: str, kind: str) -> int:
    for place, each in enumerate(blocks):
        if each.get("id") == name:
            return place
    raise NoSuchSpot(at=write((*DOCUMENTS, kind, "blocks", f"@{name}")))


def written(content: Mapping[str, Any], base: Mapping[str, Any], kind: str, name: str, text: str) -> tuple[Edit, ...]:
    """The text of paragraph *name*, as changed from what *base* – the draft that the page was made from – has there. Somebody else's words clash."""
    text = "\n".join(normalise(part).strip() if not part.strip() else normalise(part) for part in text.replace("\r\n", "\n").split("\n")).strip()
    if len(text) > LONGEST:
        raise BadEdit(what=text[:80])
    before = blocks_of(base, kind)
    old = str(before[_at(before, name, kind)].get("text") or "")
    if text == old:
        return ()
    now = blocks_of(content, kind)
    if (own_of(content, kind) or {}).get("blocks") is not None:
        return (Edit("set", (*DOCUMENTS, kind, "blocks", f"@{name}", "text"), text, old),)
    now[_at(now, name, kind)]["text"] = text
    return changed(content, kind, blocks=now)


def entitled(content: Mapping[str, Any], base: Mapping[str, Any], kind: str, text: str) -> tuple[Edit, ...]:
    """The title, as changed from what *base* has; an empty one is the platform's."""
    text = " ".join(normalise(text).split())
    if len(text) > LONGEST_TITLE:
        raise BadEdit(what=text)
    old = made_of(base, kind).title
    if text == old:
        return ()
    if "title" in (own_of(content, kind) or {}) and text:
        return (Edit("set", (*DOCUMENTS, kind, "title"), text, old),)
    return changed(content, kind, title=text or None)


def set_up(content: Mapping[str, Any], kind: str, name: str, *, style: str, given: str, each: str) -> tuple[Edit, ...]:
    """How paragraph *name* stands, when it is printed, and by which list."""
    names = offered(kind)
    if style not in STYLES or given not in ("", *names) or each not in ("", *(known for known in names if known in LISTS)):
        raise BadEdit(what=f"{style} {given} {each}"[:80])
    blocks = blocks_of(content, kind)
    block = blocks[_at(blocks, name, kind)]
    asked = {"each": each or None, "given": given or None, "style": style if style != "text" else None}
    blocks[_at(blocks, name, kind)] = {key: value for key, value in {**block, **asked}.items() if value is not None}
    return changed(content, kind, blocks=blocks)


def added(content: Mapping[str, Any], kind: str, after: str, text: str) -> tuple[tuple[Edit, ...], str]:
    """A new paragraph after *after* (last without one), and its id."""
    blocks = blocks_of(content, kind)
    taken = {each.get("id") for each in blocks}
    name = next(name for n in range(1, len(blocks) + 2) if (name := f"p{n}") not in taken)[:LONGEST_ID]
    place = _at(blocks, after, kind) + 1 if after else len(blocks)
    blocks.insert(place, {"id": name, "text": normalise(text).strip()[:LONGEST] or word("items.studio_new_paragraph")})
    return changed(content, kind, blocks=blocks), name


def removed(content: Mapping[str, Any], kind: str, name: str) -> tuple[Edit, ...]:
    """Paragraph *name* away. The last one stays – a document without words is none –, and so does the one that alone says what the law wants said."""
    blocks = blocks_of(content, kind)
    before = _missing(kind, blocks)
    blocks.pop(_at(blocks, name, kind))
    if not blocks:
        raise BadInput("items.studio_last_paragraph")
    lost = next((found for found in _missing(kind, blocks) if found not in before), None)
    if lost is not None:
        raise BadInput("items.studio_must_stays", **lost)
    return changed(content, kind, blocks=blocks)


def _missing(kind: str, blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the law wants on the paper and none of *blocks* says."""
    texts = [{**each, "text": _text(each.get("text"))} for each in blocks]
    return [dict(found.params) for found in check({kind: {"blocks": texts}}) if found.key == "documents.must_name"] if texts else []


def moved(content: Mapping[str, Any], kind: str, name: str, *, steps: int = 0, before: str | None = None) -> tuple[Edit, ...]:
    """Paragraph *name* some *steps* down (negative: up), or to where *before* stands."""
    blocks = blocks_of(content, kind)
    block = blocks.pop(place := _at(blocks, name, kind))
    goal = _at(blocks, before, kind) if before is not None else min(max(place + steps, 0), len(blocks))
    blocks.insert(goal, block)
    return changed(content, kind, blocks=blocks)
