"""The pages as each reader and as the wrong one; the case behind a project; what is left when the plugin is gone."""

import json
import re
from pathlib import Path

import pytest

from core.sdk import cases
from core.sdk.testing.halls import PluginHall
from plugins.intermediary_market.service import agencies, bids, deciding, fulfilment, linking, projects, standing
from plugins.intermediary_market.service.who import Who
from plugins.intermediary_market.tests.conftest import BIDDER, Market

VALUE, URL = "ab" * 32, "https://api.drand.sh/public/1"
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def drawn(market: Market) -> str:
    """A project whose draw was made."""
    project = market.announce("best")
    for place, price in enumerate(("50000", "48000", "46000", "44000")):
        with market.other() as ctx:
            bids.register(ctx, project, market.bidder(place), price=price)
    market.pass_days(3)
    with market.staff() as ctx:
        deciding.enter_value(ctx, project, VALUE, URL)
    return project


def test_every_page_answers_in_both_languages_without_a_word_of_the_other(market: Market, drawn: str) -> None:
    agency = market.companies[0][1]
    portal = ["", "projects", "projects?which=&q=a&method=best", f"projects/{drawn}", "agencies", f"agencies/{agency}", "services", "figures"]
    own = ["mine", "new", "apply"]
    office = ["projects", "all", f"projects/{drawn}", "agencies?which=admitted", f"agencies/{agency}", "services", "objections", "figures"]
    citizen, stranger, chief = market.hall.citizen(), market.hall.citizen(BIDDER), market.hall.office("chief")
    shown = ("第.水利咨询有限公司", "论证报告编制", "按规范编制", "青禾餐饮管理有限公司", "双色球", "[^<>]*条例[^<]*", "[^<>]*法第[^<]*")
    names = re.compile("|".join(shown))
    readers = (
        (citizen, "/x/intermediary_market/", portal + own),
        (stranger, "/x/intermediary_market/", own),
        (chief, "/office/x/intermediary_market/", office),
    )
    for browser, base, paths in readers:
        for path in paths:
            answer = browser.get(base + path)
            assert answer.status_code == 200, (base + path, answer.text[:3000])
            mark = "&" if "?" in path else "?"
            english = browser.get(f"{base}{path}{mark}_l_=en").text
            main = english[english.index("<main") : english.index("</main>")]
            typed = re.sub(r"<option.*?</option>|<textarea.*?</textarea>|value=\"[^\"]*\"", "", main, flags=re.S)
            text = re.sub(r"<(\w+)[^>]*lang=\"zh-CN\".*?</\1>", "", typed, flags=re.S)
            left = HAN.findall(names.sub("", text))
            assert not left, (path, "".join(left)[:200])


def test_a_page_that_asks_for_a_log_in_or_a_permission_opens_for_nobody_else(market: Market, drawn: str) -> None:
    from core.sdk.testing.browsing import Browser

    nobody = Browser(market.hall.app)
    for path in ("mine", "new", "apply", f"projects/{drawn}/papers/contract"):
        assert nobody.get(f"/x/intermediary_market/{path}").status_code in (302, 303)
    for path in (f"projects/{drawn}/withdraw", "appeal", "new", f"agencies/{market.companies[0][1]}/object"):
        assert nobody.post(f"/x/intermediary_market/{path}", {"reason": "x", "words": "x"}).status_code == 403
    assert json.loads(nobody.get(f"/x/intermediary_market/projects/{drawn}/draw.json").data)["seed"]
    reviewer = market.hall.office("reviewer")
    for path in ("services", "objections"):
        assert reviewer.get(f"/office/x/intermediary_market/{path}").status_code == 403
    assert market.hall.office("chief").get("/office/x/intermediary_market/new").status_code == 403
    agency = market.companies[0][1]
    for act in ("review", "suspend", "resume", "remove"):
        assert (
            reviewer.post(f"/office/x/intermediary_market/agencies/{agency}/{act}", {"reason": "x", "verdict": "pass", "until": "2027-01-01"}).status_code
            == 403
        )
    contact = market.hall.office("chief").get(f"/office/x/intermediary_market/agencies/{agency}").text
    for which in ("applied", "refused", "returned"):
        tabs = reviewer.get(f"/office/x/intermediary_market/agencies?which={which}").text
        assert "which=refused" not in tabs and "which=applied" not in tabs, "an application is nobody else's business"
    assert BIDDER in contact and BIDDER not in reviewer.get(f"/office/x/intermediary_market/agencies/{agency}").text


ACTS = ("withdraw", "pick", "contract", "confirm", "decline", "deliver", "accept", "rework", "end", "rate", "pause", "value", "nothing")


def test_the_buttons_of_a_project_do_nothing_for_a_stranger(market: Market) -> None:
    project = market.announce("lowest")
    given = {"reason": "x", "words": "x", "number": "1", "signed": "2026-11-02", "level": "1", "bid": "x", "value": VALUE, "url": URL}
    for browser, base in ((market.hall.citizen(BIDDER), "/x"), (market.hall.office("reviewer"), "/office/x")):
        for act in ACTS:
            answer = browser.post(f"{base}/intermediary_market/projects/{project}/{act}", given)
            assert answer.status_code in (403, 404, 422), (act, answer.status_code)
    with market.acting() as ctx:
        row = projects.public(ctx, project)
        assert row.status == "open" and not row.value and not row.paused


def test_a_form_filled_in_badly_comes_back_with_what_was_written(market: Market) -> None:
    answer = market.hall.citizen().post(
        "/x/intermediary_market/new",
        {"owner": market.owner.parties[1], "service": market.service, "title": "<b>名称</b>", "ceiling": "很多", "method": "lowest"},
    )
    assert answer.status_code == 422 and "&lt;b&gt;名称&lt;/b&gt;" in answer.text and "<b>名称</b>" not in answer.text
    answer = market.hall.citizen(BIDDER).post("/x/intermediary_market/apply", {"contact": "某某"})
    assert answer.status_code == 422 and "某某" in answer.text


def test_the_figures_are_charts_with_their_tables_and_a_file(market: Market, drawn: str) -> None:
    page = market.hall.office("chief").get("/office/x/intermediary_market/figures?since=2026-10-01&until=2026-12-31").text
    assert page.count('<svg class="chart"') >= 2 and "2026-11" in page and page.count("<table") == 5
    rows = market.hall.citizen().get("/x/intermediary_market/figures.csv?since=2026-10-01&until=2026-12-31").data.decode("utf-8-sig").splitlines()
    assert rows[1:] == ["2026-10,0", "2026-11,1", "2026-12,0"]


@pytest.mark.parametrize("asked", ["until=0001-01-01", "since=0001-01-01&until=0005-01-01", "until=9999-12-31", "until=x&since=%00"])
def test_a_day_that_nothing_can_be_reckoned_from_breaks_no_page(market: Market, asked: str) -> None:
    for page in ("figures", "figures.csv"):
        assert market.hall.citizen().get(f"/x/intermediary_market/{page}?{asked}").status_code == 200


def test_for_a_department_acts_who_may_commission_for_it_and_no_colleague(market: Market) -> None:
    from core.sdk import Forbidden

    project = departments_own(market, water_case(market.hall))
    water = market.hall.department("water")
    with market.staff("chief") as ctx:
        me = Who(ctx.actor.id, (), (water,))
        for act in (
            lambda: projects.withdraw(ctx, project, me, "不要了"),
            lambda: deciding.pick_one(ctx, project, me, "x", "x"),
            lambda: fulfilment.record_contract(ctx, project, me, "HT-9", ctx.today(), None),
            lambda: fulfilment.accept(ctx, project, me),
            lambda: fulfilment.rate(ctx, project, me, "owner", 1, ""),
        ):
            with pytest.raises(Forbidden):
                act()


def water_case(hall: PluginHall) -> str:
    """A case of the sample item, accepted and at its review."""
    case = hall.file("water-intake-review").id
    hall.press("window", case, "accept")
    return case


def departments_own(market: Market, case: str) -> str:
    """The water bureau commissions the review for its case, directly; its agency is the first one."""
    water = market.hall.department("water")
    with market.staff("reviewer") as ctx:
        from plugins.intermediary_market.service import catalogue

        service = catalogue.by_code(ctx, ["report-review"])["report-review"].id
        number = agencies.one(ctx, market.companies[0][1]).number
        given = {
            "owner": water,
            "service": service,
            "method": "direct",
            "fund": "state",
            "title": "报告评审",
            "demand": "评审一份报告",
            "ceiling": "8000",
            "days": "10",
            "source": "drand",
            "agency": number,
            "reason": "只有一份报告",
            "case": case,
        }
        return projects.publish(ctx, Who(ctx.actor.id, (), (water,)), given).id


def test_the_work_of_an_agency_stops_the_clock_of_the_case_holds_its_step_and_lets_both_go_on(market: Market) -> None:
    hall, water = market.hall, market.hall.department("water")
    market.real = True
    case = water_case(hall)
    assert "需要的中介服务" in hall.citizen().get("/items/water-intake-review").text
    assert "Services of agencies that are needed" in hall.citizen().get("/items/water-intake-review?_l_=en").text
    hall.citizen().get("/?_l_=zh")
    assert "个项目正在报名" not in hall.citizen().get("/").text
    market.announce("random")
    assert "1 个项目正在报名" in hall.citizen().get("/").text
    page = hall.office("reviewer").get(f"/office/cases/{case}").text
    assert "论证报告评审" in page and f"/office/x/intermediary_market/new?case={case}" in page
    assert "中介服务" in hall.citizen().get(f"/cases/{case}").text
    project = departments_own(market, case)
    with pytest.raises(AssertionError, match="not done; this step waits"):
        try:
            hall.press("reviewer", case, "pass")
        except AssertionError as refused:
            raise AssertionError("not done; this step waits" if "没有做完" in str(refused) else str(refused)) from refused
    owner = Who("", (), (water,))
    with market.staff("reviewer") as ctx:
        deciding.finish_notice(ctx, projects.public(ctx, project))
        fulfilment.record_contract(ctx, project, Who(ctx.actor.id, (), (water,)), "HT-2", ctx.today(), None)
    with market.other() as ctx:
        fulfilment.confirm_contract(ctx, project, market.bidder(0))
    answer = hall.office("reviewer").post(f"/office/x/intermediary_market/projects/{project}/pause")
    assert answer.status_code == 303, answer.text[:3000]
    with hall.ctx() as ctx:
        found = cases.case(ctx, case)
        assert found is not None and found.status == "suspended"
        assert not linking.may_pause(projects.public(ctx, project), owner)
    with market.other() as ctx:
        fulfilment.deliver(ctx, project, market.bidder(0), "评审意见", None)
    with market.staff("reviewer") as ctx:
        fulfilment.accept(ctx, project, Who(ctx.actor.id, (), (water,)))
    with hall.ctx() as ctx:
        found = cases.case(ctx, case)
        assert found is not None and found.status == "in_review"
    hall.press("reviewer", case, "pass")


def test_nobody_commissions_for_a_case_that_is_not_theirs_or_that_another_pays_for(market: Market) -> None:
    case = water_case(market.hall)
    from core.sdk import BadInput, NotFound
    from plugins.intermediary_market.service import catalogue

    with market.acting() as ctx:
        review = catalogue.by_code(ctx, ["report-review"])["report-review"]
        assessment = catalogue.by_code(ctx, ["water-assessment"])["water-assessment"]
        felling = catalogue.by_code(ctx, ["felling-survey"])["felling-survey"]
    with market.other() as ctx, pytest.raises(NotFound):
        linking.link(ctx, case, assessment, market.citizen_of(BIDDER))
    with market.citizen() as ctx:
        assert linking.link(ctx, case, assessment, market.owner).item_code == "water-intake-review"
        with pytest.raises(BadInput, match="other side"):
            linking.link(ctx, case, review, market.owner)
        with pytest.raises(BadInput, match="does not need"):
            linking.link(ctx, case, felling, market.owner)


def test_an_application_that_names_an_agency_is_filed_only_while_the_agency_is_admitted(market: Market) -> None:
    with market.acting() as ctx:
        number = agencies.one(ctx, market.companies[0][1]).number
    assert market.hall.file("water-intake-review", {"report_agency": number}).id
    with market.staff() as ctx:
        import datetime

        standing.suspend(ctx, market.companies[0][1], until=ctx.today() + datetime.timedelta(days=20), reason="x")
    with pytest.raises(AssertionError, match=number):
        market.hall.file("water-intake-review", {"report_agency": number})


def test_cases_stay_readable_and_can_be_finished_by_hand_when_the_plugin_is_gone(market: Market, tmp_path: Path) -> None:
    from core.pluginhost import life
    from core.pluginhost import service as plugins

    hall = market.hall
    with market.acting() as ctx:
        number = agencies.one(ctx, market.companies[0][1]).number
    case = hall.file("water-intake-review", {"report_agency": number}).id
    hall.press("window", case, "accept")
    departments_own(market, case)
    hall.enable()
    assert hall.citizen().get("/x/intermediary_market/").status_code == 404
    page = hall.office("reviewer").get(f"/office/cases/{case}")
    assert page.status_code == 200 and number in page.text and "/x/intermediary_market/" not in page.text
    hall.press("reviewer", case, "pass")
    with hall.database.session() as session:
        plan = life.remove(session, plugins.host(session), "intermediary_market", keep=tmp_path / "kept")
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert "plg_intermediary_market_project.jsonl" in kept and dict(plan.tables)["plg_intermediary_market_agency"] == 4
    hall.press("leader", case, "grant")
    assert hall.office("leader").get(f"/office/cases/{case}").status_code == 200
