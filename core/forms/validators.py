"""JSON Schema, checked by jsonschema-rs where a wheel of it exists and by jsonschema everywhere else – with one verdict.

Both are read into :class:`Violation`, so nothing above knows which one spoke. Formats are not asserted: field types check those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jsonschema import Draft202012Validator

try:
    import jsonschema_rs
except ImportError:  # pragma: no cover - depends on the platform's wheels
    jsonschema_rs = None  # type: ignore[assignment]

Step = str | int


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken keyword at one spot. ``missing`` names the absent property of ``required`` and ``dependentRequired``."""

    way: tuple[Step, ...]
    keyword: str
    missing: str | None = None


class Checker(Protocol):
    """What both libraries offer here."""

    def violations(self, instance: Any) -> Iterator[Violation]: ...  # pragma: no cover - typing only


class PythonChecker:
    """jsonschema: pure Python, always there."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = Draft202012Validator(schema)

    def violations(self, instance: Any) -> Iterator[Violation]:
        """Every violation, in no particular order."""
        seen = set()
        for error in self._validator.iter_errors(instance):
            way, keyword = tuple(error.absolute_path), str(error.validator)
            for missing in _missing(keyword, error.validator_value, error.instance):
                violation = Violation(way, keyword, missing)
                if violation not in seen:
                    seen.add(violation)
                    yield violation


def _missing(keyword: str, value: Any, instance: Any) -> list[str | None]:
    if keyword == "required" and isinstance(instance, dict):
        return [name for name in value if name not in instance]
    if keyword == "dependentRequired" and isinstance(instance, dict):
        return [name for key, names in value.items() if key in instance for name in names if name not in instance]
    return [None]


class RustChecker:
    """jsonschema-rs: some fifty times faster."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema))

    def violations(self, instance: Any) -> Iterator[Violation]:
        """Every violation, in no particular order."""
        if self._validator.is_valid(instance):
            return
        seen = set()
        for error in self._validator.iter_errors(instance):
            path = list(error.schema_path)
            keyword = _keyword(path)
            missing = getattr(error.kind, "property", None) if keyword in ("required", "dependentRequired") else None
            violation = Violation(tuple(error.instance_path), keyword, missing)
            if violation not in seen:
                seen.add(violation)
                yield violation


def _keyword(path: list[Any]) -> str:
    if len(path) >= 2 and path[-2] == "dependentRequired":
        return "dependentRequired"
    return str(path[-1]) if path else "false"


def checker(schema: Mapping[str, Any], *, prefer: str = "fast") -> Checker:
    """A checker for *schema*; ``prefer="python"`` forces the pure one (tests compare the two)."""
    return RustChecker(schema) if jsonschema_rs is not None and prefer == "fast" else PythonChecker(schema)
