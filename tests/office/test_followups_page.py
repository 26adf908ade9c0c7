"""事后核查 and 少交的材料: each reads what their posts hold; what a check found is written once, in words."""

from datetime import date

from core.cases import sealing
from core.cases.chain import Fact
from core.cases.models import Case, CasePledge
from core.cases.service.machine import Change, carry_out
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.routing.marking import Plan
from tests.office.conftest import Office, press


def pledge(office: Office, case_id: str, kind: str = "later") -> str:
    """A promise of the case that waits to be checked by a reviewer, told in its chain as every promise is."""
    with office.session() as session:
        case = session.get_one(Case, case_id)
        key = sealing.key_of(session, case_id, case.wrapped_key)
        assert key is not None
        made = CasePledge(
            id=new_id(), region_root=case.region_root, case_id=case_id, number=case.number, item_code=case.item_code, item_title=case.item_title,
            applicant=case.applicant, department_id=case.department_id, role="reviewer", kind=kind, code="layout", state="due",
            sealed=sealing.seal_json(key, case_id, {"text": "我承诺按期补齐<b>", "liability": "视为撤回", "name": "王芳"}), signed_at=case.submitted_at,
            due_on=date(2026, 1, 5),
        )  # fmt: skip
        session.add(made)
        told = Fact("promised", {"promises": [{"kind": kind, "code": "layout", "text": "sha256:0"}]})
        carry_out(session, case_id, new_id(), lambda case: Change(Plan(case.marking, ()), before=[told], action="promised"), actor=SYSTEM)
        return made.id


def test_a_check_is_found_by_its_post_alone_and_written_once(fresh: Office) -> None:
    case = fresh.file("food-operation-new")
    line = pledge(fresh, case)
    reviewer, window = fresh.staff("reviewer"), fresh.staff("window")
    assert line in reviewer.get("/office/followups/").text
    assert line not in window.get("/office/followups/").text
    assert window.get(f"/office/followups/{line}").status_code == 404
    page = reviewer.get(f"/office/followups/{line}").text
    assert "我承诺按期补齐&lt;b&gt;" in page
    assert "已超期" in page
    assert "我承诺按期补齐&lt;b&gt;" in reviewer.get(f"/office/cases/{case}").text  # the panel of the case page
    form = {"command": new_id(), "result": "breached", "method": "written", "words": "到期没有补"}
    assert window.post(f"/office/followups/{line}", form).status_code == 404
    assert reviewer.post(f"/office/followups/{line}", {**form, "words": " "}).status_code in (400, 422)
    assert reviewer.post(f"/office/followups/{line}", {**form, "result": ""}).status_code == 422
    assert reviewer.post(f"/office/followups/{line}", form).status_code == 303
    assert line in reviewer.get("/office/followups/?state=breached").text
    again = reviewer.post(f"/office/followups/{line}", {**form, "command": new_id()})
    assert again.status_code == 409


def test_the_report_of_materials_saved_is_a_table_and_a_csv(office: Office) -> None:
    window = office.staff("window")
    assert "少交的材料" in window.get("/office/savings/?since=nonsense&until=2026-13").text
    table = window.get("/office/savings/table.csv?since=2026-01&until=2026-12")
    assert table.mimetype == "text/csv"
    assert table.text.startswith("\ufeff月份,事项代码")


def test_a_breach_is_shown_to_the_head_with_the_licence_that_rests_on_it(fresh: Office) -> None:
    case = fresh.file("food-operation-new")
    for login, action in (("window", "accept"), ("reviewer", "pass"), ("chief", "agree"), ("leader", "grant")):
        assert press(fresh.staff(login), case, action, opinion="符合条件").status_code == 303
    line = pledge(fresh, case)
    with fresh.session() as session:
        session.get_one(CasePledge, line).state = "breached"
        session.commit()
    leader, reviewer = fresh.staff("leader"), fresh.staff("reviewer")
    assert line in leader.get("/office/followups/?state=breached").text
    assert "撤销准予的决定" in leader.get(f"/office/followups/{line}").text
    assert "撤销准予的决定" not in reviewer.get(f"/office/followups/{line}").text
    form = {"command": new_id(), "reason": "逾期没有整改"}
    for login in ("yunling-leader", "window", "fire"):
        assert fresh.staff(login).post(f"/office/followups/{line}/annul", form).status_code == 404
    refused = leader.post(f"/office/followups/{line}/annul", form)  # the item of this hall offers no such promise
    assert refused.status_code == 409 and "alert" in refused.text
    assert leader.post(f"/office/followups/{line}/annul", {"reason": "没有命令号"}).status_code == 404
