"""Every word a person can meet exists, in both languages: wording keys in the code, message ids in pages and views."""

import ast
import re
import string
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from core.kernel.wording import catalogue
from tests.fixtures_hall import ROOT

PO = ROOT / "core" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
#: A key is ``<slice>.<words>``; whatever looks like one and begins with a slice that has words must be worded.
_KEY = re.compile(r"[a-z][a-z_]*(\.[a-z0-9_]+)+")
_CALLS = frozenset({"word", "Finding"})


def english() -> Catalog:
    return read_po(BytesIO(PO.read_bytes()), locale="en")


def _named(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _constant(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keys_in(tree: ast.Module, errors: frozenset[str]) -> Iterator[str]:
    """Keys given to ``word``, ``Finding``, an error class, or set as an error's ``key``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _named(node)
            arguments = [*node.args, *(k.value for k in node.keywords if k.arg == "key")]
            if name in _CALLS or name in errors:
                yield from (text for each in arguments if (text := _constant(each)) and _KEY.fullmatch(text))
        elif isinstance(node, ast.ClassDef) and node.name in errors:
            for line in node.body:
                target = line.targets[0] if isinstance(line, ast.Assign) else line.target if isinstance(line, ast.AnnAssign) else None
                if isinstance(target, ast.Name) and target.id == "key" and (text := _constant(getattr(line, "value", None))):
                    yield text


def _errors() -> frozenset[str]:
    """Names of every error class of the platform."""
    import importlib
    import pkgutil

    import core
    from core.kernel.errors import PlatformError

    for module in pkgutil.walk_packages(core.__path__, "core."):
        if module.name.rsplit(".", 1)[-1] == "errors":
            importlib.import_module(module.name)
    found: set[str] = set()
    todo: list[type] = [PlatformError]
    while todo:
        kind = todo.pop()
        found.add(kind.__name__)
        todo += kind.__subclasses__()
    return frozenset(found)


def test_every_wording_key_in_the_code_is_worded() -> None:
    words, missing, seen = catalogue(), {}, 0
    errors = _errors()
    for path in sorted((ROOT / "core").rglob("*.py")):
        for key in keys_in(ast.parse(path.read_text(encoding="utf-8")), errors):
            seen += 1
            if key not in words:
                missing[key] = path.relative_to(ROOT).as_posix()
    assert seen > 200
    assert missing == {}


def test_every_wording_has_both_languages_and_the_same_parameters() -> None:
    wrong = {}
    for key, texts in catalogue().items():
        if not {"zh", "en"} <= texts.keys():
            wrong[key] = "a language is missing"
            continue
        plain = {locale: re.sub(r"\{\w+\}", "", text) for locale, text in texts.items()}
        fields = {locale: {name.removesuffix("_en") for _, name, _, _ in string.Formatter().parse(text) if name} for locale, text in texts.items()}
        if re.search("[A-Za-z]", plain["zh"]) and not re.search("[一-鿿]", plain["zh"]):
            wrong[key] = texts["zh"]
        elif re.search("[一-鿿]", re.sub("“[^”]*”", "", plain["en"])):
            wrong[key] = texts["en"]
        elif not fields["en"] <= fields["zh"] | {"name"} and fields["en"] != {"en"}:  # a setting has a Chinese title and an English name
            wrong[key] = repr(fields)
    assert wrong == {}


def extracted() -> dict[str, str]:
    """Every message id of pages, views and themes, with the file it stands in."""
    options = {"**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true"}}
    keywords = {"_": None, "say": None, "_l": None, "lazy_gettext": None, "gettext": None, "ngettext": (1, 2)}
    found: dict[str, str] = {}
    for root, method in (
        (ROOT / "core" / "web" / "templates", "jinja2"),
        (ROOT / "themes", "jinja2"),
        (ROOT / "core" / "web", "python"),
    ):
        pattern = "**.py" if method == "python" else "**.html"
        for file, _line, message, _comments, _context in extract_from_dir(root, [(pattern, method)], options, keywords=keywords):
            for each in (message,) if isinstance(message, str) else message:
                found.setdefault(each, f"{root.name}/{file}")
    return found


def test_every_text_of_pages_and_views_has_an_english_one() -> None:
    known = {m.id if isinstance(m.id, str) else m.id[0]: m for m in english() if m.id and not m.fuzzy}
    texts = {each: file for each, file in extracted().items() if re.search("[一-鿿]", each)}
    assert len(texts) > 300
    missing = {each: file for each, file in texts.items() if each not in known or not all((known[each].string or "",))}
    assert missing == {}


def test_no_english_text_is_left_in_chinese_or_loses_a_parameter() -> None:
    wrong = {}
    for message in english():
        if not message.id or not isinstance(message.id, str):
            continue
        said = str(message.string)
        if re.search("[一-鿿]", re.sub("“[^”]*”", "", said)) and message.id not in ("中文", "简体中文", "开饭馆"):
            wrong[message.id] = said
        if set(re.findall(r"%\((\w+)\)", said)) != set(re.findall(r"%\((\w+)\)", message.id)):
            wrong[message.id] = said
    assert wrong == {}


def test_the_catalogue_has_each_text_once() -> None:
    ids = re.findall(r'^msgid "(.+)"$', PO.read_text(encoding="utf-8"), re.M)
    assert sorted({each for each in ids if ids.count(each) > 1}) == []


def test_pages_say_nothing_in_chinese_that_is_not_offered_for_translation() -> None:
    """Chinese between tags or in a spoken attribute of a template must be inside ``_(…)``; other languages' own names may stand as they are."""
    stray: dict[str, set[str]] = {}
    for folder in (ROOT / "core" / "web" / "templates", ROOT / "themes"):
        for path in sorted(folder.rglob("*.html")):
            text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", "", _outside_trans(path), flags=re.S)
            left = {each for each in re.findall("[一-鿿]{2,}", text) if each not in ("中文", "简体中文")}
            if left:
                stray[path.name] = left
    assert stray == {}


def _outside_trans(path: Path) -> str:
    return re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", path.read_text(encoding="utf-8"), flags=re.S)
