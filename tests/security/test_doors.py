"""The edge: forged forms, redirects, cookies, headers, guessing, odd addresses and hosts."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select, update

from core.identity.models import Account
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.security import url_table
from tests.security.conftest import ME, World
from tests.security.test_wrong_person import fill, rules

#: Addresses of FAB's generated pages, whose widgets write style attributes.
GENERATED = (
    "/office/admin/",
    "/office/users/",
    "/office/roles/",
    "/office/login",
    "/office/resetmypassword",
    "/office/resetpassword",
    "/office/userinfoeditview",
)
EVIL = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "///evil.example",
    "/%09/evil.example",
    "javascript:alert(1)",
    "/ /evil.example",
    "http:evil.example",
    "/\x00/evil.example",
    "@evil.example",
    ".evil.example",
)


@pytest.fixture(scope="module")
def guarded(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A hall with its rate limits on."""
    built = site.copy(template, tmp_path_factory.mktemp("guarded") / "hall")
    world = World(built, built.app(extra={}))
    yield world
    world.app.extensions["wangting"].database.close()


def leaves_the_site(location: str) -> bool:
    """Whether a browser would go elsewhere: it strips tabs and newlines and takes a backslash for a slash."""
    seen = re.sub(r"[\t\r\n\x00]", "", location).strip().replace("\\", "/")
    return (
        seen.startswith("//")
        or (re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", seen) is not None and not seen.startswith("http://localhost/"))
        or not seen.startswith(("/", "http://localhost/"))
    )


# --- forged forms -------------------------------------------------------------------------------------------------------------------------


def test_a_form_without_its_token_is_refused_everywhere(world: World) -> None:
    people = {"own": world.me(), "citizen": world.me(), "public": site.Browser(world.app), "role": world.staff("admin"), "self": world.staff("admin")}
    people |= {"staff": world.staff("window"), "staff_object": world.staff("window"), "desk": world.staff("window"), "studio": world.staff("chief")}
    people["approver"] = world.staff("supervisor")
    tried = 0
    for method, rule in rules(world, *people):
        if method == "POST" and not rule.rule.startswith("/v1/"):
            kind = url_table.kind_of(method, rule.rule) or ""
            browser = world.staff("supervisor") if rule.rule.startswith("/office/audit") else people[kind]
            for token in ({}, {"csrf_token": "forged"}):
                answer = browser.post(fill(rule, world.ids, method), token, csrf=False)
                assert answer.status_code == 400, (rule.rule, answer.status_code)
            tried += 1
    assert tried > 25


def test_a_token_of_another_session_is_worth_nothing(world: World) -> None:
    stolen = world.other().token()
    answer = world.me().post(f"/drafts/{world.ids['draft_id']}/drop", {"csrf_token": stolen}, csrf=False)
    assert answer.status_code == 400
    assert world.me().get(f"/drafts/{world.ids['draft_id']}/materials").status_code == 200


# --- redirects, hosts, paths ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", EVIL)
def test_no_door_sends_people_to_another_site(world: World, target: str) -> None:
    me, clerk, query = world.me(), world.staff("window"), {"next": target}
    answers = [
        me.get("/account/login", query_string=query),
        me.get("/language/en", query_string=query),
        me.get("/look/elder", query_string=query),
        me.get("/h/yunling/language/zh", query_string=query),
        me.post("/my/acting", {"party": world.ids["party"], "next": target}),
        clerk.get("/office/login/", query_string=query),
        site.Browser(world.app).post("/account/login", {"phone": ME, "password": world.built.passwords[ME]}, query_string=query),
        site.Browser(world.app).post("/office/login/", {"username": "window", "password": world.built.passwords["window"]}, query_string=query),
        clerk.get("/lang/zh", headers={"Referer": "https://evil.example/"}),
        clerk.get("/back", headers={"Referer": "https://evil.example/"}),
    ]
    for answer in answers:
        assert answer.status_code in (302, 303), answer.request.path
        assert not leaves_the_site(answer.headers["Location"]), (answer.request.path, answer.headers["Location"])


def test_a_forged_host_reaches_no_page_that_others_see(world: World) -> None:
    attacker, reader = site.Browser(world.app), site.Browser(world.app)
    for path in ("/", "/items/senior-card", "/departments", "/account/login", "/search?q=1", "/h/yunling/"):
        attacker.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in reader.get(path).text, path
    answer = attacker.get("/my/", headers={"Host": "evil.example"})
    assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../core/app.py",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static/....//app.py",
        "/theme/../../../../etc/passwd",
        "/theme/..%2f..%2fetc%2fpasswd",
        "/theme/standard",
        "/theme/.css",
        "/h/..%2f..%2fetc/passwd",
        "/h/../../etc/passwd",
        "/h//etc/passwd",
        "/h/%00/",
        "/h/nowhere/",
        "/uploads/..%2f..%2fkeys%2fmaster.json",
        "/uploads/../keys/master.json?draft=../../keys",
        "/cases/../../../etc/passwd",
        "/items/..%2f..%2fpasswd",
        "/verify/..%2f..%2f",
        "/office/users/download/..%2f..%2fmaster.json",
        "/v1/items/..%2f..%2fx",
        "/static/appbuilder/..%2f..%2f..%2fapp.py",
    ],
)
def test_no_address_walks_out_of_its_folder(world: World, path: str) -> None:
    for browser in (site.Browser(world.app), world.me(), world.staff("admin")):
        answer = browser.get(path)
        assert answer.status_code in (302, 308, 400, 404), (path, answer.status_code)
        assert "root:" not in answer.text
        assert "wangting-keys" not in answer.text
        if answer.status_code in (302, 308):
            assert not leaves_the_site(answer.headers["Location"]), answer.headers["Location"]


# --- sessions -------------------------------------------------------------------------------------------------------------------------------


def test_cookies_are_closed_to_scripts_and_to_other_sites(world: World) -> None:
    browser = site.Browser(world.app)
    answer = browser.post("/account/login", {"phone": ME, "password": world.built.passwords[ME]})
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    secure = world.built.app(secure_cookies=True, public_url="https://hall.example")
    answer = secure.test_client().get("/progress", base_url="https://hall.example")
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    secure.extensions["wangting"].database.close()


def payload(app: Flask, browser: site.Browser) -> dict[str, object]:
    """What the session cookie holds."""
    cookie = browser.client.get_cookie("wangting")
    assert cookie is not None
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    found: dict[str, object] = serializer.loads(cookie.value)
    return found


@pytest.mark.parametrize("who", ["citizen", "staff"])
def test_a_session_planted_before_the_log_in_is_worth_nothing_after_it(world: World, who: str) -> None:
    victim = site.Browser(world.app)
    with victim.client.session_transaction() as planted:
        planted["acting"] = [new_id(), "x", "x", "person", "applicant"]
        planted["worklist"] = "light=red"
        planted["locale"] = "en"
    token = victim.token()
    before = payload(world.app, victim)["csrf_token"]
    victim.citizen(ME, world.built.passwords[ME]) if who == "citizen" else victim.staff("window", world.built.passwords["window"])
    after = payload(world.app, victim)
    assert not {"acting", "worklist"} & after.keys()
    assert after.get("csrf_token") != before
    assert after["locale"] == "en", "what the reader chose stays"
    assert victim.post("/account/logout", {"csrf_token": token}, csrf=False).status_code == 400


def test_one_browser_is_one_person(world: World) -> None:
    browser = world.me()
    browser.staff("window", world.built.passwords["window"])
    assert browser.get("/my/").status_code == 302, "logging in as staff ends the citizen's session"
    browser.citizen(ME, world.built.passwords[ME])
    assert browser.get("/office/?light=").status_code == 302, "logging in as a citizen ends the staff session"


def test_a_new_password_ends_every_session_begun_with_the_old_one(world: World) -> None:
    browser = world.me()
    database = world.app.extensions["wangting"].database
    for change in (1, -1):
        with database.session() as session:
            account = session.scalars(select(Account).order_by(Account.id)).first()
            assert account is not None
            session.execute(update(Account).where(Account.id == account.id).values(epoch=Account.epoch + change))
        assert browser.get("/my/").status_code == (302 if change == 1 else 200)


def test_a_cookie_with_one_letter_changed_is_nobody(world: World) -> None:
    browser = world.me()
    cookie = browser.client.get_cookie("wangting")
    assert cookie is not None
    for position in (5, len(cookie.value) // 2, len(cookie.value) - 5):
        forged = cookie.value[:position] + ("A" if cookie.value[position] != "A" else "B") + cookie.value[position + 1 :]
        stranger = site.Browser(world.app)
        stranger.client.set_cookie("wangting", forged)
        assert stranger.get("/my/").status_code == 302


# --- guessing -------------------------------------------------------------------------------------------------------------------------------


def test_query_codes_cannot_be_tried_out(guarded: World) -> None:
    browser = site.Browser(guarded.app)
    seen = [browser.get(f"/progress/{code:016d}").status_code for code in range(25)]
    assert seen[0] == 404
    assert seen[-1] == 429
    assert guarded.app.test_client().get("/v1/progress/0000000000000000").status_code == 429
    assert browser.post("/progress", {"number": "1", "code": "0" * 16}).status_code == 429


def test_licence_codes_cannot_be_tried_out(guarded: World) -> None:
    browser = site.Browser(guarded.app)
    seen = [browser.get(f"/verify/{code:016d}").status_code for code in range(35)]
    assert (seen[0], seen[-1]) == (404, 429)


def test_passwords_of_citizens_cannot_be_tried_out_and_the_right_one_does_not_open_a_locked_account(world: World) -> None:
    login = "13800000002"
    for _ in range(12):
        answer = site.Browser(world.app).post("/account/login", {"phone": login, "password": "wrong-password-1"})
        assert answer.status_code == 422
    locked = site.Browser(world.app).post("/account/login", {"phone": login, "password": world.built.passwords[login]})
    assert locked.status_code == 422, "the account is locked"
    assert world.app.test_client().post("/v1/tokens", json={"kind": "citizen", "login": login, "password": world.built.passwords[login]}).status_code == 401
    with world.app.extensions["wangting"].database.session() as session:
        session.execute(update(Account).values(locked_until=None, failures=0))
    site.Browser(world.app).citizen(login, world.built.passwords[login])


def test_passwords_of_staff_cannot_be_tried_out_in_the_browser_or_over_the_api(guarded: World) -> None:
    browser = site.Browser(guarded.app)
    seen = [browser.post("/office/login/", {"username": "leader", "password": f"wrong-{n}"}).status_code for n in range(12)]
    assert seen[-1] == 429
    assert browser.post("/office/login/", {"username": "leader", "password": guarded.built.passwords["leader"]}).status_code == 429
    client = guarded.app.test_client()
    seen = [client.post("/v1/tokens", json={"kind": "staff", "login": "head", "password": f"wrong-{n}"}).status_code for n in range(12)]
    assert (seen[0], seen[-1]) == (401, 429)
    assert client.post("/api/v1/security/login", json={"username": "head", "password": "x", "provider": "db"}).status_code in (400, 404, 405)


def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(world: World) -> None:
    answers = []
    for login in (ME, "13999999999"):
        answer = site.Browser(world.app).post("/account/login", {"phone": login, "password": "wrong-password-1"}, headers={"X-Request-ID": "the-same-request"})
        answers.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert answers[0] == answers[1]
    with world.app.extensions["wangting"].database.session() as session:
        session.execute(update(Account).values(locked_until=None, failures=0))


# --- headers and errors ---------------------------------------------------------------------------------------------------------------------


def test_every_page_carries_the_policy_and_only_generated_pages_may_style_inline(world: World) -> None:
    people = {
        "public": site.Browser(world.app),
        "citizen": world.me(),
        "own": world.me(),
        "staff": world.staff("window"),
        "staff_object": world.staff("window"),
        "desk": world.staff("window"),
        "studio": world.staff("chief"),
    }
    people |= {"role": world.staff("admin"), "self": world.staff("admin")}
    checked = 0
    for method, rule in rules(world, *people):
        if method == "GET":
            answer = people[url_table.kind_of(method, rule.rule) or ""].get(fill(rule, world.ids))
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "script-src 'self'" in policy or "default-src 'none'" in policy, rule.rule
            assert "'unsafe-eval'" not in policy
            assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
            if "unsafe-inline" in policy:
                assert rule.rule.startswith(GENERATED) or "sandbox" in policy, rule.rule
            saved = answer.headers.get("Content-Disposition", "").startswith("attachment")  # a file to keep; no page of ours
            if answer.mimetype == "text/html" and not saved and not rule.rule.startswith(GENERATED):
                assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/)[^>]*>|\sstyle=\"|\son[a-z]+=\"|<style", answer.text), rule.rule
            checked += 1
    assert checked > 60


def test_an_error_of_ours_shows_no_inside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> object:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr("core.web.portal.my.case_queries.mine", broken)
    monkeypatch.setitem(world.app.config, "PROPAGATE_EXCEPTIONS", False)
    for answer in (world.me().get("/my/"), world.api().get("/v1/cases")):
        assert answer.status_code == 500
        for inside in ("Traceback", "ZeroDivisionError", "secret inside", 'File "'):
            assert inside not in answer.text
        assert answer.headers["X-Request-ID"] in answer.text, "what to tell the help desk"


@pytest.mark.parametrize(
    "path",
    [
        "/no-such-page",
        "/cases/not-an-id",
        "/cases/01a20000-0000-7000-8000-000000000000/receipt",
        "/items/none",
        "/drafts/x/y",
        "/v1/none",
        "/office/none",
        "/office/cases/x",
    ],
)
def test_an_address_that_does_not_exist_is_a_plain_404(world: World, path: str) -> None:
    for browser in (world.me(), world.staff("window")):
        answer = browser.get(path)
        assert answer.status_code in (302, 404)
        assert "Traceback" not in answer.text
