"""Credit in a real browser, by everybody who has a part in it: kept, brought in, simulated, published, looked up, looked at, objected to, put right."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.app import open_site
from core.identity import service as identity
from core.kernel.actor import SYSTEM
from plugins.credit_scoring.tests.conftest import people_of
from tests import fixtures_site as site
from tests.browser.conftest import axe, log_in_citizen, log_in_staff, next_page, overflow, shoot, watched
from tests.demo_hall import CITIZEN, DemoHall, serve
from tests.services import free_port

pytestmark = pytest.mark.browser
OFFICE, X = "/office/x/credit_scoring", "/x/credit_scoring"


@pytest.fixture(scope="module")
def served(mould: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoHall, str]]:
    """The hall of this plugin's tests, served with its background, and the number of the citizen's company."""
    built = site.copy(mould, tmp_path_factory.mktemp("served") / "hall")
    opened = open_site(built.config())
    with opened.database.session() as session:
        number = identity.party_view(session, people_of(session).company_party, reveal=True, actor=SYSTEM).number
    opened.database.close()
    port = free_port()
    env = {**os.environ, **built.environment(PORT=str(port), HOST="127.0.0.1")}
    made = DemoHall(f"http://127.0.0.1:{port}", built.home, env, dict(built.passwords))
    process = serve(made)
    yield made, str(number)
    process.terminate()
    process.wait(30)
    assert "Traceback" not in made.log, made.log[-4000:]


@pytest.fixture
def person(chromium: Browser, served: tuple[DemoHall, str]) -> Iterator[Callable[..., Page]]:
    """A tab of somebody who is logged in; nobody in particular without a name."""
    contexts: list[BrowserContext] = []

    def tab(login: str = "", *, javascript: bool = True) -> Page:
        context = watched(chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}, java_script_enabled=javascript))
        contexts.append(context)
        page = context.new_page()
        if login:
            (log_in_citizen if login.isdigit() else log_in_staff)(page, served[0], login)
        return page

    yield tab
    for each in contexts:
        each.close()


def looked_at(page: Page, name: str = "") -> None:
    """The page at both widths: nothing sticks out, nothing that a screen reader would stumble over; of one with a name a picture is kept."""
    if name:
        shoot(page, f"credit-scoring-{name}")
    page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert axe(page, colours=False) == []  # every colour here is one of the house's parts, measured there


def over(page: Page) -> None:
    """The page's own script sees that the work in the background is done."""
    expect(page.locator("h1 ~ p .tag, h1 + p .tag").first).to_have_text("已完成", timeout=60_000)


def test_from_a_table_to_a_grade_that_explains_itself_and_is_put_right(person: Callable[..., Page], served: tuple[DemoHall, str], tmp_path: Path) -> None:
    hall, number = served
    # the chief loads the catalogue and brings a table in: columns, preview, progress
    chief = person("chief")
    chief.goto(hall.url(f"{OFFICE}/catalogue"))
    chief.get_by_role("button", name="载入随附的目录").click()
    expect(chief.locator(".toast")).to_contain_text("已加入")
    looked_at(chief)
    table = tmp_path / "处罚.csv"
    table.write_text(
        f"企业名称,统一社会信用代码,决定日期,罚款金额（元）,处罚种类,文号\n甲餐饮公司,{number},2026-10-01,20000,罚款,杭市监罚〔2026〕12号\n乙公司,123,昨天,x,罚款,\n",
        encoding="utf-8",
    )
    chief.goto(hall.url(f"{OFFICE}/imports"))
    chief.get_by_label("哪种信息").select_option("penalty")
    chief.get_by_label("文件").set_input_files(table)
    chief.get_by_role("button", name="上传并对应列").click()
    expect(chief.get_by_text("试读了前 2 行，1 行有错")).to_be_visible()
    looked_at(chief, "import")
    chief.get_by_role("button", name="开始导入").click()
    over(chief)
    expect(chief.get_by_role("link", name="下载错误清单（CSV）")).to_be_visible()
    # a model from the sample, one rule changed as a row, simulated on everybody, published by another person
    chief.goto(hall.url(f"{OFFICE}/models"))
    chief.get_by_role("button", name="从随附的样板新建：企业").click()
    with next_page(chief):
        chief.get_by_role("link", name="修改", exact=True).click()
    rule = chief.locator("details").filter(has=chief.locator('input[value="penalty_large"]'))
    rule.locator("summary").click()
    rule.get_by_label("分值").fill("-60")
    chief.get_by_label("这一版改了什么").fill("大额罚款扣得多一些")
    looked_at(chief, "model-form")
    chief.get_by_role("button", name="保存").click()
    chief.get_by_role("button", name="在全部主体上模拟").click()
    over(chief)
    expect(chief.get_by_role("heading", name="对各类主体的影响")).to_be_visible()
    looked_at(chief, "fairness")
    leader = person("leader")
    leader.goto(hall.url(f"{OFFICE}/models"))
    leader.get_by_role("link", name="企业公共信用综合评价").first.click()
    leader.get_by_role("button", name="发布", exact=True).click()
    over(leader)
    # anybody looks it up, without a script
    reader = person(javascript=False)
    reader.goto(hall.url(f"{X}/"))
    reader.get_by_label("企业全称或者统一社会信用代码").fill("甲餐饮公司")
    reader.get_by_role("button", name="查询").click()
    expect(reader.get_by_text("杭市监罚〔2026〕12号")).to_be_visible()
    # a reviewer states why, and sees the file
    reviewer = person("reviewer")
    reviewer.goto(hall.url(f"{OFFICE}/"))
    reviewer.get_by_role("link", name="甲餐饮公司").click()
    reviewer.get_by_label("用途").fill("办件 2026-77 的核查")
    with next_page(reviewer):
        reviewer.get_by_role("button", name="查看档案").click()
    expect(reviewer.get_by_text("得分怎么来的")).to_be_visible()
    looked_at(reviewer)
    # the person reads where each point comes from and who looked, and objects – by keyboard alone, without a script
    me = person(CITIZEN, javascript=False)
    me.goto(hall.url(f"{X}/mine"))
    me.get_by_role("link", name="有限公司").or_(me.locator("article h2 a")).first.click()
    expect(me.locator("tr", has_text="合计").locator("td.num")).to_have_text("610")
    expect(me.get_by_text("办件 2026-77 的核查")).to_be_visible()
    me.get_by_role("link", name="提异议").first.focus()
    me.keyboard.press("Enter")
    me.get_by_label("理由").fill("这个处罚不是我们公司的，请核实")
    me.get_by_role("button", name="提交申请").focus()
    with next_page(me):
        me.keyboard.press("Enter")
    expect(me.get_by_text("待办理")).to_be_visible()
    request = me.url
    # the chief finds it right; the score follows at once
    chief.goto(hall.url(f"{OFFICE}/requests"))
    with next_page(chief):
        chief.locator("table a").first.click()
    looked_at(chief)
    chief.get_by_label("答复和理由").fill("核实为录入错误，予以更正")
    with next_page(chief):
        chief.get_by_role("button", name="同意申请", exact=True).click()
    me.goto(request)
    expect(me.get_by_text("核实为录入错误，予以更正")).to_be_visible()
    mine = person(CITIZEN)
    mine.goto(request.split("/requests/")[0])
    expect(mine.locator("tr", has_text="合计").locator("td.num")).to_have_text("730")
    looked_at(mine, "my-file")
    # and the supervisor of all this reads who looked at whom
    leader.goto(hall.url(f"{OFFICE}/access"))
    expect(leader.get_by_text("办件 2026-77 的核查").first).to_be_visible()
    looked_at(leader)
