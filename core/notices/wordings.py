"""The templates: read once, checked against their schema, filled by plain substitution – no logic, nothing evaluated. A hall may put words of its own in
the place of a shipped template's (:mod:`core.settings.documents`, kind ``notice``); what is filled in stays what the platform declares."""

import logging
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core.kernel.identifiers import check_resident_id
from core.kernel.text import normalise
from core.notices.errors import UnknownTemplate, WrongParams
from core.notices.spec import SMS
from core.schemas import service as schemas
from core.settings import documents

log = logging.getLogger("wangting.notices")

#: The kind of the hall's own documents that are notice templates.
KIND = "notice"
FOLDER = Path(__file__).resolve().parent / "templates"
LOCALES = ("zh", "en")
#: A parameter as it is kept: one text for everybody, or locale → text.
Spoken = str | dict[str, str]
#: Longer than any case number, title or day. A parameter is a name for something, not a text.
MAX_PARAM = 300
#: One short message of characters outside ASCII; a longer one is sent, and paid, as several.
LONGEST_SHORT = 70
LONGEST_SIGNATURE = 20
SPOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: What only the platform decides: who gets a notice, what is filled in, and whether the law wants it.
GIVEN = ("id", "recipient", "params", "legal")
_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]")


@cache
def templates() -> Mapping[str, Mapping[str, Any]]:
    """Every template by id. Raises :class:`ValueError` at start when a file does not follow ``notice_template.v1``."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        doc = schemas.parse(path.read_bytes())
        faults = [f"{f.path}: {f.words('en')}" for f in schemas.validate("notice_template", doc)]
        faults += [f"{spot} is not declared in params" for spot in sorted(spots(doc) - doc.get("params", {}).keys())] if not faults else []
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


def current(session: Session, name: str) -> Mapping[str, Any]:
    """One template as this hall words it; :class:`UnknownTemplate`."""
    shipped, own = template(name), documents.in_force(session, KIND).get(name)
    return shipped if own is None else worded(shipped, own)


def worded(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """*shipped* with the hall's *own* words. A release may declare other parameters than those that the words were written for: a notice that could
    not be filled is sent as shipped."""
    made = {**own, **{name: shipped[name] for name in GIVEN if name in shipped}}
    if spots(made) <= shipped["params"].keys() and (SMS not in made["channels"] or "short" in made):
        return made
    log.warning("the hall's own words of notice %s do not fit this release: it is sent as shipped", shipped["id"])
    return shipped


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
    return {locale: _fitted(doc["short"][locale], texts, locale, cut_signature(signature)) for locale in LOCALES}


def _fitted(template: str, texts: Mapping[str, Spoken], locale: str, before: str) -> str:
    values = {name: _in(texts[name], locale) for name in SPOT.findall(template)}
    while (over := len(before) + len(put(template, values)) - LONGEST_SHORT) > 0:
        longest = max(values, key=lambda name: len(values[name]), default="")
        if not longest or len(values[longest]) <= 1:
            return _cut(before + put(template, values), LONGEST_SHORT)
        values[longest] = _cut(values[longest], max(1, len(values[longest]) - over))
    return before + put(template, values)


def cut_signature(signature: str) -> str:
    """Who signs a short message, as it stands in front."""
    return f"【{_cut(signature, LONGEST_SIGNATURE)}】"


def put(template: str, values: Mapping[str, str]) -> str:
    """*template* with a value for each placeholder."""
    return SPOT.sub(lambda found: values[found[1]], template)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _filled(template: Mapping[str, str], texts: Mapping[str, Spoken]) -> dict[str, str]:
    return {locale: SPOT.sub(lambda found, locale=locale: _in(texts[found[1]], locale), template[locale]) for locale in LOCALES}  # type: ignore[misc]


def _texts(value: Any) -> Spoken:
    if isinstance(value, Mapping) and set(value) == set(LOCALES):
        return {locale: normalise(str(value[locale])) for locale in LOCALES}
    return normalise(str(value))


def _said(text: Spoken) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text.values())


def _in(text: Spoken, locale: str) -> str:
    return text if isinstance(text, str) else text[locale]


def spots(doc: Mapping[str, Any]) -> set[str]:
    """The parameters that a template's texts name."""
    return {spot for part in ("title", "body", "short") if part in doc for locale in LOCALES for spot in SPOT.findall(doc[part][locale])}


def _personal(text: str) -> bool:
    """A resident number in a notice is always a mistake: rows, mails and logs would carry it (个人信息保护法 6)."""
    return any(check_resident_id(number.upper()) is None for number in _NUMBER.findall(text))
