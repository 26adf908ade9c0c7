"""The comprehensive window: a clerk applies for whoever comes, with the citizens' own form; nobody else gets at what is on the desk."""

import re

from flask import Flask
from sqlalchemy import select

from core.cases.models import Case, CaseEvent, CaseMaterial, CaseParty
from core.cases.models.filing import CaseFiling
from tests import fixtures_site as site
from tests.counter import desk
from tests.counter.desk import LIU, WANG


def test_a_clerk_files_for_a_person_and_the_person_sees_the_case_in_their_own_space(app: Flask, built: site.Built) -> None:
    window = site.Browser(app).staff("window", built.passwords["window"])
    case_id = desk.file_case(window)
    receipt = window.get(f"/office/counter/cases/{case_id}/receipt")
    assert receipt.status_code == 200 and "查询码" in receipt.text and "王" in receipt.text
    citizen = site.Browser(app).citizen("13800000001", built.passwords["13800000001"])
    assert citizen.get(f"/cases/{case_id}").status_code == 200
    with app.extensions["wangting"].database.session() as session:
        case = session.get(Case, case_id)
        assert case is not None and case.channel == "window" and case.account_id is None
        filing = session.get(CaseFiling, case_id)
        assert filing is not None and filing.post == "general_window"
        told = session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == case_id, CaseEvent.actor_id == filing.staff_id)).all()
        assert "filed_at_desk" in told
        assert "party:confirmation" in session.scalars(select(CaseMaterial.material).where(CaseMaterial.case_id == case_id)).all()
        assert [row.role for row in session.scalars(select(CaseParty).where(CaseParty.case_id == case_id))] == ["applicant"]
