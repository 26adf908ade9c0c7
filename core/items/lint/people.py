"""Who the item is for and whom they can ask."""

import re
from collections.abc import Iterator

from core.items.errors import finding
from core.items.lint.promises import LICENSING
from core.items.lint.rules import Doc, rule
from core.kernel.errors import Finding
from core.kernel.identifiers import check_item_code

#: A landline with its area code; mobile, 400/800, 12345-like short numbers need none.
PHONE = re.compile(r"0[0-9]{2,3}-[0-9]{7,8}(-[0-9]{1,6})?|1[0-9]{10}|[48]00-?[0-9]{3}-?[0-9]{4}|1[0-9]{2,4}|9[56][0-9]{3,4}")
_CODES = {"basic": (12,), "implementation": (31,), "handle": (33,)}


@rule
def phones_can_be_dialled(doc: Doc) -> Iterator[Finding]:
    """咨询≠投诉电话, both with 区号. A missing one warns: the source does not give it."""
    contacts = doc["contacts"]
    for name in ("consult", "complain"):
        number = contacts.get(name)
        if not number:
            yield finding("warning", f"/contacts/{name}", f"no_{name}")
            continue
        wrong = next((part for part in re.split("[、,，;；/ ]+", number) if part and not PHONE.fullmatch(part)), None)
        if wrong:
            yield finding("error", f"/contacts/{name}", "phone_shape", {"number": wrong})
    if contacts.get("consult") and contacts.get("consult") == contacts.get("complain"):
        yield finding("error", "/contacts/complain", "phones_alike")


@rule
def objects_and_themes_agree(doc: Doc) -> Iterator[Finding]:
    """服务对象↔主题: a theme for people nobody serves misleads; no theme at all hides the item from browsing."""
    themes = doc["themes"]
    person, company = "1" in doc["service_objects"], any(code != "1" for code in doc["service_objects"])
    for kind, served in (("person", person), ("company", company)):
        if themes.get(kind) and not served:
            yield finding("error", f"/themes/{kind}", f"theme_without_{kind}")
    if not themes.get("person") and not themes.get("company"):
        yield finding("warning", "/themes", "no_theme")


@rule
def licensing_answers_questions(doc: Doc) -> Iterator[Finding]:
    """许可 must have at least one FAQ and say how to appeal; both are warnings because only the source may answer."""
    if doc["type"] != LICENSING:
        return
    if not doc.get("faq"):
        yield finding("warning", "/faq", "no_faq")
    if not doc.get("redress"):
        yield finding("warning", "/redress", "no_redress")


@rule
def codes_hold(doc: Doc) -> Iterator[Finding]:
    """12 / 31 / 33 characters with the issuer's credit code inside, and nested in each other (STANDARDS §1)."""
    codes = doc.get("codes") or {}
    for name, lengths in _CODES.items():
        code = codes.get(name)
        if not code:
            continue
        wrong = check_item_code(code)
        if wrong or len(code) not in lengths:
            yield finding("error", f"/codes/{name}", "code_wrong", {"code": code, "length": lengths[0]})
    basic, implementation, handle = (codes.get(name) or "" for name in _CODES)
    if basic and implementation and not implementation.endswith(basic):
        yield finding("error", "/codes/implementation", "code_not_nested", {"code": implementation, "inner": basic})
    if implementation and handle and not handle.startswith(implementation):
        yield finding("error", "/codes/handle", "code_not_nested", {"code": handle, "inner": implementation})


@rule
def found_by_everyday_words(doc: Doc) -> Iterator[Finding]:
    """Nobody searches by the legal title; without everyday words the item is found only by those who know its name."""
    if not doc.get("words"):
        yield finding("warning", "/words", "no_words")
