"""办件库 in the browser: filters, what is sent in the body only, kept searches, an export from asking to the file."""

import re

from sqlalchemy import update

from core.cases.models import CaseExport
from core.kernel.ids import new_id
from core.outbox.models import Message
from core.outbox.relay import MAX_ATTEMPTS
from tests.office.conftest import Office, errors

FOOD = "food-operation-new"


def test_a_clerk_finds_cases_keeps_the_search_and_nobody_else_sees_it(fresh: Office) -> None:
    case = fresh.file(FOOD)
    fresh.settle()
    clerk, stranger = fresh.staff("window"), fresh.staff("linxi-reviewer")
    page = clerk.get("/office/library/").text
    assert f"/office/cases/{case}" in page
    assert f"/office/cases/{case}" not in stranger.get("/office/library/").text
    assert case not in clerk.get("/office/library/?state=ended").text
    assert "没有符合条件的办件" in clerk.get("/office/library/?item=nothing").text
    bad = clerk.get("/office/library/?since=yesterday")
    assert bad.status_code == 422
    assert "不是日期" in errors(bad)
    assert clerk.get("/office/library/?after=zzz").status_code == 422
    kept = clerk.post("/office/library/searches", {"title": "<b>本月</b>", "item": FOOD, "state": "open"})
    assert kept.status_code == 303
    page = clerk.get(kept.location).text
    assert "&lt;b&gt;本月&lt;/b&gt;" in page
    drop = re.search(r"/office/library/searches/[^/]+/drop", page)
    assert drop is not None
    assert stranger.post(drop[0]).status_code == 404
    assert clerk.post(drop[0]).status_code == 303
    assert "本月" not in clerk.get("/office/library/").text


def test_answers_and_numbers_are_searched_in_the_body_with_a_purpose_for_a_person(fresh: Office) -> None:
    case = fresh.file(FOOD, operator_name="青禾餐饮有限公司")
    fresh.settle()
    clerk = fresh.staff("window")
    found = clerk.post("/office/library/answers", {"item": FOOD, "field": "operator_name", "value": "青禾餐饮有限公司"})
    assert f"/office/cases/{case}" in found.text
    assert clerk.post("/office/library/answers", {"item": FOOD, "field": "legal_name", "value": "王芳"}).status_code == 422  # not marked by the item
    assert clerk.post("/office/library/people", {"document_kind": "resident_id", "document": "1", "purpose": "核对重复申请"}).status_code == 422
    without = clerk.post("/office/library/people", {"document_kind": "uscc", "document": "91110000600037341L", "purpose": ""})
    assert "用途" in errors(without)


def test_an_export_is_asked_for_watched_and_downloaded_by_its_own_clerk_only(fresh: Office) -> None:
    fresh.file(FOOD)
    clerk, other = fresh.staff("window"), fresh.staff("reviewer")
    assert "1 件" in clerk.get("/office/library/exports/").text
    form = {"command_id": new_id(), "format": "csv", "purpose": "月度统计<i>", "item": FOOD}
    assert clerk.post("/office/library/exports/", {**form, "purpose": " "}).status_code == 422
    assert clerk.post("/office/library/exports/", {**form, "whole": "1"}).status_code == 403
    begun = clerk.post("/office/library/exports/", form)
    assert begun.status_code == 303
    waiting = clerk.get(begun.location).text
    assert "data-going" in waiting
    assert "月度统计&lt;i&gt;" in waiting
    assert clerk.get(f"{begun.location}/file").status_code == 404
    for door in (other.get(begun.location), other.get(f"{begun.location}/file"), other.post(f"{begun.location}/stop")):
        assert door.status_code == 404
    fresh.settle()
    assert "data-going" not in clerk.get(begun.location).text
    file = clerk.get(f"{begun.location}/file")
    assert file.headers["Content-Disposition"].endswith(".csv")
    assert FOOD in file.text
    assert int(file.headers["Content-Length"]) == len(file.data)


def test_an_export_that_failed_says_how_to_mend_it_and_goes_on_for_its_own_clerk_only(fresh: Office) -> None:
    fresh.file(FOOD)
    fresh.settle()
    clerk, other = fresh.staff("window"), fresh.staff("reviewer")
    begun = clerk.post("/office/library/exports/", {"command_id": new_id(), "format": "csv", "purpose": "月度统计", "item": FOOD})
    assert clerk.post(f"{begun.location}/again").status_code == 409, "it is still under way"
    with fresh.session() as session:
        session.execute(update(Message).where(Message.done_at.is_(None)).values(attempts=MAX_ATTEMPTS))
    fresh.settle()
    failed = clerk.get(begun.location).text
    assert "没有做成" in failed and "可以接着做" in failed and "data-going" not in failed
    assert other.post(f"{begun.location}/again").status_code == 404
    assert clerk.post(f"{begun.location}/again", csrf=False).status_code == 400
    assert clerk.post(f"{begun.location}/again").status_code == 303
    fresh.settle()
    assert FOOD in clerk.get(f"{begun.location}/file").text
    with fresh.session() as session:
        session.execute(update(CaseExport).values(status="failed", wrapped_key=None))
    gone = clerk.get(begun.location).text
    assert f'href="/office/library/exports/?item={FOOD}"' in gone and "/again" not in gone
