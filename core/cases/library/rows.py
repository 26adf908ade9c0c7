"""The rows of an export: cases in words, names and numbers masked unless they may be whole, each row marked with whose export it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.library.search import Found
from core.cases.models import CaseParty, table
from core.identity import queries as people
from core.identity.models import Party
from core.identity.sealing import unseal
from core.kernel.clock import local
from core.kernel.wording import word

#: The columns in their order; ``cases.export.<name>`` words them.
COLUMNS = (
    "number", "item", "item_code", "department", "applicant", "document", "channel", "status", "outcome", "submitted", "accepted", "decided", "ended", "due",
    "mark",
)  # fmt: skip

_party, _who = table(CaseParty).c, Party.__table__.c
_APPLICANTS = (
    select(_party.case_id, _who.id, _who.masked_name, _who.masked_number, _who.wrapped_key, _who.sealed)
    .join(Party, Party.id == _party.party_id)
    .where(_party.role == "applicant")
    .order_by(_party.case_id, _party.party_id)
)


@dataclass(frozen=True, slots=True)
class About:
    """What stands at the head of the file: whose export, when, for what, of which cases."""

    mark: str
    who: str
    at: datetime
    purpose: str
    filters: str
    revealed: bool

    def lines(self, locale: str) -> list[tuple[str, str]]:
        """As (title, text) for people."""
        masked = "no" if self.revealed else "yes"
        pairs = [
            ("mark", self.mark),
            ("who", self.who),
            ("at", _at(self.at)),
            ("purpose", self.purpose),
            ("filters", self.filters or "—"),
            ("masked", word(f"cases.export.masked_{masked}", locale)),
        ]
        return [(word(f"cases.export.{name}", locale), text) for name, text in pairs]


def titles(locale: str) -> list[str]:
    """The heads of the columns."""
    return [word(f"cases.export.{name}", locale) for name in COLUMNS]


def rows(session: Session, found: Sequence[Found], *, mark: str, revealed: bool, locale: str) -> list[list[str]]:
    """One list of texts a case, as :data:`COLUMNS` says."""
    departments = people.titles(session, {each.department_id for each in found})
    parties = _applicants(session, [each.id for each in found], revealed)
    made = []
    for each in found:
        name, number = parties.get(each.id, (each.applicant, ""))
        made.append(
            [
                each.number, each.item_title, each.item_code, departments.get(each.department_id, ""), name, number,
                word(f"cases.channel.{each.channel}", locale), word(f"cases.status.{each.status}", locale),
                word(f"cases.outcome.{each.outcome}", locale) if each.outcome else "", _at(each.submitted_at), _at(each.accepted_at), _at(each.decided_at),
                _at(each.ended_at), _at(each.due_at), mark,
            ]
        )  # fmt: skip
    return made


def _applicants(session: Session, case_ids: Sequence[str], revealed: bool) -> Mapping[str, tuple[str, str]]:
    """Case → (name, number) of its first applicant."""
    known: dict[str, tuple[str, str]] = {}
    for row in session.execute(_APPLICANTS.where(_party.case_id.in_(case_ids))):
        if row.case_id not in known:
            known[row.case_id] = _whole(session, row) if revealed and row.wrapped_key is not None else (row.masked_name, row.masked_number)
    return known


def _whole(session: Session, row: Any) -> tuple[str, str]:
    values = unseal(session, row.id, row.wrapped_key, row.sealed)
    return str(values["name"]), str(values["number"])


def _at(at: datetime | None) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}" if at is not None else ""
