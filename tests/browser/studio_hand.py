"""An administrator at the studio: what a person does with mouse and keyboard, by the words on the page.

What is to be written comes as plain data: a label of the page → what goes there. A text goes into the box of that label, a choice is picked by its words, a
table of labels opens the group of that name, a list of tables adds row after row.
"""

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import next_page
from tests.demo_hall import DemoHall

Words = Mapping[str, Any]


def _named(label: str) -> re.Pattern[str]:
    """A label as the page shows it, required or not; in a table it stands behind the name of the row."""
    return re.compile(rf"^\s*(\S+ \d+ )?{re.escape(label)}\s*(\(选填\))?\s*$")


class Hand:
    """One administrator with one draft."""

    def __init__(self, page: Page, hall: DemoHall) -> None:
        self.page, self.hall, self.base = page, hall, ""

    # ---- getting about

    def begin(self, *, title: str, code: str, department: str, like: str) -> None:
        """A new item at the studio's door."""
        page = self.page
        page.goto(self.hall.url("/office/studio/"))
        page.get_by_label("名称").fill(title)
        page.get_by_label("代码").fill(code)
        page.get_by_label("哪个部门的").select_option(label=department)
        page.get_by_label("从什么开始").select_option(label=like)
        with next_page(page):
            page.get_by_role("button", name="新建", exact=True).click()
        self.base = page.url.split("/?")[0].rstrip("/")

    def part(self, title: str) -> None:
        """Go to a part of the item; where the parts are folded away they are opened first."""
        link = self.page.locator("nav.parts").get_by_role("link", name=re.compile(rf"^{title}"))
        if not link.first.is_visible():
            self.page.get_by_text("事项的组成", exact=True).first.click()
        with next_page(self.page):
            link.first.click()

    def press(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        """A button that leads to another page."""
        with next_page(self.page):
            (within or self.page.locator("main")).get_by_role("button", name=name, exact=isinstance(name, str)).first.click()

    # ---- writing

    def write(self, words: Words, within: Locator | None = None, button: str = "保存") -> None:
        """Write into the editor in the middle of the page – or into the form of *within* – and save it."""
        self._fill(within or self.page.locator("form[data-studio]").first, words)
        self.press(button, within)
        refused = self.page.locator("main .errors:visible")
        assert not refused.count(), refused.first.inner_text()

    def card(self, words: Words, lists: str) -> None:
        """One entry more in a list whose entries have pages of their own – the button under it leads to the new page –, and what stands on that page."""
        region = self.page.get_by_role("region", name=re.compile(rf"^{lists}( \d+)?$"))
        label = "名称"
        region.get_by_label(label, exact=True).fill(words[label])
        with next_page(self.page):
            region.get_by_role("button", name=re.compile("^加一个")).click()
        more = {name: value for name, value in words.items() if name not in (label, "条件")}
        if more:
            self.write(more)
        if "条件" in words:
            self.condition(words["条件"])

    def condition(self, rows: list[list[str]], within: Locator | None = None) -> None:
        """A condition by menus: each row is what is looked at, how it compares and – but for yes and no – with what; then all of it is saved."""
        for number, (fact, how, *value) in enumerate(rows):
            box = self._conditions(within)
            if box.get_by_label("看哪一项").count() == 0 or not box.get_by_label("看哪一项").last.is_visible():
                box.get_by_text("加一条", exact=True).first.click()
            box.get_by_label("看哪一项").last.select_option(label=fact)
            self.press("加一条", box)
            row = self._conditions(within).get_by_role("group", name=f"第 {number + 1} 条")
            row.get_by_label("怎样比").select_option(label=how)
            for each in value:
                self._compared(row, each)
            self.press("保存条件", self._conditions(within))

    def _conditions(self, within: Locator | None) -> Locator:
        return (within or self.page.locator("main")).locator("section.condition").first

    def _compared(self, row: Locator, value: str) -> None:
        box = row.get_by_label("值", exact=True)
        if box.evaluate("each => each.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill(value)

    def _fill(self, scope: Locator, words: Words) -> None:
        for label, value in words.items():
            if isinstance(value, Mapping):
                self._fill(self._group(scope, label), value)
            elif isinstance(value, list) and value and isinstance(value[0], Mapping):
                for entry in value:
                    self._fill(self._row(scope, label), entry)
            else:
                self._put(scope, label, value)

    def _group(self, scope: Locator, label: str) -> Locator:
        """The group of that name, opened when it was left out so far."""
        group = scope.get_by_role("group", name=_named(label)).first
        opener = group.get_by_role("button", name=f"填写 {label}", exact=True)
        if opener.count():
            with next_page(self.page):
                opener.click()
        return group

    def _row(self, scope: Locator, label: str) -> Locator:
        """One row more in the list of that name."""
        group = scope.get_by_role("group", name=_named(label)).first
        rows = group.locator(":scope [data-rows]").first.locator(":scope > [data-entry]")
        before = rows.count()
        group.get_by_role("button", name=f"再加一行 {label}", exact=True).click()
        expect(rows).to_have_count(before + 1)
        return rows.nth(before)

    def _put(self, scope: Locator, label: str, value: Any) -> None:
        """A text into its box, a choice picked, boxes ticked."""
        group = scope.get_by_role("group", name=_named(label))
        if group.count() and re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            for box, digits in zip(group.first.get_by_role("textbox").all(), value.split("-"), strict=True):
                box.fill(digits)
            return
        if group.count():
            for folded in group.first.locator("details:not([open]) > summary").all():
                folded.click()
            for each in value if isinstance(value, list) else [value]:
                group.first.get_by_label({True: "是", False: "否"}.get(each, each) if isinstance(each, bool) else each, exact=True).check()
            if isinstance(value, list):
                self._only(group.first, value)
            return
        box = scope.get_by_label(_named(label)).first
        if box.evaluate("each => each.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill("\n".join(value) if isinstance(value, list) else str(value))

    def _only(self, group: Locator, wanted: list[str]) -> None:
        """The other boxes of the group are not ticked."""
        ticked = group.locator("input[type=checkbox]:checked").evaluate_all("all => all.map(each => each.labels[0].innerText.trim())")
        for name in set(ticked) - set(wanted):
            group.get_by_label(name, exact=True).uncheck()

    # ---- the form

    def page_of(self, title: str) -> None:
        """A page more of the form; its first section is called the same."""
        box = self.page.locator("form", has=self.page.get_by_label("新的一页", exact=True))
        box.get_by_label("新的一页").fill(title)
        self.press("加一页", box)

    def tab(self, title: str) -> None:
        """Another page of the form."""
        with next_page(self.page):
            self.page.get_by_role("navigation", name="表单的页").get_by_role("link", name=title).first.click()

    def field(self, words: Words, section: str) -> None:
        """A field more: its kind out of the palette, what it asks, what there is to choose, and whether it must be answered."""
        region = self.page.locator("section[data-section]").filter(has=self.page.get_by_role("heading", name=section, exact=True)).first
        region.locator("label", has_text=re.compile(r"^\s*种类")).locator("select").select_option(label=words["种类"])
        region.get_by_label("问什么").fill(words["问什么"])
        self.press(re.compile("^加字段"), region)
        chosen = self.page.locator("section[aria-labelledby=chosen]")
        if "选项" in words:
            chosen.get_by_label("选项", exact=True).fill("\n".join(words["选项"]))
            self.press("保存选项", chosen)
        if words.get("必填"):
            self.press("改成必填", chosen)
        more = {name: value for name, value in words.items() if name not in ("种类", "问什么", "选项", "必填", "条件")}
        if more:
            self.write(more, chosen.locator("form[data-studio]"))
        if "条件" in words:
            self.condition(words["条件"], chosen)

    # ---- the route

    def node(self, kind: str, title: str, after: str) -> None:
        """A node more, of that kind, where the list says."""
        box = self.page.locator("#add")
        box.get_by_label("加在哪里").select_option(label=after)
        box.get_by_label("名称").fill(title)
        self.press(kind, box)

    def choose(self, title: str) -> None:
        """The node or branch of that name, in the outline."""
        with next_page(self.page):
            self.page.get_by_role("region", name="路由大纲").get_by_role("link", name=title, exact=True).first.click()

    def panel(self, words: Words) -> None:
        """What the panel of the chosen node says: a form of its own under each heading."""
        for heading, held in words.items():
            form = self.page.locator("#panel form[data-studio]").filter(has=self.page.get_by_role("group", name=heading, exact=True))
            self.write(held, form.first, button=f"保存 {heading}")

    def ways(self, words: Mapping[str, str]) -> None:
        """Where each way out of the chosen node leads."""
        form = self.page.locator("#panel form").filter(has=self.page.get_by_role("button", name="改去向"))
        for way, target in words.items():
            form.get_by_label(way, exact=True).select_option(label=target)
        self.press("改去向", form)

    def branch(self, department: str, title: str) -> None:
        """A lane more in the chosen joint node."""
        form = self.page.locator("#panel form").filter(has=self.page.get_by_role("button", name="加一个分支"))
        form.get_by_label("哪个部门").select_option(label=department)
        form.get_by_label("分支名称").fill(title)
        self.press("加一个分支", form)

    # ---- tests, and handing it in

    def tests(self) -> None:
        """Tests that the new questions left behind are answered, those that walk another way than the new one make room; the rest is filled up."""
        page = self.page
        self.part("测试")
        heal = page.get_by_role("button", name=re.compile("^用新的"))
        while heal.count():
            with next_page(page):
                heal.first.click()
        red = [each.inner_text() for each in page.locator("li.block").filter(has_text="没有通过").locator("b").all()]
        for title in red:
            with next_page(page):
                page.get_by_role("link", name="按定义改测试").click()
            self.press(f"移除 {title}")
            self.part("测试")
        self.press("一次补齐")
        expect(page.locator("main")).to_contain_text("全部通过")
        expect(page.locator("main")).to_contain_text("全都测到了")

    def hand_in(self, reason: str) -> str:
        """Check, say why, hand it in; returns the address of the request that reviewers open."""
        page = self.page
        with next_page(page):
            page.get_by_role("link", name="检查并送审").click()
        expect(page.locator("main")).to_contain_text("可以送审")
        page.get_by_label("为什么改").fill(reason)
        self.press(re.compile("^送审第"))
        return page.url
