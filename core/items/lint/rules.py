"""The list of lint rules and what each is given."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from core.kernel.errors import Finding

Doc = Mapping[str, Any]
Rule = Callable[[Doc], Iterator[Finding]]

_rules: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Register one lint rule: it is given the item and yields what is wrong."""
    _rules.append(function)
    return function


def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the files below."""
    from core.items.lint import acts, anywhere, papers, people, pledges, promises, sources

    assert all((acts, anywhere, papers, people, pledges, promises, sources))
    return tuple(_rules)


def lint(doc: Doc) -> list[Finding]:
    """All findings of all rules. *doc* has passed the schema."""
    return [found for check in all_rules() for found in check(doc)]


def by_id(parts: Iterable[Mapping[str, Any]] | None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Parts of a list with their index; nothing when the list is absent."""
    yield from enumerate(parts or ())
