"""The life of a licence as a table: which act starts from which status, where it leads, who may do it, and what the law names as grounds.

Pure. Sources: 行政许可法 49 (change), 50 (renewal), 69 (annulment), 70 (cancellation), 80; 行政处罚法 9(3) (suspension and revocation of permits).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from core.licences.spec import ANNULLED, CANCELLED, REVOKED, STATUS, VALID, WITHHELD, StatusName
from core.worktime.projection import add_months

if TYPE_CHECKING:
    from core.licences.models import Licence

ONE_DAY = timedelta(days=1)


def last_day(day: date, valid_for: Mapping[str, Any] | None) -> date | None:
    """The last day of validity of a licence given on *day*: the day before the same day some months or years on (``valid_for`` of a result);
    ``None`` is without end."""
    if not valid_for or valid_for.get("value") is None:
        return None
    months = int(valid_for["value"]) * (12 if valid_for["unit"] == "year" else 1)
    return add_months(day, months) - ONE_DAY


_LIVE: frozenset[StatusName] = frozenset({"valid", "withheld", "early"})
_SENIOR = ("leader", "agency_head")


@dataclass(frozen=True, slots=True)
class Holders:
    """A role at the issuer (``owner``) or at its superior (``parent``), as ``identity.holders`` resolves it."""

    role: str
    org: str = "owner"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. ``to`` is the status code it leads to (``None``: the status stays); ``until`` a last day is named; ``grounds`` one of them must be."""

    name: str
    event: str
    starts: frozenset[StatusName]
    to: str | None
    holders: tuple[Holders, ...]
    grounds: tuple[str, ...] = ()
    until: bool = False
    kind: Literal["plain", "annotation", "version", "renewal"] = "plain"


def _posts(*roles: str, above: bool = False) -> tuple[Holders, ...]:
    own = tuple(Holders(role) for role in roles)
    return (*own, *(Holders(role, "parent") for role in roles)) if above else own


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act("annotate", "annotated", _LIVE, None, _posts("reviewer", "section_chief", *_SENIOR), kind="annotation"),
        Act("change", "changed", frozenset({"valid"}), None, _posts("section_chief", *_SENIOR), ("49",), kind="version"),
        Act("renew", "renewed", frozenset({"valid"}), None, _posts("section_chief", *_SENIOR), ("50_1",), until=True, kind="version"),
        Act("refuse_renewal", "renewal_refused", frozenset({"valid", "withheld"}), None, _posts(*_SENIOR), ("50_2",), kind="renewal"),
        Act("suspend", "suspended", frozenset({"valid", "early"}), WITHHELD, _posts(*_SENIOR), ("punish_9_3", "other_law"), until=True),
        Act("resume", "resumed", frozenset({"withheld"}), VALID, _posts(*_SENIOR)),
        # 行政许可法 69: the agency that decided, or its superior
        Act(
            "annul", "annulled", _LIVE | {"expired"}, ANNULLED, _posts(*_SENIOR, above=True), ("69_1_1", "69_1_2", "69_1_3", "69_1_4", "69_1_5", "69_2")
        ),
        Act("revoke", "revoked", _LIVE, REVOKED, _posts(*_SENIOR), ("80_1", "80_2", "80_3", "80_4")),
        Act(
            "cancel", "cancelled", _LIVE | {"expired", "annulled", "revoked"}, CANCELLED, _posts("section_chief", *_SENIOR),
            ("70_1", "70_2", "70_3", "70_4", "70_5", "70_6"),
        ),
    )
}  # fmt: skip
#: Grounds of cancellation that presuppose a status (行政许可法 70(1), 70(4)), and statuses that allow one ground only.
GROUND_NEEDS: Mapping[str, frozenset[StatusName]] = {"70_1": frozenset({"expired"}), "70_4": frozenset({"annulled", "revoked"})}
STATUS_ALLOWS: Mapping[StatusName, frozenset[str]] = {"annulled": frozenset({"70_4"}), "revoked": frozenset({"70_4"})}


@dataclass(frozen=True, slots=True)
class Term:
    """What of a licence time works on."""

    status: str
    valid_from: date
    valid_to: date | None
    suspended_until: date | None = None
    renewal_asked_on: date | None = None
    superseded: bool = False


def term_of(row: "Licence") -> Term:
    """What of a licence's row time works on."""
    return Term(row.status, row.valid_from, row.valid_to, row.suspended_until, row.renewal_asked_on, row.next_id is not None)


def standing(term: Term, day: date) -> StatusName:
    """The status on *day*, whether or not the sweep has been there.

    A valid licence whose last day has passed is expired – unless its renewal was asked for in time and nobody has decided: then it is
    deemed renewed (行政许可法 50(2)). A suspension ends after its last day.
    """
    if term.superseded:
        return "superseded"
    if term.status not in (VALID, WITHHELD):
        return STATUS.get(term.status, "other")
    if term.valid_to is not None and term.valid_to < day and term.renewal_asked_on is None:
        return "expired"
    if term.status == WITHHELD and (term.suspended_until is None or term.suspended_until >= day):
        return "withheld"
    return "valid" if term.valid_from <= day else "early"


def due_on(term: Term) -> date | None:
    """The first day on which time alone changes something; ``None`` when it never does."""
    if term.superseded or term.status not in (VALID, WITHHELD):
        return None
    ends = [term.valid_to] + ([term.suspended_until] if term.status == WITHHELD else [])
    days = [each + ONE_DAY for each in ends if each is not None]
    return min(days, default=None)
