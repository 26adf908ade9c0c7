"""Themes: a theme is tokens, a parent and a few overridden blocks – never Python, never new rules.

``themes/<name>/theme.json`` gives tokens, ``templates/`` overrides **named blocks** of core pages (each file must extend
``parent/<its own path>`` and may only fill blocks that exist there), ``static/theme.css`` may add a few rules. Everything is read once at
start: tokens and sheets become one stylesheet under an address with its hash, templates run in a sandbox. A theme whose colours cannot be
read (WCAG contrast) or whose tokens try to smuggle in rules is refused by name. A hall may put tokens of its own in the place of a theme's
(decision 0015): :meth:`Themes.with_own`.
"""

import copy
import gettext as stdlib_gettext
import hashlib
import io
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from jinja2 import BaseLoader, Environment, TemplateNotFound, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.kernel.errors import BadInput
from core.pluginhost import words
from core.web import tokens

WEB = Path(__file__).resolve().parent
CORE_TEMPLATES = WEB / "templates"
#: In the order of the cascade; one file each purpose, one request for all.
SHEETS = ("base", "layout", "parts", "line", "find", "form", "portal", "staff", "print")
PARENT = "parent/"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
log = logging.getLogger("wangting.theming")
#: WCAG 2.2 AA: text, and what is no text (edges, the focus).
AA_TEXT, AA_OTHER = 4.5, 3.0
#: (foreground, background, ratio): the pairs that the sheets put on one another. WCAG 2.2 AA, and 7:1 where long texts stand.
READABLE = (
    ("ink", "paper", 7.0),
    ("ink2", "paper", 7.0),
    ("ink2", "wash", 7.0),
    ("accent", "paper", 7.0),
    ("paper", "deep", 7.0),
    ("on-deep", "deep", 4.5),
    ("deep", "tint", 4.5),
    ("seal", "paper", 4.5),
    ("go", "go-tint", 4.5),
    ("wait", "wait-tint", 4.5),
    ("stop", "stop-tint", 4.5),
    ("edge", "paper", 3.0),
    ("focus", "deep", 3.0),
)


@dataclass(frozen=True)
class Theme:
    """One theme with everything of its parents resolved."""

    name: str
    title: Mapping[str, str]
    chain: tuple[str, ...]  #: itself, parent, grandparent …
    tokens: Mapping[str, str]
    public: bool  #: whether a reader may choose it
    folders: tuple[Path, ...]  #: template folders, nearest first, core last
    css: bytes
    digest: str
    environments: dict[str, Environment] = field(default_factory=dict, compare=False)

    @property
    def css_file(self) -> str:
        """The stylesheet's file name; it changes when a byte of it does."""
        return f"{self.name}.{self.digest}.css"


class Themes:
    """All themes of a site, by name."""

    def __init__(self, themes: Mapping[str, Theme], plugins: Mapping[str, Path] | None = None) -> None:
        self._themes = dict(themes)
        self._plugins = dict(plugins or {})
        self.docs: Mapping[str, dict[str, Any]] = {}  #: what the files say, by name
        self._folders: Mapping[str, Path] = {}

    @classmethod
    def load(cls, *roots: Path, plugins: Mapping[str, Path] | None = None) -> "Themes":
        """Read every theme below *roots* (a later root wins by name); the shipped ones when none is given. *plugins*: name → folder of those whose
        templates ``plugins/<name>/…`` and words are to be had. Raises :class:`BadInput`."""
        found: dict[str, Path] = {}
        for root in roots or (default_root(),):
            found |= {path.parent.name: path.parent for path in sorted(root.glob("*/theme.json"))}
        docs = {name: _read(folder) for name, folder in found.items()}
        if "standard" not in docs:
            raise BadInput("theming.no_standard")
        made = cls({name: _theme(name, docs, found) for name in docs}, plugins)
        made.docs, made._folders = docs, found
        return made

    def with_own(self, own: Mapping[str, Mapping[str, Any]]) -> "Themes":
        """These themes with the hall's *own* documents in the place of the files' – tokens, title, whether readers may choose it; templates and rules stay
        the files'. What cannot be used – nobody could read it, a parent that is gone – is left out with a line in the log: the look never takes the hall down.
        """
        docs: dict[str, Any] = dict(self.docs)
        for name, doc in own.items():
            tried = {**docs, name: {**docs.get(name, {}), **_own(doc)}}
            if name in docs and self._usable(name, tried):
                docs = tried
        made = Themes({name: self._again(name, docs) for name in docs}, self._plugins)
        made.docs, made._folders = docs, self._folders
        return made

    def tried(self, name: str, doc: Mapping[str, Any]) -> "Themes":
        """The theme *name* and those that inherit from it as they would be with *doc*, readable or not. Raises :class:`BadInput` for tokens that are none."""
        docs = {**self.docs, name: {**self.docs[name], **_own(doc)}}
        made = Themes({each: self._again(each, docs) for each in self.family(name)}, self._plugins)
        made.docs = docs
        return made

    def family(self, name: str) -> tuple[str, ...]:
        """*name* and the themes that inherit from it, itself first."""
        return (name, *(each for each in self.docs if each != name and name in _chain(each, self.docs)))

    def inherited(self, name: str) -> dict[str, str]:
        """The tokens of its parents as *name* has them, phones' with their ``-phone``."""
        return _together(_chain(name, self.docs)[1:], self.docs)

    def wrong_tokens(self, name: str, doc: Mapping[str, Any]) -> tuple[str, ...]:
        """The tokens that would hold no value with *doc*, in the theme and in those that inherit from it, each once."""
        docs = {**self.docs, name: {**self.docs[name], **_own(doc)}}
        return tuple(dict.fromkeys(token for each in self.family(name) for token in tokens.wrong(_together(_chain(each, docs), docs))))

    def _usable(self, name: str, docs: Mapping[str, Any]) -> bool:
        try:
            for each in self.family(name):
                check_contrast(each, self._again(each, docs).tokens, least=AA)
        except BadInput as error:
            log.warning("the hall's own look is not used: %s", error)
            return False
        return True

    def _again(self, name: str, docs: Mapping[str, Any]) -> Theme:
        """One theme with other documents; its folders, and the templates compiled from them, are the same."""
        here = self._themes[name]
        if all(docs[each] is self.docs[each] for each in here.chain):
            return here
        wide, phone = _tokens(here.chain, docs)
        css = _stylesheet(wide, phone, [self._folders[each] for each in reversed(here.chain)])
        return replace(
            here, title=docs[name]["title"], tokens=wide, public=bool(docs[name].get("public", False)), css=css, digest=hashlib.sha256(css).hexdigest()[:12]
        )

    def install(self, app: Flask) -> None:
        """Serve the stylesheets at ``/theme/<name>.<hash>.css`` and hand the themes to :mod:`core.web.page`."""
        app.extensions["wangting_themes"] = self
        from core.web import looks  # which knows what the hall changed, and reads the themes from here

        app.add_url_rule("/theme/<file>", "theme_css", looks.stylesheet)

    def __iter__(self) -> Iterator[Theme]:
        return iter(self._themes.values())

    def __contains__(self, name: object) -> bool:
        return name in self._themes

    def get(self, name: str | None) -> Theme:
        """The theme called *name*, else ``standard``: a theme that was removed must not take the hall down."""
        return self._themes.get(name or "standard") or self._themes["standard"]

    def stylesheet(self, file: str) -> bytes | None:
        """The bytes of ``<name>.<hash>.css``; an old hash of an installed theme still answers with today's sheet."""
        name, _dot, _rest = file.partition(".")
        theme = self._themes.get(name)
        return theme.css if theme and file.endswith(".css") else None

    def environment(self, theme: str | None, locale: str, names: Mapping[str, Any]) -> Environment:
        """The templates of *theme* with the words of *locale*. *names* are the globals, and ``filter_…`` filters, of the first call."""
        chosen = self.get(theme)
        found = chosen.environments.get(locale)
        if found is None:
            found = chosen.environments[locale] = _environment(chosen, locale, names, self._plugins)
        return found


# --- loading ---------------------------------------------------------------------------------------------------------------------------


def default_root() -> Path:
    """The themes that come with the platform: beside ``core`` in a checkout, under ``share/wangting`` when installed."""
    beside = WEB.parent.parent / "themes"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "wangting" / "themes"


def _read(folder: Path) -> dict[str, Any]:
    try:
        doc = json.loads((folder / "theme.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput("theming.broken", theme=folder.name, why=str(error)) from error
    if not isinstance(doc, dict) or doc.get("name") != folder.name or not _NAME.fullmatch(folder.name) or "title" not in doc:
        raise BadInput("theming.name", theme=folder.name)
    return doc


#: What of a theme's document a hall has of its own.
OWN = ("title", "description", "public", "tokens")


def _own(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {name: doc[name] for name in OWN if name in doc}


def _together(chain: Sequence[str], docs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The tokens of a theme with its parents', phones' with their ``-phone``."""
    return {token: str(value) for each in reversed(chain) for token, value in docs[each].get("tokens", {}).items()}


def _tokens(chain: Sequence[str], docs: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """The tokens of a theme with its parents', for every screen and for phones. Raises :class:`BadInput` for a value that is none."""
    found = _together(chain, docs)
    wrong = next((name for name in found if not _NAME.fullmatch(name)), None) or next(iter(tokens.wrong(found)), None)
    if wrong is not None:
        raise BadInput("theming.token", theme=chain[0], token=wrong, value=found[wrong][:80])
    phone = {name.removesuffix("-phone"): value for name, value in found.items() if name.endswith("-phone")}
    return {name: value for name, value in found.items() if not name.endswith("-phone")}, phone


def _theme(name: str, docs: Mapping[str, dict[str, Any]], found: Mapping[str, Path]) -> Theme:
    chain = _chain(name, docs)
    wide, phone = _tokens(chain, docs)
    check_contrast(name, wide)
    css = _stylesheet(wide, phone, [found[each] for each in reversed(chain)])
    folders = tuple(found[each] / "templates" for each in chain if (found[each] / "templates").is_dir())
    theme = Theme(
        name=name,
        title=docs[name]["title"],
        chain=chain,
        tokens=wide,
        public=docs[name].get("public", False),
        folders=(*folders, CORE_TEMPLATES),
        css=css,
        digest=hashlib.sha256(css).hexdigest()[:12],
    )
    check_blocks(theme)
    return theme


def _chain(name: str, docs: Mapping[str, dict[str, Any]]) -> tuple[str, ...]:
    chain = [name]
    while parent := docs[chain[-1]].get("parent"):
        if parent in chain or parent not in docs:
            raise BadInput("theming.parent", theme=name, parent=parent)
        chain.append(parent)
    return tuple(chain)


def _stylesheet(wide: Mapping[str, str], phone: Mapping[str, str], folders: Iterable[Path]) -> bytes:
    parts = [tokens.declared({**wide, **tokens.BUILT_IN})]
    if phone:
        parts.append(f"@media (max-width:39.99rem){{{tokens.declared(phone)}}}\n")
    parts += [(WEB / "static" / "css" / f"{sheet}.css").read_text(encoding="utf-8") for sheet in SHEETS]
    parts += [extra.read_text(encoding="utf-8") for folder in folders if (extra := folder / "static" / "theme.css").is_file()]
    return "".join(parts).encode()


# --- contrast ---------------------------------------------------------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two hex colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


#: The least ratio of each pair by law (GB/T 37668, WCAG 2.2 AA).
AA: Mapping[tuple[str, str], float] = {(front, back): min(wanted, AA_TEXT) for front, back, wanted in READABLE}


def check_contrast(theme: str, tokens: Mapping[str, str], *, least: Mapping[tuple[str, str], float] | None = None) -> None:
    """Refuse a theme that cannot be read – below what each pair should have, or below *least* –; every miss is named at once."""
    wanted = least or {(front, back): ratio for front, back, ratio in READABLE}
    try:
        misses = [f"{front}/{back} {ratio:.1f} < {most}" for (front, back), most in wanted.items() if (ratio := contrast(tokens[front], tokens[back])) < most]
    except (KeyError, ValueError, IndexError) as error:
        raise BadInput("theming.colour", theme=theme, why=str(error)) from error
    if misses:
        raise BadInput("theming.contrast", theme=theme, misses="; ".join(misses))


# --- templates --------------------------------------------------------------------------------------------------------------------------


class _Loader(BaseLoader):
    """Finds a template in the nearest folder of the chain; ``parent/<name>`` inside a theme's template means the next folder that has it."""

    def __init__(self, folders: Sequence[Path], plugins: Mapping[str, Path] | None = None) -> None:
        self.folders = folders
        self.plugins = plugins or {}

    def level(self, name: str) -> tuple[int, str]:
        """``@2/portal/home.html`` → (2, "portal/home.html"); a bare name starts at 0."""
        if name.startswith("@"):
            start, _slash, rest = name[1:].partition("/")
            return int(start), rest
        return 0, name

    def find(self, name: str) -> tuple[int, Path]:
        """The folder number and file that *name* means."""
        start, rest = self.level(name)
        if ".." in rest.split("/") or rest.startswith("/"):
            raise TemplateNotFound(name)
        for number in range(start, len(self.folders)):
            path = self.folders[number] / rest
            if path.is_file():
                return number, path
        own = self._plugins_own(rest)
        if own is None:
            raise TemplateNotFound(name)
        return len(self.folders), own

    def _plugins_own(self, rest: str) -> Path | None:
        """``plugins/<name>/x.html`` is ``templates/<name>/x.html`` in the plugin's folder, unless a theme has it."""
        place, _slash, inside = rest.removeprefix("plugins/").partition("/")
        folder = self.plugins.get(place) if rest.startswith("plugins/") and inside else None
        path = None if folder is None else folder / "templates" / place / inside
        return path if path is not None and path.is_file() else None

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:  # noqa: ARG002 - jinja2's signature
        _number, path = self.find(template)
        return path.read_text(encoding="utf-8"), str(path), lambda: True


class _Chain(Environment):
    """``parent/…`` resolves along the chain of themes."""

    def join_path(self, template: str, parent: str) -> str:
        if not template.startswith(PARENT):
            return template
        loader = self.loader
        assert isinstance(loader, _Loader)
        number, _path = loader.find(parent)
        return f"@{number + 1}/{template.removeprefix(PARENT)}"


class _Sandbox(ImmutableSandboxedEnvironment, _Chain):
    """What a theme's own templates run in. It looks at every attribute and call, which is a sixth of a page."""


class _SaidAtOnce(Extension):
    """``_("…")`` without values is translated when the template is compiled – an environment speaks one language – instead of at every page."""

    _CALL = ("name", "lparen", "string", "rparen")

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens, each such call as its text."""
        said = self.environment.spoken.gettext  # type: ignore[attr-defined]
        waiting: list[Token] = []
        for token in stream:
            waiting.append(token)
            while waiting and not self._may_be(waiting):
                yield waiting.pop(0)
            if len(waiting) == len(self._CALL):
                text = str(waiting[2].value)
                yield Token(waiting[2].lineno, "string", said(text) % {})
                waiting.clear()
        yield from waiting

    def _may_be(self, tokens: Sequence[Token]) -> bool:
        return tokens[0].value == "_" and all(token.type == kind for token, kind in zip(tokens, self._CALL, strict=False))


def _environment(theme: Theme, locale: str, names: Mapping[str, Any], plugins: Mapping[str, Path]) -> Environment:
    ours = all(folder == CORE_TEMPLATES for folder in theme.folders)  # nobody's templates but the core's: nothing to guard against
    environment = (_Chain if ours else _Sandbox)(
        loader=_Loader(theme.folders, plugins),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        cache_size=-1,
    )
    spoken = _spoken(locale, plugins)
    environment.extend(spoken=spoken)
    environment.install_gettext_translations(spoken, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["locale"] = locale
    environment.add_extension(_SaidAtOnce)
    for name, value in names.items():
        if name.startswith("filter_"):
            environment.filters[name.removeprefix("filter_")] = value
        else:
            environment.globals[name] = value
    return environment


def check_blocks(theme: Theme) -> None:
    """Hold the contract: a theme's template extends the page of the same path and fills only blocks that page has."""
    environment = _Sandbox(loader=_Loader(theme.folders), extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    for folder in theme.folders[:-1]:
        for path in sorted(folder.rglob("*.html")):
            name = path.relative_to(folder).as_posix()
            tree = environment.parse(path.read_text(encoding="utf-8"))
            extends = [node.template.value for node in tree.find_all(nodes.Extends) if isinstance(node.template, nodes.Const)]
            if extends != [PARENT + name] or not (CORE_TEMPLATES / name).is_file():
                raise BadInput("theming.extends", theme=theme.name, template=name)
            known = _blocks(environment, CORE_TEMPLATES / name)
            unknown = sorted({node.name for node in tree.find_all(nodes.Block)} - known)
            if unknown:
                raise BadInput("theming.blocks", theme=theme.name, template=name, blocks=", ".join(unknown))


def _blocks(environment: Environment, path: Path) -> set[str]:
    tree = environment.parse(path.read_text(encoding="utf-8"))
    found = {node.name for node in tree.find_all(nodes.Block)}
    for node in tree.find_all(nodes.Extends):
        if isinstance(node.template, nodes.Const):
            found |= _blocks(environment, CORE_TEMPLATES / str(node.template.value))
    return found


def _spoken(locale: str, plugins: Mapping[str, Path]) -> stdlib_gettext.NullTranslations:
    """The platform's words, then those of each plugin."""
    ours = translations(locale)
    if locale == "zh" or not plugins:
        return ours
    together = copy.copy(ours)  # a fallback is added to the copy alone
    for folder in plugins.values():
        together.add_fallback(words.read(words.catalogue(folder, locale)))
    return together


@cache
def translations(locale: str) -> stdlib_gettext.NullTranslations:
    """The catalogue of *locale*, compiled from its ``messages.po`` at first use; Chinese is the language of the ids."""
    path = WEB.parent / "translations" / locale / "LC_MESSAGES" / "messages.po"
    if locale == "zh" or not path.is_file():
        return stdlib_gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale))
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)
