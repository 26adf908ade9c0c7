"""Addresses are learned to be written when the first of them is: a process writes a few of its three hundred kinds, and learning takes half its start."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Written = tuple[str, str]


class LateRule(Rule):
    """A route whose writers – the functions that Werkzeug generates for ``url_for`` – are generated at the first address written with it."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Written]:
        generate = super()._compile_builder

        def write(rule: "LateRule", /, **values: Any) -> Written:
            made: Callable[..., Written] = generate(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", made)  # from now on; two threads at once make the same
            return made(**values)

        return write
