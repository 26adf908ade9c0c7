"""The pages that take files in: uploaded, looked at, mapped by menus, taken over – and everybody who has no business there."""

import io
import json
import re

import openpyxl
import pytest

from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import errors

FOOD = "food-operation-new"


def file_of(*rows: list[object]) -> bytes:
    """A workbook of *rows*."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def send(browser: site.Browser, address: str, content: bytes, name: str, **more: str):
    data = {"csrf_token": browser.token(), "file": (io.BytesIO(content), name), **more}
    answer = browser.client.post(address, data=data, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # a large body is a file of the client's
    return answer


def test_a_list_of_materials_is_looked_at_mapped_and_taken_over(chief, base):
    door = f"{base}/materials/import/"
    assert 'type="file"' in chief.get(door).text
    content = file_of(["资料叫什么", "必要性"], ["<b>平面图</b>", "必要"], ["营业执照", "也许"])
    answer = send(chief, door, content, "../../清单.xlsx")
    assert answer.status_code == 303, errors(answer)
    here = answer.headers["Location"]
    first = chief.get(here).text
    assert "还有必须的项没有对应的列" in first
    assert "../.." not in first
    assert chief.post(here, {"do": "map", "to-title": "资料叫什么", "to-need": "必要性", "to-nothing": "x"}).status_code == 303
    page = chief.get(here).text
    assert "&lt;b&gt;平面图" in page
    assert "“也许”认不出来" in page
    assert "平面图" not in chief.get(f"{base}/?part=materials").text, "nothing is written by looking"
    taken = chief.post(here, {"do": "take", "command_id": new_id()})
    assert taken.headers["Location"].endswith("?part=materials")
    assert "平面图" in chief.get(f"{base}/?part=materials").text
    assert chief.post(here, {"do": "take", "command_id": new_id()}).status_code == 409
    assert chief.post(f"{base}/undo", {"command_id": new_id(), "landing": "materials"}).status_code == 303
    assert "平面图" not in chief.get(f"{base}/?part=materials").text


def test_what_is_no_list_is_refused_on_the_page(chief, base):
    door = f"{base}/materials/import/"
    for name, content in (("a.xls", b"x"), ("a.xlsx", b"PK\x03\x04"), ("a.csv", b""), ("a.json", b"{}")):
        answer = send(chief, door, content, name)
        assert answer.status_code == 422
        assert name in errors(answer)
    assert chief.post(door, {}).status_code == 422
    assert chief.get(f"{door}{new_id()}").status_code == 404
    assert chief.get(f"{door}nonsense").status_code == 404


def test_a_file_is_its_uploaders_own(office, chief, base):
    here = send(chief, f"{base}/materials/import/", file_of(["材料名称"], ["绝密平面图"]), "a.xlsx").headers["Location"]
    admin = office.staff("admin")
    assert admin.get(f"{base}/materials/import/").status_code == 200, "of the same department"
    assert admin.get(here).status_code == 404
    assert admin.post(here, {"do": "take", "command_id": new_id()}).status_code == 404
    assert chief.post(here, {"do": "burn"}).status_code == 422
    assert chief.post(here, {"do": "drop"}).status_code == 303
    assert chief.get(here).status_code == 404


@pytest.mark.parametrize("kind", ["materials", "catalogue"])
def test_the_blank_is_read_back_with_every_column_known(chief, kind):
    from core.items.studio.importing.blanks import BLANKS
    from core.items.studio.importing.columns import guess, names
    from core.items.studio.importing.reading import read

    for locale in ("zh", "en"):
        answer = chief.get(f"/office/studio/blank/{kind}.xlsx?lang={locale}")
        assert answer.status_code == 200
        sheet = read(io.BytesIO(answer.data), f"{kind}.xlsx", names(BLANKS[kind]))
        assert set(guess(sheet.columns, BLANKS[kind])) == {each.target for each in BLANKS[kind]}
        assert len(sheet.rows) == 1
    assert chief.get("/office/studio/blank/other.xlsx").status_code == 404


def test_a_signed_file_is_taken_away_looked_into_and_taken_in(office, chief):
    away = chief.get(f"/office/studio/items/{FOOD}/versions/bundle.json")
    assert away.status_code == 200
    assert "attachment" in away.headers["Content-Disposition"]
    assert office.staff("yunling-reviewer").get(f"/office/studio/items/{FOOD}/versions/bundle.json").status_code == 404
    assert set(chief.get("/office/studio/bundles/key.json").json) == {"crv", "kid", "kty", "use", "x"}
    here = send(chief, "/office/studio/bundles/", away.data, "省厅.json").headers["Location"]
    page = chief.get(here).text
    assert "由本厅自己签名" in page
    assert "和本厅一样" in page
    assert "收成草稿" not in page, "there is nothing to take in"
    assert office.staff("admin").get(here).status_code == 404, "a file is its uploader's own"
    assert chief.post(here, {"code": "no-such", "department": "x", "command_id": new_id()}).status_code in (404, 422)


def test_a_file_of_a_hall_that_is_not_trusted_can_only_be_copied(office, chief):
    whole = json.loads(chief.get(f"/office/studio/items/{FOOD}/versions/bundle.json").data)
    forged = json.dumps({**whole, "signed": {**whole["signed"], "signature": "AAAA"}}).encode()
    here = send(chief, "/office/studio/bundles/", forged, "x.json").headers["Location"]
    page = chief.get(here).text
    assert "不能确认" in page
    assert "收成草稿" not in page
    department = re.search(r'<option value="([^"]+)"', chief.get("/office/studio/").text)[1]
    refused = chief.post(here, {"code": FOOD, "department": department, "command_id": new_id()})
    assert refused.status_code == 422
    assert "items/trusted" in errors(refused)
    copy = here.replace("/bundles/", "/copy/")
    look = chief.get(copy)
    assert "签名未验证" in look.text
    made = chief.post(copy, {"like": FOOD, "title": "外地的食品许可", "code": "copied-food", "department": department, "region": "甲市"})
    assert made.status_code == 303, errors(made)
    findings = chief.get(made.headers["Location"]).text
    assert "从别处复制来的，这里要填本地的内容" in findings
    assert chief.post(copy, {"like": FOOD, "title": "x", "code": "copied-food", "department": department}).status_code == 409
    assert chief.post(copy, {"like": FOOD, "title": "x", "code": "坏", "department": department}).status_code == 422
    assert chief.post(copy, {"like": FOOD, "title": "x", "code": "y", "department": new_id()}).status_code == 403
    assert office.staff("admin").get(copy).status_code == 404


def test_what_another_department_published_is_copied_and_its_drafts_are_not(office, chief):
    other = office.staff("yunling-reviewer")
    assert FOOD in other.get("/office/studio/copy/").text
    assert other.get(f"/office/studio/copy/item/{FOOD}").status_code == 200
    department = re.search(r'<select id="department".*?value="([^"]+)"', other.get(f"/office/studio/copy/item/{FOOD}").text, re.S)[1]
    made = other.post(f"/office/studio/copy/item/{FOOD}", {"title": "云岭的", "code": "yunling-food", "department": department})
    assert made.status_code == 303
    draft = made.headers["Location"].removesuffix("findings/")
    assert chief.get(draft).status_code == 404, "the draft is the county's"
    assert chief.get("/office/studio/copy/item/yunling-food").status_code == 404
    assert "yunling-food" not in chief.get("/office/studio/copy/?q=云岭的").text
    assert chief.get("/office/studio/copy/item/no-such").status_code == 404
    for login in ("window", "legal", "leader"):
        for path in ("copy/", f"copy/item/{FOOD}", "bundles/", "bundles/key.json", "blank/materials.xlsx"):
            assert office.staff(login).get(f"/office/studio/{path}").status_code == 403, (login, path)


def test_pasted_json_is_looked_into_and_what_is_none_is_kept_to_be_mended(chief):
    from core.items.library import library

    text = library().items["senior-card"].read_text(encoding="utf-8")
    answer = chief.post("/office/studio/copy/", {"json": text})
    assert answer.status_code == 303
    assert "老年" in chief.get(answer.headers["Location"]).text
    refused = chief.post("/office/studio/copy/", {"json": '{"a": "<script>"}'})
    assert refused.status_code == 422
    assert "&lt;script&gt;" in refused.text
    assert chief.post("/office/studio/copy/", {}).status_code == 422
    assert send(chief, "/office/studio/bundles/", b"x" * (10 * 2**20 + 1), "x.json").status_code == 422
    assert send(chief, "/office/studio/bundles/", b"{}", "x.json").status_code == 422


def test_a_catalogue_is_tried_started_and_its_drafts_are_listed(office, chief):
    door = chief.get("/office/studio/import/").text
    department = re.search(r'<select id="department".*?value="([^"]+)"', door, re.S)[1]
    content = file_of(["叫什么", "事项类型", "没人要"], ["摆摊备案", "备案", "甲"], ["<i>坏</i>", "不知道", ""])
    assert send(chief, "/office/studio/import/", content, "清单.xlsx", department=new_id()).status_code == 403
    assert send(chief, "/office/studio/import/", b"", "清单.csv", department=department).status_code == 422
    here = send(chief, "/office/studio/import/", content, "清单.xlsx", department=department).headers["Location"]
    assert "还有必须的项没有对应的列" in chief.get(here).text
    assert chief.post(here, {"do": "start"}).status_code == 422
    chief.post(here, {"do": "map", "to-title": "叫什么", "to-type": "事项类型"})
    page = chief.get(here).text
    assert "前 2 行，1 行有错" in page
    assert "&lt;i&gt;坏" in page
    assert "摆摊备案" not in chief.get("/office/studio/").text
    assert chief.post(here, {"do": "start"}).status_code == 303
    running = chief.get(here).text
    assert "data-live" in running
    assert "结束于" not in running
    office.settle()
    done = chief.get(here).text
    assert re.search(r"导入完了</span> <span[^>]*>结束于 \d{4}年\d+月\d+日（周.） \d\d:\d\d<", done)
    assert re.search(r"Finished \w[^<]* \d\d:\d\d<", chief.get(f"{here}?_l_=en").text)
    draft = re.search(r'href="(/office/studio/[0-9a-f-]{36}/)"[^>]*>摆摊备案', done)
    assert draft is not None
    assert chief.get(draft[1]).status_code == 200
    assert "没有用上的列" in done
    table = chief.get(f"{here}/results.csv").text
    assert "不知道" in table
    assert chief.post(here, {"do": "drop"}).status_code == 409
    assert chief.post(here, {"do": "burn"}).status_code == 422
    assert "Imported" in chief.get("/office/studio/import/?lang=en").text or "导入完了" in chief.get("/office/studio/import/").text
    admin = office.staff("admin")
    for path in (here, f"{here}/results.csv"):
        assert admin.get(path).status_code == 404
    assert admin.post(here, {"do": "start"}).status_code == 404
    assert office.staff("window").get("/office/studio/import/").status_code == 403
    chief.post(f"{draft[1]}drop")


def test_a_formula_in_a_result_is_no_formula_in_the_table(office, chief):
    department = re.search(r'<select id="department".*?value="([^"]+)"', chief.get("/office/studio/import/").text, re.S)[1]
    content = "事项名称,事项类型\n=cmd|'/c calc'!A1,@SUM(1)\n".encode()
    here = send(chief, "/office/studio/import/", content, "a.csv", department=department).headers["Location"]
    chief.post(here, {"do": "start"})
    office.settle()
    table = chief.get(f"{here}/results.csv").data.decode("utf-8-sig")
    assert "\n2,'=cmd" in table.replace('"', "").replace("\r", "")
