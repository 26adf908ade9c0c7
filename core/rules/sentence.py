"""A rule as one natural sentence, Chinese first: what the studio shows, the gate prints and a closed button gives as its reason."""

import re
from collections.abc import Mapping
from typing import Any

from core.kernel.money import yuan
from core.kernel.wording import word
from core.rules.spec import ROW, Label, Node
from core.rules.typing_check import full_path

Labels = Mapping[str, Label | str]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "missing": "given"}
_COMPARED = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def sentence(node: Node, labels: Labels, locale: str = "zh") -> str:
    """*node* in *locale*. A path without a label is named by itself."""
    return _Speaker(labels, locale).say(node, None)


class _Speaker:
    def __init__(self, labels: Labels, locale: str) -> None:
        self.labels = labels
        self.locale = locale

    def word(self, key: str, **params: Any) -> str:
        return word(f"rules.say_{key}", self.locale, **params)

    def label(self, node: Node, rows: str | None) -> Label:
        path = full_path(node, rows) or ""
        found = self.labels.get(path) or self.labels.get(str(node.value))
        if found is None:
            return Label(self.word("this_row") if node.value == ROW else str(node.value))
        return Label(found) if isinstance(found, str) else found

    def say(self, node: Node, rows: str | None, beside: Node | None = None) -> str:
        """Words for *node*; *beside* is the other side of a comparison, which tells how a constant is written."""
        match node.op:
            case "lit":
                return self.constant(node.value, self.label(beside, rows) if beside is not None and beside.op == "var" else None)
            case "var":
                return self.label(node, rows).title
            case "list":
                return self.listed([self.say(a, rows, beside) for a in node.args])
            case "and" | "or":
                return self.joined(node, rows)
            case "!":
                return self.negated(node.args[0], rows)
            case "missing":
                titles = [self.label(a, rows).title for a in node.args]
                return self.word("missing" if len(titles) == 1 else "missing_some", a=self.listed(titles))
            case "==" | "!=":
                return self.equality(node, rows)
            case "<" | "<=" | ">" | ">=":
                return self.compared(node, rows)
            case "in":
                return self.member(node, rows)
            case "some" | "all" | "none":
                return self.word(node.op, a=self.say(node.args[0], rows), b=self.truth(node.args[1], full_path(node.args[0], rows)))
            case "if":
                return self.choice(node, rows)
            case "days_between":
                return self.word("days_between", a=self.say(node.args[0], rows), b=self.say(node.args[1], rows))
            case "min" | "max":
                return self.word(node.op, a=self.listed([self.say(a, rows) for a in node.args]))
            case _:
                return self.arithmetic(node, rows)

    def truth(self, node: Node, rows: str | None) -> str:
        """A node where a condition stands: a yes/no question reads as a statement."""
        return self.yes(node, rows) if node.op == "var" else self.say(node, rows)

    def yes(self, node: Node, rows: str | None) -> str:
        title = self.label(node, rows).title
        return title.removeprefix("是否") if title.startswith("是否") and len(title) > 2 else title

    def listed(self, parts: list[str]) -> str:
        return self.word("list_gap").join(parts)

    def joined(self, node: Node, rows: str | None) -> str:
        parts = []
        for arg in node.args:
            text = self.truth(arg, rows)
            loose = arg.op in ("and", "or", "if") and arg.op != node.op and len(arg.args) > 1
            parts.append(self.word("bracket", a=text) if loose else text)
        return f" {self.word(node.op)} ".join(parts)

    def negated(self, inner: Node, rows: str | None) -> str:
        if inner.op == "var":
            return self.word("no", a=self.say(inner, rows))
        if inner.op == "!":
            return self.truth(inner.args[0], rows)
        if inner.op == "missing" and len(inner.args) == 1:
            return self.word("given", a=self.label(inner.args[0], rows).title)
        if inner.op in _NEGATED and inner.op != "missing" and len(inner.args) == 2:
            return self.say(Node(_NEGATED[inner.op], inner.at, inner.args), rows)
        return self.word("not", a=self.truth(inner, rows))

    def equality(self, node: Node, rows: str | None) -> str:
        left, right = node.args
        if left.op == "lit" and right.op != "lit":
            left, right = right, left
        if right.op == "lit" and isinstance(right.value, bool) and not (left.op == "var" and self.label(left, rows).choices):
            return self.truth(left, rows) if right.value is (node.op == "==") else self.negated(left, rows)
        kind = "eq" if node.op == "==" else "ne"
        if right.op == "lit" and isinstance(right.value, str):
            kind = "is" if node.op == "==" else "is_not"
        return self.word(kind, a=self.say(left, rows, right), b=self.say(right, rows, left))

    def compared(self, node: Node, rows: str | None) -> str:
        if len(node.args) == 3:
            low, middle, high = node.args
            return self.word(
                "between" if node.op == "<=" else "inside", a=self.say(middle, rows), b=self.say(low, rows, middle), c=self.say(high, rows, middle)
            )
        left, right = node.args
        op = node.op
        if left.op == "lit" and right.op != "lit":
            left, right, op = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
        later = "day_" if any(n.op == "lit" and isinstance(n.value, str) and _DAY.fullmatch(n.value) for n in (left, right)) else ""
        return self.word(later + _COMPARED[op], a=self.say(left, rows, right), b=self.say(right, rows, left))

    def member(self, node: Node, rows: str | None) -> str:
        value, options = node.args
        if options.op == "list":
            if len(options.args) == 1:
                return self.word("is", a=self.say(value, rows), b=self.say(options.args[0], rows, value))
            return self.word("one_of", a=self.say(value, rows), b=self.word("or_gap").join(self.say(o, rows, value) for o in options.args))
        return self.word("holds", a=self.say(options, rows), b=self.say(value, rows, options))

    def choice(self, node: Node, rows: str | None) -> str:
        *front, last = node.args
        parts = [self.word("if", a=self.truth(c, rows), b=self.truth(v, rows)) for c, v in zip(front[::2], front[1::2], strict=True)]
        return self.word("if_gap").join([*parts, self.word("else", a=self.truth(last, rows))])

    def arithmetic(self, node: Node, rows: str | None) -> str:
        if node.op == "-" and len(node.args) == 1:
            return self.word("minus", a=self.say(node.args[0], rows))
        texts = []
        for i, arg in enumerate(node.args):
            text = self.say(arg, rows, next((o for o in node.args if o.op == "var"), None) if node.op != "*" else None)
            loose = arg.op in ("+", "-") and (node.op == "*" or (node.op == "-" and i > 0))
            texts.append(self.word("bracket", a=text) if loose else text)
        return f" {'×' if node.op == '*' else node.op} ".join(texts)

    def constant(self, value: Any, label: Label | None) -> str:
        if label is not None and value in label.choices:
            return self.word("quote", a=label.choices[value])
        if isinstance(value, bool):
            return self.word("true" if value else "false")
        if isinstance(value, str):
            return value if _DAY.fullmatch(value) else self.word("quote", a=value)
        if label is not None and label.unit == "分" and isinstance(value, int):
            return self.word("yuan", a=yuan(value))
        return f"{value} {label.unit}" if label is not None and label.unit else str(value)
