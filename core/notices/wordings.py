"""The templates: read once, checked against their schema, filled by plain substitution – no logic, nothing evaluated."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.kernel.identifiers import check_resident_id
from core.kernel.text import normalise
from core.notices.errors import UnknownTemplate, WrongParams
from core.schemas import service as schemas

FOLDER = Path(__file__).resolve().parent / "templates"
LOCALES = ("zh", "en")
#: A parameter as it is kept: one text for everybody, or locale → text.
Spoken = str | dict[str, str]
#: Longer than any case number, title or day. A parameter is a name for something, not a text.
MAX_PARAM = 300
#: One short message of characters outside ASCII; a longer one is sent, and paid, as several.
LONGEST_SHORT = 70
LONGEST_SIGNATURE = 20
_SPOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]")


@cache
def templates() -> Mapping[str, Mapping[str, Any]]:
    """Every template by id. Raises :class:`ValueError` at start when a file does not follow ``notice_template.v1``."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        doc = schemas.parse(path.read_bytes())
        faults = [f"{f.path}: {f.words('en')}" for f in schemas.validate("notice_template", doc)]
        faults += [f"{spot} is not declared in params" for spot in sorted(_spots(doc) - doc.get("params", {}).keys())] if not faults else []
        if faults or doc["id"] != path.stem:
            raise ValueError(f"{path.name}: {'; '.join(faults) or 'the id must equal the file name'}")
        found[doc["id"]] = doc
    return found


def template(name: str) -> Mapping[str, Any]:
    """One template; :class:`UnknownTemplate`."""
    try:
        return templates()[name]
    except KeyError as error:
        raise UnknownTemplate(name=name, known="、".join(templates())) from error


def fill(doc: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[dict[str, Spoken], dict[str, str], dict[str, str]]:
    """(params as texts, title by locale, body by locale). A value is inserted as it is, also when it looks like a placeholder.

    A value that is worded differently in each language is given as locale → text, with all of :data:`LOCALES`. Raises :class:`WrongParams`.
    """
    texts = {name: _texts(value) for name, value in params.items()}
    declared = doc["params"].keys()
    wrong = sorted(declared - texts.keys()) or sorted(texts.keys() - declared)
    wrong = wrong or [name for name, text in texts.items() if any(len(each) > MAX_PARAM or _personal(each) for each in _said(text))]
    if wrong:
        raise WrongParams(template=doc["id"], names="、".join(wrong))
    return texts, _filled(doc["title"], texts), _filled(doc["body"], texts)


def short(doc: Mapping[str, Any], texts: Mapping[str, Spoken], signature: str) -> dict[str, str]:
    """The text of a short message by locale, 【signature】 in front, in :data:`LONGEST_SHORT` characters: the longest value gives way, never the sentence.

    *texts* as :func:`fill` returns them.
    """
    return {locale: _fitted(doc["short"][locale], texts, locale, f"【{_cut(signature, LONGEST_SIGNATURE)}】") for locale in LOCALES}


def _fitted(template: str, texts: Mapping[str, Spoken], locale: str, before: str) -> str:
    values = {name: _in(texts[name], locale) for name in _SPOT.findall(template)}
    while (over := len(before) + len(_put(template, values)) - LONGEST_SHORT) > 0:
        longest = max(values, key=lambda name: len(values[name]), default="")
        if not longest or len(values[longest]) <= 1:
            return _cut(before + _put(template, values), LONGEST_SHORT)
        values[longest] = _cut(values[longest], max(1, len(values[longest]) - over))
    return before + _put(template, values)


def _put(template: str, values: Mapping[str, str]) -> str:
    return _SPOT.sub(lambda found: values[found[1]], template)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _filled(template: Mapping[str, str], texts: Mapping[str, Spoken]) -> dict[str, str]:
    return {locale: _SPOT.sub(lambda found, locale=locale: _in(texts[found[1]], locale), template[locale]) for locale in LOCALES}  # type: ignore[misc]


def _texts(value: Any) -> Spoken:
    if isinstance(value, Mapping) and set(value) == set(LOCALES):
        return {locale: normalise(str(value[locale])) for locale in LOCALES}
    return normalise(str(value))


def _said(text: Spoken) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text.values())


def _in(text: Spoken, locale: str) -> str:
    return text if isinstance(text, str) else text[locale]


def _spots(doc: Mapping[str, Any]) -> set[str]:
    return {spot for part in ("title", "body", "short") if part in doc for locale in LOCALES for spot in _SPOT.findall(doc[part][locale])}


def _personal(text: str) -> bool:
    """A resident number in a notice is always a mistake: rows, mails and logs would carry it (个人信息保护法 6)."""
    return any(check_resident_id(number.upper()) is None for number in _NUMBER.findall(text))
