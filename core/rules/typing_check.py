"""Types known from the form let unlike values be refused when a rule is published, not when a citizen meets it."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from core.kernel.errors import Finding
from core.kernel.wording import word
from core.rules.spec import ROW, Node, Type

#: Parameters of findings that are types.
_TYPED = ("type", "a", "b")
_ORDERED = ("number", "money", "date", "text")


def check_types(node: Node, types: Mapping[str, Type]) -> tuple[Type, list[Finding]]:
    """The type of the whole rule, and what is wrong.

    A path whose first part (``form``, ``situation`` …) occurs in *types* must be in it; other roots are not known here and pass as ``any``.
    """
    checker = _Checker(types)
    return checker.type_of(node, None), checker.findings


class _Checker:
    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types
        self.findings: list[Finding] = []

    def fault(self, node: Node, key: str, **params: Any) -> None:
        told = {name: _called(held) if name in _TYPED else held for name, held in params.items()}
        self.findings.append(Finding("error", node.at, f"rules.{key}", {"op": node.op, **told}))

    def type_of(self, node: Node, rows: str | None) -> Type:
        """The type of *node*; *rows* is the path of the list whose element ``row`` is."""
        match node.op:
            case "lit":
                return "bool" if isinstance(node.value, bool) else "text" if isinstance(node.value, str) else "number"
            case "var":
                return self.path(node, rows)
            case "list":
                for arg in node.args:
                    self.type_of(arg, rows)
                return "choices"
            case "missing":
                for arg in node.args:
                    self.path(arg, rows)
                return "bool"
            case "and" | "or" | "!":
                for arg in node.args:
                    self.truth(arg, rows)
                return "bool"
            case "some" | "all" | "none":
                return self.each(node, rows)
            case "in":
                return self.member(node, rows)
            case "if":
                return self.choose(node, rows)
            case "days_between":
                for arg in node.args:
                    if not _fits(arg, self.type_of(arg, rows), "date"):
                        self.fault(arg, "wants_date")
                return "number"
            case "+" | "-" | "*":
                return self.arithmetic(node, rows)
            case _:
                kind = self.alike(node, node.args, rows)
                if node.op in ("==", "!="):
                    if kind in ("choices", "rows"):
                        self.fault(node, "not_comparable", type=kind)
                elif kind not in (*_ORDERED, "any"):
                    self.fault(node, "not_ordered", type=kind)
                return kind if node.op in ("min", "max") else "bool"

    def path(self, node: Node, rows: str | None) -> Type:
        path = str(node.value)
        root, _, rest = path.partition(".")
        if root == ROW and rows is not None:
            if not rest:
                return "choice" if self.types.get(rows) == "choices" else "any"
            path, root = f"{rows}.{rest}", rows.split(".", 1)[0]
        if path in self.types:
            return self.types[path]
        if not self.knows(root) or any(known.startswith(path + ".") for known in self.types) or self.open_above(path):
            return "any"
        near = get_close_matches(path, self.types, 1, 0.6)
        self.fault(node, "unknown_path_near" if near else "unknown_path", path=path, near=near[0] if near else "")
        return "any"

    def knows(self, root: str) -> bool:
        """Whether anything known is called by the first part *root*. Asked for few paths; a form's thousand are not gathered for each rule."""
        return any(path == root or path.startswith(f"{root}.") for path in self.types)

    def open_above(self, path: str) -> bool:
        """Whether something above *path* is of a type whose inside is not listed (an address, a date range, a plugin's field)."""
        parts = path.split(".")
        return any(self.types.get(".".join(parts[:n])) == "any" for n in range(1, len(parts)))

    def truth(self, node: Node, rows: str | None) -> None:
        kind = self.type_of(node, rows)
        if kind not in ("bool", "any"):
            self.fault(node, "wants_truth", type=kind)

    def each(self, node: Node, rows: str | None) -> Type:
        source, condition = node.args
        kind = self.type_of(source, rows)
        if kind not in ("rows", "choices", "any"):
            self.fault(source, "wants_rows", type=kind)
        self.truth(condition, full_path(source, rows))
        return "bool"

    def member(self, node: Node, rows: str | None) -> Type:
        value, options = node.args
        kind = self.type_of(value, rows)
        if options.op == "list":
            for option in options.args:
                if _common(value, kind, option, self.type_of(option, rows)) is None:
                    self.fault(option, "unlike", a=kind, b=self.type_of(option, rows))
        elif self.type_of(options, rows) not in ("choices", "any"):
            self.fault(options, "wants_list")
        if kind in ("choices", "rows"):
            self.fault(value, "not_comparable", type=kind)
        return "bool"

    def choose(self, node: Node, rows: str | None) -> Type:
        *front, last = node.args
        for condition in front[::2]:
            self.truth(condition, rows)
        return self.alike(node, (*front[1::2], last), rows)

    def alike(self, node: Node, args: tuple[Node, ...], rows: str | None) -> Type:
        """The common type of *args*; one finding for the first that does not fit."""
        first, kind = args[0], self.type_of(args[0], rows)
        for arg in args[1:]:
            other = self.type_of(arg, rows)
            common = _common(first, kind, arg, other)
            if common is None:
                self.fault(node, "unlike", a=kind, b=other)
                return "any"
            if common != kind or first.op == "lit":
                first, kind = arg, common
        return kind

    def arithmetic(self, node: Node, rows: str | None) -> Type:
        kinds = [self.type_of(arg, rows) for arg in node.args]
        for arg, kind in zip(node.args, kinds, strict=True):
            if kind not in ("number", "money", "any"):
                self.fault(arg, "wants_number", type=kind)
        money = kinds.count("money")
        if node.op == "*":
            if money > 1:
                self.fault(node, "money_times_money")
        elif money:
            for arg, kind in zip(node.args, kinds, strict=True):
                if kind == "number" and not _fits(arg, kind, "money"):
                    self.fault(node, "unlike", a="money", b="number")
                    break
        return "money" if money else "any" if "any" in kinds else "number"


def _called(kind: Type) -> dict[str, str]:
    """What people call a type, in both languages."""
    return {locale: word(f"rules.type_{kind}", locale) for locale in ("zh", "en")}


def full_path(source: Node, rows: str | None) -> str | None:
    """The path of a list of rows from the root, also when it lies inside another row."""
    if source.op != "var":
        return None
    path = str(source.value)
    if rows is not None and path.startswith(ROW + "."):
        return rows + path.removeprefix(ROW)
    return path


def _common(a: Node, ta: Type, b: Node, tb: Type) -> Type | None:
    if ta == tb:
        return ta
    if "any" in (ta, tb):
        return tb if ta == "any" else ta
    if _fits(b, tb, ta):
        return ta
    return tb if _fits(a, ta, tb) else None


def _fits(node: Node, kind: Type, wanted: Type) -> bool:
    """Whether *node* may stand where *wanted* is expected: the same type, or a constant that can be read as one."""
    if kind in (wanted, "any"):
        return True
    if node.op != "lit":
        return False
    if wanted == "choice":
        return True
    if wanted == "money":
        return isinstance(node.value, int) and not isinstance(node.value, bool)  # 分 are whole
    return wanted == "date" and isinstance(node.value, str) and _is_day(node.value)


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text) is not None
    except ValueError:
        return False
