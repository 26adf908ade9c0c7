"""All kinds of field by their key. Plugins add theirs through the hook ``field_types``; the composition root calls :func:`register`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.forms.fieldtypes.amounts import Computed, Integer, Money, Number
from core.forms.fieldtypes.base import FieldType
from core.forms.fieldtypes.choices import Cascade, Choice, Choices, Region, Statement, YesNo
from core.forms.fieldtypes.dates import DateRange, Day
from core.forms.fieldtypes.editors import Json, Lines, RuleText
from core.forms.fieldtypes.nested import Group, Map, Recursive, Rows, Union
from core.forms.fieldtypes.places import Address, MapPoint
from core.forms.fieldtypes.text import BankAccount, Colour, Email, Gone, LicenceRef, LongText, Phone, Reference, ResidentId, Text, Uscc
from core.forms.fieldtypes.uploads import File, Photo, Signature

_BUILT_IN: tuple[FieldType, ...] = (
    Text(), LongText(), Number(), Integer(), Money(), Day(), DateRange(), YesNo(), Choice(), Choices(), Cascade(), Region(), Address(),
    ResidentId(), Uscc(), Phone(), Email(), BankAccount(), File(), Photo(), Signature(), Rows(), Group(), MapPoint(), LicenceRef(),
    Statement(), Computed(), Union(), Map(), Reference(), RuleText(), Recursive(), Json(), Lines(), Colour(),
)  # fmt: skip
_GONE = Gone()
_kinds: dict[str, FieldType] = {kind.key: kind for kind in _BUILT_IN}


def get(key: str) -> FieldType:
    """The kind called *key*. Raises :class:`KeyError` when nobody offers it."""
    return _kinds[key]


def stand_in(schema: Mapping[str, Any]) -> FieldType:
    """The kind that takes the place of a plugin's whose plugin is gone, in a form that was published with it."""
    return _GONE if schema.get("type") == "string" else _kinds["json"]


def known(key: str) -> bool:
    """Whether somebody offers the kind."""
    return key in _kinds


def register(kind: FieldType) -> None:
    """Add a kind of a plugin, named ``<plugin>.<kind>``. A built-in kind cannot be replaced: raises :class:`ValueError`."""
    if any(kind.key == built_in.key for built_in in _BUILT_IN):
        raise ValueError(f"field type {kind.key} is built in")
    _kinds[kind.key] = kind


def unregister(key: str) -> None:
    """Forget a plugin's kind; forms that use it show their answers read-only."""
    if any(key == built_in.key for built_in in _BUILT_IN):
        raise ValueError(f"field type {key} is built in")
    _kinds.pop(key, None)


def kinds() -> Mapping[str, FieldType]:
    """Every kind by key, in the order of the builder's palette."""
    return MappingProxyType(_kinds)
