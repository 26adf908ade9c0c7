"""A library with an issuer, its superior, another department, and people in the posts that matter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.db.database import Database
from core.identity.service import add_department, add_division, add_party, add_post, add_staff
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.ids import new_id
from core.licences import service
from core.licences.spec import Holder, LicenceRef
from tests.fixtures_hall import make_database

USCC = "11999900MB0000000G"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
#: Who works where, as what.
PEOPLE = {
    "window": ("county", "window"),
    "reviewer": ("county", "reviewer"),
    "chief": ("county", "section_chief"),
    "leader": ("county", "leader"),
    "head": ("county", "agency_head"),
    "superior": ("city", "leader"),
    "neighbour": ("fire", "leader"),
}
TYPE: dict[str, Any] = {
    "code": "food-operation",
    "title": "食品经营许可证",
    "defining_uscc": USCC,
    "type_code": USCC + "002",
    "annotations": [{"id": "note", "title": "监管提示", "public": True}, {"id": "inner", "title": "内部备注"}],
    "faces": [{"id": "2020", "title": "2020 年版", "since": "2020-01-01"}, {"id": "2030", "title": "2030 年版", "since": "2030-01-01"}],
    "fields": [{"title": "经营场所", "required": True}, {"title": "经营项目"}],
    "valid": {"rule": "fixed", "value": 5, "unit": "year"},
}


@dataclass
class Library:
    """The database, the departments, the people, and short verbs that are a transaction each."""

    database: Database
    departments: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """A member of staff."""
        return Actor("staff", self.staff[name])

    def issue(self, **more: Any) -> LicenceRef:
        """A food licence of Wang's, five years from 21 November 2026."""
        values: dict[str, Any] = {"case_no": "C1", "valid_from": date(2026, 11, 21), "valid_to": date(2031, 11, 20), "issuer": self.departments["county"]}
        holder = more.pop("holder", Holder((self.parties["wang"],), "王小芳", "resident_id", "11010519900307232X"))
        with self.database.session() as session:
            return service.issue(session, "food-operation", holder, {"经营场所": "示例路 1 号"}, actor=SYSTEM, **{**values, **more})

    def do(self, licence_id: str, act: str, who: str = "leader", *, command: str | None = None, **more: Any) -> str:
        """One act, with everything it needs unless said otherwise."""
        words = {"basis": "示例法第一条;示例决定〔2026〕1号", "reason": "示例理由"}
        request = service.Request(act, **{**words, **more})
        with self.database.session() as session:
            return service.carry_out(session, licence_id, request, command_id=command or new_id(), actor=self.actor(who))

    def at(self, *day: int) -> Any:
        """Noon of a day."""
        return clock.freeze(datetime(*day, 4, tzinfo=UTC))  # type: ignore[misc]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A fresh library on SQLite."""
    database = make_database(tmp_path)
    database.sessions.kw["info"]["config"] = SimpleNamespace(public_url="https://hall.example", host="127.0.0.1", port=1, home=tmp_path)
    made = Library(database)
    with clock.freeze(NOW):
        with database.session() as session:
            furnish(session, made)
        yield made
    database.close()


def furnish(session: Any, made: Library) -> None:
    """The organisation, the catalogue, two citizens' parties."""
    service.put_types(session, [TYPE], actor=SYSTEM)
    city = add_division(session, "999900", "示例市", "city", actor=SYSTEM)
    county = add_division(session, "999901", "示例区", "county", parent_id=city, actor=SYSTEM)
    add: Callable[..., str] = add_department
    made.departments["city"] = add(session, "market_regulation", "示例市市场监督管理局", division_id=city, uscc=USCC, actor=SYSTEM)
    made.departments["county"] = add(session, "market_regulation", "示例区市场监督管理局", division_id=county, uscc=USCC, actor=SYSTEM)
    made.departments["fire"] = add(session, "fire", "示例区消防救援大队", division_id=county, uscc=USCC, actor=SYSTEM)
    for name, (department, role) in PEOPLE.items():
        made.staff[name] = add_staff(session, f"user-{name}", name, actor=SYSTEM)
        add_post(session, made.staff[name], made.departments[department], role, actor=SYSTEM)
    made.parties["wang"] = add_party(session, kind="person", document_kind="resident_id", name="王小芳", number="11010519900307232X")
    made.parties["li"] = add_party(session, kind="person", document_kind="resident_id", name="李大山", number="110105195808150016")
