"""What an item does to a licence that the applicant has: renewed, changed, annotated, ended – named by an answer, decided by the case, done by the library."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import Entry
from core.cases import service as cases
from core.cases.spec import PartyOnCase
from core.items import queries as items
from core.items.service import apply
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import new_id
from core.licences import service as licences
from core.licences.errors import WrongStatus
from core.licences.models import Licence, LicenceEvent
from core.licences.queries import verify
from tests.fixtures_cases import Desk
from tests.fixtures_hall import ROOT, settle

FORM = {
    "$schema": "https://wangting.example/schemas/form.v1.schema.json", "schema_version": 1, "id": "licence_work", "title": "证照办理申请表", "type": "object",
    "properties": {
        "licence": {"type": "string", "title": "证照编号", "ui": {"field": "licence_ref"}},
        "name": {"type": "string", "title": "新的经营者名称", "maxLength": 50},
    },
    "required": ["licence"],
    "ui": {"pages": [{"id": "main", "title": "证照", "sections": [{"id": "main", "title": "证照", "fields": ["licence", "name"]}]}]},
}  # fmt: skip
BASIS = "《中华人民共和国行政许可法》"


def item(do: str, **action: Any) -> dict[str, Any]:
    """The senior card's item made over into one that does *do* to a food licence."""
    doc: dict[str, Any] = json.loads((ROOT / "item_configs/civil_affairs/senior-card.json").read_text(encoding="utf-8"))
    doc |= {
        "code": f"food-{do}", "title": f"食品经营许可{do}", "department": "market_regulation", "form": "licence_work", "materials": [], "situations": [],
        "translations": {}, "service_objects": ["1", "2"], "plugins": {},
        "results": [{
            "id": "licence", "title": "食品经营许可证", "kind": "licence", "licence_type": "food-operation",
            "data": {"经营者名称": {"var": "form.name"}} if do in ("change", "renew", "annotate") else {},
            "action": {"do": do, "licence": "licence", "basis": BASIS, **action},
        }],
    }  # fmt: skip
    told = doc["provenance"]
    told["assumed"] = {spot: why for spot, why in told["assumed"].items() if not spot.startswith("results.card")}
    told["unknown"] = [spot for spot in told["unknown"] if not spot.startswith("results.card")]
    for part in ("rule_sheets", "documents", "promises", "bars", "deferral", "anywhere"):
        doc.pop(part, None)
    given = {"situation": {}, "form": {"licence": "2026-1"}, "materials": []}
    steps = [{"as": "window", "do": "accept", "day": 0}, {"as": "window", "do": "grant", "day": 0}]
    doc["tests"] = [{"id": "t", "title": "准予", "given": given, "steps": steps, "expect": {"end": "grant"}}]
    return doc


ITEMS = {
    "renew": item("renew"), "change": item("change"), "annotate": item("annotate", annotation="reissued"), "cancel": item("cancel", ground="70_5"),
    "revoke": item("revoke", ground="80_2"),
}  # fmt: skip


@pytest.fixture
def hall(lite: Desk) -> Iterator[Desk]:
    """The desk with a licence in the applicant's hands that ends in half a year, and an item for each act."""
    with lite.database.session() as session:
        for doc in ITEMS.values():
            apply(session, doc, forms={"licence_work": FORM}, blocks={}, publishing=True, same_person=True, actor=SYSTEM)
    yield lite


def given(desk: Desk, days: int = 180, party: str = "") -> Any:
    with desk.database.session() as session:
        return licences.issue(
            session, "food-operation", party or desk.hall.citizen_party, {"经营者名称": "青禾餐饮"}, case_no=None, valid_from=clock.today(),
            valid_to=clock.today() + timedelta(days=days), issuer=desk.hall.department("market_regulation"), actor=SYSTEM,
        )  # fmt: skip


def file(desk: Desk, do: str, licence: str, **answers: str) -> Any:
    with desk.database.session() as session:
        current = items.current(session, f"food-{do}")
        return cases.submit(
            session, compiled=current.compiled, version_id=current.version_id, owner=desk.hall.department("market_regulation"),
            values={"licence": licence, **answers}, parties=(PartyOnCase(desk.hall.citizen_party),), command_id=new_id(), actor=desk.hall.me,
        )  # fmt: skip


def press(desk: Desk, case: str, *actions: str, **more: Any) -> Any:
    for action in actions:
        no = desk.mine(case).tasks[0].no
        done = desk.act(case, no, action, "window", **more)
    return done


def row(desk: Desk, licence_id: str) -> Licence:
    with desk.database.session() as session:
        return session.get_one(Licence, licence_id)


def kinds(desk: Desk, case: str) -> list[str]:
    return [line.kind for line in desk.mine(case).history]


def test_a_renewal_is_asked_for_at_filing_and_done_by_the_grant(hall: Desk) -> None:
    old = given(hall)
    ref = file(hall, "renew", old.identifier, name="青禾小馆")
    asked = row(hall, old.id)
    assert asked.renewal_asked_on == clock.today() and asked.renewal_case_no == ref.number
    granted = press(hall, ref.id, "accept", "grant")
    assert granted.outcome == "grant" and len(granted.results) == 1 and granted.results[0] != old.id
    after = row(hall, granted.results[0])
    assert after.version == 2 and after.valid_to is not None and after.valid_to > (old.valid_to or clock.today()) and after.case_no == ref.number
    assert row(hall, old.id).next_id == after.id and "licence_renewed" in kinds(hall, ref.id)
    settle(hall.database)
    hall.sound(ref.id)
    with hall.database.session() as session:
        assert verify(session, after.identifier).status == "valid"


def test_a_renewal_asked_for_too_late_is_refused_at_filing_with_the_rule(hall: Desk) -> None:
    late = given(hall, days=10)
    with pytest.raises(WrongStatus) as refused:
        file(hall, "renew", late.identifier)
    assert "第五十条" in refused.value.words()
    assert row(hall, late.id).renewal_asked_on is None


def test_a_refused_renewal_and_one_withdrawn_are_asked_for_no_more(hall: Desk) -> None:
    old, other = given(hall), given(hall)
    refused, withdrawn = file(hall, "renew", old.identifier), file(hall, "renew", other.identifier)
    press(hall, refused.id, "accept")
    press(hall, refused.id, "refuse", reason="不再具备条件")
    with hall.database.session() as session:
        cases.withdraw(session, withdrawn.id, command_id=new_id(), actor=hall.hall.me)
    settle(hall.database)
    assert row(hall, old.id).renewal_asked_on is None and row(hall, other.id).renewal_asked_on is None
    with clock.freeze(clock.now() + timedelta(days=400)), hall.database.session() as session:
        licences.sweep(session)
    assert row(hall, other.id).next_id is None  # nothing was deemed granted


def test_a_change_makes_the_next_version_with_what_the_form_says(hall: Desk) -> None:
    old = given(hall)
    ref = file(hall, "change", old.number, name="青禾小馆")
    made = press(hall, ref.id, "accept", "grant").results[0]
    with hall.database.session() as session:
        assert licences.sheet(session, session.get_one(Licence, made))["data"]["经营者名称"] == "青禾小馆"
    assert row(hall, made).valid_to == old.valid_to
    hall.sound(ref.id)


def test_an_annotation_stands_on_the_licence_and_a_cancellation_ends_it(hall: Desk) -> None:
    old = given(hall)
    noted = file(hall, "annotate", old.identifier, name="正本遗失")
    assert press(hall, noted.id, "accept", "grant").results == ()
    with hall.database.session() as session:
        assert [each.title for each in verify(session, old.verify_code).annotations] == ["遗失补发"]
    ended = file(hall, "cancel", old.identifier)
    press(hall, ended.id, "accept", "grant")
    with hall.database.session() as session:
        assert verify(session, old.identifier).status == "cancelled"
    again = pytest.raises(WrongStatus)
    with again:
        file(hall, "annotate", old.identifier, name="x")


def test_a_granted_case_revokes_a_licence_once_and_everybody_who_looks_sees_it(hall: Desk) -> None:
    """行政许可法 80: what the case of an item with ``revoke`` decides ends the licence, on the ground that the item names."""
    old = given(hall)
    refused = file(hall, "revoke", old.identifier)
    press(hall, refused.id, "accept")
    press(hall, refused.id, "refuse", reason="不属于第八十条的情形")
    settle(hall.database)
    with hall.database.session() as session:
        assert verify(session, old.identifier).status == "valid", "a case that was not granted does nothing to it"
    ref = file(hall, "revoke", old.identifier)
    granted = press(hall, ref.id, "accept", "grant")
    assert granted.outcome == "grant" and granted.results == (), "no new licence comes of it"
    settle(hall.database)
    with hall.database.session() as session:
        assert {verify(session, told).status for told in (old.identifier, old.verify_code)} == {"revoked"}
        (event,) = session.scalars(select(LicenceEvent).where(LicenceEvent.licence_id == old.id, LicenceEvent.kind == "revoked"))
        assert json.loads(event.body)["ground"] == "80_2"
        recorded = session.scalars(select(Entry.detail).where(Entry.action == "licences.revoked", Entry.subject_id == old.id)).one()
        assert json.loads(recorded) == {"ground": "80_2", "case_no": ref.number}
    assert "licence_ended" in kinds(hall, ref.id)
    hall.sound(ref.id)
    for do in ("revoke", "change", "annotate"):
        with pytest.raises(WrongStatus):
            file(hall, do, old.identifier, name="x")


def test_somebody_else_s_licence_another_type_and_a_wrong_check_character_are_refused(hall: Desk) -> None:
    theirs, mine = given(hall, party=hall.hall.other_party), given(hall)
    wrong = mine.identifier[:-1] + ("A" if mine.identifier[-1] != "A" else "B")
    for text in (theirs.identifier, theirs.number, "没有这个编号", wrong, "x" * 200):
        with pytest.raises(PlatformError) as refused:
            file(hall, "change", text, name="x")
        assert isinstance(refused.value, NotFound | BadInput)
    with hall.database.session() as session:
        assert session.scalars(select(Licence.id).where(Licence.next_id.is_not(None))).all() == []


def test_a_licence_revoked_meanwhile_stops_the_grant_and_nothing_is_written(hall: Desk) -> None:
    old = given(hall)
    ref = file(hall, "change", old.identifier, name="青禾小馆")
    press(hall, ref.id, "accept")
    with hall.database.session() as session:
        ground = licences.Request("revoke", BASIS, "转让许可证", "80_1")
        licences.by_case(session, old.id, ground, department_id=hall.hall.department("market_regulation"), command_id=new_id(), actor=SYSTEM)
    with pytest.raises(WrongStatus):
        press(hall, ref.id, "grant")
    assert hall.mine(ref.id).outcome is None
    hall.sound(ref.id)
