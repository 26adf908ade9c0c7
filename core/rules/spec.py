"""What a rule is made of: types, labels, and the tree that every other module of the slice walks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.kernel.wording import word

#: What a value is, known from the form. ``money`` is integer 分, ``date`` an ISO day, ``choices`` several of a list, ``rows`` repeating rows.
Type = Literal["text", "number", "money", "date", "bool", "choice", "choices", "rows", "any"]

MAX_DEPTH = 16
MAX_NODES = 200
#: Numbers beyond this are not exact in a browser; a rule that meets one does not know.
MAX_NUMBER = 2**53 - 1

ROW = "row"


@dataclass(frozen=True, slots=True)
class Label:
    """How a sentence names a path: its title, its choices (value → title) and its unit (``㎡``; ``分`` is shown as yuan)."""

    title: str
    choices: Mapping[Any, str] = field(default_factory=dict)
    unit: str = ""

    def spoken(self, at: str, texts: Mapping[str, str], locale: str) -> "Label":
        """The same with what *texts* (path of stable ids → text in *locale*) say below the path *at*; yes and no are the platform's own words."""
        plain = {"是": word("rules.say_true", locale), "否": word("rules.say_false", locale)}
        titles = {
            value: texts.get(f"{at}.{value}.title") or texts.get(f"{at}.{value}") or (plain.get(title, title) if isinstance(value, bool) else title)
            for value, title in self.choices.items()
        }
        return Label(texts.get(f"{at}.title", self.title), titles, self.unit)


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a rule. ``op`` is an operator, ``lit`` (a constant, in ``value``), ``list`` or ``var`` (path in ``value``)."""

    op: str
    at: str
    args: tuple["Node", ...] = ()
    value: Any = None

    def walk(self) -> Iterator["Node"]:
        """This node and everything below it."""
        yield self
        for arg in self.args:
            yield from arg.walk()
