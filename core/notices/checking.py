"""What is wrong with a hall's own words of a notice: what would be sent with a hole in it, be cut off, or not reach whom the law wants told."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.kernel.errors import Finding
from core.notices.spec import INBOX, SMS
from core.notices.wordings import LOCALES, LONGEST_SHORT, SPOT, cut_signature, put
from core.schemas import service as schemas

TEXTS = ("title", "body", "short")
_BRACES = ("{", "}")


def check(doc: Any, shipped: Mapping[str, Any], *, signature: str, channels: frozenset[str]) -> tuple[Finding, ...]:
    """Everything wrong with *doc* (``error``) and what could be better (``warning``), at JSON pointers into it.

    *shipped* is the platform's own template, *signature* the hall's name in front of a short message, *channels* are those that exist here.
    """
    faults = tuple(schemas.validate("notice_template", doc))
    if faults:
        return faults
    return (*_given(doc, shipped), *_channels(doc, shipped, channels), *_filled(doc, shipped), *_lengths(doc, signature), *_languages(doc))


def _found(level: Any, path: str, key: str, **params: Any) -> Finding:
    return Finding(level, path, f"notices.check_{key}", params)


def _given(doc: Mapping[str, Any], shipped: Mapping[str, Any]) -> Iterator[Finding]:
    """What the platform decides and a hall does not."""
    if doc["recipient"] != shipped["recipient"]:
        yield _found("error", "/recipient", "recipient")
    if bool(doc.get("legal")) != bool(shipped.get("legal")):
        yield _found("error", "/legal", "legal")
    for name in sorted(shipped["params"].keys() ^ doc["params"].keys()):
        yield _found("error", "/params", "param_gone" if name in shipped["params"] else "param_unknown", name=name)


def _channels(doc: Mapping[str, Any], shipped: Mapping[str, Any], channels: frozenset[str]) -> Iterator[Finding]:
    if INBOX not in doc["channels"]:
        yield _found("error", "/channels", "no_inbox")
    for name in sorted(set(doc["channels"]) - channels):
        yield _found("error", "/channels", "channel", name=name, known="、".join(sorted(channels)))
    if SMS in doc["channels"] and shipped["recipient"] != "citizen":
        yield _found("error", "/channels", "sms_staff")
    if SMS in shipped["channels"] and SMS not in doc["channels"]:
        yield _found("warning", "/channels", "sms_left")


def _filled(doc: Mapping[str, Any], shipped: Mapping[str, Any]) -> Iterator[Finding]:
    """Placeholders that nobody fills, and values that people were told until now and would not be any more."""
    for part in TEXTS:
        for locale in LOCALES if part in doc else ():
            text, at = doc[part][locale], f"/{part}/{locale}"
            named = set(SPOT.findall(text))
            for name in sorted(named - shipped["params"].keys()):
                yield _found("error", at, "placeholder", name=name, known="、".join(f"{{{each}}}" for each in shipped["params"]) or "–")
            if any(brace in SPOT.sub("", text) for brace in _BRACES):
                yield _found("error", at, "braces")
            for name in sorted(set(SPOT.findall(shipped.get(part, {}).get(locale, ""))) - named):
                yield _found("warning", at, "left_out", name=shipped["params"][name]["title"], spot=f"{{{name}}}")


def _lengths(doc: Mapping[str, Any], signature: str) -> Iterator[Finding]:
    for locale in LOCALES if "short" in doc else ():
        text = doc["short"][locale]
        least = counted(text, dict.fromkeys(SPOT.findall(text), "…"), signature)
        usual = counted(text, {name: each["example"] for name, each in doc["params"].items()}, signature)
        if least > LONGEST_SHORT:
            yield _found("error", f"/short/{locale}", "short_long", count=least, most=LONGEST_SHORT)
        elif usual > LONGEST_SHORT:
            yield _found("warning", f"/short/{locale}", "short_cut", count=usual, most=LONGEST_SHORT)


def counted(text: str, values: Mapping[str, str], signature: str) -> int:
    """How many characters a short message comes to, the hall's name in front."""
    return len(cut_signature(signature)) + len(put(text, {name: values.get(name, "") for name in SPOT.findall(text)}))


def _languages(doc: Mapping[str, Any]) -> Iterator[Finding]:
    for part in TEXTS:
        if part in doc and any("\u4e00" <= each <= "\u9fff" for each in doc[part]["en"]):
            yield _found("warning", f"/{part}/en", "not_english")


def samples(doc: Mapping[str, Any]) -> dict[str, str]:
    """A value for each parameter, as the template's own examples have them."""
    return {name: str(each.get("example") or each.get("title") or name) for name, each in doc["params"].items()}
