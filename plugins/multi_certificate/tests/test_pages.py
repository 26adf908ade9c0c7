"""The pages of the plugin, and what it adds to the platform's: right for each reader, and nothing for the wrong one."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from core.cases.models import Case
from core.identity.models import Department, Staff
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from core.licences import service as licences
from core.licences.models import Licence
from core.licences.service import Request
from plugins.multi_certificate.models import PartCase
from plugins.multi_certificate.tests.conftest import RECORDED, decide_part, granted
from tests.english.test_pages_in_english import chinese
from tests.fixtures_hall import counted
from tests.fixtures_site import Browser
from tests.journeys.hall import ME, Hall

OTHER = "13800000002"
FINDER = "/x/multi_certificate/"
LIST = "/office/x/multi_certificate/cases"


@pytest.fixture(scope="module")
def through(hall: Hall, filed: Callable[..., str]) -> tuple[str, dict[str, str]]:
    """A granted bundle case with every certificate issued but the record of the bank account."""
    case_id = filed("all")
    begun = granted(hall, case_id)
    for code in ("company-seal-record", "company-medical-insurance", "company-housing-fund"):
        decide_part(hall, begun[code], *RECORDED)
    return case_id, begun


def text(html: str) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def licence_of(hall: Hall, case_id: str) -> Licence:
    with hall.database.session() as session:
        number = session.get_one(Case, case_id).number
        return session.scalars(select(Licence).where(Licence.case_no == number, Licence.next_id.is_(None))).one()


# the finder ------------------------------------------------------------------------------------------------------------


def test_the_finder_asks_a_few_questions_and_needs_no_log_in(hall: Hall) -> None:
    page = Browser(hall.app).get(FINDER)
    assert page.status_code == 200
    said = text(page.text)
    assert "我需要办哪些证" in said and "要不要一起刻公章？" in said and "你要办" not in said


def test_answers_come_to_certificates_departments_papers_and_time(hall: Hall) -> None:
    page = Browser(hall.app).get(FINDER + "company-establish?seal=yes&staff=no&bank=no&premises=lease")
    said = text(page.text)
    assert "你要办 3 个证" in said
    for words in ("营业执照", "税务登记信息确认", "公章刻制备案", "税务局", "公安局", "8 个工作日", "45 个工作日", "公司章程"):
        assert words in said, words
    assert "社会保险登记" not in said and "银行开户预约" not in said
    assert 'href="/items/company-establish/apply?seal=yes&amp;staff=no&amp;bank=no&amp;premises=lease"' in page.text
    apart, once = re.search(r"一共要填 (\d+) 栏.*?：(\d+) 栏", said).groups()  # type: ignore[union-attr]
    assert int(once) < int(apart)


def test_an_open_answer_leaves_certificates_open(hall: Hall) -> None:
    said = text(Browser(hall.app).get(FINDER + "company-establish?seal=yes").text)
    assert "还没答：" in said and "看你的回答" in said and "你要办 7 个证" in said


@pytest.mark.parametrize("query", ["?seal=nobody&x=1", "?seal=yes&seal=no", "?seal=%00%27%3Cscript%3E", "?" + "a" * 3000])
def test_hostile_answers_are_no_answers(hall: Hall, query: str) -> None:
    page = Browser(hall.app).get(FINDER + "company-establish" + query)
    assert page.status_code in (200, 414) and "<script>" not in page.text


@pytest.mark.parametrize("code", ["new-business-tax", "nothing-here", "..%2f..%2fetc"])
def test_an_item_that_is_no_bundle_has_no_finder(hall: Hall, code: str) -> None:
    assert Browser(hall.app).get(FINDER + code).status_code == 404


def test_the_guide_of_a_bundle_lists_its_certificates_and_others_do_not(hall: Hall) -> None:
    guide = Browser(hall.app).get("/items/company-establish").text
    assert "办这一件，同时办成这些证" in guide and "/x/multi_certificate/company-establish" in guide
    assert "同时办成这些证" not in Browser(hall.app).get("/items/new-business-tax").text


def test_the_pages_are_in_english_too(hall: Hall) -> None:
    reader = Browser(hall.app)
    reader.get("/language/en")
    page = reader.get(FINDER + "company-establish?seal=yes&staff=yes&bank=yes&premises=own").text
    said = text(page)
    with hall.database.session() as session:
        names = [title.removeprefix("示范市") for title in session.scalars(select(Department.title).where(Department.title.startswith("示范市")))]
    assert chinese(page, ("示范市政务服务网", "中文", *names)) == [], "only names stay Chinese, and are marked as such"
    assert "You need 7 certificates" in said and "Record of the seals" in said and "8 working days" in said


# case pages ------------------------------------------------------------------------------------------------------------


def test_the_applicant_sees_how_each_certificate_stands_and_may_verify_it(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, begun = through
    page = hall.citizen(ME).get(f"/cases/{case_id}").text
    said = text(page)
    assert "合并办理的证" in said and said.count("已备案") == 3 and said.count("已发证") == 2 and "已告知，部门登记中" in said
    assert f'href="/cases/{begun["new-business-tax"]}"' in page
    assert page.count('href="/verify/') >= 5


def test_staff_see_the_panel_and_only_the_sub_cases_they_may_open(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, begun = through
    page = hall.page("reviewer", f"/office/cases/{case_id}")
    assert "合并办理的证" in page and f'href="/office/cases/{begun["new-business-tax"]}"' in page


def test_nobody_else_sees_the_case(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, _begun = through
    assert hall.citizen(OTHER).get(f"/cases/{case_id}").status_code == 404
    assert hall.staff("fire").get(f"/office/cases/{case_id}").status_code == 404


# the list --------------------------------------------------------------------------------------------------------------


def test_the_list_shows_each_department_the_bundles_it_takes_part_in(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, _begun = through
    for login in ("reviewer", "head"):
        said = hall.page(login, LIST + "?which=all")
        assert f"/office/cases/{case_id}" in said and "6 个证有结果" in text(said)
    assert case_id in hall.page("reviewer", LIST), "the bank's record is still to come"
    assert case_id not in hall.page("reviewer", LIST + "?which=done")


def test_the_list_sorts_cases_under_way_from_those_that_are_through(hall: Hall, filed: Callable[..., str]) -> None:
    new, refused = filed("licence_only"), filed("licence_only")
    hall.press("window", refused, "accept")
    hall.press("reviewer", refused, "refuse", opinion="住所不能登记")
    hall.press("chief", refused, "refuse", opinion="住所不能登记")
    hall.settle()
    under_way, through = hall.page("reviewer", LIST), hall.page("reviewer", LIST + "?which=done")
    assert new in under_way and new not in through
    assert refused in through and refused not in under_way and "没有办" in through


@pytest.mark.parametrize("login", ["fire", "qinghe-reviewer", "legal"])
def test_the_list_shows_nothing_to_departments_that_take_no_part(hall: Hall, through: tuple[str, dict[str, str]], login: str) -> None:
    case_id, _begun = through
    page = hall.page(login, LIST + "?which=all")
    assert case_id not in page and "没有这样的办件" in page


def test_citizens_and_strangers_do_not_reach_the_list(hall: Hall) -> None:
    assert Browser(hall.app).get(LIST).status_code == 302
    assert hall.citizen(ME).get(LIST).status_code in (302, 403)


@pytest.mark.parametrize("query", ["?which=nothing", "?after=%27%3B--", "?after=zzz&which=done"])
def test_the_list_takes_hostile_addresses(hall: Hall, query: str) -> None:
    assert hall.staff("reviewer").get(LIST + query).status_code == 200


# verification ----------------------------------------------------------------------------------------------------------


def test_the_public_page_of_the_merged_licence_lists_its_certificates_and_names_no_case(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, begun = through
    page = Browser(hall.app).get(f"/verify/{licence_of(hall, case_id).verify_code}").text
    said = text(page)
    assert "这个证照载明的证" in said and said.count("已发证") == 2 and said.count("已备案") == 3
    for child in (case_id, *begun.values()):
        assert child not in page
    for code in ("new-business-tax", "company-seal-record"):
        assert licence_of(hall, begun[code]).verify_code not in page, "the code of a certificate is its holder's to give"


def test_each_certificate_is_verified_alone_and_names_the_licence_that_carries_it(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, begun = through
    for code in ("new-business-tax", "company-housing-fund"):
        said = text(Browser(hall.app).get(f"/verify/{licence_of(hall, begun[code]).verify_code}").text)
        assert "有效" in said and licence_of(hall, case_id).number in said


def test_the_public_page_tells_nobody_what_was_refused_or_not_wanted(hall: Hall, filed: Callable[..., str]) -> None:
    case_id = filed("all")
    granted(hall, case_id, social="refuse")
    page = text(Browser(hall.app).get(f"/verify/{licence_of(hall, case_id).verify_code}").text)
    assert "社会保险" not in page and "没有通过" not in page and "没有办" not in page, "行政许可法 40: what was granted is public"
    assert page.count("已发证") == 1 and "没有列出来的，就是没有发证、没有备案" in page
    own = text(hall.page("leader", f"/office/cases/{case_id}"))
    assert "没有通过" in own, "who handles the case reads it"


def act(hall: Hall, licence_id: str, what: str, **more: object) -> None:
    with hall.database.session() as session:
        head = Actor("staff", session.scalars(select(Staff.id).where(Staff.name == "蒋为公")).one())
        request = Request(what, "《中华人民共和国行政许可法》", "事后查明", **more)  # type: ignore[arg-type]
        licences.carry_out(session, licence_id, request, command_id=new_id(), actor=head)


def test_a_later_change_and_a_revocation_of_one_part_show_at_once(hall: Hall, filed: Callable[..., str]) -> None:
    case_id = filed("all")
    begun = granted(hall, case_id)
    code = licence_of(hall, case_id).verify_code
    tax, social = (licence_of(hall, begun[each]) for each in ("new-business-tax", "company-social-insurance"))
    act(hall, tax.id, "change", ground="49", data={"主营业务": "应税服务"})
    act(hall, social.id, "revoke", ground="80_1")
    said = text(Browser(hall.app).get(f"/verify/{code}").text)
    assert said.count("已发证") == 1 and "吊销" in said, "the changed one stands, the revoked one does not"
    assert text(Browser(hall.app).get(f"/verify/{social.verify_code}").text).count("吊销")
    with hall.database.session() as session:
        kept = session.get_one(PartCase, (case_id, "tax")).licence_id
    assert kept == tax.id and licence_of(hall, begun["new-business-tax"]).id != tax.id, "the newest version is followed from the one that was issued"
    assert "有效" in text(Browser(hall.app).get(f"/verify/{code}").text), "the licence itself is untouched"


def test_the_list_costs_the_same_however_many_certificates_it_shows(hall: Hall, filed: Callable[..., str], through: tuple[str, dict[str, str]]) -> None:
    def cost(after: str) -> int:
        with counted(hall.database) as statements:
            hall.page("reviewer", f"{LIST}?which=all&after={after}")
        return len(statements)

    del through
    hall.page("reviewer", LIST)
    one = cost(sorted(filed("licence_only") for _ in range(2))[0])
    assert cost("") <= one + 3, "whatever is on the page is asked for together"


def test_the_list_is_in_english_too(hall: Hall, through: tuple[str, dict[str, str]]) -> None:
    case_id, _begun = through
    clerk = Browser(hall.app).staff("head", hall.built.passwords["head"])
    clerk.get("/language/en")
    page = clerk.get(LIST + "?which=all").text
    assert case_id in page and "5 of 6 certificates are through" in text(page)
    assert "Tax registration" in page and "Notified, being recorded" in page
