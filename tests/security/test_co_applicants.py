"""Co-applicants over the API: only those the caller acts for, and only where the item takes them."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests import fixtures_hall as halls
from tests import fixtures_site as site
from tests.security.conftest import ME, OTHER

CODE = "senior-card"


@pytest.fixture(scope="module")
def app(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = site.copy(template, tmp_path_factory.mktemp("together") / "hall")
    app = made.app()
    app.extensions["passwords"] = made.passwords
    yield app
    app.extensions["wangting"].database.close()


def file(app: Flask, who: str, *together: str) -> Any:
    api, given = site.Api(app, who, app.extensions["passwords"][who]), site.example(CODE)
    materials = {each: [{"id": api.upload().json["id"], "name": "a.png"}] for each in given["materials"]}
    body = {"item": CODE, "answers": given["form"], "situation": given["situation"], "materials": materials, "co_applicants": list(together)}
    return api.post("/v1/cases", body)


def test_nobody_names_a_stranger_as_co_applicant_and_an_item_for_several_is_not_filed_by_one(app: Flask) -> None:
    theirs = site.Api(app, OTHER, app.extensions["passwords"][OTHER]).get("/v1/parties").json["parties"][0]["party"]["id"]
    stolen = file(app, ME, theirs)
    assert stolen.status_code == 403, stolen.text
    with app.extensions["wangting"].database.session() as session:
        halls.publish_item(session, f"civil_affairs/{CODE}.json", change=lambda doc: doc.update(applicants={"co": "required"}))
    alone = file(app, ME)
    assert (alone.status_code, alone.json["type"]) == (422, "urn:wangting:cases.co_applicant_missing")
    with app.extensions["wangting"].database.session() as session:
        halls.publish_item(session, f"civil_affairs/{CODE}.json", change=lambda doc: doc.update(applicants={"co": "none"}))
    refused = file(app, ME, theirs)
    assert (refused.status_code, refused.json["type"]) == (422, "urn:wangting:cases.co_applicant_refused")
    assert file(app, ME).status_code == 201
