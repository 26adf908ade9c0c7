"""A project in a real browser: announced by its owner, applied for by agencies, supervised, drawn and computed again on the page, done and rated."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from core.sdk import Context, people
from core.sdk.testing.halls import PluginHall
from plugins.intermediary_market.models import Agency, Project
from plugins.intermediary_market.selection import Randomness, choose, key, read
from plugins.intermediary_market.service import agencies, bids, catalogue, deciding
from plugins.intermediary_market.service.advance import advance
from plugins.intermediary_market.tests.conftest import BIDDER, OWNER, Market, company
from tests.browser.conftest import axe, log_in_citizen, log_in_staff, overflow, shoot, watched
from tests.demo_hall import DemoHall, serve
from tests.services import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from core.sdk.testing.built import Built

pytestmark = pytest.mark.browser
URL = "https://api.drand.sh/public/1"


@pytest.fixture(scope="module")
def served(hall_mould: "Built", plugin_folder: "Path", tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoHall, Market]]:
    """The hall of this plugin's tests, served, and the same hall in this process to move its days."""
    from core.sdk.testing.built import Built

    home = tmp_path_factory.mktemp("served") / "hall"
    shutil.copytree(hall_mould.home, home)
    built = Built(home, f"sqlite:///{home / 'wangting.db'}", hall_mould.passwords)
    port = free_port()
    made = DemoHall(f"http://127.0.0.1:{port}", home, {**os.environ, **built.environment(PORT=str(port), HOST="127.0.0.1")}, dict(built.passwords))
    inside = PluginHall(built, plugin_folder, "intermediary_market", built.app())
    companies = [(party, agency) for party, agency in json.loads((home / "agencies.json").read_text(encoding="utf-8"))]
    with inside.ctx() as ctx:
        service = catalogue.by_code(ctx, ["water-assessment"])["water-assessment"].id
    process = serve(made)
    yield made, Market(inside, service, companies, real=True)
    process.terminate()
    process.wait(30)
    inside.database.close()
    assert "Traceback" not in made.log, made.log[-4000:]


@pytest.fixture
def person(chromium: Browser, served: tuple[DemoHall, Market]) -> Iterator[Callable[..., Page]]:
    """A tab of somebody who is logged in; nobody in particular without a name."""
    open_contexts: list[BrowserContext] = []

    def tab(login: str = "", *, javascript: bool = True) -> Page:
        context = watched(chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}, java_script_enabled=javascript))
        open_contexts.append(context)
        page = context.new_page()
        if login:
            (log_in_citizen if login.isdigit() else log_in_staff)(page, served[0], login)
        return page

    yield tab
    for each in open_contexts:
        each.close()


def looked_at(page: Page, name: str) -> None:
    """The page at both widths: nothing sticks out, nothing that a screen reader would stumble over; a picture is kept where somebody asked for them."""
    shoot(page, f"intermediary-market-{name}")
    page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) == [], name
    page.set_viewport_size({"width": 1280, "height": 900})
    assert axe(page) == [], name


def told(page: Page, words: str) -> None:
    """The next page says what was done."""
    expect(page.locator(".toast")).to_contain_text(words)


def moved(market: Market, project_id: str, change: Callable[[Context, Project], None]) -> Project:
    """Let time pass for one project: its days lie in the past now, and what is due is done."""
    with market.acting() as ctx:
        row = ctx.session.get(Project, project_id)
        assert row is not None
        change(ctx, row)
        ctx.session.flush()
        advance(ctx)
        return row


def closed(ctx: Context, row: Project) -> None:
    row.closes_at = row.value_due = ctx.now() - timedelta(minutes=1)


def unopposed(ctx: Context, row: Project) -> None:
    row.notice_until = ctx.today() - timedelta(days=1)


def values_for(market: Market, project_id: str, number: str) -> tuple[str, str]:
    """Two public values – only a test may look for such –: one that draws the agency with *number* first, and one that does not."""
    with market.acting() as ctx:
        row = ctx.session.get(Project, project_id)
        assert row is not None
        frozen, seed = read(row.list_text), bytes.fromhex(people.unseal(ctx, row.seed))
        wanted = next(int(line.split("|")[0]) for line in row.list_text.splitlines()[1:] if line.split("|")[1] == number)
        winners = {f"{n:064x}": choose(frozen.bids, frozen.rules, Randomness(key(seed, row.number, frozen.digest, f"{n:064x}"))).winner for n in range(200)}
        return next(each for each, first in winners.items() if first == wanted), next(each for each, first in winners.items() if first != wanted)


def test_from_the_announcement_to_the_ratings_by_everybody_who_has_a_part(person: Callable[..., Page], served: tuple[DemoHall, Market]) -> None:
    hall, market = served
    at = "/x/intermediary_market/"
    # the owner announces, without JavaScript
    plain = person(OWNER, javascript=False)
    plain.goto(hall.url(at + "new"))
    plain.get_by_label("由谁采购").select_option(label="青禾餐饮管理有限公司")
    plain.get_by_label("服务", exact=True).select_option(label="建设项目水资源论证报告书编制")
    for label, value in (
        ("项目名称", "河湾镇取水工程论证报告"),
        ("具体要求", "按导则编制，含三次现场踏勘。"),
        ("服务期（工作日）", "30"),
        ("金额（元）", "很多"),
        ("报名开放几个工作日", "2"),
    ):
        plain.get_by_label(label, exact=False).first.fill(value)
    plain.get_by_label("随机抽取").check()
    plain.get_by_label("drand 随机信标").check()
    plain.get_by_role("button", name="发布").click()
    expect(plain.locator(".errors")).to_contain_text("金额要写成元")
    plain.get_by_label("金额（元）", exact=False).first.fill("86000")
    plain.get_by_role("button", name="发布").click()
    told(plain, "项目已经发布")
    project = plain.url.rsplit("/", 1)[1]

    me, anybody = person(OWNER), person()
    for path, name in (("", "home"), ("projects", "projects"), ("agencies", "agencies"), ("services", "services"), (f"projects/{project}", "project-open")):
        anybody.goto(hall.url(at + path))
        looked_at(anybody, name)
    me.goto(hall.url(at + "new"))
    looked_at(me, "new")

    # an agency registers; others do, too
    agency = person(BIDDER)
    agency.goto(hall.url(f"{at}projects/{project}"))
    agency.get_by_role("button", name="报名", exact=True).click()
    told(agency, "已经报名")
    for place in (1, 2, 3):
        with market.other() as ctx:
            bids.register(ctx, project, market.bidder(place))

    # registration closes; the supervisor enters the public value; anybody computes the draw again
    moved(market, project, closed)
    with market.acting() as ctx:
        number = agencies.one(ctx, market.companies[0][1]).number
    chief = person("chief")
    chief.goto(hall.url("/office/x/intermediary_market/projects"))
    looked_at(chief, "office-desk")
    chief.get_by_role("link", name="河湾镇取水工程论证报告").first.click()
    chief.get_by_label("公布的结果").fill("12")
    chief.get_by_label("在哪里查得到").fill(URL)
    chief.get_by_role("button", name="录入并揭晓").click()
    expect(chief.locator(".errors")).to_contain_text("drand")
    value, other = values_for(market, project, number)
    chief.get_by_label("公布的结果").fill(value)
    chief.get_by_role("button", name="录入并揭晓").click()
    told(chief, "已经录入并揭晓")
    anybody.goto(hall.url(f"{at}projects/{project}"))
    anybody.get_by_role("button", name="重算").click()
    output = anybody.locator("[data-draw] output")
    expect(output).to_contain_text("与公布的一致")
    looked_at(anybody, "project-drawn")
    anybody.locator("#value").fill(other)
    anybody.get_by_role("button", name="重算").click()
    expect(output).to_contain_text("不一致")
    anybody.locator("#seed").fill("00" * 32)
    anybody.get_by_role("button", name="重算").click()
    expect(output).to_contain_text("不是事先公布的")

    # contract, work, acceptance, ratings
    moved(market, project, unopposed)
    me.goto(hall.url(f"{at}projects/{project}"))
    me.get_by_label("合同编号").fill("HT-2026-18")
    me.get_by_role("button", name="登记", exact=True).click()
    told(me, "合同已经登记")
    agency.goto(hall.url(f"{at}projects/{project}"))
    agency.get_by_role("button", name="确认合同").click()
    told(agency, "开始履约")
    agency.get_by_label("交付了什么").fill("论证报告一份")
    agency.get_by_role("button", name="交付", exact=True).click()
    told(agency, "已经交付")
    me.reload()
    looked_at(me, "project-delivered")
    me.get_by_role("button", name="验收通过").click()
    told(me, "验收通过")
    for page, level in ((me, "非常满意"), (agency, "满意")):
        page.goto(hall.url(f"{at}projects/{project}"))
        page.get_by_role("radio", name=level, exact=True).check()
        page.get_by_role("button", name="评价", exact=True).click()
        told(page, "谢谢你的评价")
    with market.acting() as ctx:
        done = ctx.session.get(Project, project)
        assert done is not None and done.status == "done" and deciding.package(done)["seed"]


@pytest.mark.soak  # each step of it is tested without a browser, in test_admission.py
def test_an_agency_is_admitted_suspended_and_appeals(person: Callable[..., Page], served: tuple[DemoHall, Market]) -> None:
    hall, market = served
    at, office = "/x/intermediary_market/", "/office/x/intermediary_market/"
    party = company(market.hall, "青云水文有限公司", 77)
    bidder = person(BIDDER)
    with market.acting() as ctx:  # the second citizen's other companies stand aside: the page is about the first of theirs
        for _party, agency in market.companies:
            agencies.one(ctx, agency).applied_at = ctx.now() + timedelta(days=1)
    bidder.goto(hall.url(at + "apply"))
    bidder.get_by_label("哪家公司").select_option(value=party)
    for box in bidder.get_by_role("checkbox", name="建设项目水资源论证报告书编制").all():
        box.check()
    bidder.get_by_label("联系人").fill("李大山")
    bidder.get_by_label("联系电话").fill(BIDDER)
    bidder.get_by_role("checkbox", name="我承诺").check()
    looked_at(bidder, "apply")
    bidder.get_by_role("button", name="提交申请").click()
    told(bidder, "申请已经提交")

    chief = person("chief")
    chief.goto(hall.url(office + "agencies"))
    looked_at(chief, "office-agencies")
    chief.get_by_role("link", name="青云水文有限公司").click()
    chief.get_by_role("radio", name="通过，开始公示").check()
    chief.get_by_role("button", name="提交结论").click()
    told(chief, "已经办好")
    with market.acting() as ctx:
        row: Agency = ctx.session.scalar(select(Agency).where(Agency.party_id == party))
        row.notice_until = ctx.today() - timedelta(days=1)
        ctx.session.flush()
        advance(ctx)
        agency_id = row.id
    chief.goto(hall.url(f"{office}agencies/{agency_id}"))
    looked_at(chief, "office-agency")
    chief.get_by_label("到哪一天（含）").fill((row.applied_at + timedelta(days=60)).date().isoformat())
    chief.locator("#suspend-reason").fill("两次超期")
    chief.get_by_role("button", name="暂停这家机构").click()
    told(chief, "已经办好")

    bidder.goto(hall.url(at + "mine"))
    looked_at(bidder, "mine")
    bidder.get_by_label("不服的，写明理由申诉").fill("超期是业主资料给晚了。")
    bidder.get_by_role("button", name="申诉", exact=True).click()
    told(bidder, "申诉已经收到")
    chief.goto(hall.url(office + "objections"))
    expect(chief.get_by_text("这是你自己作的决定")).to_be_visible()
    leader = person("leader")
    leader.goto(hall.url(office + "objections"))
    looked_at(leader, "office-objections")
    leader.get_by_role("radio", name="成立", exact=True).check()
    leader.get_by_label("理由").fill("情况属实")
    leader.get_by_role("button", name="给出答复").click()
    told(leader, "已经答复")
    anybody = person()
    anybody.goto(hall.url(f"{at}agencies/{agency_id}"))
    expect(anybody.get_by_text("申诉成立")).to_be_visible()
    looked_at(anybody, "agency")
    for path, name in (("services", "office-services"), ("figures", "office-figures")):
        chief.goto(hall.url(office + path))
        looked_at(chief, name)


def test_its_page_for_administrators_has_its_health_settings_and_permissions(person: Callable[..., Page], served: tuple[DemoHall, Market]) -> None:
    hall, _market = served
    admin = person("admin")
    admin.goto(hall.url("/office/plugins/"))
    expect(admin.locator("section").filter(has_text="中介超市").first).to_contain_text("市场监督管理局")
    looked_at(admin, "plugins")
    admin.get_by_role("link", name="中介超市", exact=True).last.click()
    expect(admin.get_by_role("heading", name="谁可以做什么")).to_be_visible()
    looked_at(admin, "administration")
    admin.get_by_label("异议多少个工作日内答复").fill("十天")
    admin.get_by_role("button", name="保存设置").click()
    expect(admin.locator(".errors")).to_be_visible()
    looked_at(admin, "refused setting")
