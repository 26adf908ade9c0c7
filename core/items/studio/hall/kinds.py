"""The kinds of documents of the hall: what the platform brings of each, what may be wrong with one, and whose it is to change.

A draft of one lives in the studio's tables beside those of items, under the code ``<kind>:<name>`` – no item's code has a colon –, with
``{"<kind>": document}`` as its content. So commands, undoing, history and presence are the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.identity import queries as people
from core.identity.spec import StaffView
from core.items.studio.errors import DraftNotFound
from core.items.studio.part import Part
from core.kernel.errors import Finding
from core.settings import documents

MARK = ":"
#: Who changes documents of the hall.
ROLE = "admin"
Documents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: everything that the studio knows of it.

    ``schema`` is the kind of file that it is (:mod:`core.schemas`), ``parts`` what is edited together – the last one has what no other is about –, ``fixed``
    what the platform sets and nobody edits. ``shipped`` gives those that the platform brings by name, ``check`` the findings on one (name, content) at JSON
    pointers into it, ``division`` the path of the division whose administrators change it, ``title`` what people call it in a language.
    """

    name: str
    schema: str
    parts: tuple[Part, ...]
    fixed: tuple[str, ...]
    shipped: Callable[[], Documents]
    check: Callable[[Session, str, Any], Iterable[Finding]]
    division: Callable[[Session, str], str]
    title: Callable[[Mapping[str, Any], str], str]


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Make a kind known."""
    _kinds[kind.name] = kind
    return kind


def every() -> tuple[Kind, ...]:
    """Every kind, as they were declared."""
    return tuple(_kinds.values())


def known(name: str) -> Kind | None:
    """The kind of that name."""
    return _kinds.get(name)


def of_hall(code: str) -> bool:
    """Whether a draft's code is of a document of the hall."""
    return MARK in code


def code_of(kind: str, name: str) -> str:
    """The code of a draft of that document."""
    return f"{kind}{MARK}{name}"


def split(code: str) -> tuple[Kind, str]:
    """The kind and the name of a code. Raises :class:`DraftNotFound` for what the platform does not bring."""
    kind, _mark, name = code.partition(MARK)
    if kind not in _kinds or name not in _kinds[kind].shipped():
        raise DraftNotFound
    return _kinds[kind], name


def titled(kind: str, document: Mapping[str, Any]) -> str:
    """What people call a document, in Chinese; empty for one of a kind that nobody declared."""
    return _kinds[kind].title(document, "zh") if kind in _kinds else ""


def top(session: Session) -> str:
    """The path of the division above all others."""
    return min((each.division_path for each in people.departments(session)), key=len, default="")


def administers(who: StaffView, division_path: str) -> bool:
    """Whether somebody administers a division: their own post or one they stand in for, there or above."""
    return any(post.role == ROLE and division_path.startswith(post.division_path) for post in who.posts)


def may(session: Session, who: StaffView, code: str) -> bool:
    """Whether a document is *who*'s to change, as things are now: a draft of it goes with it, whoever began it. Raises :class:`DraftNotFound`."""
    kind, name = split(code)
    documents.seen(session)  # what was put in force a moment ago may have made it somebody else's
    return administers(who, kind.division(session, name))
