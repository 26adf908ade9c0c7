"""The base of every kind of field: all its faces in one object, so that a new kind is one class and nothing else."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from wtforms import Field as WTField
from wtforms.fields.core import UnboundField

from core.forms.branch import Branch
from core.forms.spec import Field
from core.rules.spec import Type


class _Missing:
    """Nothing was answered. JSON has no word for it: the key is left out."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


class Title(NamedTuple):
    """What the builder calls a kind."""

    zh: str
    en: str


#: One thing wrong inside a value: the steps below it, the key of the words, their parameters.
Problem = tuple[tuple[str | int, ...], str, Mapping[str, Any]]


class Answer(WTField):  # type: ignore[misc]  # WTForms ships no types
    """The WTForms field of every kind: hands what was posted to the kind for coercion. It never validates – that is ``decide``'s."""

    def __init__(self, question: Field, **kwargs: Any) -> None:
        super().__init__(question.title, **kwargs)
        self.question = question

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Coerce the branch of this field; nothing posted is :data:`MISSING`."""
        kid = formdata.kids.get(self.short_name) if isinstance(formdata, Branch) else None
        self.raw_data = kid.texts if kid is not None else []
        self.data = MISSING if kid is None else read(self.question, kid)


#: What a page writes into ``<name>-_is`` so that the empty shapes of JSON survive a round trip that knows only texts.
MARKS: Final[Mapping[str, Any]] = {"null": None, "[]": [], "{}": {}, '""': ""}


def read(field: Field, branch: Branch) -> Any:
    """The JSON value of one posted branch: coerced, or the empty shape the page had marked, or :data:`MISSING`."""
    value = field.kind.decode(field.body, branch)
    if value is not MISSING:
        return value
    mark = branch.first("_is")
    if mark is not None and mark in MARKS and field.kind.accepts_mark(field, mark):
        empty = MARKS[mark]
        return type(empty)() if isinstance(empty, (list, dict)) else empty
    return MISSING


class FieldType:
    """One kind of field. Subclasses override what differs; every face has a plain default.

    ``rule_type`` is the type rules see, ``macro`` the Jinja macro that draws the control, ``group`` whether the control is several
    inputs (drawn in a ``fieldset``), ``required_key`` the words for a missing answer, ``sensitive`` whether lists and logs mask it.
    """

    key: ClassVar[str]
    rule_type: ClassVar[Type] = "text"
    macro: ClassVar[str] = "line"
    group: ClassVar[bool] = False
    structural: ClassVar[bool] = False  # holds other fields
    sensitive: ClassVar[bool] = False
    required_key: ClassVar[str] = "forms.required"
    input_type: ClassVar[str] = "text"
    input_mode: ClassVar[str] = ""
    width: ClassVar[str] = ""
    title: ClassVar[Title] = Title("", "")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """JSON Schema keywords this kind adds where the definition is silent."""
        return {}

    def wtf(self, field: Field) -> UnboundField:
        """The WTForms field that coerces this question."""
        return UnboundField(Answer, question=field, name=field.id)

    def decode(self, field: Field, branch: Branch) -> Any:
        """The JSON value of what was posted, :data:`MISSING` when nothing was. A text that cannot be coerced is kept as it is."""
        return self.coerce(field, branch.texts[-1]) if branch.texts else MISSING

    def coerce(self, field: Field, text: str) -> Any:
        """One posted text as JSON."""
        return text or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """A JSON value from the API, a draft or prefill brought to the form :meth:`coerce` gives."""
        return value

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """Whether an empty shape marked by the page is one of this kind."""
        return mark == "null" and field.nullable

    def encode(self, field: Field, value: Any) -> Any:
        """The value as its control shows it."""
        return "" if value is None or value is MISSING else value

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """What JSON Schema cannot see: check digits, real days, order of two ends. Only called with values of the right type."""
        return iter(())

    def fact(self, field: Field, value: Any) -> Any:
        """The value as rules compare it."""
        return value

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The value in words for check-your-answers, case page and print."""
        return "" if value is None else str(value)

    def mask(self, field: Field, text: str) -> str:
        """The displayed text with what strangers need not see starred out."""
        return text

    def empty(self, field: Field) -> Any:
        """The value of a fresh form; :data:`MISSING` leaves the key out."""
        return MISSING

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A valid value, the same for the same *seed*."""
        raise NotImplementedError
