"""What the law or the house forbids, tried: each refused by exactly its rule, in words that name it, with nothing written."""

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.cases import service as cases
from core.cases.errors import FourEyes
from core.cases.models import Case
from core.identity import service as identity
from core.identity.errors import BadDelegation
from core.items import service as items
from core.items.library import library as shelf_of
from core.items.library import read_json
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import PlatformError
from core.kernel.ids import new_id
from core.kernel.wording import word
from core.licences import queries as licences
from core.licences import service as library_service
from core.licences.errors import BadIdentifier, Unusable
from core.licences.models import Licence
from core.routing.errors import RouteRefused
from tests.fixtures_cases import Desk
from tests.licences.conftest import Library, library
from tests.licences.test_life import GROUNDS

__all__ = ["library"]

SHELF = shelf_of()
FOOD = read_json(SHELF.items["food-operation-new"])


def state(desk: Desk, case: str) -> tuple[Any, ...]:
    with desk.database.session() as session:
        return tuple(session.execute(select(Case.version, Case.seq, Case.status, Case.head).where(Case.id == case)).one())


def refused(desk: Desk, case: str, kind: type[PlatformError], key: str, verb: Callable[[], Any], *named: str) -> None:
    """*verb* is refused by the rule *key*, which says what is *named* in Chinese; the case is untouched and sound."""
    before = state(desk, case)
    with pytest.raises(kind) as found:
        verb()
    assert found.value.message_key == key
    assert all(part in found.value.words("zh") for part in named), found.value.words("zh")
    assert found.value.words("en") not in ("", key)
    assert state(desk, case) == before
    desk.sound(case)


def give(desk: Desk, verb: Any, case: str, *args: Any, by: str | Actor, **more: Any) -> Any:
    actor = desk.hall.actor(by) if isinstance(by, str) else by
    with desk.database.session() as session:
        return verb(session, case, *args, command_id=new_id(), actor=actor, **more)


def post(desk: Desk, login: str, role: str) -> None:
    with desk.database.session() as session:
        identity.add_post(session, desk.hall.staff[login], desk.hall.department("market_regulation"), role, actor=SYSTEM)


def gate(change: Callable[[dict[str, Any]], Any]) -> dict[str, str]:
    """Rule → words of every error that keeps the changed item from being published."""
    doc = copy.deepcopy(FOOD)
    change(doc)
    return {f.key: f.words("zh") for f in items.check_item(doc, forms=SHELF.forms, blocks=SHELF.blocks) if f.level == "error"}


def test_a_pause_without_basis_is_neither_published_nor_opened(lite: Desk) -> None:
    for basis in ("", "  "):
        found = gate(lambda doc, basis=basis: doc["route"]["pauses"]["site_check"].update(basis=basis))
        assert "第四十五条" in found.get("routing.check.pause_basis", ""), found
    case = lite.submit().id
    no = lite.run_until(case, "review.joint.market.review")
    refused(
        lite, case, RouteRefused, "routing.no_such_pause",
        lambda: give(lite, cases.open_pause, case, no, "waiting_for_weather", by="reviewer", reason="天气"), "第四十五条",
    )  # fmt: skip


def test_a_second_correction_round(lite: Desk) -> None:
    case = lite.submit().id
    lite.act(case, 1, "request_correction", "window", data={"fields": {"area": "与合同不符"}})
    lite.correct(case, {"operator_name": "青禾餐饮", "area": 90, "business_kind": "catering"})
    no = next(task.no for task in lite.mine(case).tasks if task.node == "intake")
    again = {"fields": {"area": "还是不符"}}
    refused(lite, case, RouteRefused, "routing.corrected_once", lambda: lite.act(case, no, "request_correction", "window", data=again), "第三十二条")


def test_an_extension_beyond_the_law(lite: Desk) -> None:
    found = gate(lambda doc: doc["route"]["anytime"]["extend"]["adds"].update(value=11))
    assert "第四十二条" in found["routing.check.extend_too_long"]
    found = gate(lambda doc: doc["route"]["anytime"]["extend"].update(times=2))
    assert "第四十二条" in found["routing.check.extend_too_long"]
    post(lite, "leader", "agency_head")
    case = lite.submit().id
    lite.run_until(case, "review.joint.market.review")
    give(lite, cases.extend, case, reason="材料复杂", by="leader")
    refused(lite, case, RouteRefused, "routing.extended_already", lambda: give(lite, cases.extend, case, reason="再延", by="leader"), "第四十二条")


def test_a_decision_by_the_person_who_accepted(lite: Desk) -> None:
    post(lite, "window", "leader")  # even in the right post
    case = lite.submit().id
    lite.act(case, 1, "accept", "window")
    no = lite.run_until(case, "review.decide")
    for action in ("grant", "refuse"):
        refused(lite, case, FourEyes, "cases.four_eyes", lambda action=action: lite.act(case, no, action, "window", reason="理由"), "他人办理")
    lite.act(case, no, "grant", "leader")


def test_a_delegation_in_a_circle(lite: Desk) -> None:
    today, staff = clock.today(), lite.hall.staff

    def lend(origin: str, to: str) -> None:
        with lite.database.session() as session:
            until = today + timedelta(days=3)
            identity.delegate(session, staff[origin], staff[to], reason="出差", valid_from=today, valid_until=until, actor=SYSTEM)

    lend("leader", "chief")
    lend("chief", "reviewer")
    with pytest.raises(BadDelegation) as found:
        lend("reviewer", "leader")
    assert found.value.params["reason"] == "identity.delegation_circle"
    assert word("identity.delegation_circle") in found.value.words("zh") and word("identity.delegation_circle", "en") in found.value.words("en")


def test_a_task_lent_in_a_circle(lite: Desk) -> None:
    post(lite, "chief", "reviewer")
    case = lite.submit().id
    no = lite.run_until(case, "review.joint.market.review")
    give(lite, cases.delegate, case, no, to=lite.hall.staff["chief"], by="reviewer")
    back = lambda: give(lite, cases.delegate, case, no, to=lite.hall.staff["reviewer"], by="chief")  # noqa: E731
    refused(lite, case, RouteRefused, "routing.same_person", back)


def test_a_licence_identifier_with_a_wrong_check_character(library: Library) -> None:
    ref = library.issue()
    with library.database.session() as session:
        identifier = str(session.scalar(select(Licence.identifier).where(Licence.id == ref.id)))
        assert licences.verify(session, identifier).status == "valid"
        wrong = identifier[:-1] + ("0" if identifier[-1] != "0" else "1")
        with pytest.raises(BadIdentifier) as found:
            licences.verify(session, wrong)
    assert found.value.message_key == "identifiers.licence_check" and "GB/T 36904" in found.value.words("zh")


@pytest.mark.parametrize(("act", "on", "key"), [("revoke", None, "licences.refused_revoked"), (None, date(2031, 11, 21), "licences.refused_expired")])
def test_a_revoked_or_an_expired_licence_as_evidence(library: Library, act: str | None, on: date | None, key: str) -> None:
    ref = library.issue()
    if act is not None:
        library.do(ref.id, act, **GROUNDS[act])
    day = on or date(2026, 11, 21)

    def use() -> Any:
        with library.database.session() as session:
            purpose = {"purpose": "办理食品经营许可", "case_no": "C2", "until": day + timedelta(days=5), "parties": (library.parties["wang"],)}
            return library_service.use(session, ref.id, by=library.actor("window"), **purpose)

    with library.at(day.year, day.month, day.day), pytest.raises(Unusable) as found:
        use()
    assert found.value.message_key == key and "不能作为证明" in found.value.words("zh")
