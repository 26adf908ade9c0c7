"""Every page as each role, in both languages, by the right person and by the wrong one."""

import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.outbox import relay
from plugins.credit_scoring import modelling, running, subjects
from plugins.credit_scoring.models import Access, Batch, Model, Record, Run
from plugins.credit_scoring.tests import test_services as work
from tests import fixtures_site as site

ME, OTHER = "13800000001", "13800000002"
X, OFFICE = "/x/credit_scoring", "/office/x/credit_scoring"
HERE = Path(__file__).resolve().parents[1]
_HAN = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff01-\uff60]+")
Number = Callable[[int], str]


@pytest.fixture
def filled(hall: Any, number: Number) -> Any:
    """A hall with my company's penalty, a model in force, a draft, runs and an objection."""
    mine = ["Acme Catering", work.own_number(hall), "2026-10-01", 500, "fine", "A-1", "catering", "330106", "micro", "late"]
    work.brought_in(hall, [mine, *[[f"Company {n}", number(n), "2026-09-01", 20000, "fine", f"B-{n}", "retail", "330106", "small", ""] for n in range(5)]])
    work.published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "citizen")
        subject, record = work.my_record(hall, ctx)
        from plugins.credit_scoring import requests

        request = requests.file(ctx, "objection", subject, record, hall.people.company_party, words="This fine is not ours at all")
        draft = modelling.draft(hall.ctx(session, "chief"), {**modelling.shipped("company"), "base": "650"}, "lower base")
        hall.ids = {
            "subject": subject, "record": record, "request": request.id, "draft": draft.id, "party": hall.people.company_party,
            "model": session.scalar(select(Model.id).where(Model.status == "published")), "run": session.scalar(select(Run.id).limit(1)),
            "batch": session.scalar(select(Batch.id).limit(1)),
        }  # fmt: skip
    return hall


def citizen(hall: Any, login: str = ME) -> site.Browser:
    return site.Browser(hall.app).citizen(login, hall.passwords[login])


def staff(hall: Any, login: str) -> site.Browser:
    return site.Browser(hall.app).staff(login, hall.passwords[login])


def english(text: str) -> list[str]:
    """The Chinese of a page that is neither marked nor the switch of the language."""
    body = re.sub(r"<(\w+)[^>]*lang=\"zh-CN\".*?</\1>", "", text, flags=re.S)
    body = re.sub(r"<(head|header|footer)\b.*?</\1>", "", body, flags=re.S)
    return [each for each in _HAN.findall(re.sub(r"value=\"[^\"]*\"", "", body)) if each not in ("　",)]


def test_every_page_answers_its_reader_in_both_languages(filled: Any) -> None:
    ids = filled.ids
    pages = {
        "public": ["", "severe", "rules"],
        "citizen": [
            "mine", f"mine/{ids['party']}", f"mine/{ids['party']}/requests/{ids['request']}", f"mine/{ids['party']}/records/{ids['record']}/objection",
            f"mine/{ids['party']}/records/{ids['record']}/repair",
        ],
        "chief": [
            "", f"subjects/{ids['subject']}", "imports", f"imports/{ids['batch']}", "catalogue", "catalogue/penalty", "catalogue/new", "models",
            f"models/{ids['model']}", f"models/{ids['draft']}", f"models/{ids['draft']}/edit", f"runs/{ids['run']}", "requests", f"requests/{ids['request']}",
            "requests?state=granted",
        ],
        "leader": ["access"],
    }  # fmt: skip
    browsers = {"public": site.Browser(filled.app), "citizen": citizen(filled), "chief": staff(filled, "chief"), "leader": staff(filled, "leader")}
    browsers["chief"].post(f"{OFFICE}/subjects/{ids['subject']}", {"purpose": "case 2026-1"})
    for role, paths in pages.items():
        for path in paths:
            address = f"{OFFICE if role in ('chief', 'leader') else X}/{path}"
            assert browsers[role].get(address).status_code == 200, address
    for role, browser in browsers.items():
        browser.get("/language/en?next=/")
        for path in pages[role]:
            address = f"{OFFICE if role in ('chief', 'leader') else X}/{path}"
            text = browser.get(address).text
            names = {"郑立", "卫国平"}
            if "edit" in path or "catalogue/" in path:
                text = re.sub(r"<textarea\b.*?</textarea>", "", text, flags=re.S)
            assert [each for each in english(text) if each not in names] == [], address


def test_every_text_of_the_plugin_has_its_english(hall: Any) -> None:
    from babel.messages.pofile import read_po

    with (HERE / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        known = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    used: set[str] = set()
    for path in (HERE / "templates").rglob("*.html"):
        used |= set(re.findall(r"_\(\s*\"((?:[^\"\\]|\\.)*)\"", path.read_text(encoding="utf-8")))
        used |= set(re.findall(r"_\(\s*'((?:[^'\\]|\\.)*)'", path.read_text(encoding="utf-8")))
    for path in HERE.rglob("*.py"):
        if "tests" not in path.parts:
            used |= set(re.findall(r"\.say\(\"((?:[^\"\\]|\\.)*)\"", path.read_text(encoding="utf-8")))
    from plugins.credit_scoring import words
    from plugins.credit_scoring.views import model_form, office_imports, office_models

    for titles in (value for key, value in vars(words).items() if key.isupper() and isinstance(value, dict)):
        used |= set(titles.values())
    used |= {
        *office_imports.TARGETS.values(),
        *office_models.GROUP_TITLES.values(),
        *office_models.FIELD_TITLES.values(),
        *(column.title for column in model_form.HEAD),
    }
    for _name, title, columns in model_form.SECTIONS:
        used |= {title, *(column.title for column in columns)}
    assert {each for each in used if _HAN.search(each) and not known.get(each)} == set()


def test_strangers_and_the_wrong_people_stay_outside(filled: Any) -> None:
    ids, nobody, other = filled.ids, site.Browser(filled.app), citizen(filled, OTHER)
    mine = [
        f"mine/{ids['party']}", f"mine/{ids['party']}/report.pdf", f"mine/{ids['party']}/requests/{ids['request']}",
        f"mine/{ids['party']}/records/{ids['record']}/objection", f"mine/{ids['party']}/requests/{ids['request']}/files/x",
    ]  # fmt: skip
    for path in mine:
        assert nobody.get(f"{X}/{path}").status_code == 302, path
        assert other.get(f"{X}/{path}").status_code == 404, path
        assert other.get(f"{X}/{path.replace(ids['party'], filled.people.other_party)}").status_code == 404, path
    for path in (f"mine/{ids['party']}/records/{ids['record']}/objection", f"mine/{ids['party']}/requests/{ids['request']}"):
        assert other.post(f"{X}/{path}", {"words": "not mine at all"}).status_code == 404
    office = [
        "", f"subjects/{ids['subject']}", f"subjects/{ids['subject']}/report.pdf", "access", "imports", f"imports/{ids['batch']}",
        f"imports/{ids['batch']}/mistakes.csv", f"imports/{ids['batch']}/progress.json", "catalogue", "catalogue/penalty", "models",
        f"models/{ids['model']}", f"models/{ids['draft']}/edit", f"runs/{ids['run']}", f"runs/{ids['run']}/progress.json", "requests",
        f"requests/{ids['request']}", f"requests/{ids['request']}/files/x",
    ]  # fmt: skip
    window, reviewer, chief, me = staff(filled, "window"), staff(filled, "reviewer"), staff(filled, "chief"), citizen(filled)
    for path in office:
        assert nobody.get(f"{OFFICE}/{path}").status_code == 302, path
        assert me.get(f"{OFFICE}/{path}").status_code == 302, path
        assert window.get(f"{OFFICE}/{path}").status_code == 403, path
    for path in office[3:]:
        if "runs" not in path or "json" not in path:
            assert reviewer.get(f"{OFFICE}/{path}").status_code == 403, path
    for path, data in (
        (f"models/{ids['draft']}", {"do": "publish"}), (f"requests/{ids['request']}", {"do": "grant", "answer": "granted by nobody"}),
        ("imports", {}), (f"imports/{ids['batch']}", {"do": "stop"}), ("catalogue", {}), (f"runs/{ids['run']}", {"do": "stop"}),
    ):  # fmt: skip
        assert window.post(f"{OFFICE}/{path}", data).status_code == 403, path
        assert chief.post(f"{OFFICE}/{path}", data, csrf=False).status_code == 400, "without the token of its page"


def test_a_file_opens_for_a_purpose_and_the_person_reads_who_looked(filled: Any) -> None:
    reviewer, subject = staff(filled, "reviewer"), filled.ids["subject"]
    closed = reviewer.get(f"{OFFICE}/subjects/{subject}").text
    assert 'name="purpose"' in closed and "A-1" not in closed
    assert reviewer.get(f"{OFFICE}/subjects/{subject}/report.pdf").status_code == 403
    assert reviewer.post(f"{OFFICE}/subjects/{subject}", {"purpose": ""}).status_code == 422
    assert reviewer.post(f"{OFFICE}/subjects/{subject}", {"purpose": "办件 2026-77"}).status_code == 303
    assert "A-1" in reviewer.get(f"{OFFICE}/subjects/{subject}").text
    pdf = reviewer.get(f"{OFFICE}/subjects/{subject}/report.pdf")
    assert (pdf.status_code, pdf.data[:5]) == (200, b"%PDF-")
    mine = citizen(filled).get(f"{X}/mine/{filled.ids['party']}").text
    assert "办件 2026-77" in mine and "吴建民" not in mine, "the department is named, not the person"
    assert "吴建民" in staff(filled, "leader").get(f"{OFFICE}/access").text
    with filled.database.session() as session:
        assert {each.what for each in session.scalars(select(Access))} >= {"page", "report"}


def test_my_report_is_a_pdf_with_my_own_name(filled: Any) -> None:
    answer = citizen(filled).get(f"{X}/mine/{filled.ids['party']}/report.pdf")
    assert answer.data[:5] == b"%PDF-"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_public_looks_companies_up_and_not_too_often(filled: Any) -> None:
    browser = site.Browser(filled.app)
    found = browser.post(f"{X}/", {"text": "Company 1"})
    assert found.status_code == 200 and "B-1" in found.text
    assert "没有查到" in browser.post(f"{X}/", {"text": "Company 99"}).text
    assert browser.post(f"{X}/", {"text": "x"}).status_code == 422
    assert "<script>" not in browser.post(f"{X}/", {"text": "<script>alert(1)</script>"}).text
    limited = site.Browser(filled.built.app(extra={}))
    answers = [limited.post(f"{X}/", {"text": "Company 1"}).status_code for _ in range(12)]
    assert answers[:10] == [200] * 10 and 429 in answers


def test_a_table_is_uploaded_mapped_tried_started_and_its_mistakes_taken_away(hall: Any, number: Number) -> None:
    chief = staff(hall, "chief")
    assert "信息目录是空的" in chief.get(f"{OFFICE}/imports").text
    assert chief.post(f"{OFFICE}/catalogue").status_code == 303
    assert chief.post(f"{OFFICE}/imports", {"kind": "company", "entry": "penalty"}).status_code == 422
    lines = ["企业名称,信用代码,日子,罚款金额（元）,处罚种类", f"甲公司,{number(1)},2026-01-01,500,罚款", "乙公司,123,2026-01-01,=1+1,罚款"]
    file = (io.BytesIO("\n".join(lines).encode("gb18030")), "处罚.csv")
    made = chief.post(f"{OFFICE}/imports", {"kind": "company", "entry": "penalty", "file": file}, content_type="multipart/form-data")
    assert made.status_code == 303
    page = chief.get(made.location).text
    assert "还有必须的项没有对应的列" in page
    mapping = {"to-number": "信用代码", "to-name": "企业名称", "to-day": "日子", "to-field.amount": "罚款金额（元）", "to-field.kind": "处罚种类"}
    assert chief.post(made.location, {"do": "start"}).status_code == 422
    assert chief.post(made.location, {"do": "map", **mapping}).status_code == 303
    page = chief.get(made.location).text
    assert "试读了前 2 行，1 行有错" in page and "甲公司" in page and "校验位有错" in page
    assert chief.post(made.location, {"do": "start"}).status_code == 303
    relay.run_all(hall.database)
    page = chief.get(made.location).text
    assert "已完成" in page
    assert chief.get(f"{made.location}/progress.json").json["done"] == 2
    csv = chief.get(f"{made.location}/mistakes.csv")
    assert "3,信用代码," in csv.text and "123" not in csv.text
    with hall.database.session() as session:
        assert len(session.scalars(select(Record)).all()) == 1


def test_a_spreadsheet_does_as_well_and_what_is_no_table_is_refused(hall: Any, number: Number) -> None:
    import openpyxl

    chief = staff(hall, "chief")
    chief.post(f"{OFFICE}/catalogue")
    book = openpyxl.Workbook()
    for line in (["企业名称", "统一社会信用代码", "决定日期", "等级"], ["甲公司", number(1), "2026-01-01", "A"]):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    given = {"kind": "company", "entry": "tax_grade", "file": (out, "t.xlsx")}
    made = chief.post(f"{OFFICE}/imports", given, content_type="multipart/form-data")
    assert made.status_code == 303 and "1 行" in chief.get(made.location).text
    for content, name in ((b"PK\x03\x04broken", "t.xlsx"), (b"", "t.csv"), (b"\xff\xfe\x00only one", "t.csv")):
        given = {"kind": "company", "entry": "tax_grade", "file": (io.BytesIO(content), name)}
        assert chief.post(f"{OFFICE}/imports", given, content_type="multipart/form-data").status_code == 422, name


def test_a_model_is_changed_as_rows_compared_simulated_and_published_by_another(filled: Any) -> None:
    chief, leader, draft = staff(filled, "chief"), staff(filled, "leader"), filled.ids["draft"]
    page = html.unescape(chief.get(f"{OFFICE}/models/{draft}/edit").text)
    fields = dict(re.findall(r'<input type="text"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    for name, body in re.findall(r'<select id="[^"]+" name="([^"]+)">(.*?)</select>', page, flags=re.S):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        fields[name] = chosen[1] if chosen else ""
    number_of = next(key.split("-")[1] for key, value in fields.items() if key.startswith("rules-") and key.endswith("-id") and value == "penalty_small")
    more = chief.post(f"{OFFICE}/models/{draft}/edit", {**fields, "add": "rules"})
    assert more.status_code == 200 and more.text.count('class="item"') == page.count('class="item"') + 1
    bad = chief.post(f"{OFFICE}/models/{draft}/edit", {**fields, f"rules-{number_of}-points": "many"})
    assert bad.status_code == 422 and 'value="many"' in bad.text
    assert chief.post(f"{OFFICE}/models/{draft}/edit", {**fields, f"rules-{number_of}-points": "-45"}).status_code == 303
    with filled.database.session() as session:
        doc = modelling.one(filled.ctx(session), draft).doc
        before = modelling.shipped("company")
        assert next(rule for rule in doc["rules"] if rule["id"] == "penalty_small")["points"] == "-45"
        assert {**doc, "rules": 0, "base": 0} == {**before, "rules": 0, "base": 0}, "what was not touched is as it was"
        assert [rule for rule in doc["rules"] if rule["id"] != "penalty_small"] == [rule for rule in before["rules"] if rule["id"] != "penalty_small"]
    compared = chief.get(f"{OFFICE}/models/{draft}").text
    assert "-45" in compared and "650" in compared
    assert leader.post(f"{OFFICE}/models/{draft}", {"do": "publish"}).status_code == 422, "not simulated yet"
    run = chief.post(f"{OFFICE}/models/{draft}", {"do": "simulate"})
    relay.run_all(filled.database)
    report = chief.get(run.location).text
    assert "对各类主体的影响" in report and "批发和零售业" in report
    assert chief.post(f"{OFFICE}/models/{draft}", {"do": "publish"}).status_code == 422, "no permission"
    assert leader.post(f"{OFFICE}/models/{draft}", {"do": "publish"}).status_code == 303
    relay.run_all(filled.database)
    with filled.database.session() as session:
        standing = subjects.standing(filled.ctx(session), filled.ids["subject"])
        assert (standing.model_id, standing.points) == (draft, 605000)
        assert running.lately(filled.ctx(session))[0].state == "done"


def test_a_person_objects_with_evidence_and_the_department_decides(filled: Any) -> None:
    me, chief, ids = citizen(filled), staff(filled, "chief"), filled.ids
    assert me.post(f"{X}/mine/{ids['party']}/requests/{ids['request']}").status_code == 303, "taken back"
    address = f"{X}/mine/{ids['party']}/records/{ids['record']}/objection"
    assert me.post(address, {"words": "no"}).status_code == 422
    wrong = {"words": "This is not our company", "file1": (io.BytesIO(b"MZ not a picture"), "a.png")}
    assert me.post(address, wrong, content_type="multipart/form-data").status_code == 422
    good = {"words": "This is not our company", "file1": (io.BytesIO(site.png("proof")), "proof.png")}
    made = me.post(address, good, content_type="multipart/form-data")
    assert made.status_code == 303 and "待办理" in me.get(made.location).text
    request = made.location.rsplit("/", 1)[1]
    file = re.search(r"/files/([0-9a-f-]+)", me.get(made.location).text)
    assert file is not None
    assert me.get(f"{made.location}/files/{file[1]}").data == site.png("proof")
    assert citizen(filled, OTHER).get(f"{made.location}/files/{file[1]}").status_code == 404
    assert chief.get(f"{OFFICE}/requests/{request}/files/{file[1]}").data == site.png("proof")
    assert chief.post(f"{OFFICE}/requests/{request}", {"do": "grant", "answer": ""}).status_code == 422
    with filled.database.session() as session:
        seen = session.scalar(select(func.count()).where(Access.subject_id == ids["subject"], Access.what == "decide"))
    assert seen == 1, "who was shown the request by a refused answer has looked too"
    assert chief.post(f"{OFFICE}/requests/{request}", {"do": "grant", "answer": "Checked: entered by mistake"}).status_code == 303
    page = me.get(f"{X}/mine/{ids['party']}").text
    assert "已更正" in page and "以前的等级" in page
    assert "Checked: entered by mistake" in me.get(made.location).text


def test_an_entry_of_the_catalogue_is_made_in_a_form(hall: Any) -> None:
    chief = staff(hall, "chief")
    given = {
        "code": "water_saving", "zh": "节水先进", "en": "Saves water", "kind": "company", "domain": "duty", "nature": "good", "term": "none", "public": "yes",
        "source_zh": "水务部门", "source_en": "Water", "field-0-id": "level", "field-0-zh": "级别", "field-0-type": "choice",
        "field-0-choices": "city | 市级 | Municipal\ncounty | 县级", "field-0-required": "yes",
    }  # fmt: skip
    assert chief.post(f"{OFFICE}/catalogue/new", {**given, "code": "No good"}).status_code == 422
    assert chief.post(f"{OFFICE}/catalogue/new", {**given, "field-0-choices": ""}).status_code == 422
    assert chief.post(f"{OFFICE}/catalogue/new", given).status_code == 303
    assert "节水先进" in site.Browser(hall.app).get(f"{X}/rules").text
    with hall.database.session() as session:
        from plugins.credit_scoring import catalogue

        field = catalogue.one(hall.ctx(session), "water_saving")["fields"][0]
        assert [each["title"]["en"] for each in field["choices"]] == ["Municipal", "县级"] and field["required"]


def test_a_machine_delivers_rows_with_a_staff_token_and_nobody_else_does(hall: Any, number: Number) -> None:
    from core.sdk.testing.browsing import Api

    door = "/v1/x/credit_scoring/imports"
    staff(hall, "chief").post(f"{OFFICE}/catalogue")
    chief = Api(hall.app, "chief", hall.passwords["chief"], kind="staff")
    heads, first = ["企业名称", "统一社会信用代码", "决定日期", "等级"], ["甲公司", number(1), "2026-01-01", "A"]
    body = {"entry": "tax_grade", "kind": "company", "columns": heads, "rows": [first]}
    for kind, login in (("staff", "reviewer"), ("citizen", ME)):
        assert Api(hall.app, login, hall.passwords[login], kind=kind).post(door, body).status_code == 403
    assert site.Browser(hall.app).client.post(door, json=body).status_code == 401
    assert staff(hall, "chief").client.post(door, json=body).status_code == 401, "a cookie is no token"
    made = chief.post(door, body)
    assert (made.status_code, made.json["state"], made.json["total"]) == (201, "ready", 1)
    address = f"{door}/{made.json['id']}"
    assert chief.post(address, {"rows": [["乙公司", "123", "2026-01-01", "A"], ["丙公司", number(2), "2026-01-01", "B"]]}).json["total"] == 3
    assert chief.post(address, {"start": True}).json["state"] == "running"
    relay.run_all(hall.database)
    told = chief.get(address).json
    assert (told["state"], told["good"], told["bad"]) == ("done", 2, 1)
    assert told["mistakes"][0]["line"] == 3 and "123" not in str(told["mistakes"])
    for wrong in (None, [], {}, {**body, "rows": "all"}, {**body, "rows": [[]] * 5001}, {**body, "columns": 7}, {**body, "kind": "ship"}):
        assert chief.post(door, wrong).status_code in (404, 422), wrong
    deep = chief.client.post(door, data="[" * 100_000, headers={**chief.headers, "Content-Type": "application/json"})
    assert deep.status_code in (404, 422), "nested without end is no document"
    assert chief.post(address, {"rows": [first]}).status_code == 409
    assert chief.get(f"{door}/01a202bd-0000-7000-a2e9-3a8233e51210").status_code == 404
