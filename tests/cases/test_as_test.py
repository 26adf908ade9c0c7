"""A finished case becomes a test of its item: green on its version, without anybody in it, for nobody but those who may change the item."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit.models import Entry
from core.cases import service as cases
from core.cases.anonymous import KEPT
from core.cases.errors import CaseNotFound
from core.cases.service import testing
from core.cases.service.machine import load
from core.cases.service.testing import NotRetold, as_test
from core.forms.spec import Field
from core.items import gate
from core.items import queries as items
from core.kernel.actor import Actor
from core.kernel.errors import NotFound
from core.kernel.ids import new_id
from core.schemas import service as schemas
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle

SECRET = {
    "operator_name": "秘密饭店有限公司", "area": 450, "business_kind": "canteen", "by_agent": False, "online": False, "id_kind": "uscc",
    "uscc": "92610117MA6U00001P", "legal_name": "欧阳秘密", "legal_gender": "female", "legal_home": "西安市秘密街道9号", "legal_id_kind": "resident_id",
    "legal_id_number": "610117198001010028", "legal_mobile": "13912345678", "legal_position": "秘密负责人", "premises_address": "秘密路88号",
    "premises_region": "陕西省西安市高陵区", "economic_nature": "individual", "employees": 37, "copies": 1, "items": ["hot"], "years": 5,
    "central_kitchen": False, "group_meals": False, "vending": False, "health_checks": 2,
    "equipment": [{"name": "秘密消毒柜", "place": "秘密后厨", "quantity": 3}],
    "safety_managers": [{"id_number": "610117198001010028", "name": "欧阳秘密", "phone": "13912345678", "post_kind": "part"}],
    "staff": [
        {
            "employer": "秘密饭店有限公司", "ethnicity": "汉族", "gender": "male", "home": "秘密街道2号", "id_kind": "resident_id",
            "id_number": "610117198503120032", "name": "秘密李", "phone": "13998765432", "position": "秘密厨师",
        }
    ],
}  # fmt: skip
SITUATION = {"kind": "canteen", "agent": "self"}


#: Who does what in the demonstration hall.
WHO = {"window": "window", "section_chief": "chief", "leader": "leader"}


def login_of(task: Any) -> str:
    """Somebody who may do the task."""
    return WHO.get(task.roles[0]) or ("fire" if "fire" in task.node else "reviewer")


def press(desk: Desk, case: str, node: str, action: str, **more: Any) -> None:
    """Press a button of the task at *node*."""
    if action == "deliver":
        settle(desk.database)  # the documents are made first
    task = next(task for task in desk.mine(case).tasks if task.node == node)
    more |= {"data": {"way": "electronic"}} if action == "deliver" else {}
    desk.act(case, task.no, action, login_of(task), **more)


def walked(desk: Desk, *acts: tuple[str, str], values: dict[str, Any] | None = None) -> str:
    """A case of this application to which that was done, with reasons that name somebody."""
    case = desk.submit(values or SECRET, situation=SITUATION).id
    for node, action in acts:
        press(desk, case, node, action, **({"reason": "欧阳秘密写得不清楚"} if action in ("refuse", "return", "decline") else {}))
    return case


GRANTED = (
    ("intake.check.fire", "complete"), ("intake", "accept"), ("review.joint.fire.opinion", "pass"), ("review.joint.market.review", "pass"),
    ("review.joint.market.sign", "agree"), ("review.decide", "grant"), ("delivery", "deliver"),
)  # fmt: skip


def identifying(desk: Desk, case: str) -> Iterator[str]:
    """Every value of the case's sealed answers whose kind could tell who it was, found without the code under test."""
    with desk.database.session() as session:
        loaded = load(session, case)[0]
        yield from _texts(loaded.compiled.form.root, loaded.content["values"])


def _texts(field: Field, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name in field.body.by_id:
                yield from _texts(field.body.by_id[name], each)
    elif isinstance(value, list):
        for each in value:
            if field.body.item is not None:
                yield from _texts(field.body.item, each)
    elif field.body.kind.key not in KEPT and isinstance(value, str) and len(value) > 1:
        yield value


def made(desk: Desk, case: str, login: str = "chief", **more: Any) -> dict[str, Any]:
    with desk.database.session() as session:
        return as_test(session, case, actor=desk.hall.actor(login), **more)


def green(desk: Desk, test: dict[str, Any]) -> gate.TestResult:
    """The test is valid and green on the version of the case."""
    with desk.database.session() as session:
        compiled = items.load(session, desk.version)
    assert list(schemas.validate("item", {**compiled.doc, "tests": [test]})) == []
    result = gate.run_test(compiled, test, "/tests/0", gate.PLAIN_CALENDAR, gate.FILED)
    assert result.findings == ()
    return result


def test_a_granted_case_becomes_a_green_test_without_anybody_in_it(lite: Desk) -> None:
    case = walked(lite, *GRANTED)
    names = sorted(set(identifying(lite, case)))
    assert {"秘密饭店有限公司", "欧阳秘密", "13912345678", "610117198001010028", "秘密厨师"} <= set(names)
    test = made(lite, case)
    text = json.dumps(test, ensure_ascii=False)
    assert [name for name in names if name in text] == []
    assert "秘密" not in text
    assert test["given"]["form"]["area"] == 450  # a rule reads it
    assert test["given"]["form"]["employees"] != 37  # none reads this
    assert len(test["given"]["form"]["staff"]) == 1
    assert test["given"]["situation"] == SITUATION
    result = green(lite, test)
    assert result.end == "grant"
    assert {"intake.check.fire", "joint.fire.opinion", "decide", "delivery"} <= set(result.path)
    with lite.database.session() as session:
        entry = session.execute(sa.select(Entry).where(Entry.action == "case.made_test")).scalar_one()
    assert (entry.subject_id, json.loads(entry.detail)["item"]) == (case, "food-operation-new")
    assert entry.actor_id == lite.hall.staff["chief"]


def test_returns_refusals_and_their_reasons_are_told_without_the_words(lite: Desk) -> None:
    case = walked(
        lite, ("intake.check.fire", "complete"), ("intake", "accept"), ("review.joint.fire.opinion", "refuse"), ("review.joint.market.review", "pass"),
        ("review.joint.market.sign", "refuse"), ("review.joint.market.review", "refuse"), ("review.decide", "refuse"), ("delivery", "deliver"),
    )  # fmt: skip
    test = made(lite, case)
    assert "秘密" not in json.dumps(test, ensure_ascii=False)
    assert green(lite, test).end == "refuse"
    assert [step["do"] for step in test["steps"]] == ["complete", "accept", "refuse", "pass", "refuse", "refuse", "refuse", "deliver"]


def test_a_correction_and_a_pause_are_told(lite: Desk) -> None:
    small = {**SECRET, "area": 100}
    case = lite.submit(small, situation=SITUATION).id
    press(lite, case, "intake", "request_correction", data={"fields": {"operator_name": "欧阳秘密的名称不对"}, "materials": {}}, reason="欧阳秘密请补正")
    lite.correct(case, {**small, "operator_name": "另一家秘密饭店"})
    press(lite, case, "intake", "accept")
    task = next(task for task in lite.mine(case).tasks if task.node == "review.joint.market.review")
    with lite.database.session() as session:
        cases.open_pause(session, case, task.no, "site_check", command_id=new_id(), actor=lite.hall.actor("reviewer"))
    with lite.database.session() as session:
        cases.close_pause(session, case, task.no, command_id=new_id(), actor=lite.hall.actor("reviewer"))
    for node, action in GRANTED[3:]:
        press(lite, case, node, action)
    test = made(lite, case)
    assert [step["do"] for step in test["steps"]] == [
        "request_correction", "correct", "accept", "open_pause", "close_pause", "pass", "agree", "grant", "deliver",
    ]  # fmt: skip
    assert "秘密" not in json.dumps(test, ensure_ascii=False)
    assert green(lite, test).end == "grant"


def test_a_withdrawn_case_is_a_test_too_and_an_open_one_is_none(lite: Desk) -> None:
    case = lite.submit(SECRET, situation=SITUATION).id
    with pytest.raises(NotRetold) as refused:
        made(lite, case)
    assert "还没有办完" in refused.value.words("zh")
    assert "not finished" in refused.value.words("en")
    with lite.database.session() as session:
        cases.withdraw(session, case, reason="秘密原因", command_id=new_id(), actor=lite.hall.me)
    test = made(lite, case, taken=["withdrawn"])
    assert test["id"] == "withdrawn_2"
    assert green(lite, test).end == "withdrawn"


@pytest.mark.parametrize("login", ["window", "reviewer", "fire", "leader", "legal"])
def test_nobody_else_makes_a_test_of_a_case_and_nothing_is_written(lite: Desk, login: str) -> None:
    case = walked(lite, *GRANTED)
    with pytest.raises(CaseNotFound):
        made(lite, case, login)
    with lite.database.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Entry).where(Entry.action == "case.made_test")) == 0
        for actor in (lite.hall.me, Actor("staff", "nobody"), Actor("staff", new_id())):
            with pytest.raises((CaseNotFound, NotFound)):
                as_test(session, case, actor=actor)
        with pytest.raises(CaseNotFound):
            as_test(session, "no-such", actor=lite.hall.actor("chief"))


def test_a_case_is_found_by_its_number(lite: Desk) -> None:
    found = lite.submit(SECRET, situation=SITUATION)
    with lite.database.session() as session:
        assert testing.number_of(session, f" {found.number} ") == found.id
        with pytest.raises(CaseNotFound):
            testing.number_of(session, "no-such")
