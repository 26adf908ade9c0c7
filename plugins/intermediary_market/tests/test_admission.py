"""Admission: application, qualification, notice in working or calendar days, objection, measures and appeals; the list of services; the item's options."""

from datetime import date, timedelta

import pytest

from core.kernel.actor import SYSTEM
from core.sdk import BadInput, Forbidden, NotFound
from core.sdk.hooks import Application
from core.sdk.items import ItemInfo
from core.sdk.testing.halls import PluginHall
from core.settings import service as settings
from plugins.intermediary_market import fields, health
from plugins.intermediary_market.models import Agency
from plugins.intermediary_market.numbering import agency_number, is_number
from plugins.intermediary_market.service import agencies, catalogue, linking, objections, standing
from plugins.intermediary_market.service.credit import score
from plugins.intermediary_market.service.who import Who
from plugins.intermediary_market.tests.conftest import Market, company, in_hall

GIVEN = {"contact": "李大山", "phone": "13800000002", "promise": "1", "introduction": "十年经验"}


@pytest.fixture
def market(begun_anew: Market) -> Market:
    """Four agencies; no browser is needed here."""
    return begun_anew


def apply(market: Market, serial: int = 20, affiliates: str = "", services: list[str] | None = None, given: dict[str, str] | None = None) -> tuple[str, str]:
    party = company(market.hall, f"新{serial}咨询有限公司", serial)
    with market.other() as ctx:
        return party, agencies.apply(ctx, Who(ctx.actor.id, (party,)), party, GIVEN | (given or {}), services or [market.service], affiliates).id


def found(market: Market, agency: str) -> Agency:
    with market.acting() as ctx:
        return agencies.one(ctx, agency)


def test_an_application_is_reviewed_put_on_notice_for_five_working_days_and_admitted_by_itself(market: Market) -> None:
    _party, agency = apply(market)
    with market.staff() as ctx:
        agencies.review(ctx, agency, "pass", "")
    row = found(market, agency)
    assert row.state == "noticed" and row.notice_until == date(2026, 11, 9)  # Monday + 5 working days
    market.pass_days(7)
    assert found(market, agency).state == "noticed", "the last day counts"
    market.pass_days(1)
    assert found(market, agency).state == "admitted"


def test_the_notice_may_be_in_calendar_days(hall: PluginHall) -> None:
    market = in_hall(hall)
    with market.hall.database.session() as session:
        settings.put(session, "plugin.intermediary_market.notice_in_calendar_days", True, actor=SYSTEM)
        settings.put(session, "plugin.intermediary_market.notice_days", 3, actor=SYSTEM)
    _party, agency = apply(market)
    with market.staff() as ctx:
        agencies.review(ctx, agency, "pass", "")
    assert found(market, agency).notice_until == date(2026, 11, 5)


def test_a_service_that_needs_a_licence_is_passed_only_when_the_library_has_it(market: Market) -> None:
    with market.staff() as ctx:
        needing = catalogue.put(
            ctx, {"code": "survey", "title_zh": "测绘", "basis": "测绘法第二十七条", "basis_level": "law", "licence_type": "survey-licence"}
        ).id
    _party, agency = apply(market, services=[needing])
    with market.staff() as ctx:
        assert [each.fit for each in agencies.qualifications(ctx, agencies.one(ctx, agency))] == [False]
        with pytest.raises(BadInput, match="no valid licence"):
            agencies.review(ctx, agency, "pass", "")
        with pytest.raises(BadInput, match="reason"):
            agencies.review(ctx, agency, "return", " ")
        agencies.review(ctx, agency, "return", "请先取得测绘资质")
    assert found(market, agency).state == "returned"


def test_only_a_company_of_one_s_own_applies_and_only_once_whoever_acts_for_it(market: Market) -> None:
    party, _agency = apply(market)
    with market.other() as ctx:
        with pytest.raises(BadInput, match="already"):
            agencies.apply(ctx, Who(ctx.actor.id, (party,)), party, GIVEN, [market.service], "")
        with pytest.raises(BadInput, match="company"):
            agencies.apply(ctx, market.stranger, market.stranger.parties[0], GIVEN, [market.service], "")
        with pytest.raises(BadInput, match="company"):
            agencies.apply(ctx, market.stranger, market.owner.parties[1], GIVEN, [market.service], "")
    for given, words in (({"promise": ""}, "commitment"), ({"phone": " "}, "contact")):
        with pytest.raises(BadInput, match=words):
            apply(market, 21, given=given)


def test_ties_are_sealed_and_found_by_their_number_alone(market: Market) -> None:
    with pytest.raises(BadInput, match="name number"):
        apply(market, 22, affiliates="青禾餐饮管理有限公司 91990100MA0000001X")
    _party, agency = apply(market, 23, affiliates="青禾餐饮管理有限公司 91990100MA0000001G\n王小芳 11010519900307232X")
    with market.acting() as ctx:
        assert agencies.affiliates(ctx, agencies.one(ctx, agency)) == ("青禾餐饮管理有限公司", "王小芳")
        agencies.one(ctx, agency).state = "admitted"
    project = market.announce("random")
    from plugins.intermediary_market.service import bids

    with market.other() as ctx, pytest.raises(BadInput, match="tied"):
        bids.register(ctx, project, Who(ctx.actor.id, (_party,)))


def test_nobody_reviews_or_measures_without_the_permission(market: Market) -> None:
    _party, agency = apply(market)
    for login in ("reviewer", "leader"):
        with market.staff(login) as ctx, pytest.raises(Forbidden):
            agencies.review(ctx, agency, "pass", "")
    with market.staff("reviewer") as ctx:
        for attempt in (
            lambda: standing.suspend(ctx, agency, until=date(2027, 1, 1), reason="x"),
            lambda: standing.resume(ctx, agency, reason="x"),
            lambda: standing.remove(ctx, agency, until=date(2027, 1, 1), reason="x"),
            lambda: catalogue.put(ctx, {"code": "x", "title_zh": "x", "basis_level": "none"}),
            lambda: objections.answer(ctx, agency, "uphold", "x"),
        ):
            with pytest.raises(Forbidden):
                attempt()
    with market.other() as ctx, pytest.raises(Forbidden):
        agencies.review(ctx, agency, "pass", "")


def test_an_objection_during_the_notice_is_answered_by_a_colleague_and_stops_the_admission(market: Market) -> None:
    _party, agency = apply(market)
    with market.staff() as ctx:
        agencies.review(ctx, agency, "pass", "")
    with market.citizen() as ctx:
        objection = objections.against_admission(ctx, agency, market.owner, "挂靠").id
    market.pass_days(12)
    assert found(market, agency).state == "noticed"
    with market.staff("chief") as ctx, pytest.raises(BadInput, match="colleague"):
        objections.answer(ctx, objection, "uphold", "属实")
    with market.staff("leader") as ctx:
        assert [each.id for each in objections.waiting(ctx)] == [objection]
        objections.answer(ctx, objection, "uphold", "查实是挂靠")
    assert found(market, agency).state == "refused"
    with market.citizen() as ctx, pytest.raises(BadInput, match="over"):
        objections.against_admission(ctx, agency, market.owner, "再来")


def test_a_suspension_ends_by_itself_or_by_an_appeal_that_gives_the_points_back(market: Market) -> None:
    first, second = (agency for _party, agency in market.companies[:2])
    with market.staff() as ctx:
        for agency in (first, second):
            standing.suspend(ctx, agency, until=ctx.today() + timedelta(days=10), reason="超期")
        with pytest.raises(BadInput, match="two years"):
            standing.suspend(ctx, market.companies[2][1], until=ctx.today(), reason="x")
    with market.other() as ctx:
        objection = objections.appeal(ctx, market.bidder(0), "不是我们的责任").id
        assert objections.text(ctx, objections.mine(ctx, market.bidder(0))[0]) == "不是我们的责任"
    with market.staff("leader") as ctx:
        objections.answer(ctx, objection, "uphold", "确实不是")
        assert agencies.scores(ctx, [first, second])[first].total == 80
        assert agencies.scores(ctx, [first, second])[second].total == 70
    assert found(market, first).state == "admitted" and found(market, second).state == "suspended"
    market.pass_days(11)
    assert found(market, second).state == "admitted"
    with market.other() as ctx, pytest.raises(BadInput, match="no decision"):
        objections.appeal(ctx, market.bidder(0), "又来")


def test_a_removed_agency_comes_back_only_after_its_time(market: Market) -> None:
    party, agency = market.companies[0]
    with market.staff() as ctx:
        standing.remove(ctx, agency, until=ctx.today() + timedelta(days=30), reason="造假")
    who = Who(market.stranger.id, (party,))
    with market.other() as ctx, pytest.raises(BadInput, match="already"):
        agencies.apply(ctx, who, party, GIVEN, [market.service], "")
    market.at += timedelta(days=32)
    with market.other() as ctx:
        assert agencies.apply(ctx, who, party, GIVEN, [market.service], "").number == found(market, agency).number


@pytest.mark.parametrize(
    ("levels", "points", "total"),
    [([], [], 80), ([1], [], 100), ([1, 1, 2], [], 97), ([5, 5], [], 40), ([3], [10, 5], 65), ([5], [40, 40], 0), ([1], [0], 100), ([4, 5], [], 50)],
)
def test_a_score_adds_up(levels: list[int], points: list[int], total: int) -> None:
    assert score(levels, points).total == total


def test_a_number_with_a_wrong_digit_or_two_swapped_is_seen() -> None:
    for serial in (1, 42, 99_999, 123_456):
        number = agency_number(serial)
        assert is_number(number)
        for place in range(2, len(number)):
            for digit in "0123456789":
                if digit != number[place]:
                    assert not is_number(number[:place] + digit + number[place + 1 :])
    assert not is_number("ZJ12345") and not is_number("")


def item(services: list[dict[str, str]], properties: dict[str, object] | None = None) -> ItemInfo:
    route = {"pauses": {"expert_review": {}}, "review": {"nodes": {"check": {"actions": {"pass": {"to": "x"}, "no": {"outcome": "refuse"}}}}}}
    return ItemInfo("x", "示范", {"services": services}, {"route": route}, {"properties": properties or {}})


def test_the_gate_refuses_what_is_not_on_the_list_has_no_basis_or_names_nothing_of_the_route(market: Market) -> None:
    with market.acting() as ctx:
        assert linking.check(ctx, item([{"code": "water-assessment", "payer": "applicant", "pause": "expert_review", "before": "check"}])) == ()
        keys = [
            each.key.partition(".")[2]
            for each in linking.check(
                ctx,
                item(
                    [
                        {"code": "nothing", "payer": "applicant"},
                        {"code": "report-review", "payer": "applicant"},
                        {"code": "report-review", "payer": "department", "pause": "p", "before": "n"},
                    ]
                ),
            )
        ]
        assert keys == ["gate_service", "gate_basis", "gate_pause", "gate_step"]


def test_an_application_names_only_agencies_that_are_admitted_today(market: Market) -> None:
    number = found(market, market.companies[0][1]).number
    form = {"agency": {"type": "string", "ui": {"field": "intermediary_market.agency"}}, "words": {"type": "string"}}
    with market.acting() as ctx:

        def check(value: str) -> list[str]:
            return [each.path for each in fields.check(ctx, Application(item([], form), {"agency": value, "words": "ZJ0000000"}, {}, "p"))]

        assert check(number) == [] and check("") == [] and check(agency_number(999)) == ["agency"]
        agencies.one(ctx, market.companies[0][1]).state = "suspended"
        ctx.session.flush()
        assert check(number) == ["agency"]


def test_the_kind_of_field_folds_what_people_type_and_knows_a_slip_of_the_pen() -> None:
    kind = fields.AgencyField()
    assert kind.tidy(" zj 000-0017 ") == "ZJ0000017"
    assert list(kind.check(None, "ZJ0000017")) == []  # type: ignore[arg-type]
    assert [each[1] for each in kind.check(None, "ZJ0000071")] == ["intermediary_market.number_digit"]  # type: ignore[arg-type]


def test_the_health_page_names_what_is_missing_and_where_to_mend_it(market: Market) -> None:
    with market.acting() as ctx:
        keys = {each.key.partition(".")[2]: each.params["mend"] for each in health.check(ctx)}
    assert keys == {"health_no_supply": "/office/x/intermediary_market/agencies"}
    market.announce("random")
    market.at += timedelta(days=10)
    with market.acting() as ctx:
        assert "health_job_late" in {each.key.partition(".")[2] for each in health.check(ctx)}


def test_services_are_written_with_a_basis_or_said_to_have_none(market: Market) -> None:
    for given, words in (
        ({"code": "Bad Code"}, "code"),
        ({"code": "ok"}, "name"),
        ({"code": "ok", "title_zh": "好", "basis_level": "law"}, "basis"),
        ({"code": "report-review", "title_zh": "好", "basis_level": "none"}, "in use"),
    ):
        with market.staff() as ctx, pytest.raises(BadInput, match=words):
            catalogue.put(ctx, given)
    with market.staff() as ctx:
        row = catalogue.by_code(ctx, ["report-review"])["report-review"]
        catalogue.put(ctx, {"code": "report-review", "title_zh": "评审", "basis_level": "none", "active": "0"}, service_id=row.id)
        assert "report-review" not in {each.code for each in catalogue.listed(ctx)}
        with pytest.raises(NotFound):
            catalogue.one(ctx, market.companies[0][1])


def test_why_an_application_failed_is_read_by_the_agency_and_by_those_who_decide_and_by_nobody_else(market: Market) -> None:
    _party, agency = apply(market)
    with market.staff() as ctx:
        agencies.review(ctx, agency, "refuse", "法定代表人被列入失信名单")
    with market.staff() as ctx:
        assert next(each.reason for each in agencies.marks(ctx, agency)) == "法定代表人被列入失信名单"
    with market.staff("reviewer") as ctx:
        assert not any(each.reason for each in agencies.marks(ctx, agency)) and not agencies.inside(ctx)
    page = f"/office/x/intermediary_market/agencies/{agency}"
    assert market.hall.office("reviewer").get(page).status_code == 404
    assert "失信名单" in market.hall.office("chief").get(page).text
    with market.acting() as ctx:
        agencies.one(ctx, agency).state = "admitted"  # a later application was better
    for browser, path in ((market.hall.office("reviewer"), page), (market.hall.citizen(), f"/x/intermediary_market/agencies/{agency}")):
        answer = browser.get(path)
        assert answer.status_code == 200 and "失信名单" not in answer.text
    with market.other() as ctx:
        assert any(each.reason for each in agencies.marks(ctx, agency, own=True)), "its own page shows all"
