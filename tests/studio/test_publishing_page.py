"""The page from which a draft is handed in: what it says, what it sends, and everybody who has no business there."""

import re
from datetime import timedelta

from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.fixtures_catalogue import claimed
from tests.office.conftest import Office, errors

FOOD = "food-operation-new"


def draft(browser: site.Browser) -> str:
    answer = browser.post("/office/studio/", {"do": "open", "item": FOOD})
    assert answer.status_code == 303, answer.text[:500]
    return answer.headers["Location"].rstrip("/")


def write(browser: site.Browser, base: str, at: str, value: object, was: object) -> None:
    body = {"command_id": new_id(), "edits": [{"do": "set", "at": at, "value": value, "was": was}]}
    answer = browser.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": browser.token()})
    assert answer.status_code == 200, answer.text[:300]


def test_a_shorter_limit_is_shown_with_its_figures_printed_handed_in_and_published(office: Office, chief: site.Browser) -> None:
    base = draft(chief)
    assert "什么都没有改" in chief.get(f"{base}/publish/").text
    write(chief, base, "/item/route/limits/promised/value", 9, 10)
    page = chief.get(f"{base}/publish/").text
    assert re.search(r"少 1 日\s*<small>10 → 9", page)
    assert "<del>10 个工作日</del> → <ins>9 个工作日</ins>" in page
    assert "可以送审" in page and "测试" in page
    printed = chief.get(f"{base}/publish/print").text
    assert "经营面积" in printed and "审核会签" in printed and "9 个工作日" in printed
    command = new_id()
    sent = {"reason": "提速", "when": "now", "command_id": command, "place-intake": "migrate"}
    answer = chief.post(f"{base}/publish/", sent)
    assert answer.status_code == 303 and "/office/items/requests/" in answer.headers["Location"]
    request = answer.headers["Location"]
    assert "已送审" in chief.get(f"{base}/publish/").text
    for login in ("legal", "leader"):
        staff = office.staff(login)
        assert "9 个工作日" in staff.get(request).text
        assert "审核会签" in staff.get(f"{request}/print").text
        assert staff.post(f"{request}/reviews", {"verdict": "pass", "words": "", "command_id": new_id()}).status_code == 303
    assert "已生效" in chief.get(request).text
    assert office.staff("reviewer").get(f"{request}/print").status_code == 404
    history = chief.get(f"/office/studio/items/{FOOD}/versions/").text
    assert "<del>10 个工作日</del> → <ins>9 个工作日</ins>" in history and "现行" in history
    assert "<del>9 个工作日</del> → <ins>10 个工作日</ins>" in chief.get(f"/office/studio/items/{FOOD}/versions/?from=2&to=1").text
    back = chief.post(f"/office/studio/items/{FOOD}/versions/", {"number": "1"})
    assert back.status_code == 303 and "<ins>10 个工作日</ins>" in chief.get(back.headers["Location"]).text
    assert chief.post(f"/office/studio/items/{FOOD}/versions/", {"number": "1"}).status_code == 409  # one draft an item
    chief.post(back.headers["Location"].removesuffix("publish/") + "drop")
    assert chief.get(f"/office/studio/items/{FOOD}/versions/?from=1&to=77").status_code == 404
    assert chief.post(f"/office/studio/items/{FOOD}/versions/", {"number": "77"}).status_code == 404
    for login in ("reviewer", "leader", "legal", "yunling-reviewer"):
        other = office.staff(login)
        assert other.get(f"/office/studio/items/{FOOD}/versions/").status_code in (403, 404), login
        assert other.post(f"/office/studio/items/{FOOD}/versions/", {"number": "1"}).status_code in (403, 404), login


def test_what_is_wrong_is_told_beside_what_was_written_and_nothing_is_handed_in(chief: site.Browser) -> None:
    base = draft(chief)
    write(chief, base, "/item/department", "nobody", "market_regulation")
    assert "还不能送审" in chief.get(f"{base}/publish/").text
    refused = chief.post(f"{base}/publish/", {"reason": "试试看", "when": "now", "command_id": new_id()})
    assert refused.status_code == 422 and "试试看" in refused.text
    assert "nobody" in refused.text
    write(chief, base, "/item/department", "market_regulation", "nobody")
    for sent in ({"when": "day", "effective_on": "2020-01-01"}, {"when": "day", "effective_on": "oops"}, {"when": "now", "place-intake": "erase"}):
        answer = chief.post(f"{base}/publish/", {"reason": "要", "command_id": new_id(), **sent})
        assert answer.status_code == 422 and errors(answer), sent
    assert chief.post(f"{base}/drop").status_code == 303


def test_a_day_of_effect_is_shown_on_the_item_and_may_be_taken_back(office: Office, chief: site.Browser) -> None:
    base = draft(chief)
    body = {"command_id": new_id(), "edits": [{"do": "set", "at": "/item/summary", "value": "到那天才换。", "was": None}], "mine": True}
    assert chief.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": chief.token()}).status_code == 200
    day = clock.today() + timedelta(days=4)
    sent = {"reason": "到日子换", "when": "day", "effective_on": day.isoformat(), "command_id": new_id()}
    request = chief.post(f"{base}/publish/", sent).headers["Location"]
    for login in ("legal", "leader"):
        answer = office.staff(login).post(f"{request}/reviews", {"verdict": "pass", "words": "", "command_id": new_id()})
        assert answer.status_code == 303, answer.text[:300]
    item = chief.get(f"/office/items/{FOOD}").text
    assert "已通过，待生效" in item and f"{day.month}月{day.day}日" in re.sub(r"\s|\u2009", "", item)
    assert "到那天才换" not in chief.get(f"/items/{FOOD}").text
    assert "撤回申请" in office.staff("leader").get(request).text
    assert "撤回申请" not in office.staff("legal").get(request).text
    assert office.staff("legal").post(f"{request}/withdraw", {"command_id": new_id()}).status_code == 404
    assert office.staff("leader").post(f"{request}/withdraw", {"command_id": new_id()}).status_code == 303
    assert "已撤回" in chief.get(request).text
    assert chief.post(f"{base}/drop").status_code == 303, "it is open again"


def test_the_page_is_for_the_department_s_own_people(office: Office, chief: site.Browser) -> None:
    base = draft(chief)
    for login in ("reviewer", "leader", "legal", "yunling-reviewer"):
        other = office.staff(login)
        for path in ("publish/", "publish/print"):
            assert other.get(f"{base}/{path}").status_code in (403, 404), login
        assert other.post(f"{base}/publish/", {"reason": "要", "command_id": new_id()}).status_code in (403, 404)
    chief.post(f"{base}/drop")


def test_what_is_the_catalogue_s_is_locked_in_the_editor(office: Office) -> None:
    with office.here.database.session() as session:
        who = {login: Actor("staff", office.staff_id(session, login)) for login in ("chief", "legal", "leader", "yunling-reviewer", "yunling-leader")}
        code = claimed(session, who)
    county = office.staff("yunling-reviewer")
    base = county.post("/office/studio/", {"do": "open", "item": code}).headers["Location"].rstrip("/")
    page = county.get(f"{base}/?part=basic").text
    assert "由目录统一规定" in page and "名称" in page.partition("送不了审")[2][:600]
    assert '<fieldset class="bare" disabled>' in county.get(f"{base}/?part=fees").text
    assert "由目录统一规定" not in county.get(f"{base}/?part=tests").text
