"""A hall in production answers to its own names only, whatever the ``Host`` header of a request says."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from core.app import open_site
from core.identity.models import Hall, HallHost
from tests import fixtures_site as site
from tests.security.conftest import ME

PUBLIC, BRANCH = "hall.example.gov.cn", "branch.example.gov.cn"


@pytest.fixture(scope="module")
def built(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    made = site.copy(template, tmp_path_factory.mktemp("hosts") / "hall")
    database = open_site(made.config()).database
    with database.session() as session:
        session.add(HallHost(host=BRANCH, hall_id=session.scalars(select(Hall.id)).first()))
    database.close()
    return made


@pytest.fixture(scope="module")
def app(built: site.Built) -> Iterator[Flask]:
    made = built.app(public_url=f"https://{PUBLIC}", demo=False)
    yield made
    made.extensions["wangting"].database.close()


def get(app: Flask, host: str, path: str = "/") -> int:
    return app.test_client().get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize("host", [PUBLIC, f"{PUBLIC}:443", PUBLIC.upper(), f"{PUBLIC}.", BRANCH, f"{BRANCH}:8443", "127.0.0.1:8080", "localhost", "[::1]:8080"])
def test_its_own_names_are_answered(app: Flask, host: str) -> None:
    assert get(app, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", f"{PUBLIC}.evil.example", f"evil-{PUBLIC}", f"evil.example:443@{PUBLIC}", f"{PUBLIC}@evil.example", f"{PUBLIC}:80:80", f"{PUBLIC}/x",
        f"{PUBLIC}#", f"{PUBLIC} evil.example", "", "*", "127.0.0.1.evil.example", "0.0.0.0", "localhost.evil.example", f"{PUBLIC}:port",
    ],
)  # fmt: skip
def test_any_other_name_is_refused_in_plain_words_and_never_repeated(app: Flask, host: str) -> None:
    for path in ("/", "/account/login", "/office/login/", "/v1/items", "/items/senior-card", "/static/css/base.css"):
        answer = app.test_client().get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert answer.mimetype == "text/plain"
        assert "evil" not in answer.text and "evil" not in str(answer.headers)


def test_a_forwarded_host_is_not_believed_either(app: Flask) -> None:
    answer = app.test_client().get("/items/senior-card", headers={"Host": PUBLIC, "X-Forwarded-Host": "evil.example", "X-Original-Host": "evil.example"})
    assert answer.status_code in (200, 400)
    assert "evil" not in answer.text


def test_a_stolen_session_is_worth_nothing_under_another_name(app: Flask, built: site.Built) -> None:
    browser = site.Browser(app)
    token_page = app.test_client()
    answer = token_page.post("/account/login", data={"phone": ME, "password": built.passwords[ME]}, headers={"Host": "evil.example"})
    assert answer.status_code == 400 and not answer.headers.getlist("Set-Cookie")
    assert browser.get("/my/", headers={"Host": "evil.example"}).status_code == 400


def test_probes_answer_under_any_name(app: Flask) -> None:
    assert [get(app, "10.0.3.17:8080", path) for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]


def test_a_hall_on_a_desk_without_a_public_address_answers_to_every_name(built: site.Built) -> None:
    made = built.app()
    assert get(made, "my-laptop.local:8080") == 200
    made.extensions["wangting"].database.close()
