"""A project from announcement to rating, by every method; what fails, who falls out, what the clock does."""

import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from core.sdk import BadInput, NotFound, files
from core.sdk.web import Upload
from plugins.intermediary_market.models import BidRow, Project
from plugins.intermediary_market.selection import commitment
from plugins.intermediary_market.service import agencies, bids, deciding, fulfilment, objections, projects, record, standing
from plugins.intermediary_market.service.who import Who
from plugins.intermediary_market.tests.conftest import MONDAY, Market
from tests.fixtures_hall import counted

VALUE, URL = "ab" * 32, "https://api.drand.sh/public/1"


@pytest.fixture
def market(begun_anew: Market) -> Market:
    """Four agencies; no browser is needed here."""
    return begun_anew


def bid(market: Market, project: str, place: int, price: str = "", plan: str = "") -> None:
    with market.other() as ctx:
        bids.register(ctx, project, market.bidder(place), price=price, plan=plan)


def state(market: Market, project: str) -> Project:
    with market.acting() as ctx:
        return projects.public(ctx, project)


def reveal(market: Market, project: str) -> Project:
    with market.staff() as ctx:
        return deciding.enter_value(ctx, project, VALUE, URL)


def to_contract(market: Market, project: str) -> None:
    market.pass_days(7)
    with market.citizen() as ctx:
        fulfilment.record_contract(ctx, project, market.owner, "HT-1", ctx.today(), None)
    place = [agency for _party, agency in market.companies].index(state(market, project).agency_id or "")
    with market.other() as ctx:
        fulfilment.confirm_contract(ctx, project, market.bidder(place))


def winner(market: Market, project: str) -> int:
    return [agency for _party, agency in market.companies].index(state(market, project).agency_id or "")


def test_a_draw_from_announcement_to_rating_can_be_recomputed_by_a_stranger(market: Market, tmp_path: Path) -> None:
    project = market.announce("random")
    announced = state(market, project)
    assert len(announced.commitment) == 64 and not announced.revealed and announced.list_text == ""
    for place in range(4):
        bid(market, project, place)
    market.pass_days(3)
    frozen = state(market, project)
    assert frozen.status == "frozen" and frozen.value_due > frozen.closes_at and not frozen.revealed
    drawn = reveal(market, project)
    assert drawn.status == "noticed" and commitment(bytes.fromhex(drawn.revealed)) == announced.commitment
    package = deciding.package(drawn)
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(package, ensure_ascii=False), encoding="utf-8")
    script = Path(__file__).with_name("recompute.py")
    done = subprocess.run([sys.executable, "-I", str(script), str(path)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["ranking"] == package["result"]["ranking"]

    to_contract(market, project)
    place = winner(market, project)
    running = state(market, project)
    assert running.status == "running" and running.due_on is not None and running.price == 8_600_000
    with market.other() as ctx:
        fulfilment.deliver(ctx, project, market.bidder(place), "报告一式三份", None)
    with market.citizen() as ctx:
        fulfilment.rework(ctx, project, market.owner, "缺少附图")
    with market.other() as ctx:
        fulfilment.deliver(ctx, project, market.bidder(place), "补了附图", None)
    with market.citizen() as ctx:
        fulfilment.accept(ctx, project, market.owner)
        fulfilment.rate(ctx, project, market.owner, "owner", 2, "按时")
        with pytest.raises(BadInput, match="once"):
            fulfilment.rate(ctx, project, market.owner, "owner", 1, "")
    with market.other() as ctx:
        fulfilment.rate(ctx, project, market.bidder(place), "agency", 1, "")
    with market.acting() as ctx:
        agency = market.companies[place][1]
        assert agencies.scores(ctx, [agency])[agency].total == 90  # 80 and ten for 满意
        events = record.lines(ctx, project)
        assert record.unbroken(events)
        assert [each.kind for each in events][:5] == ["published", "frozen", "revealed", "chosen", "confirmed"]
        events[2].body = {**events[2].body, "value": "00"}
        assert not record.unbroken(events)
        ctx.session.refresh(events[2])


def test_the_lowest_price_needs_no_chance_and_a_price_above_the_ceiling_is_refused_at_once(market: Market) -> None:
    project = market.announce("lowest", floor="50000")
    for place, price in enumerate(("80000", "70000.50", "75,000")):
        bid(market, project, place, price)
    for price, words in (("90000", "highest"), ("49999", "lowest"), ("abc", "yuan"), ("-1", "yuan"), ("0.001", "yuan")):
        with pytest.raises(BadInput, match=words):
            bid(market, project, 3, price)
    market.pass_days(3)
    found = state(market, project)
    assert found.status == "noticed" and found.price == 7_000_050 and winner(market, project) == 1 and not found.revealed


def test_prices_are_sealed_until_the_closing_and_can_be_changed_until_then(market: Market) -> None:
    project = market.announce("lowest")
    bid(market, project, 0, "70000")
    bid(market, project, 0, "60000")
    with market.acting() as ctx:
        rows = list(ctx.session.scalars(select(BidRow).where(BidRow.project_id == project)))
        assert len(rows) == 1 and rows[0].price is None and b"60000" not in rows[0].offer and bids.counted(ctx, project) == 1
    with market.other() as ctx:
        bids.take_back(ctx, project, market.bidder(0))
    market.pass_days(3)
    with pytest.raises(BadInput, match="over"):
        bid(market, project, 1, "60000")
    assert state(market, project).failed == "F1"


def test_the_best_price_is_drawn_and_written_down_with_its_reckoning(market: Market) -> None:
    project = market.announce("best")
    for place, price in enumerate(("50000", "48000", "46000", "44000")):
        bid(market, project, place, price)
    market.pass_days(3)
    drawn = reveal(market, project)
    facts = drawn.result["facts"]
    assert facts["base"] in (95, 96, 97, 98) and facts["kept"] == [4_600_000, 4_800_000]
    assert drawn.status == "noticed"


def test_the_credit_method_asks_the_owner_and_chance_picks_for_one_who_lets_the_time_pass(market: Market) -> None:
    first, second = market.announce("credit", long="4", short="2"), market.announce("credit", long="4", short="2", title="另一个")
    for project in (first, second):
        for place in range(4):
            bid(market, project, place)
    market.pass_days(3)
    for project in (first, second):
        assert reveal(market, project).status == "picking"
    with market.citizen() as ctx:
        short = deciding.standing(ctx, projects.public(ctx, first))
        outside = next(row for row in ctx.session.scalars(select(BidRow).where(BidRow.project_id == first)) if row.id not in {each.id for each in short})
        with pytest.raises(BadInput, match="Choose one"):
            deciding.pick_one(ctx, first, market.owner, outside.id, "更近")
        with pytest.raises(BadInput, match="why"):
            deciding.pick_one(ctx, first, market.owner, short[0].id, " ")
        deciding.pick_one(ctx, first, market.owner, short[1].id, "更近")
        assert projects.public(ctx, first).agency_id == short[1].agency_id
    market.pass_days(6)
    late = state(market, second)
    assert late.status in ("noticed", "contracting") and late.agency_id is not None


def test_plans_are_compared_by_the_owner_and_one_alone_fails(market: Market) -> None:
    project, alone = market.announce("proposal"), market.announce("proposal", title="一家")
    for place in range(2):
        bid(market, project, place, "80000", "三个人，二十天")
    bid(market, alone, 0, "80000", "三个人，二十天")
    with pytest.raises(BadInput, match="plan"):
        bid(market, project, 2, "80000")
    market.pass_days(3)
    assert state(market, project).status == "picking" and state(market, alone).failed == "F5"
    market.pass_days(7)
    assert state(market, project).failed == "F9"


def test_a_direct_choice_has_a_limit_for_state_money_a_reason_and_the_same_checks(market: Market) -> None:
    with market.acting() as ctx:
        number = agencies.one(ctx, market.companies[0][1]).number
    with pytest.raises(BadInput, match="50,000"):
        market.announce("direct", agency=number, reason="老项目")
    with pytest.raises(BadInput, match="reason"):
        market.announce("direct", agency=number, ceiling="40000")
    with pytest.raises(BadInput, match="No agency"):
        market.announce("direct", agency="ZJ9999999", ceiling="40000", reason="老项目")
    project = market.announce("direct", agency=number, ceiling="40000", reason="老项目")
    assert state(market, project).status == "noticed" and winner(market, project) == 0


def test_state_money_with_two_registrations_fails_and_unchanged_conditions_fail_twice_at_most(market: Market) -> None:
    for _ in range(2):
        project = market.announce("random")
        bid(market, project, 0)
        bid(market, project, 1)
        market.pass_days(7)
        assert state(market, project).failed == "F2"
    with pytest.raises(BadInput, match="twice"):
        market.announce("random")
    market.announce("random", fund="social")


def test_the_next_in_rank_follows_one_that_declines_and_the_project_fails_when_nobody_is_left(market: Market) -> None:
    project = market.announce("lowest")
    for place, price in enumerate(("70000", "71000", "72000")):
        bid(market, project, place, price)
    market.pass_days(3)
    for place in range(3):
        assert winner(market, project) == place
        with market.other() as ctx:
            deciding.decline(ctx, project, market.bidder(place), "人手不够")
    assert state(market, project).failed == "F8"
    with market.acting() as ctx:
        agency = market.companies[0][1]
        assert agencies.scores(ctx, [agency])[agency].total == 70


def test_an_agency_tied_to_the_owner_or_run_by_the_owner_s_department_or_suspended_may_not_register(market: Market) -> None:
    project = market.announce("random")
    with market.acting() as ctx:
        agencies.one(ctx, market.companies[0][1]).superior_id = market.hall.department("water")
    with market.staff() as ctx:
        standing.suspend(ctx, market.companies[1][1], until=ctx.today() + timedelta(days=30), reason="报告造假")
    with pytest.raises(BadInput, match="suspended"):
        bid(market, project, 1)
    with market.staff("reviewer") as ctx:
        given = {
            "owner": market.hall.department("water"),
            "service": market.service,
            "method": "random",
            "fund": "state",
            "title": "评审",
            "demand": "评审报告",
            "ceiling": "1000",
            "days": "5",
            "open_days": "1",
            "source": "lottery",
        }
        own = projects.publish(ctx, Who(ctx.actor.id, (), (market.hall.department("water"),)), given).id
    with pytest.raises(BadInput, match="tied"):
        bid(market, own, 0)
    bid(market, own, 2)


def test_one_that_loses_its_place_before_the_closing_stands_on_the_list_and_does_not_count(market: Market) -> None:
    project = market.announce("random", fund="social")
    for place in range(2):
        bid(market, project, place)
    with market.staff() as ctx:
        standing.remove(ctx, market.companies[0][1], until=ctx.today() + timedelta(days=365), reason="出借资质")
    market.pass_days(3)
    drawn = reveal(market, project)
    assert "|suspended\n" in drawn.list_text and winner(market, project) == 1


def test_the_public_value_is_entered_once_after_it_is_due_in_its_shape_by_a_supervisor(market: Market) -> None:
    project = market.announce("random")
    for place in range(3):
        bid(market, project, place)
    market.pass_days(2)
    market.at = state(market, project).closes_at + timedelta(minutes=5)
    market.pass_days(0)
    assert state(market, project).status == "frozen"
    with market.staff() as ctx, pytest.raises(BadInput, match="published"):
        deciding.enter_value(ctx, project, VALUE, URL)
    market.pass_days(1)
    for value, url, words in (("12", URL, "look like"), (VALUE, "http://x", "https"), (VALUE, "https://a b", "https")):
        with market.staff() as ctx, pytest.raises(BadInput, match=words):
            deciding.enter_value(ctx, project, value, url)
    with market.staff("reviewer") as ctx, pytest.raises(Exception, match="permission"):
        deciding.enter_value(ctx, project, VALUE, URL)
    reveal(market, project)
    with market.staff() as ctx, pytest.raises(NotFound):
        deciding.enter_value(ctx, project, "cd" * 32, URL)


def test_an_upheld_objection_takes_the_winner_out_and_whoever_entered_the_value_does_not_answer(market: Market) -> None:
    project = market.announce("random")
    for place in range(3):
        bid(market, project, place)
    market.pass_days(3)
    reveal(market, project)
    before = winner(market, project)
    with market.citizen() as ctx:
        objection = objections.against_result(ctx, project, market.owner, "中选机构的报告造过假").id
        with pytest.raises(BadInput, match="already"):
            objections.against_result(ctx, project, market.owner, "再说一遍")
    market.pass_days(10)
    assert state(market, project).status == "noticed", "an open objection holds the notice"
    with market.staff("chief") as ctx, pytest.raises(BadInput, match="own decision"):
        objections.answer(ctx, objection, "uphold", "属实")
    with market.staff("leader") as ctx:
        objections.answer(ctx, objection, "uphold", "属实")
    assert winner(market, project) != before and state(market, project).status == "noticed"
    assert state(market, project).revealed, "the draw is not repeated: the next in rank follows"


def test_strangers_find_nothing_behind_any_door(market: Market) -> None:
    project = market.announce("lowest", fund="social")
    bid(market, project, 0, "70000")
    with market.other() as ctx:
        who = market.stranger
        for attempt in (
            lambda: projects.withdraw(ctx, project, who, "x"),
            lambda: deciding.pick_one(ctx, project, who, "x", "x"),
            lambda: fulfilment.record_contract(ctx, project, who, "1", ctx.today(), None),
            lambda: fulfilment.confirm_contract(ctx, project, market.bidder(1)),
            lambda: deciding.decline(ctx, project, market.bidder(1), "x"),
            lambda: fulfilment.accept(ctx, project, who),
            lambda: fulfilment.rework(ctx, project, who, "x"),
            lambda: fulfilment.end(ctx, project, who, "x"),
            lambda: fulfilment.rate(ctx, project, who, "owner", 1, ""),
            lambda: fulfilment.rate(ctx, project, market.bidder(1), "agency", 1, ""),
            lambda: fulfilment.paper(ctx, project, who, "contract"),
            lambda: bids.register(ctx, project, who),
            lambda: bids.take_back(ctx, project, market.bidder(1)),
        ):
            with pytest.raises(NotFound):
                attempt()
        with pytest.raises(BadInput, match="who commissions"):
            projects.publish(ctx, who, {"owner": market.owner.parties[1]})


def test_the_plan_of_an_agency_is_read_by_nobody_before_the_closing_and_by_the_owner_after_it(market: Market, tmp_path: Path) -> None:
    project = market.announce("proposal")
    path = tmp_path / "plan.pdf"
    path.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    with market.other() as ctx, path.open("rb") as stream:
        row = bids.register(ctx, project, market.bidder(0), price="80000", plan="三个人", upload=Upload("plan.pdf", stream)).id
        assert bids.plan(ctx, row, market.bidder(0))[0] == "plan.pdf"
        with pytest.raises(NotFound):
            bids.plan(ctx, row, market.bidder(1))
    with market.citizen() as ctx, pytest.raises(NotFound):
        bids.plan(ctx, row, market.owner)
    bid(market, project, 1, "80000", "两个人")
    market.pass_days(3)
    with market.citizen() as ctx:
        assert bids.plan(ctx, row, market.owner)[1].startswith(b"%PDF")
    assert market.at > MONDAY


def test_a_file_that_another_replaces_is_let_go_and_the_same_one_again_is_kept(market: Market) -> None:
    project = market.announce("proposal")

    def hand_in(words: bytes) -> str:
        with market.other() as ctx:
            content = io.BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\n%" + words + b"\ntrailer<<>>\n%%EOF\n")
            row = bids.register(ctx, project, market.bidder(0), price="80000", plan="三个人", upload=Upload("plan.pdf", content))
            return f"{row.id} {row.plan_file}"

    bid_id, first = hand_in(b"first").split()
    assert hand_in(b"first").split()[0] == bid_id
    with market.other() as ctx:
        assert b"first" in bids.plan(ctx, bid_id, market.bidder(0))[1], "handed in twice, it is still there"
    _bid, second = hand_in(b"second").split()
    with market.other() as ctx:
        assert b"second" in bids.plan(ctx, bid_id, market.bidder(0))[1]
        assert files.read(ctx, second, of=bid_id)
        with pytest.raises(NotFound):
            files.read(ctx, first, of=bid_id)


def test_freezing_asks_no_more_questions_for_more_registrations(market: Market) -> None:
    asked: dict[int, list[int]] = {2: [], 4: []}
    for bidders in (2, 4, 2, 4):  # what a process remembers for a moment is read anew in some of them, which of them the clock decides
        project = market.announce("lowest", fund="social", title=f"{bidders} 家")
        for place in range(bidders):
            bid(market, project, place, str(70_000 + place))
        with market.acting() as ctx, counted(market.hall.database) as statements:
            deciding.close(ctx, projects.public(ctx, project))
            ctx.session.flush()
            asked[bidders].append(len([each for each in statements if each.startswith("SELECT")]))
    assert min(asked[2]) == min(asked[4])


def test_the_migrations_make_what_the_models_say(market: Market) -> None:
    with market.hall.database.engine.connect() as connection:
        names = {"include_name": lambda name, kind, _parents: kind != "table" or str(name).startswith("plg_intermediary_market_")}
        assert compare_metadata(MigrationContext.configure(connection, opts=names), Project.metadata) == []
