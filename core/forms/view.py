"""What a page shows, worked out for the macros: every control with its name, words, value, error and source.

Conditions without JavaScript: a field that hangs on answers of *other* pages is there or not, as the server decides. A field that hangs
on an answer of the *same* page is always there, with the sentence “仅在……时填写”; what was filled in needlessly is dropped when the
answers are decided. The alternative – a button “refresh the page” after every such answer – costs each reader a page load and is easily missed.
With JavaScript the sentence goes and the field comes and goes at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape

from core.forms.conditions import to_facts
from core.forms.fieldtypes.base import MISSING
from core.forms.fieldtypes.nested import which
from core.forms.fieldtypes.uploads import accepted
from core.forms.spec import Field, FieldError, FormSpec, Option, Page, Sourced, anchor
from core.forms.wording import words
from core.kernel.text import typeset
from core.kernel.wording import catalogue, word

_WIDTHS = {"full": "w-f", "half": "w-m", "third": "w-m", "short": "w-s", "s": "w-s", "m": "w-m"}
_RADIO_MOST = 7
_COLUMNS_MOST = 6


@dataclass(slots=True)
class Choice:
    """One option as drawn."""

    key: str
    title: str
    help: str
    lang: str | None
    depth: int
    parent: str


@dataclass(eq=False, slots=True)
class Face:
    """What never changes of a field in one language."""

    field: Field
    macro: str
    kind: str
    title: str
    lang: str | None
    help: str
    help_lang: str | None
    options: tuple[Choice, ...]
    condition: str
    input_type: str
    input_mode: str
    autocomplete: str
    width: str
    max_length: int
    unit: str
    required: bool
    optional: bool
    structural: bool
    columns: bool
    row_title: str
    add: str
    accept: str
    words: Mapping[str, str]


@dataclass(slots=True)
class Control:
    """One field on one page. ``id`` is what labels and the error summary point to."""

    face: Face
    name: str
    id: str
    value: Any = ""
    err: str = ""
    src: str = ""
    label: str = ""
    parts: Sequence[Control] = ()
    mark: str = ""
    order: str = ""
    chosen: str = ""
    key: str = ""
    blank: Control | None = None
    template: Markup | None = None
    described: str = ""
    rows: Sequence[tuple[int, Control]] = field(default_factory=tuple)
    closed: bool = False
    folds: bool = False
    html: Markup | None = None
    said: str | None = None


@dataclass(slots=True)
class Block:
    """A section."""

    id: str
    title: str
    lang: str | None
    help: str
    controls: list[Control]


@dataclass(slots=True)
class View:
    """A page, ready for the macros."""

    blocks: list[Block]
    words: Mapping[str, str]
    data: Markup
    locale: str


@cache
def ui_words(locale: str) -> Mapping[str, str]:
    """The words of buttons and hints."""
    return {key.removeprefix("forms.ui_"): word(key, locale) for key in catalogue() if key.startswith("forms.ui_")}


@lru_cache(maxsize=20_000)
def face(spec: FormSpec, field: Field, locale: str) -> Face:
    """The unchanging half of a field's control."""
    body, ui = field.body, field.ui
    title, lang = spec.text(f"{field.path}.title", field.title, locale)
    words_of_help, help_lang = spec.text(f"{field.path}.help", field.help or body.help, locale)
    if body.kind.key == "statement":
        words_of_help, help_lang = spec.text(f"{field.path}.text", str(ui.get("text") or field.help), locale)
    macro = body.kind.macro
    options = _shapes(spec, body, locale) if macro == "union" else _choices(spec, field, body, locale)
    if macro == "choice" and (ui.get("layout") == "select" or len(options) > _RADIO_MOST):
        macro = "select"
    if macro == "cascade" and not options:
        macro = "line"
    if macro == "address" and body.schema.get("type") == "string":
        macro = "line"
    return Face(
        field=field,
        macro=macro,
        kind=body.kind.key,
        title=typeset(title),
        lang=lang,
        help=typeset(words_of_help),
        help_lang=help_lang,
        options=options,
        condition=typeset(_condition(spec, field, locale)),
        input_type=body.kind.input_type,
        input_mode=body.kind.input_mode,
        autocomplete=str(ui.get("autocomplete", "")),
        width=_WIDTHS.get(str(ui.get("width") or body.kind.width), ""),
        max_length=_max_length(body),
        unit=spec.text(f"{field.path}.unit", str(ui.get("unit", "")), locale)[0],
        required=field.required and not field.nullable and field.visible is None,
        optional=not field.required and field.required_when is None and field.computed is None,
        structural=body.kind.structural,
        columns=_columns(body),
        row_title=typeset(spec.text(f"{field.path}.row_title", str(ui.get("row_title") or field.title), locale)[0]),
        add=spec.text(f"{field.path}.add", str(ui.get("add", "")), locale)[0] or word("forms.ui_add", locale),
        accept=",".join(f".{a}" for a in accepted(body)) if macro == "file" else "",
        words=ui_words(locale),
    )


def _max_length(body: Field) -> int:
    most = body.schema.get("maxLength")
    return most if isinstance(most, int) and body.kind.macro in ("line",) and body.kind.key in ("text", "email") else 0


def _choices(spec: FormSpec, field: Field, body: Field, locale: str) -> tuple[Choice, ...]:
    made: list[Choice] = []

    def add(option: Option, depth: int, parent: str) -> None:
        title, lang = spec.text(f"{field.path}.{option.key}.title", option.title, locale)
        words_of_help, _lang = spec.text(f"{field.path}.{option.key}.help", option.help, locale)
        made.append(Choice(option.key, typeset(title), typeset(words_of_help), lang, depth, parent))
        for child in option.children:
            add(child, depth + 1, option.key)

    for option in body.options:
        add(option, 0, "")
    return tuple(made)


def _shapes(spec: FormSpec, body: Field, locale: str) -> tuple[Choice, ...]:
    """The shapes of a union as choices."""
    made = []
    for shape in body.children:
        title, lang = spec.text(f"{shape.path}.title", shape.title if shape.title != shape.id else shape.body.title, locale)
        made.append(Choice(shape.id, typeset(title), "", lang, 0, ""))
    return tuple(made)


def _condition(spec: FormSpec, field: Field, locale: str) -> str:
    if field.visible is None or not _near(spec, field):
        return ""
    return word("forms.ui_only_when", locale, when=field.visible.sentence(spec.labels_in(locale), locale))


def _near(spec: FormSpec, field: Field) -> bool:
    """Whether a condition reads an answer of the field's own page."""
    top = field.path.split(".", 1)[0]
    page = next((p for p in spec.pages if any(f.id == top for f in p.fields)), None)
    if page is None or field.visible is None:
        return True
    own = {f.id for f in page.fields}
    return any(p.startswith("row") or p.removeprefix("form.").split(".", 1)[0] in own for p in field.visible.paths)


def _columns(body: Field) -> bool:
    """Whether rows fit a table: few single controls without conditions or long help."""
    if body.kind.key != "rows" or body.item is None or body.ui.get("layout") in ("cards", "stack"):
        return False
    inner = body.item.body.children
    flat = ("line", "choice", "yes_no", "computed", "cascade", "select")
    return 0 < len(inner) <= _COLUMNS_MOST and all(f.kind.macro in flat and f.visible is None and f.ref is None for f in inner)


#: Stand-ins for what changes between two drawings of one control. Private-use characters, which no answer and no name can hold.
_NAME, _ID, _VALUE, _LABEL = "\ue000N\ue001", "\ue000I\ue001", "\ue000V\ue001", "\ue000L\ue001"
_TEXTS = frozenset({"line", "area", "json"})
_FINITE = frozenset({"choice", "select", "yes_no", "statement", "cascade"})

#: Draws one control with the macros: ``draw(control, in_a_table)``.
Draw = Callable[["Control", bool], str]


class Skeletons:
    """Controls drawn once by the macros with stand-ins for name, id, value and row, then filled by text replacement.

    A macro call costs some fifteen times as much as a replacement; which most of the time of a page of answered fields would go into.
    Controls with an error, a source or an empty mark are drawn afresh.
    """

    def __init__(self, draw: Draw, draw_row: Callable[[Control, Control], str]) -> None:
        self.draw, self.draw_row = draw, draw_row
        self.made: dict[tuple[Any, ...], str] = {}
        self.blanks: dict[tuple[Any, ...], Control] = {}

    def fill(self, made: Control, cell: bool) -> Markup | None:
        """The control's HTML, ``None`` when its kind changes in more than its value."""
        macro, value = made.face.macro, made.value
        if macro in _TEXTS and isinstance(value, str):
            key, stand_in, shown = (made.face, cell, _VALUE), _VALUE, str(escape(value))
        elif macro in _FINITE and (value == "" or value in made.face.field.body.by_key or macro in ("yes_no", "statement")):
            key, stand_in, shown = (made.face, cell, value), value, ""
        elif macro == "date" and isinstance(value, tuple):
            return self._date(made, cell)
        else:
            return None
        html = self._skeleton(made, cell, key, stand_in).replace(_NAME, made.name).replace(_ID, made.id)
        if made.label:
            html = html.replace(_LABEL, str(escape(made.label)))
        return Markup(html.replace(_VALUE, shown) if stand_in is _VALUE else html)  # noqa: S704 - the skeleton is the macros', the value is escaped

    def _skeleton(self, made: Control, cell: bool, key: tuple[Any, ...], stand_in: Any) -> str:
        key = (*key, made.described != "", bool(made.label))
        skeleton = self.made.get(key)
        if skeleton is None:
            described = " ".join(f"{_ID}{part}" for part in ("-h", "-c") if f"{made.id}{part}" in made.described.split())
            drawn = Control(made.face, _NAME, _ID, stand_in, label=_LABEL if made.label else "", described=described)
            skeleton = self.made[key] = self.draw(drawn, cell)
        return skeleton

    def _date(self, made: Control, cell: bool) -> Markup:
        parts = tuple(f"{_VALUE}{n}" for n in range(3))
        html = self._skeleton(made, cell, (made.face, cell), parts).replace(_NAME, made.name).replace(_ID, made.id)
        for part, text in zip(parts, made.value, strict=True):
            html = html.replace(part, str(escape(text)))
        return Markup(html)  # noqa: S704 - the skeleton is the macros', the parts are escaped


class Builder:
    """Builds the controls of one page."""

    def __init__(
        self, spec: FormSpec, locale: str, errors: Sequence[FieldError], sources: Mapping[str, Any], skeletons: Skeletons | None = None,
        *, folding: bool = False, said: Callable[[Any], str] | None = None,
    ) -> None:  # fmt: skip
        self.said = said
        self.spec, self.locale, self.sources, self.skeletons, self.folding = spec, locale, sources, skeletons, folding
        self.errors: dict[str, str] = {}
        for error in errors:
            self.errors.setdefault(error.name or error.path.replace(".", "-"), typeset(words(error, spec, locale, short=True)))

    def control(self, field: Field, name: str, value: Any, *, cell: str = "", columns: bool = False, depth: int = 0) -> Control:
        """One control; *cell* is the label of its row when it stands in a table."""
        shown = face(self.spec, field, self.locale)
        body = field.body
        made = Control(shown, name, anchor(name), label=f"{cell} {shown.title}" if cell else "")
        made.err = self._error(name, shown)
        source = self.sources.get(field.path) if self.sources else None
        if source is not None:
            made.src = source.source_title if isinstance(source, Sourced) else str(source)
        made.mark = _mark(field, value)
        if shown.structural:
            self._inside(made, field, body, value, depth)
        else:
            made.value = body.kind.encode(body, value)
            if self.said is not None and shown.macro == "rule":
                made.said = "" if value is MISSING else self.said(value)
            if shown.macro == "choices" and len(made.value) > 1:
                natural = [o.key for o in shown.options if o.key in made.value]
                made.order = "" if natural == list(made.value) else json.dumps(list(made.value))
        hints = [f"{made.id}-h"] if shown.help or made.src else []
        if shown.condition:
            hints.append(f"{made.id}-c")
        if made.err:
            hints.append(f"{made.id}-e")
        made.described = " ".join(hints) if not cell else (f"{made.id}-e" if made.err else "")
        if self.skeletons is not None and not made.err and not made.src and not made.mark and not shown.structural:
            made.html = self.skeletons.fill(made, bool(cell) and columns)
        return made

    def _error(self, name: str, shown: Face) -> str:
        if not self.errors:
            return ""
        own = self.errors.get(name)
        if own is None and not shown.structural:
            own = next((e for n, e in self.errors.items() if n.startswith(f"{name}-")), None)
        return own or ""

    def _inside(self, made: Control, field: Field, body: Field, value: Any, depth: int) -> None:
        key = body.kind.key
        if key == "group":
            made.folds = field.ref is not None or (self.folding and not field.required)
            made.closed = made.folds and not isinstance(value, dict)
            held = value if isinstance(value, dict) else {}
            if not made.closed:
                made.parts = [self.control(f, f"{made.name}-{f.id}", held.get(f.id, MISSING), depth=depth + 1) for f in body.children]
        elif key == "rows" and body.item is not None:
            self._rows(made, body.item, value, depth)
        elif key == "map" and body.item is not None:
            pairs = list(value.items()) if isinstance(value, dict) else []
            made.rows = [(i, self._entry(body.item, f"{made.name}-{i}", k, v, depth)) for i, (k, v) in enumerate(pairs)]
        elif key == "union":
            shape = which(body, value) if value is not MISSING and value is not None else None
            if shape is not None:
                made.chosen = shape.id
                made.parts = [self.control(shape, f"{made.name}-{shape.id}", value, depth=depth + 1)]

    def _rows(self, made: Control, item: Field, value: Any, depth: int) -> None:
        shown = made.face
        rows = value if isinstance(value, list) else []
        made.rows = [(i, self._row(item, f"{made.name}-{i}", row, f"{shown.row_title} {i + 1}", shown.columns, depth)) for i, row in enumerate(rows)]
        if not any(f.ref is not None or f.kind.key == "union" for f in item.walk()):
            key = (made.face, made.name, self.said is None)
            known = self.skeletons.blanks.get(key) if self.skeletons is not None else None
            if known is None:
                known = self._row(item, f"{made.name}-__n{depth}__", MISSING, f"{shown.row_title} __m{depth}__", shown.columns, depth)
                if self.skeletons is not None and len(self.skeletons.blanks) < 5_000:
                    self.skeletons.blanks[key] = known
            made.blank = known
            if self.skeletons is not None:
                if known.html is None:
                    known.html = Markup(self.skeletons.draw_row(made, known))  # noqa: S704 - drawn by the macros
                made.template = known.html

    def _row(self, item: Field, name: str, value: Any, label: str, columns: bool, depth: int) -> Control:
        if item.body.kind.key != "group" or item.ref is not None:
            made = self.control(item, name, value, depth=depth + 1)
        else:
            made = Control(face(self.spec, item, self.locale), name, anchor(name), err=self.errors.get(name, ""), mark=_mark(item, value))
        if item.body.kind.key == "group":
            held = value if isinstance(value, dict) else {}
            made.parts = [
                self.control(f, f"{name}-{f.id}", held.get(f.id, MISSING), cell=label if columns else "", columns=columns, depth=depth + 1)
                for f in item.body.children
            ]
            made.closed = False
        made.label = label
        return made

    def _entry(self, item: Field, name: str, key: str, value: Any, depth: int) -> Control:
        made = self.control(item, f"{name}-value", value, depth=depth + 1)
        made.key = key
        return made


def _mark(field: Field, value: Any) -> str:
    """The empty shape that the posted texts alone could not bring back."""
    if value is MISSING:
        return ""
    if value is None:
        return "null" if field.nullable else ""
    if value == "" and field.kind.accepts_mark(field.body, '""'):
        return '""'
    if value in ([], {}) and isinstance(value, list | dict):
        return "[]" if isinstance(value, list) else "{}"
    return ""


def view(
    spec: FormSpec,
    page: Page | str | None = None,
    values: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
    sources: Mapping[str, Any] | None = None,
    locale: str = "zh",
    facts: Mapping[str, Any] | None = None,
    skeletons: Skeletons | None = None,
    *,
    folding: bool = False,
    said: Callable[[Any], str] | None = None,
) -> View:
    """The page for the macros. *folding*: an optional group that nobody began is a button, not its empty fields. *said* puts a rule into words; with it
    rules are shown as their sentence and lead to where they are edited (a button ``_go`` with the control's name)."""
    shown = page if isinstance(page, Page) else spec.page(page)
    held = values or {}
    builder = Builder(spec, locale, errors, sources or {}, skeletons, folding=folding, said=said)
    world = {**(facts or {}), "form": to_facts(spec.root, dict(held))}
    blocks = []
    for section in shown.sections:
        controls = [
            builder.control(f, f.id, held.get(f.id, MISSING))
            for f in section.fields
            if f.visible is None or _near(spec, f) or f.visible.evaluate(world) is True
        ]
        if controls:
            title, lang = spec.text(f"{section.id}.title", section.title, locale)
            blocks.append(Block(section.id, typeset(title), lang, typeset(spec.text(f"{section.id}.help", section.help, locale)[0]), controls))
    return View(blocks, ui_words(locale), live_data(spec, shown, world), locale)


@lru_cache(maxsize=2_000)
def _live_rules(spec: FormSpec, page: Page) -> tuple[str, frozenset[str]]:
    own = {f.id for f in page.fields}
    rules: list[dict[str, Any]] = []
    reads: set[str] = set()
    for node in spec.nodes:
        if (node.steps[0] if node.steps else node.field.id) not in own:
            continue
        entry: dict[str, Any] = {"at": list(node.steps), "id": node.field.id}
        for name, rule in (("visible", node.field.visible), ("required", node.field.required_when), ("computed", node.field.computed)):
            if rule is not None:
                entry[name] = rule.expr
                reads |= rule.paths
        if node.field.computed is not None:
            entry["money"] = node.field.schema.get("type") == "string"
        rules.append(entry)
    away = frozenset(p for p in reads if not (p.startswith("form.") and p.split(".")[1] in own) and not p.startswith("row"))
    return _json(rules), away


def live_data(spec: FormSpec, page: Page, world: Mapping[str, Any]) -> Markup:
    """What the script needs to act at once: the page's rules, and the facts from elsewhere that they read – nothing else of the answers."""
    rules, away = _live_rules(spec, page)
    facts: dict[str, Any] = {}
    for path in sorted(away):
        at: Any = world
        parts = path.split(".")[:2]
        for part in parts:
            at = at.get(part) if isinstance(at, Mapping) else None
        if at is not None:
            facts.setdefault(parts[0], {})[parts[-1]] = at
    return Markup('{"rules":' + rules + ',"facts":' + _json(facts) + "}")  # noqa: S704 - JSON with every markup character escaped


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
