"""What the rules of an item say for given answers: who is asked what, which papers are needed. Pure; nothing of a case is read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.items import facts as item_facts
from core.items.hookspecs import ItemInfo
from core.items.materials import needs
from core.items.texts import Reader
from core.kernel.text import typeset
from core.pluginhost.context import Context
from core.rules.service import compile_rule


@dataclass(frozen=True, slots=True)
class Paper:
    """A material of an item for one set of answers. ``unknown``: it hangs on an answer not yet given. ``by_applicant`` is false for what the hall has,
    or makes from the form. ``kind`` is the same for papers of one kind in different items (``same_as``); empty where the item says none."""

    id: str
    title: str
    state: Literal["required", "optional", "deferrable", "unknown"]
    by_applicant: bool
    kind: str


def facts(item: ItemInfo, situation: Mapping[str, Any] | None = None, values: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """What the rules of *item* are asked with: the answers to its situations with the fields that they set, and the *values* of its form."""
    return item_facts.facts(item.doc, situation, values)


def answered(item: ItemInfo, asked: Mapping[str, Any]) -> Mapping[str, str]:
    """Those of *asked* (situation → option, as a query string has them) that are options of the item's situations."""
    return item_facts.chosen(item.doc, asked)


def holds(rule: Any, known: Mapping[str, Any]) -> bool | None:
    """Whether *rule* holds; ``None`` while an answer that it hangs on is not there."""
    found = compile_rule(rule).evaluate(known)
    return None if found is None else bool(found)


def papers(ctx: Context, item: ItemInfo, known: Mapping[str, Any]) -> tuple[Paper, ...]:
    """The materials that the answers call for, in the item's order and the reader's language."""
    say = text(ctx, item)
    return tuple(
        Paper(need.id, say(f"materials.{need.id}.title", str(need.doc["title"])), need.state, need.by_applicant, str(need.doc.get("same_as") or ""))
        for need in needs(item.doc, known)
    )


class Texts:
    """The texts of an item in the reader's language: ``say("situations.kind.title", chinese)``."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(self, path: str, chinese: str) -> str:
        """The text at a path of stable ids; the Chinese one, set as Chinese is printed, where there is no translation."""
        found = self._reader(path, chinese)
        return typeset(str(found)) if self._reader.locale.startswith("zh") or found.lang else str(found)


def text(ctx: Context, item: ItemInfo) -> Texts:
    """Reads the texts of *item* for whoever reads."""
    return Texts(Reader(item.doc, ctx.locale))


__all__ = ["Paper", "Texts", "answered", "facts", "holds", "papers", "text"]
