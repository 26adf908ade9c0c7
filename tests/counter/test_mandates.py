"""Mandates: given, used, shown, taken back; what they do not reach is refused with the rule, and nobody gets one by guessing."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.audit.models import Entry
from core.cases.models import CaseParty
from core.identity.errors import MandateRefused, NotYours
from core.identity.models import Mandate, MandateUse, Visit
from core.identity.service import mandates
from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import new_id
from core.notices.models import Notice
from tests import fixtures_hall as halls
from tests import fixtures_site as site
from tests.fixtures_hall import settle

WANG, LI = "13800000001", "13800000002"


@pytest.fixture
def principal(app: Flask, built: site.Built) -> site.Browser:
    return site.Browser(app).citizen(LI, built.passwords[LI])


@pytest.fixture
def agent(app: Flask, built: site.Built) -> site.Browser:
    return site.Browser(app).citizen(WANG, built.passwords[WANG])


def until(days: int = 60) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def give(principal: site.Browser, **given: str) -> TestResponse:
    form = {"name": "王小芳", "phone": WANG, "item": "senior-card", "power": "file", "until": until(), "agree": "1", **given}
    return principal.post("/my/mandates/new", form)


def act_for(agent: site.Browser) -> None:
    party = re.search(r'name="party" value="([0-9a-f-]{36})"', agent.get("/my/mandates").text)
    assert party is not None
    assert agent.post("/my/acting", {"party": party[1], "next": "/search"}).status_code == 303


def file_as(agent: site.Browser, code: str) -> TestResponse:
    """File *code* on the portal for whom one acts for."""
    from tests.security.conftest import start_draft

    draft, step = start_draft(agent, code)
    if step == "materials":
        import io

        files = {f"new.{each}": (io.BytesIO(site.png(each)), f"{each}.png") for each in site.example(code)["materials"]}
        answer = agent.post(f"/drafts/{draft}/materials", {"_next": "1", "_consent": "1", **files}, content_type="multipart/form-data")
        if answer.status_code != 303:
            return answer
    page = agent.get(f"/drafts/{draft}/check")
    version = re.search(r'name="_version" value="(\d+)"', page.text)
    return agent.post(f"/drafts/{draft}/submit", {"_agree": "1", "_version": version[1] if version else "1"}) if version else page


def test_an_agent_files_by_mandate_the_principal_sees_case_and_use_and_takes_it_back(app: Flask, principal: site.Browser, agent: site.Browser) -> None:
    assert give(principal).status_code == 303
    act_for(agent)
    filed = file_as(agent, "senior-card")
    assert filed.status_code == 303, re.findall(r'class="err".*?</p>', filed.text, re.S)
    case_id = filed.headers["Location"].split("/")[2]
    assert principal.get(f"/cases/{case_id}").status_code == 200
    assert agent.get(f"/cases/{case_id}").status_code == 200
    shown = principal.get("/my/mandates").text
    assert "提交申请" in shown and case_id in shown
    with app.extensions["wangting"].database.session() as session:
        assert {row.role for row in session.scalars(select(CaseParty).where(CaseParty.case_id == case_id))} == {"applicant", "agent"}
    refused = agent.post(f"/cases/{case_id}/withdraw", {"command": new_id(), "reason": "不办了"})
    assert refused.status_code == 403 and "第一百六十二条" in refused.text  # filing only: to withdraw was not given
    mandate = re.search(r"/my/mandates/([0-9a-f-]{36})/revoke", shown)
    assert mandate is not None
    assert principal.post(f"/my/mandates/{mandate[1]}/revoke").status_code == 303
    assert agent.get(f"/cases/{case_id}").status_code == 404
    again = file_as(agent, "senior-card")
    assert again.status_code == 403 and "第一百七十三条第二项" in again.text
    assert principal.get(f"/cases/{case_id}").status_code == 200


def test_a_mandate_for_one_item_is_none_for_another(principal: site.Browser, agent: site.Browser) -> None:
    give(principal)
    act_for(agent)
    refused = file_as(agent, "unemployment-benefit")
    assert refused.status_code == 403 and "第一百六十二条" in refused.text


def test_a_mandate_ends_on_its_day(app: Flask, principal: site.Browser) -> None:
    give(principal, until=until(0))
    database = app.extensions["wangting"].database
    with database.session() as session:
        row = session.scalars(select(Mandate)).one()
        mandates.authority(session, row.id, item="senior-card", department="civil_affairs")
        session.execute(update(Mandate).values(valid_until=clock.today() - timedelta(days=1)))
        with pytest.raises(MandateRefused) as told:
            mandates.authority(session, row.id, item="senior-card", department="civil_affairs")
        assert "第一百七十三条第一项" in told.value.words() and "art. 173(1)" in told.value.words("en")


@pytest.mark.parametrize(
    ("given", "spot"),
    [
        ({"name": "王大芳"}, "name"),
        ({"phone": "13800000009"}, "name"),
        ({"name": "李大山", "phone": LI}, "name"),
        ({"item": "no-such-item"}, "item"),
        ({"power": "decide"}, "powers"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "2199-01-01"}, "until"),
        ({"until": "soon"}, "until"),
        ({"agree": ""}, "agree"),
    ],
)
def test_what_is_wrong_with_a_mandate_is_said_beside_its_field_and_nothing_is_written(
    app: Flask, principal: site.Browser, given: dict[str, str], spot: str
) -> None:  # fmt: skip
    answer = give(principal, **given)
    assert answer.status_code == 422 and f'id="{spot}-error"' in answer.text
    with app.extensions["wangting"].database.session() as session:
        assert session.scalar(select(Mandate.id)) is None


def test_nobody_gives_answers_or_takes_back_what_is_anothers(app: Flask, principal: site.Browser, agent: site.Browser, built: site.Built) -> None:
    give(principal)
    with app.extensions["wangting"].database.session() as session:
        people = halls.read_hall(session)
        mandate = session.scalars(select(Mandate.id)).one()
        with pytest.raises(NotYours):
            mandates.grant(
                session, people.citizen_party, agent_name="王小芳", agent_phone=WANG, reach=["item:senior-card"], powers=["file"],
                valid_until=date.fromisoformat(until()), actor=people.stranger,
            )  # fmt: skip
        with pytest.raises(NotFound):
            mandates.revoke(session, mandate, actor=Actor("citizen", people.divisions["990100"]))
        with pytest.raises(NotFound):
            mandates.revoke(session, mandate, actor=Actor("staff", next(iter(people.staff.values()))))
    assert agent.get("/my/mandates").text.count("李") >= 1
    assert agent.post(f"/my/mandates/{mandate}/answer", {"agreed": "1"}).status_code == 404
    party = re.search(r'name="party" value="([0-9a-f-]{36})"', agent.get("/my/mandates").text)
    assert party is not None
    assert (
        agent.post(
            "/my/mandates/new", {"party": party[1], "name": "李大山", "phone": LI, "item": "senior-card", "power": "file", "until": until(), "agree": "1"}
        ).status_code
        == 403
    )


def shown_code(principal: site.Browser) -> str:
    found = re.search(r'<b class="no">(\d{6})</b>', principal.get("/my/mandates").text)
    assert found is not None
    return found[1]


def test_a_village_agent_files_after_the_code_that_only_the_principal_was_sent(app: Flask, built: site.Built, principal: site.Browser) -> None:
    clerk = site.Browser(app).staff("linxi-agent", built.passwords["linxi-agent"])
    item = re.search(r'<option value="([a-z0-9-]+)"', clerk.get("/office/counter/consents").text.partition('id="item"')[2])
    assert item is not None
    asked = clerk.post("/office/counter/consents", {"name": "李大山", "document_kind": "resident_id", "number": "110105195808150016", "item": item[1]})
    assert asked.status_code == 303
    where = asked.headers["Location"]
    settle(app.extensions["wangting"].database)
    with app.extensions["wangting"].database.session() as session:
        notice = session.scalars(select(Notice).where(Notice.template == "mandate_asked")).one()
        kept = f"{notice.params}{notice.title}{notice.body}"
    code = shown_code(principal)
    assert code not in kept  # whoever reads the database reads no code
    assert code not in clerk.get(where).text
    wrong = clerk.post(where, {"code": "000000" if code != "000000" else "111111"})
    assert wrong.status_code == 422
    assert "等你同意" in principal.get("/my/mandates").text
    assert code not in site.Browser(app).citizen(WANG, built.passwords[WANG]).get("/my/mandates").text
    assert clerk.post(where, {"code": "１２三"}).status_code == 422
    for login in ("shiqiao-agent", "window"):  # another place's agent, and a desk without agents, with the right code
        assert site.Browser(app).staff(login, built.passwords[login]).post(where, {"code": code}).status_code in (403, 404)
    right = clerk.post(where, {"code": code})
    assert code not in principal.get("/my/mandates").text
    assert right.status_code == 303 and right.headers["Location"].startswith("/office/counter/visits/")
    assert clerk.get(right.headers["Location"]).status_code == 200
    other = site.Browser(app).staff("shiqiao-agent", built.passwords["shiqiao-agent"])
    assert other.get(where).status_code == 404 and other.get(right.headers["Location"]).status_code == 404


def test_the_desk_does_not_learn_whether_somebody_has_an_account(app: Flask, built: site.Built, principal: site.Browser) -> None:
    clerk = site.Browser(app).staff("linxi-agent", built.passwords["linxi-agent"])
    item = re.search(r'<option value="([a-z0-9-]+)"', clerk.get("/office/counter/consents").text.partition('id="item"')[2])
    assert item is not None
    here = {"name": "李大山", "document_kind": "resident_id", "number": "110105195808150016", "item": item[1]}
    seen = []
    for person in (here, {**here, "name": "李小山"}, {**here, "name": "无此人", "number": "11010519491231002X"}):
        asked = clerk.post("/office/counter/consents", person)
        where, mandate = asked.headers["Location"], asked.headers["Location"].rpartition("/")[2]
        shown = [clerk.get(where), *(clerk.post(where, {"code": "000000"}) for _ in range(6))]
        seen.append([asked.status_code, *((each.status_code, re.sub(r'(?<=csrf_token" value=")[^"]*', "", each.text).replace(mandate, "")) for each in shown)])
        assert site.Browser(app).staff("shiqiao-agent", built.passwords["shiqiao-agent"]).get(where).status_code == 404
        assert principal.post(f"/my/mandates/{mandate}/answer", {"agreed": "1"}).status_code == (303 if person is here else 404)
    assert seen[0] == seen[1] == seen[2]
    with app.extensions["wangting"].database.session() as session:
        vain = session.scalars(select(Mandate).where(Mandate.party_id.is_(None))).all()
        assert len(vain) == 2 and all(row.granted_at is None and row.account_id is None for row in vain)
        code = mandates._code(session, vain[0].id)  # not even the right one opens it
        session.execute(update(Mandate).where(Mandate.id == vain[0].id).values(tries=0))
        with pytest.raises(MandateRefused):
            mandates.confirm(session, vain[0].id, code, actor=Actor("staff", vain[0].id))
        assert len(session.scalars(select(Entry).where(Entry.action == "identity.mandate_asked_in_vain")).all()) == 2
        assert session.query(Notice).filter(Notice.template == "mandate_asked").count() == 1


def agreed_visit(app: Flask, built: site.Built, principal: site.Browser) -> tuple[site.Browser, str, str, str, str]:
    """A village agent at a visit that rests on a mandate: the clerk, where the consent stands, the visit, the item, and the mandate."""
    clerk = site.Browser(app).staff("linxi-agent", built.passwords["linxi-agent"])
    item = re.search(r'<option value="([a-z0-9-]+)"', clerk.get("/office/counter/consents").text.partition('id="item"')[2])
    assert item is not None
    asked = {"name": "李大山", "document_kind": "resident_id", "number": "110105195808150016", "item": item[1]}
    where = clerk.post("/office/counter/consents", asked).headers["Location"]
    mandate = where.rpartition("/")[2]
    assert principal.post(f"/my/mandates/{mandate}/answer", {"agreed": "1"}).status_code == 303
    return clerk, where, clerk.post(where, {}).headers["Location"], item[1], mandate


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_mandate_that_ended_opens_no_visit_and_closes_the_one_that_is_open(app: Flask, built: site.Built, principal: site.Browser, how: str) -> None:
    clerk, where, visit, item, mandate = agreed_visit(app, built, principal)
    assert clerk.get(f"{visit}items/{item}/apply").status_code == 200
    if how == "revoked":
        assert principal.post(f"/my/mandates/{mandate}/revoke").status_code == 303
    else:
        with app.extensions["wangting"].database.session() as session:
            session.execute(update(Mandate).values(valid_until=clock.today() - timedelta(days=1)))
    for answer in (clerk.post(where, {}), clerk.get(visit), clerk.get(f"{visit}items/{item}/apply"), clerk.post(f"{visit}items/{item}/apply", {})):
        assert answer.status_code == 403 and "第一百七十三条" in answer.text
        assert "李" not in answer.text.partition("<main")[2] and "110105" not in answer.text
    with app.extensions["wangting"].database.session() as session:
        assert session.query(Visit).filter(Visit.mandate_id == mandate).count() == 1


def test_an_agent_by_mandate_opens_nothing_beyond_its_items_and_cannot_hide_from_the_principal(
    app: Flask, built: site.Built, principal: site.Browser
) -> None:  # fmt: skip
    clerk, _where, visit, item, mandate = agreed_visit(app, built, principal)
    mine = site.Api(app, LI, built.passwords[LI]).file("senior-card").json["id"]
    window = site.Browser(app).staff("window", built.passwords["window"])
    assert [site.office_press(window, mine, no, act).status_code for no, act in ((1, "accept"), (2, "grant"))] == [303, 303]
    page = clerk.get(visit).text
    assert "别的不翻看" in page and "老年人优待证" not in page.partition('id="had-title"')[2]  # the licence itself is there, and not shown
    offered = re.findall(r'<option value="([a-z0-9-]+)"', clerk.get("/office/counter/consents").text.partition('id="item"')[2])
    other = next(each for each in offered if each != item)
    refused = clerk.get(f"{visit}items/{other}/apply")
    assert refused.status_code == 403 and "第一百六十二条" in refused.text and "110105195808150016" not in refused.text
    assert clerk.post(f"{visit}disown").status_code == 403
    with app.extensions["wangting"].database.session() as session:
        assert session.query(Visit).filter(Visit.mandate_id == mandate, Visit.account_id.is_(None)).count() == 0


def test_five_wrong_codes_end_it_and_each_try_counts(app: Flask, built: site.Built, principal: site.Browser) -> None:
    clerk = site.Browser(app).staff("linxi-agent", built.passwords["linxi-agent"])
    item = re.search(r'<option value="([a-z0-9-]+)"', clerk.get("/office/counter/consents").text.partition('id="item"')[2])
    assert item is not None
    asked = {"name": "李大山", "document_kind": "resident_id", "number": "110105195808150016", "item": item[1]}
    where = clerk.post("/office/counter/consents", asked).headers["Location"]
    code = shown_code(principal)
    for _ in range(5):
        assert clerk.post(where, {"code": "x"}).status_code == 422
    ended = clerk.post(where, {"code": code})
    assert ended.status_code == 422 and "重新申请" in ended.text
    assert code not in principal.get("/my/mandates").text
    with app.extensions["wangting"].database.session() as session:
        assert session.scalars(select(Mandate.granted_at)).one() is None
        assert session.scalar(select(MandateUse.id)) is None


def test_an_unknown_power_or_reach_is_refused_by_the_verb_too(app: Flask) -> None:
    with app.extensions["wangting"].database.session() as session:
        people = halls.read_hall(session)
        common = {"agent_name": "李大山", "agent_phone": LI, "valid_until": clock.today(), "actor": people.me}
        for reach, powers in (([], ["file"]), (["everything"], ["file"]), (["item:senior-card"], []), (["item:senior-card"], ["decide"])):
            with pytest.raises(BadInput):
                mandates.grant(session, people.citizen_party, reach=reach, powers=powers, **common)  # type: ignore[arg-type]
