"""What a guide is made of. Frozen; every text comes with the language to mark it with (``None`` when it is in the reader's own)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.routing.outline import OutlineLine


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the language to mark it with; ``url``: where its original can be read."""

    words: str
    lang: str | None = None
    url: str = ""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the four facts. Either ``value`` with ``unit``, or ``words``; ``small`` are the lines below. ``unknown``: the source is silent."""

    id: str
    title: str
    value: str = ""
    unit: str = ""
    words: str = ""
    small: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a situation."""

    id: str
    title: str
    lang: str | None
    help: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """A question that shortens the guide."""

    id: str
    title: str
    lang: str | None
    help: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """One material for this situation. ``free``: 无需提交, the hall has it. ``off``: it hangs on an answer not yet given (``condition`` says which)."""

    id: str
    title: str
    lang: str | None
    state: str
    source: str
    free: bool
    off: bool
    tags: tuple[str, ...]
    lines: tuple[Said, ...]
    condition: str
    original: int | None
    copies: int | None
    accept: tuple[str, ...]
    max_files: int | None
    max_mb: int | None
    blank: str | None
    sample: str | None
    basis: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class Fee:
    """One line of the fee table that applies here. ``amount`` is ready to show; ``fen`` is ``None`` when unknown."""

    id: str
    title: str
    lang: str | None
    amount: str
    fen: int | None
    basis: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one gets."""

    id: str
    title: str
    lang: str | None
    kind: str
    words: str
    sample: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where one can go. ``at`` is longitude and latitude (CGCS2000), ``point`` the same in words, ``number`` what
    the plan calls it (0: it has no point), ``map`` where the hall's own map shows it."""

    id: str
    title: str
    lang: str | None
    address: str
    address_lang: str | None
    hours: str
    hours_lang: str | None
    phone: str
    at: tuple[float, float] | None = None
    point: str = ""
    number: int = 0
    map: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer."""

    id: str
    question: str
    answer: str
    lang: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A number to call, or words instead of one; ``phone`` is empty when there is nothing to dial."""

    id: str
    title: str
    value: str
    phone: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the source does not say: ``assumed`` by the hall (``why``), or ``unknown``."""

    kind: str
    path: str
    title: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.title}:{self.why}" if self.why else self.title


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything the guide page, its print and the API show of one item for one situation."""

    code: str
    title: str
    title_lang: str | None
    short: str
    short_lang: str | None
    summary: str
    summary_lang: str | None
    division: str
    department: str
    type: str
    case_type: str
    who: tuple[str, ...]
    online: bool
    elsewhere: str
    full_online: bool
    facts: tuple[Fact, ...]
    situations: tuple[Situation, ...]
    chosen: str
    answers: Mapping[str, str]
    materials: tuple[Material, ...]
    own_count: int
    free_count: int
    undecided_count: int
    win: str
    materials_note: str
    route_lead: str
    route_svg: str
    route_outline: tuple[OutlineLine, ...]
    pauses: tuple[Said, ...]
    ways: tuple[str, ...]
    conditions: tuple[Said, ...]
    basis: tuple[Said, ...]
    basis_summary: str
    fees: tuple[Fee, ...]
    results: tuple[Result, ...]
    places: tuple[Place, ...]
    plan: str
    distances: tuple[str, ...]
    contacts: tuple[Contact, ...]
    redress: tuple[str, ...]
    redress_assumed: bool
    faq: tuple[Question, ...]
    seasons: tuple[Said, ...]
    assumed: tuple[Note, ...]
    unknown: tuple[Note, ...]
    source: str
    codes: Mapping[str, str]
    number: int | None
    published: datetime | None
    hash: str
    locale: str
    qr: str

    def fact(self, name: str) -> Fact:
        """One of ``time visits fee result``."""
        return next(fact for fact in self.facts if fact.id == name)

    def to_json(self) -> dict[str, Any]:
        """The guide for the API; drawing and QR are left to their own addresses."""
        return {name: _json(getattr(self, name)) for name in self.__slots__ if name not in ("route_svg", "plan", "qr")}


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json(child) for key, child in value.items()}
    if isinstance(value, tuple | list):
        return [_json(child) for child in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return {name: _json(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
