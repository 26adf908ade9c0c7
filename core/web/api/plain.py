"""Views as plain JSON: dataclasses become objects, instants and days ISO texts. Nothing is added that the view does not say."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any


def plain(value: Any, leave_out: frozenset[str] = frozenset()) -> Any:
    """*value* as what :func:`json.dumps` takes; fields named in *leave_out* are dropped at every depth."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), leave_out) for f in fields(value) if f.name not in leave_out}
    if isinstance(value, Mapping):
        return {str(k): plain(v, leave_out) for k, v in value.items() if k not in leave_out}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v, leave_out) for v in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
