"""What a theme's token may hold: one CSS value by a small grammar, so that it ends where it should and fetches nothing.

A token becomes ``--name:value;`` in a stylesheet. A bracket or a quote that is not closed would swallow the declarations and the rules after it (CSS Syntax
Module Level 3, §5.4), and a function that takes an address would call another server from every page. What is not in the grammar is therefore refused –
nothing is mended or left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

#: Characters of one value.
MOST = 200
#: Functions of arithmetic: brackets and ``+ - *`` stand in them alone.
_MATH = frozenset(("calc", "clamp", "max", "min"))
#: Every function that a value may call; none of them takes an address.
FUNCTIONS = _MATH | {"cubic-bezier", "hsl", "hsla", "minmax", "rgb", "rgba", "var"}
#: Set by the platform in every sheet; values may refer to it.
BUILT_IN: Mapping[str, str] = {"f": "minmax(0, 1fr)"}
#: As a whole value these take a custom property away (CSS Cascading and Inheritance, §7.3).
_WIDE = frozenset(("inherit", "initial", "revert", "revert-layer", "unset"))
_PHONE = "-phone"
#: One piece of a value. Words, numbers and colours end where no sign follows that would make them longer in CSS.
_PIECE = re.compile(
    r"""(?P<space>[ ]+)
    |(?P<text>"[\w .,'&+-]*"|'[\w .,"&+-]*')
    |(?P<colour>\#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}))(?![\w(-])
    |(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:%|[A-Za-z]{1,8})?)(?![\w.(-])
    |(?P<call>[A-Za-z][A-Za-z-]*)\(
    |--(?P<name>[a-z][a-z0-9-]*)(?![\w(-])
    |(?P<word>-?[A-Za-z][A-Za-z0-9_-]*)(?![\w(-])
    |(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<slash>/(?![/*]))|(?P<sign>[+*-](?=[ ]))""",
    re.VERBOSE,
)


@dataclass
class _Value:
    """A value while it is read: the brackets that are open, what stood last, and the tokens that it names."""

    open: list[str] = field(default_factory=list)
    last: str = ""
    names: set[str] = field(default_factory=set)

    def take(self, kind: str, text: str) -> bool:
        """Whether a piece may stand here."""
        if kind == "space":
            return True
        here, self.last = self.last, text if kind == "call" else kind
        if (here == "var") != (kind == "name") or (here == "name" and kind not in ("comma", "close")):
            return False
        match kind:
            case "call":
                self.open.append(text)
                return text in FUNCTIONS
            case "open":
                self.open.append("")
                return bool(_MATH.intersection(self.open))
            case "close":
                return bool(self.open) and self.open.pop() is not None
            case "sign":
                return bool(_MATH.intersection(self.open))
            case "name":
                self.names.add(text)
        return True


def named(value: str) -> frozenset[str] | None:
    """The tokens that a value names with ``var(--…)``; ``None`` for what is no value."""
    read = _Value()
    if len(value) > MOST or value.strip().lower() in _WIDE:
        return None
    at = 0
    while at < len(value):
        found = _PIECE.match(value, at)
        kind = found.lastgroup if found is not None else None
        if found is None or kind is None or not read.take(kind, found[kind].lower() if kind == "call" else found[kind]):
            return None
        at = found.end()
    return frozenset(read.names) if read.last and not read.open else None


def wrong(tokens: Mapping[str, str]) -> tuple[str, ...]:
    """The tokens of a whole theme – its own and its parents' – that hold no value, name one that is not there, or go round in a circle; in their order."""
    values = {name: named(value) for name, value in tokens.items()}
    known = {name.removesuffix(_PHONE) for name in tokens} | BUILT_IN.keys()
    sound = {name: found for name, found in values.items() if found is not None and found <= known}
    turning = {*_turning(sound)}
    return tuple(name for name in tokens if name not in sound or name in turning)


def _turning(names: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Those that lead back to themselves. What a token is on phones and what it is elsewhere counts as one."""
    leads: dict[str, set[str]] = {}
    for name, found in names.items():
        leads.setdefault(name.removesuffix(_PHONE), set()).update(found)
    for name in names:
        start = name.removesuffix(_PHONE)
        reached: set[str] = set()
        waiting = [*leads[start]]
        while waiting:
            each = waiting.pop()
            if each not in reached:
                reached.add(each)
                waiting += leads.get(each, ())
        if start in reached:
            yield name


def declared(values: Mapping[str, str]) -> str:
    """The rule that sets *values* for a page, a line each: what is wrong with one could not reach the next."""
    return ":root{\n" + "".join(f"--{name}:{value};\n" for name, value in sorted(values.items())) + "}\n"
