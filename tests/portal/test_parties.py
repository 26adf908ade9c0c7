"""Those one acts for: entered with authority and evidence, chosen, on the case with their roles, seen by staff, gone when the term is over."""

import io
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from core.cases import queries
from core.cases.models import CaseParty
from core.identity.models import AccountParty
from core.kernel.actor import Actor
from core.kernel.clock import today
from tests import fixtures_hall as halls
from tests.portal.test_applying import PDF, fill_in, hidden, send, submit
from tests.portal.test_enclosures import Reader

LETTER = PDF + b"% letter"
PERSON = {"name": "刘玉珍", "document_kind": "resident_id", "number": "11010519491231002X", "role": "agent", "authority": "2026年11月1日的授权委托书"}


def add(who: Reader, data: dict[str, Any] = PERSON, paper: bytes | None = LETTER, name: str = "委托书.pdf", where: str = "/my/people/new") -> Any:
    fields = MultiDict(data)
    if paper is not None:
        fields["evidence"] = (io.BytesIO(paper), name)
    return send(who, where, fields)


def party_of(who: Reader, name: str) -> str:
    page = who.get("/my/acting").text
    found = re.findall(r'name="party" value="([^"]+)"[^>]*><span>([^<]+)<', page)
    return next(party for party, shown in reversed(found) if shown.startswith(name))


def test_an_agent_applies_for_another_and_staff_sees_the_letter(citizen, stranger, app) -> None:
    assert add(citizen).status_code == 303
    party = party_of(citizen, "刘")
    assert citizen.get(f"/my/parties/{party}/evidence").data == LETTER
    assert stranger.get(f"/my/parties/{party}/evidence").status_code == 404
    assert stranger.post("/my/acting", {"party": party}).status_code == 403
    assert citizen.post("/my/acting", {"party": party}).status_code == 303
    check = fill_in(citizen, app)
    assert "我受委托" in citizen.get(check).text
    case = submit(citizen, check).headers["Location"].split("/")[2]
    with app.extensions["wangting"].database.session() as session:
        columns = (CaseParty.role, CaseParty.party_id, CaseParty.authority, CaseParty.evidence_blob)
        rows = {row.role: row for row in session.execute(select(*columns).where(CaseParty.case_id == case))}
        assert rows["applicant"].party_id == party
        assert rows["agent"].authority == PERSON["authority"]
        assert rows["agent"].evidence_blob is not None
        people = halls.read_hall(session, {"w": "w"})
        held = [one for one in queries.case_for_party(session, case, actor=people.me).materials if one.material == "party:agent"]
        assert held and held[0].media_type == "application/pdf"
        staff = [Actor("staff", each) for each in people.staff.values()]
        allowed = [each for each in staff if any(row.id == case for row in queries.recent_for_staff(session, actor=each, limit=100).rows)]
        assert allowed
        assert queries.material_holder(session, case, held[0].blob_id, actor=allowed[0])[0].name.startswith("授权委托书")
    assert "授权委托书" in citizen.get(f"/cases/{case}").text
    with app.extensions["wangting"].database.session() as session:
        session.execute(update(AccountParty).where(AccountParty.party_id == party).values(valid_until=today() - timedelta(days=1)))
    assert citizen.get(f"/cases/{case}").status_code == 404


def test_a_guardian_needs_the_evidence_and_every_fault_is_named(citizen) -> None:
    bare = add(citizen, {"name": "", "document_kind": "resident_id", "number": "123", "role": "guardian", "until": "2001-01-01"}, paper=None)
    assert bare.status_code == 422
    for name in ("name", "number", "authority", "evidence", "until"):
        assert f'href="#{name}"' in bare.text
    assert add(citizen, PERSON | {"role": "applicant"}).status_code == 422
    assert add(citizen, PERSON | {"document_kind": "uscc"}).status_code == 422
    assert add(citizen, paper=b"MZ\x90\x00", name="letter.pdf").status_code == 422


def test_every_kind_of_document_names_a_person(citizen) -> None:
    numbers = {"passport": "E12345678", "hk_macau_permit": "H12345678", "taiwan_permit": "12345678"}
    for kind, number in numbers.items():
        assert add(citizen, PERSON | {"document_kind": kind, "number": number, "role": "guardian"}).status_code == 303, kind
    assert add(citizen, PERSON | {"document_kind": "passport", "number": "!"}).status_code == 422


def test_a_company_in_formation_has_no_code_yet(citizen) -> None:
    given = {"name": "望舒小吃（筹）", "number": "", "role": "legal_representative"}
    assert add(citizen, given, paper=None, where="/my/parties/new").status_code == 303
    assert "望舒小吃（筹）" in citizen.get("/my/profile").text


def test_a_co_applicant_is_named_on_the_check_page_and_nobody_elses_party_can_be(citizen, stranger, app) -> None:
    assert add(citizen, PERSON | {"name": "欧阳静"}).status_code == 303
    assert add(stranger, PERSON | {"name": "司马光"}).status_code == 303
    mine, theirs = party_of(citizen, "欧"), party_of(stranger, "司")
    own = re.findall(r'name="party" value="([^"]+)"', citizen.get("/my/acting").text)[0]
    assert citizen.post("/my/acting", {"party": own}).status_code == 303
    check = fill_in(citizen, app)
    page = citizen.get(check + "?together=1").text
    assert mine in page
    assert theirs not in page
    filing = check.replace("/check", "/submit")
    assert send(citizen, filing, MultiDict({**hidden(page), "_agree": "1", "_with": theirs})).status_code == 403
    filed = send(citizen, filing, MultiDict({**hidden(page), "_agree": "1", "_with": mine}))
    assert filed.status_code == 303
    with app.extensions["wangting"].database.session() as session:
        query = select(CaseParty.role, CaseParty.party_id).where(CaseParty.case_id == filed.headers["Location"].split("/")[2])
        roles = {(row.role, row.party_id) for row in session.execute(query)}
    assert roles == {("applicant", own), ("co_applicant", mine)}


def test_ones_own_data_is_shown_whole_only_when_asked(citizen) -> None:
    masked = citizen.get("/my/profile").text
    whole = citizen.post("/my/profile")
    assert whole.status_code == 200
    assert len(re.findall(r"\*", whole.text)) < len(re.findall(r"\*", masked))
    assert "重新遮住" in whole.text
