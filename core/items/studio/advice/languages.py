"""Translations that are missing, and translations of texts that are not there any more."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from core.items.studio.advice.rules import Content, advice, said
from core.items.studio.languages import LOCALES, completeness, texts_of
from core.kernel.errors import Finding
from core.kernel.shapes import mapping


@advice
def every_text_is_translated(content: Content) -> Iterator[Finding]:
    """Said once for a language, with how many; the part of translations lists them."""
    for each in completeness(content):
        if each.lacking:
            yield said(("item", "translations", each.locale), "translations_lacking", done=each.done, all=each.all, lacking=len(each.lacking))


@advice
def translations_of_the_form_name_texts(content: Content) -> Iterator[Finding]:
    """A translation under ``form.…`` belongs to a text of the form; a field that was renamed leaves one behind."""
    form = mapping(content.get("form"))
    paths: frozenset[str] | None = None
    for at, prefix in ((("item", "translations"), ""), (("form", "translations"), "form.")):
        tables = mapping((mapping(content.get("item")) if at[0] == "item" else form).get("translations"))
        for locale in LOCALES:
            for name in mapping(tables.get(locale)):
                path = str(name) if str(name).startswith("form.") else f"{prefix}{name}"
                if not path.startswith("form."):
                    continue
                paths = frozenset(_known(content)) if paths is None else paths
                if path not in paths and not _shared(form, path):
                    near = get_close_matches(path, paths, 1, 0.85)
                    yield said((*at, locale, str(name)), "translation_of_nothing", path=path, near=near[0] if near else "")


def _known(content: Content) -> Iterator[str]:
    for path in texts_of(content):
        if path.startswith("form."):
            yield path
            yield path.removesuffix(".title")  # choices may be named without


def _shared(form: Mapping[str, object], path: str) -> bool:
    """Whether the text belongs to a field that comes whole from a shared block or shape, which is not looked into here."""
    parts = path.split(".")
    here: Mapping[str, object] = form
    for part in parts[1:]:
        here = mapping(mapping(here.get("properties") or mapping(here.get("items")).get("properties")).get(part))
        if "include" in here or "$ref" in here or "$ref" in mapping(here.get("items")) or "include" in mapping(here.get("items")):
            return True
        if mapping(here.get("ui")).get("options") or mapping(here.get("ui")).get("field") in ("cascade", "region", "address", "date_range"):
            return True
    return len(parts) == 3 and parts[1] in ("form",)
