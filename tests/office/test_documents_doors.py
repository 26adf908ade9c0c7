"""A document is reached from its notice, from the case page and over the API – by whose it is, and nobody else."""

import re

import pytest

from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office, press

CARD, OTHER = "senior-card", "13800000002"


def api(office: Office, login: str) -> site.Api:
    return site.Api(office.app, login, office.built.passwords[login], "citizen" if login.isdigit() else "staff")


def reader(office: Office, login: str = CITIZEN) -> site.Browser:
    return site.Browser(office.app).citizen(login, office.built.passwords[login])


@pytest.fixture(scope="module")
def case(office: Office) -> str:
    """A case with an acceptance, its paper made."""
    case = office.file(CARD)
    assert press(office.staff("window"), case, "accept").status_code == 303
    office.settle()
    return case


def test_the_notice_of_an_act_leads_to_its_paper(office: Office, case: str) -> None:
    me = reader(office)
    page = me.get("/my/messages").text
    paper = re.search(rf'href="(/cases/{case}/documents/[0-9a-f-]+)"', page)
    assert paper is not None and "看文书" in page
    assert me.get(paper[1]).data.startswith(b"%PDF-")
    assert reader(office, OTHER).get(paper[1]).status_code == 404
    assert site.Browser(office.app).get(paper[1]).status_code == 302


def test_the_api_lists_documents_and_gives_their_papers(office: Office, case: str) -> None:
    for caller, root in ((api(office, CITIZEN), "cases"), (api(office, "window"), "tasks")):
        listed = caller.get(f"/v1/{root}/{case}/documents").json["documents"]
        assert [each["kind"] for each in listed] == ["acceptance"] and listed[0]["ready"] is True
        answer = caller.get(f"/v1/{root}/{case}/documents/{listed[0]['id']}")
        assert answer.status_code == 200 and answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-")
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("login", "root"), [(OTHER, "cases"), ("fire", "tasks"), ("yunling-window", "tasks")])
def test_the_wrong_person_gets_the_same_answer_as_for_a_document_that_is_not_there(office: Office, case: str, login: str, root: str) -> None:
    document = api(office, CITIZEN).get(f"/v1/cases/{case}/documents").json["documents"][0]["id"]
    wrong = api(office, login)
    for path in (f"/v1/{root}/{case}/documents", f"/v1/{root}/{case}/documents/{document}", f"/v1/{root}/{new_id()}/documents"):
        assert wrong.get(path).status_code == 404
    # a right case does not open another case's document
    assert api(office, CITIZEN).get(f"/v1/cases/{case}/documents/{new_id()}").status_code == 404


def test_the_description_says_that_a_paper_is_a_pdf(office: Office) -> None:
    paths = site.Browser(office.app).get("/v1/openapi.json").json["paths"]
    content = paths["/v1/cases/{case_id}/documents/{document_id}"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["application/pdf"] and content["application/pdf"]["schema"]["format"] == "binary"
    assert "documents" in paths["/v1/tasks/{case_id}/documents"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["required"]


def test_the_audit_speaks_of_licences_in_words(office: Office, case: str) -> None:
    assert press(office.staff("window"), case, "grant").status_code == 303
    page = office.staff("supervisor").get("/office/audit/?action=licences.issued").text
    assert "发证" in page
    from core.web.backoffice import audit

    with office.app.test_request_context("/office/audit/"):
        titles = audit._titles()
    from core.licences.life import ACTS

    assert {f"licences.{act.event}" for act in ACTS.values()} <= titles.keys()
