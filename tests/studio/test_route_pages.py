"""The route editor's pages: the picture leads to its nodes, every button works without JavaScript, and a wrong route still opens."""

import re
from html import unescape

import pytest

from core.items.studio.scopes import KINDS
from core.kernel.ids import new_id
from tests.studio.conftest import save

FIRE = "review.joint.fire.opinion"


def press(browser, base, do, **more):
    return browser.post(f"{base}/route/", {"do": do, "command_id": new_id(), **more})


def command(browser, base, at, value):
    edit = {"do": "set", "at": at, "value": value, "was": 0}
    body = {"command_id": new_id(), "edits": [edit], "mine": True}
    return browser.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": browser.token()})


def editors(browse, page):
    """What each editor in the panel would post, by the last token of its spot."""
    forms = [browse(form).form() for form in re.findall(r"<form[^>]*data-studio.*?</form>", page, re.S)]
    return {form["at"][0].rpartition("/")[2]: form for form in forms}


def said(answer):
    """The text of a page without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", answer.text)))


def test_the_route_is_told_drawn_and_outlined(chief, base):
    assert chief.get(f"{base}/?part=route").headers["Location"].endswith("/route/")
    page = chief.get(f"{base}/route/")
    words = said(page)
    assert "路由：7 步，最长 7 个工作日，承诺 10" in words
    assert "退回都用满时，最长 34 个工作日" in words
    assert "走得通，没有死路" in words
    links = set(re.findall(r'<a href="([^"]+)"[^>]*><circle', page.text))
    assert f"{base}/route/?node=review.joint.fire.opinion#panel" in {unescape(link) for link in links}
    tree = page.text[page.text.index('data-live="outline"') :]
    assert tree.index("<b>并联审批</b>") < tree.index("<b>消防救援</b>") < tree.index("<b>出具消防意见</b>") < tree.index("<b>决定</b>")
    assert tree.count('<ol class="tree">') >= 4, "branches lie inside their node"


def test_the_chosen_node_says_who_does_it_and_is_changed_beside_the_drawing(chief, base, browse):
    page = chief.get(f"{base}/route/?node={FIRE}")
    assert re.search(r"审查员现在有 \d+ 人，能找到人办|审查人员现在有 \d+ 人，能找到人办", said(page)), said(page)[-3000:]
    assert page.text.count('class="sel" aria-current="true"') == 1
    forms = editors(browse, page.text)
    assert forms.keys() == {"opinion", "holders", "limit"}
    limit = forms["limit"]
    assert save(chief, base, {**limit, "value": "3"}).status_code == 200
    again = editors(browse, chief.get(f"{base}/route/?node={FIRE}").text)["limit"]
    assert again["value"] == ["3"]
    plain = chief.post(f"{base}/edit", {**again, "value": "2", "command_id": new_id()})
    assert plain.status_code == 303
    assert plain.headers["Location"].endswith(f"/route/?node={FIRE}#panel"), "without JavaScript one comes back to the route"


def test_nodes_come_move_and_go(chief, base):
    added = press(chief, base, "add", kind="step", after="review.joint", title="集体讨论")
    assert added.status_code == 303
    page = said(chief.get(added.headers["Location"].partition("#")[0]))
    assert "路由：8 步，最长 8 个工作日" in page
    assert press(chief, base, "down", node="review.step").status_code == 303
    assert press(chief, base, "up", node="review.step").status_code == 303
    refused = press(chief, base, "remove", node="review.joint")
    assert refused.status_code == 422
    assert "要看“并联审批”的结果" in said(refused)
    assert press(chief, base, "remove", node="review.step").status_code == 303
    assert "集体讨论" not in chief.get(f"{base}/route/").text
    for wrong in ({"do": "burn"}, {"do": "add", "kind": "bomb"}, {"do": "remove", "node": "review.nothing"}, {"do": "lead", "node": "<script>"}, {"do": "up"}):
        answer = chief.post(f"{base}/route/", {"command_id": new_id(), **wrong})
        assert answer.status_code == 422, wrong
        assert "<script>" not in answer.text.split("<main")[1].split("</main>")[0]
    assert chief.post(f"{base}/route/", {"do": "add", "kind": "step", "command_id": "x"}).status_code == 422


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_node_of_each_kind_opens_beside_the_drawing(chief, base, kind):
    for after in ("review", "review.joint.market"):
        added = press(chief, base, "add", kind=kind, after=after, title="新来的")
        assert added.status_code == 303, said(added)[:2000]
        page = chief.get(added.headers["Location"].partition("#")[0])
        assert page.status_code == 200
        assert '<h2 id="panel-title" lang="zh-CN">新来的</h2>' in page.text
        assert "<svg" in page.text
        assert "走得通，没有死路" in said(page)


def test_ways_branches_and_joins(chief, base):
    page = chief.get(f"{base}/route/?node=review.decide").text
    assert 'name="way:actions/return"' in page
    assert press(chief, base, "lead", node="review.decide", **{"way:actions/return": "outcome:refuse", "way:actions/grant": "outcome:grant"}).status_code == 303
    held = chief.get(f"{base}/route/?node=review.decide").text
    assert re.search(r'name="way:actions/return".*?<option value="outcome:refuse" selected', held, re.S)
    added = press(chief, base, "branch", node="review.joint", department="ecology", title="生态环境")
    assert "review.joint.ecology" in added.headers["Location"]
    assert "生态环境" in chief.get(f"{base}/route/").text
    assert press(chief, base, "join", node="review.joint", policy="quorum", need="2", lead="market").status_code == 303
    assert press(chief, base, "join", node="review.joint", policy="quorum", need="7").status_code == 422
    assert press(chief, base, "unbranch", node="review.joint.ecology").status_code == 303
    assert press(chief, base, "rename", node="review.joint", id="together").status_code == 303
    assert "review.together.fire.opinion" in chief.get(f"{base}/route/").text
    assert press(chief, base, "rename", node="review.together", id="Not An Id").status_code == 422


WHEN = "/item/route/review/nodes/joint/branches/fire/when"


def condition(browser, base, browse, page, **more):
    """Post the condition's form as the page has it, with *more* filled in otherwise."""
    form = re.search(r'<form[^>]*action="[^"]*/condition/".*?</form>', page, re.S)
    assert form is not None
    return browser.post(f"{base}/condition/", {**browse(form[0]).form(), "command_id": new_id(), **more})


def test_a_condition_is_changed_by_menus(chief, base, browse):
    at = f"{base}/route/?node=review.joint.fire"
    page = chief.get(at).text
    assert "当经营面积超过 300 ㎡时。" in unescape(page)
    assert condition(chief, base, browse, page, **{"value:r-0": "200", "op:r-0": "ge"}).headers["Location"].endswith("#rule-when")
    assert "200 ㎡" in chief.get(at).text
    condition(chief, base, browse, chief.get(at).text, **{"new:r": "situation.kind"})
    page = chief.get(at).text
    assert 'name="join:r"' in page
    assert 'name="value:r-1"' in page
    condition(chief, base, browse, page, **{"join:r": "or", "op:r-1": "one_of"})
    page = chief.get(at).text
    assert '<option value="or" selected' in page
    assert re.search(r'<input type="checkbox" name="value:r-1"', page)
    condition(chief, base, browse, page, **{"value:r-0": "很大"})
    told = chief.get(at)
    assert "要比较的值不对" in said(told)
    assert "200 ㎡" in told.text, "what does not do is not kept"
    condition(chief, base, browse, told.text, drop="r-1")
    assert 'name="value:r-1"' not in chief.get(at).text
    condition(chief, base, browse, chief.get(at).text, do="clear")
    assert "没有条件，总是这样" in said(chief.get(at))
    assert command(chief, base, WHEN, {">": [{"+": [{"var": "form.area"}, 1]}, 3]}).status_code == 200
    page = chief.get(at)
    assert "菜单写不下" in said(page)
    assert "经营面积 + 1" in said(page), "what menus cannot say is shown as its sentence and its JSON"
    assert "&#34;form.area&#34;" in page.text
    for wrong in ("/item/title", "/form/when", "", "/item/nothing/when", f"{WHEN}/>/0"):
        assert chief.post(f"{base}/condition/", {"at": wrong, "command_id": new_id(), "do": "clear"}).status_code == 422, wrong


def test_conditions_stand_by_menus_wherever_an_item_has_one(chief, base, browse):
    page = chief.get(f"{base}/?at=/item/route/review/nodes/decide/actions/grant")
    assert "当“并联审批”的结果是“同意”时。" in said(page), "in a route the outcomes of the nodes around are facts, too"
    assert '<option value="joint.outcome" selected' in page.text
    paper = f"{base}/?at=/item/materials/@layout"
    made = condition(chief, base, browse, chief.get(paper).text, **{"new:r": "form.area"})
    assert unescape(made.headers["Location"]).replace("%2F", "/").replace("%40", "@").endswith("?at=/item/materials/@layout#rule-when"), (
        "back where it was made"
    )
    assert "当经营面积超过 0 ㎡时。" in said(chief.get(paper))


def test_a_route_that_cannot_be_drawn_says_why_and_is_outlined_as_written(chief, base):
    assert command(chief, base, "/item/route/review/nodes/decide/actions/refuse/to", "nowhere").status_code == 200
    page = chief.get(f"{base}/route/")
    assert "还走不通" in said(page)
    assert f"{base}/route/?node=review.decide#panel" in unescape(page.text)
    for value in ("gone", {"start": "a", "nodes": {"a": {"kind": "step", "actions": {"x": {"to": "a"}}}, "b": 7}}, {"nodes": {"a": {"kind": "bomb"}}}, None):
        assert command(chief, base, "/item/route/review", value).status_code == 200
        page = chief.get(f"{base}/route/?node=review.a")
        assert page.status_code == 200
        assert "现在还画不出来" in said(page) or "<svg" in page.text
        assert chief.get(f"{base}/route/drawing.svg").status_code in (200, 404)
    assert command(chief, base, "/item/route", 3).status_code == 200
    assert chief.get(f"{base}/route/").status_code == 200


def test_the_drawing_is_taken_along_with_its_look(chief, base):
    answer = chief.get(f"{base}/route/drawing.svg")
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.headers["Content-Disposition"].encode("latin-1").startswith(b"attachment; filename*=UTF-8''%E6%B5%81%E7%A8%8B%E5%9B%BE-")
    assert 'xmlns="http://www.w3.org/2000/svg"' in answer.text
    assert "<style>" in answer.text
    assert "<a " not in answer.text
    pytest.importorskip("xml.etree.ElementTree").fromstring(answer.text.encode())
