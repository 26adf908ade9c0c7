"""The shape of a declared setting."""

from dataclasses import dataclass
from typing import Any, Literal

from core.kernel.errors import BadInput

Reach = Literal["site", "department", "item"]

_EXPECTED = {bool: "true/false", int: "an integer", float: "a number", str: "text", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. ``reach`` is the narrowest scope it may be set for; ``choices`` closes the values."""

    name: str
    type: type
    default: Any
    title: str
    reach: Reach = "item"
    choices: tuple[Any, ...] = ()
    help: str = ""

    def checked(self, value: Any) -> Any:
        """*value* when it may be stored; :class:`BadInput` otherwise. ``True`` is no integer; an integer is a number."""
        fits = isinstance(value, self.type) and not (self.type is not bool and isinstance(value, bool))
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value, fits = float(value), True
        if not fits:
            raise BadInput("settings.wrong_type", name=self.name, title=self.title, expected=_EXPECTED[self.type], value=repr(value)[:80])
        if self.choices and value not in self.choices:
            raise BadInput("settings.not_offered", name=self.name, title=self.title, choices=" / ".join(map(str, self.choices)))
        return value
