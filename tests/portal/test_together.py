"""An item says whether several people may, must or may not apply together; the check page and the gate behind it obey."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.cases.models import CaseParty
from core.web.portal import offer
from tests import fixtures_hall as halls
from tests.portal.conftest import Reader
from tests.portal.test_applying import fill_in, hidden, send
from tests.portal.test_parties import PERSON, add, party_of


@pytest.fixture
def says(app: Any) -> Any:
    def publish(co: str) -> None:
        with app.extensions["wangting"].database.session() as session:
            halls.publish_item(session, "public_security/residence-permit.json", change=lambda doc: doc.update(applicants={"co": co}))
        offer.forget()

    return publish


def somebody(who: Reader, name: str) -> str:
    """Another party the reader stands for; the reader goes on applying for themselves."""
    assert add(who, PERSON | {"name": name}).status_code == 303
    party = party_of(who, name[:1])
    own = re.findall(r'name="party" value="([^"]+)"', who.get("/my/acting").text)[0]
    assert who.post("/my/acting", {"party": own}).status_code == 303
    return party


def test_an_item_for_one_person_alone_offers_no_co_applicant_and_takes_none(citizen, app, says) -> None:
    says("none")
    other = somebody(citizen, "欧阳静")
    check = fill_in(citizen, app)
    page = citizen.get(check + "?together=1").text
    assert 'name="_with"' not in page and "和别人一起申请" not in page
    filing = check.replace("/check", "/submit")
    refused = send(citizen, filing, MultiDict({**hidden(page), "_agree": "1", "_with": other}))
    assert refused.status_code == 422 and "只能一个人申请" in refused.text
    assert send(citizen, filing, MultiDict({**hidden(page), "_agree": "1"})).status_code == 303


def test_an_item_for_several_people_asks_for_them_at_once_and_is_not_filed_by_one(citizen, app, says) -> None:
    says("required")
    other = somebody(citizen, "诸葛明")
    check = fill_in(citizen, app)
    page = citizen.get(check).text
    assert other in page and "（可不选）" not in page.partition("共同申请人")[2][:40]
    filing = check.replace("/check", "/submit")
    alone = send(citizen, filing, MultiDict({**hidden(page), "_agree": "1"}))
    assert alone.status_code == 422 and "请至少选一位共同申请人" in alone.text and 'href="#with"' in alone.text
    filed = send(citizen, filing, MultiDict({**hidden(page), "_agree": "1", "_with": other}))
    assert filed.status_code == 303
    with app.extensions["wangting"].database.session() as session:
        query = select(CaseParty.party_id).where(CaseParty.case_id == filed.headers["Location"].split("/")[2], CaseParty.role == "co_applicant")
        assert session.scalars(query).all() == [other]
