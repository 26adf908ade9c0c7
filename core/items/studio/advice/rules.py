"""The list of rules and what each is given: a draft's content, which may be wrong in every way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.kernel.errors import Finding

Content = Mapping[str, Any]
Rule = Callable[[Content], Iterator[Finding]]

_rules: list[Rule] = []


def advice(function: Rule) -> Rule:
    """Register one rule: it is given the content and yields what could be better, each at a pointer into the content (``/form/properties/area/title``)."""
    _rules.append(function)
    return function


def all_advice() -> tuple[Rule, ...]:
    """Every rule, in the order of the files below."""
    from core.items.studio.advice import languages, local, names, papers, reach, writing

    assert all((languages, local, names, papers, reach, writing))
    return tuple(_rules)


def said(at: Sequence[str], key: str, **params: Any) -> Finding:
    """One piece of advice at the way *at* into the content. Advice never closes the gate."""
    return Finding("warning", pointer(at), f"items.studio_{key}", params)


def pointer(at: Sequence[str]) -> str:
    """The way *at* as a JSON pointer."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in at)
