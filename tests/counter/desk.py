"""What a clerk does at the desk, as plain steps for the tests."""

import io
import re
from typing import Any

from werkzeug.test import TestResponse

from core.identity import demo
from tests import fixtures_site as site

#: The first citizen of the demonstration, with an account, and somebody whom the hall never met.
WANG = {"name": "王小芳", "number": demo.CITIZENS[0][2 + 1]}
LIU = {"name": "刘样例", "number": "11010519491231002X"}


def receive(browser: site.Browser, **given: Any) -> TestResponse:
    """Identify somebody: the applicant in person unless said otherwise."""
    desk = re.search(r'name="desk"(?: value=|>\s*<option value=)"([^"]+)"', browser.get("/office/counter/").text)
    form = {"desk": desk[1] if desk else "", "role": "applicant", "document_kind": "resident_id", "way": "typed", "own": "1", "look": "1", **given}
    return browser.post("/office/counter/", form, content_type="multipart/form-data")


def visit_of(answer: TestResponse) -> str:
    """The visit that a reception began."""
    found = re.fullmatch(r"/office/counter/visits/([0-9a-f-]{36})/", answer.headers.get("Location", ""))
    assert found is not None, (answer.status_code, re.findall(r'class="err".*?</p>', answer.text, re.S))
    return found[1]


def fill(browser: site.Browser, visit: str, code: str, *, until: str = "check") -> str:
    """Fill in every page of the item's form at the desk, hand its materials in; returns the address of the draft at the step *until*."""
    given = site.example(code)
    posted = {**site.flat(given["form"]), **{f"_s.{key}": value for key, value in given["situation"].items()}}
    answer = browser.post(f"/office/counter/visits/{visit}/items/{code}/apply", posted)
    for _ in range(12):
        found = re.search(rf"/office/counter/visits/{visit}/drafts/([0-9a-f-]{{36}})(?:/(\w+))?", answer.headers.get("Location", "") or answer.text)
        assert found is not None, (answer.status_code, re.findall(r'class="err".*?</p>', answer.text, re.S))
        draft = f"/office/counter/visits/{visit}/drafts/{found[1]}"
        step = answer.headers.get("Location", "").rpartition("/")[2] or "check"
        if step in ("check", until) or answer.status_code == 200:
            return draft
        answer = browser.post(f"{draft}/{step}", _materials(given) if step == "materials" else posted, content_type="multipart/form-data")
    return draft


def _materials(given: dict[str, Any]) -> dict[str, Any]:
    files = {f"new.{each}": (io.BytesIO(site.png(each)), f"{each}.png") for each in given["materials"]}
    return {"_next": "1", "_consent": "1", **files}


def send(browser: site.Browser, draft: str, *, signed: bool = True, **more: Any) -> TestResponse:
    """Read out, signed, submitted."""
    version = re.search(r'name="_version" value="(\d+)"', browser.get(f"{draft}/check").text)
    form: dict[str, Any] = {"_agree": "1", "_version": version[1] if version else "1", **more}
    if signed:
        form["_signed"] = (io.BytesIO(site.png("signed")), "signed.png")
    return browser.post(f"{draft}/submit", form, content_type="multipart/form-data")


def file_case(browser: site.Browser, code: str = "senior-card", **given: Any) -> str:
    """From the document on the desk to the receipt; returns the case's id."""
    draft = fill(browser, visit_of(receive(browser, **(given or WANG))), code)
    answer = send(browser, draft)
    assert answer.status_code == 303, (answer.status_code, re.findall(r'class="err".*?</p>', answer.text, re.S))
    where = browser.get(answer.headers["Location"])
    found = re.search(r"/office/counter/cases/([0-9a-f-]{36})/receipt", where.headers["Location"])
    assert found is not None
    return found[1]
