"""Over the API, too, what the hall has already need not be handed in: with consent, and for nobody else."""

from flask import Flask
from sqlalchemy import select

from core.cases.models import CaseEvidence
from tests import fixtures_site as site

PERMIT, ME, OTHER = "residence-permit", "13800000001", "13800000002"


def test_an_earlier_paper_serves_again_over_the_api_with_consent_and_not_without(app: Flask, built: site.Built) -> None:
    mine, given = site.Api(app, ME, built.passwords[ME]), site.example(PERMIT)
    first = mine.file(PERMIT)
    assert first.status_code == 201, first.text
    window = site.Browser(app).staff("window", built.passwords["window"])
    assert site.office_press(window, first.json["id"], 1, "accept").status_code == 303
    asked = {"item": PERMIT, "answers": given["form"], "situation": given["situation"]}
    had = {each["id"] for each in mine.post("/v1/supplies", asked).json["materials"] if each["evidence"]}
    assert had
    other = site.Api(app, OTHER, built.passwords[OTHER])
    assert not any(each["evidence"] for each in other.post("/v1/supplies", asked).json["materials"])
    party = mine.get("/v1/parties").json["parties"][0]["party"]["id"]
    assert other.post("/v1/supplies", {**asked, "party": party}).status_code == 403
    rest = {each: [{"id": mine.upload().json["id"], "name": "photo.png"}] for each in given["materials"] if each not in had}
    bare = mine.post("/v1/cases", {**asked, "materials": rest})
    assert bare.status_code == 422
    agreed = mine.post("/v1/cases", {**asked, "materials": rest, "consent": True})
    assert agreed.status_code == 201, agreed.text
    with app.extensions["wangting"].database.session() as session:
        assert had >= set(session.scalars(select(CaseEvidence.material).where(CaseEvidence.case_id == agreed.json["id"]))) != set()
