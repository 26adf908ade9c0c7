"""What a hook is: its kind, what it answers with, and how it is specified. The name tells the kind (DESIGN §7): a plural noun offers, a verb finds,
an imperative decides, a past tense observes."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, TypeVar

import pluggy

PROJECT = "wangting"
#: The first argument of every hook: who is called, with a session for its own tables (:class:`core.pluginhost.context.Context`).
CONTEXT = "ctx"

Kind = Literal["offers", "finds", "decides", "observes"]
F = TypeVar("F", bound=Callable[..., Any])

_marker = pluggy.HookspecMarker(PROJECT)
#: Marks a plugin's functions as hooks; the name of the function is the name of the hook.
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook. ``each`` is the type of what it answers with: of every element (*offers*, *finds*) or of the answer (*decides*)."""

    name: str
    kind: Kind
    each: type[Any]
    arguments: tuple[str, ...]
    words: str
    module: str

    def fits(self, value: Any) -> bool:
        """Whether *value* is what the hook may answer with. ``None`` always is: the plugin has nothing to say."""
        if value is None:
            return True
        if self.kind in ("offers", "finds"):
            return isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and all(isinstance(one, self.each) for one in value)
        return self.kind == "decides" and isinstance(value, self.each)


_ATTRIBUTE = "wangting_hook"


def hook(kind: Kind, each: type[Any] = NoneType) -> Callable[[F], F]:
    """Specify a hook. Its docstring has the parts *When · Transaction · Returns · On error · Since*."""

    def specify(function: F) -> F:
        arguments = tuple(inspect.signature(function).parameters)
        found = Hook(function.__name__, kind, each, arguments, inspect.getdoc(function) or "", function.__module__)
        marked: F = _marker(function)
        setattr(marked, _ATTRIBUTE, found)
        return marked

    return specify


def specified(module: object) -> Mapping[str, Hook]:
    """The hooks that a module of specifications has, by name, in the order in which they are written."""
    found = (getattr(value, _ATTRIBUTE, None) for value in vars(module).values())
    return {each.name: each for each in found if isinstance(each, Hook)}
