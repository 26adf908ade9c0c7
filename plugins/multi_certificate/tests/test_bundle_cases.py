"""A bundle case from the filing to the merged licence: parts decided by their departments, one licence for all, each verifiable alone."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from core.cases import queries
from core.cases.hookspecs import CaseChange
from core.cases.models import Case
from core.licences import queries as library
from core.licences.models import Licence
from core.licences.service.issuing import sheet
from core.pluginhost import service as plugins
from plugins.multi_certificate import following
from plugins.multi_certificate.models import BundleCase, PartCase
from plugins.multi_certificate.tests.conftest import DECIDED, RECORDED, children, decide_part, granted
from tests.fixtures_hall import read_hall
from tests.journeys.hall import Hall


def rows(hall: Hall, case_id: str) -> dict[str, str | None]:
    """Part → how it ended, of every part that the case is for."""
    with hall.database.session() as session:
        found = session.scalars(select(PartCase).where(PartCase.case_id == case_id).order_by(PartCase.position))
        return {each.part: each.result for each in found}


def test_answers_choose_the_certificates(hall: Hall, filed: Callable[..., str]) -> None:
    assert rows(hall, filed("all")) == dict.fromkeys(("tax", "social", "seal", "medical", "fund", "bank"))
    assert rows(hall, filed("licence_only")) == {"tax": None}


def test_departments_decide_their_parts_and_one_licence_carries_all(hall: Hall, filed: Callable[..., str]) -> None:
    case_id = filed("all")
    hall.press("window", case_id, "accept")
    hall.press("reviewer", case_id, "pass")
    hall.settle()
    begun = children(hall, case_id)
    assert set(begun) == {"new-business-tax", "company-social-insurance"}, "what is only recorded is told with the grant, not before"
    page = hall.page("chief", f"/office/cases/{case_id}")
    assert 'value="grant"' not in page, "the decision waits for the departments"
    decide_part(hall, begun["new-business-tax"], *DECIDED)
    decide_part(hall, begun["company-social-insurance"], *DECIDED)
    assert rows(hall, case_id) == {"tax": "granted", "social": "granted", "seal": None, "medical": None, "fund": None, "bank": None}
    hall.press("chief", case_id, "grant")
    hall.settle()
    told = children(hall, case_id)
    assert set(told) - set(begun) == {"company-seal-record", "company-medical-insurance", "company-housing-fund", "company-bank-account"}
    with hall.database.session() as session:
        case = session.get_one(Case, case_id)
        assert case.outcome == "grant"
        (merged,) = library.of_case(session, case.number)
        lines = sheet(session, session.get_one(Licence, merged.id))["data"]
        numbers = {each: library.of_case(session, session.get_one(Case, told[each]).number)[0].number for each in begun}
    carried = f"税务登记信息确认({numbers['new-business-tax']});社会保险登记({numbers['company-social-insurance']})"  # the library folds widths
    assert (lines["合并的证"], lines["一并备案"]) == (carried, "公章刻制备案、医疗保险登记、住房公积金缴存登记、银行开户预约")
    assert lines["名称"] == "砚山样例商贸有限公司", "the item's own lines stay"


@pytest.fixture(scope="module")
def through(hall: Hall, filed: Callable[..., str]) -> tuple[str, dict[str, str]]:
    """A bundle case that was granted with all its certificates, and its sub-cases by item."""
    case_id = filed("all")
    return case_id, granted(hall, case_id)


def test_answers_were_given_once_and_reach_every_part_by_meaning(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    _case_id, begun = through
    with hall.database.session() as session:
        me = read_hall(session).me
        given = {code: queries.case_for_party(session, child, actor=me).values or {} for code, child in begun.items()}
    handled = ("company-social-insurance", "company-medical-insurance", "company-housing-fund", "company-seal-record")
    assert {given[code]["handler_name"] for code in handled} == {"李建国"}
    assert given["new-business-tax"]["buyer_name"] == "李建国"
    assert given["new-business-tax"]["taxpayer_name"] == given["company-bank-account"]["depositor"] == "砚山样例商贸有限公司"


def test_a_refused_part_refuses_nothing_else(hall: Hall, filed: Callable[..., str]) -> None:
    case_id = filed("all")
    granted(hall, case_id, social="refuse")
    assert rows(hall, case_id)["social"] == "refused" and rows(hall, case_id)["tax"] == "granted"
    with hall.database.session() as session:
        (merged,) = library.of_case(session, session.get_one(Case, case_id).number)
        lines = sheet(session, session.get_one(Licence, merged.id))["data"]
    assert "社会保险" not in lines["合并的证"] and "税务登记" in lines["合并的证"]


def test_a_refused_bundle_tells_no_department_and_issues_nothing(hall: Hall, filed: Callable[..., str]) -> None:
    case_id = filed("all")
    hall.press("window", case_id, "accept")
    hall.press("reviewer", case_id, "refuse", opinion="住所不能登记")
    page = hall.page("chief", f"/office/cases/{case_id}")
    assert 'value="refuse"' in page and 'value="grant"' not in page, "what was found unfit is not granted"
    hall.press("chief", case_id, "refuse", opinion="住所不能登记")
    hall.settle()
    assert children(hall, case_id) == {}
    with hall.database.session() as session:
        assert library.of_case(session, session.get_one(Case, case_id).number) == ()
        assert session.get_one(BundleCase, case_id).outcome == "refuse"


def test_a_record_that_the_department_makes_later_is_heard_of_after_the_grant(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, begun = through
    decide_part(hall, begun["company-seal-record"], *RECORDED)
    assert rows(hall, case_id)["seal"] == "granted"
    with hall.database.session() as session:
        assert session.get_one(PartCase, (case_id, "seal")).licence_id is not None


def test_a_message_that_comes_again_changes_nothing(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, _begun = through
    before = rows(hall, case_id)
    with hall.database.session() as session:
        case = session.get_one(Case, case_id)
        change = CaseChange(case.id, case.number, case.item_code, case.version_id, case.department_id, case.status, case.outcome, ())
        following.follow(plugins.called(session, "multi_certificate"), change)
    assert rows(hall, case_id) == before
