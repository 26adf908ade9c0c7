"""Every URL with the wrong person: another citizen, another department's clerk, another county's, nobody. Refused, and nothing leaked.

The list of URLs is the application's own map; a rule without an entry in :mod:`tests.security.url_table` fails the first test.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.app import open_site
from core.cases import service as cases
from core.cases.models import Case
from core.identity.models import Post, Staff
from core.kernel.clock import today
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.security import url_table
from tests.security.conftest import FILE, ME, OTHER, PICTURE, World

REFUSED = (302, 303, 400, 401, 403, 404)
REQUEST_ID = {"X-Request-ID": "the-same-request"}
#: Case-file paths: the parts of an address that name an object → the id in :attr:`World.ids`.
OBJECTS = ("case_id", "material_id", "draft_id", "blob_id", "licence_id", "use_id", "entry_id", "document_id")


def rules(world: World, *kinds: str) -> Iterator[tuple[str, Rule]]:
    """(method, rule) of the application, of these kinds."""
    for rule in sorted(world.app.url_map.iter_rules(), key=lambda each: each.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if not kinds or url_table.kind_of(method, rule.rule) in kinds:
                yield method, rule


def fill(rule: Rule, ids: dict[str, str], method: str = "GET") -> str:
    """The address of *rule* for the objects in *ids*."""
    parts = {
        **ids,
        "code": "unemployment-benefit",
        "step": "check" if method == "GET" else "materials",
        "no": 1,
        "pk": 1,
        "staff_id": ids["staff"],
        "grant_id": new_id(),
        "name": "delete",
        "kind": "extend",
        "filename": "x",
    }
    parts |= {"material_id": ids["case_blob"]} if rule.endpoint == "office_cases.material" else {}
    parts |= {"case_id": ids["granted"]} if "<document_id>" in rule.rule or rule.endpoint.startswith("output.") else {}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(parts.get(found[1], "x")), rule.rule)
    return path + (f"?draft={ids['draft_id']}" if rule.endpoint == "portal.upload_preview" else "")


def body_of(rule: Rule, ids: dict[str, str]) -> dict[str, Any]:
    """What a right person would send, so that a refusal is about the person and nothing else."""
    given = site.example("unemployment-benefit")
    bodies: dict[str, Callable[[], dict[str, Any]]] = {
        "cases.corrected": lambda: {"_command": new_id(), "months": "40"},
        "cases.withdrawn": lambda: {"command": new_id(), "reason": "不办了"},
        "apply.step_sent": lambda: {"_next": "1"},
        "apply.autosave": lambda: {"_page": "main", **site.flat(given["form"])},
        "apply.send": lambda: {"_agree": "1", "_version": "1"},
        "portal.upload": lambda: {"draft": ids["draft_id"], "material": "id_card", "file": (io.BytesIO(site.png()), "x.png")},
        "my.acting_chosen": lambda: {"party": ids["party"]},
        "office_cases.press": lambda: {"action": "accept", "command_id": new_id()},
        "cases.answered": lambda: {"command": new_id(), "words": "两个"},
        "cases.urged": lambda: {"command": new_id()},
        "cases.delivery_changed": lambda: {"command": new_id(), "_way": "pickup"},
        "cases.delivery_signed": lambda: {"command": new_id()},
        "output.pickup": lambda: {"command": new_id(), "code": "0000000000000000", "tail": "000000"},
        "output.post": lambda: {"command": new_id(), "carrier": "邮政", "tracking": "EMS12345678"},
        "output.returned": lambda: {"command": new_id(), "reason": "地址不对"},
        "output.signed": lambda: {"command": new_id(), "recipient": "王小芳"},
        "case_moves.move": lambda: {"command_id": new_id(), "reason": "需要补充核查", "task": "1"},
        "office_cases.reveal": lambda: {"reason": "核对"},
        "my_licences.copy": lambda: {"purpose": "开户", "user": "示例银行", "until": today().isoformat()},
        "licences.act": lambda: {"act": "annotate", "command_id": new_id(), "basis": "示例", "reason": "示例"},
        "paper_licences.review": lambda: {"do": "take", "reason": "一致"},
    }
    return bodies.get(rule.endpoint, dict)()


def send(browser: site.Browser, method: str, path: str, body: dict[str, Any]) -> TestResponse:
    """One request as a browser makes it, its form with the right token."""
    if method == "GET":
        return browser.get(path, headers=REQUEST_ID)
    return browser.post(path, body, headers=REQUEST_ID, content_type="multipart/form-data")


def call(api: site.Api, method: str, path: str) -> TestResponse:
    """One call of the API."""
    bodies: dict[str, Any] = {"corrections": {"answers": {"months": 40}}, "withdrawal": {"reason": "不办了"}, "actions": {"action": "accept"}}
    return api.get(path) if method == "GET" else api.post(path, bodies[path.rsplit("/", 1)[-1]])


def strangers(ids: dict[str, str]) -> dict[str, str]:
    """The same shape of ids, of nothing that exists."""
    return {name: new_id() if re.fullmatch(r"[0-9a-f-]{36}", value) else value for name, value in ids.items()}


def bare(answer: TestResponse, ids: dict[str, str]) -> str:
    """The answer without what differs a request: the id asked for, the token, the request's own id."""
    text = answer.text + "\n" + answer.headers.get("Location", "")
    for name, value in ids.items():
        text = text.replace(value, name.upper())
    return re.sub(r'(?<=name="csrf_token" value=")[^"]*|(?<="request_id":")[^"]*', "", text)


def assert_refused(world: World, answer: TestResponse, what: str, allowed: tuple[int, ...] = REFUSED) -> None:
    """Refused, and the page says nothing of the owner."""
    assert answer.status_code in allowed, f"{what}: {answer.status_code}\n{answer.text[:600]}"
    for secret in world.secrets:
        assert secret not in answer.text, f"{what} shows {secret}"
    if answer.status_code in (302, 303):
        assert answer.headers["Location"].startswith(("/account/login", "/office/login", "/office/start/")), f"{what} goes to {answer.headers['Location']}"
    assert FILE not in str(answer.headers)


# --- the table --------------------------------------------------------------------------------------------------------------------------


def test_every_url_of_the_application_has_an_entry_that_says_who_may_use_it(world: World) -> None:
    unknown = [f"{method} {rule.rule}" for method, rule in rules(world) if url_table.kind_of(method, rule.rule) is None]
    assert unknown == [], "say in url_table.py who may use these, then test them here"


def test_the_table_names_no_url_that_is_gone(world: World) -> None:
    there = {f"{method} {rule.rule}" for method, rule in rules(world)}
    assert sorted(url_table.TABLE.keys() - there) == []


# --- objects of a citizen -----------------------------------------------------------------------------------------------------------------


def test_the_owner_may_read_every_one_of_these_addresses(world: World) -> None:
    """The control: the refusals below are about the person."""
    me, mine, clerk, agent = world.me(), world.api(), world.staff("window"), world.api("window")
    for method, rule in rules(world, "own", "staff_object"):
        if method == "GET" and "<pledge_id>" not in rule.rule:  # no follow-up in this hall; its readers are tried in tests/office/test_followups_page.py
            browser = clerk if rule.rule.startswith("/office") else me
            assert send(browser, method, fill(rule, world.ids), {}).status_code in (200, 302), rule.rule
    for _method, rule in ((m, r) for m, r in rules(world, "api_own", "api_staff_object") if m == "GET"):
        assert (agent if "tasks" in rule.rule else mine).get(fill(rule, world.ids)).status_code == 200, rule.rule


def test_another_citizen_is_refused_at_every_object_and_learns_not_even_that_it_exists(world: World) -> None:
    other, unknown = world.other(), strangers(world.ids)
    for method, rule in rules(world, "own"):
        path = fill(rule, world.ids, method)
        answer = send(other, method, path, body_of(rule, world.ids))
        assert_refused(world, answer, f"{method} {path} by another citizen", (403, 404))
        nothing = send(other, method, fill(rule, unknown, method), body_of(rule, unknown))
        assert (answer.status_code, bare(answer, world.ids)) == (nothing.status_code, bare(nothing, unknown)), f"{method} {rule.rule} tells them apart"


def test_nobody_is_sent_to_log_in_or_refused_at_every_url_that_is_not_public(world: World) -> None:
    for method, rule in rules(world, "own", "citizen", "staff", "staff_object", "approver", "role", "self"):
        path = fill(rule, world.ids, method)
        answer = send(site.Browser(world.app), method, path, body_of(rule, world.ids))
        assert_refused(world, answer, f"{method} {path} by nobody")


def test_a_staff_session_opens_nothing_of_a_citizen(world: World) -> None:
    clerk = world.staff("window")
    for method, rule in rules(world, "own", "citizen"):
        answer = send(clerk, method, fill(rule, world.ids, method), body_of(rule, world.ids))
        assert_refused(world, answer, f"{method} {rule.rule} by staff")


def test_a_citizens_session_opens_nothing_of_the_back_office(world: World) -> None:
    me = world.me()
    for method, rule in rules(world, "staff", "staff_object", "approver", "role", "self"):
        answer = send(me, method, fill(rule, world.ids, method), body_of(rule, world.ids))
        assert_refused(world, answer, f"{method} {rule.rule} by a citizen")


@pytest.mark.parametrize("login", ["fire", "yunling-window", "yunling-reviewer", "qinghe-window", "linxi-agent", "shiqiao-agent"])
def test_a_clerk_of_another_department_or_county_is_refused_at_every_case_url(world: World, login: str) -> None:
    clerk, unknown = world.staff(login), strangers(world.ids)
    for method, rule in rules(world, "staff_object", "approver"):
        answer = send(clerk, method, fill(rule, world.ids), body_of(rule, world.ids))
        assert_refused(world, answer, f"{method} {rule.rule} by {login}", (403, 404))
        nothing = send(clerk, method, fill(rule, unknown), body_of(rule, unknown))
        assert (answer.status_code, bare(answer, world.ids)) == (nothing.status_code, bare(nothing, unknown)), f"{method} {rule.rule} tells them apart"
    listed = clerk.get("/office/?light=").text
    assert not any(secret in listed for secret in world.secrets)


def test_a_task_of_another_role_in_the_same_department_is_not_mine_to_press(world: World) -> None:
    before = version_of(world)
    for login in ("reviewer", "leader", "supervisor", "admin"):
        answer = site.office_press(world.staff(login), world.ids["case_id"], 1, "accept")
        assert answer.status_code in (403, 404, 409, 422), (login, answer.status_code)
    assert version_of(world) == before


def version_of(world: World) -> tuple[str, int]:
    """Status and version of the citizen's open case, and that it is sound."""
    with world.app.extensions["wangting"].database.session() as session:
        row = session.get(Case, world.ids["case_id"])
        assert row is not None
        assert cases.verify(session, row.id).ok
        return row.status, row.version


def test_all_these_attacks_changed_nothing(world: World) -> None:
    assert version_of(world)[0] == "submitted"
    me = world.me()
    assert FILE in me.get(f"/drafts/{world.ids['draft_id']}/materials").text
    assert me.get(f"/uploads/{world.ids['blob_id']}?draft={world.ids['draft_id']}").data == PICTURE


# --- the API --------------------------------------------------------------------------------------------------------------------------------


def api_paths(world: World, *kinds: str) -> list[tuple[str, str]]:
    return [(method, fill(rule, world.ids)) for method, rule in rules(world, *kinds)]


def test_the_api_refuses_another_citizen_like_a_case_that_does_not_exist(world: World) -> None:
    other, unknown = world.api(OTHER), strangers(world.ids)
    for method, rule in rules(world, "api_own"):
        answer, nothing = (call(other, method, fill(rule, ids)) for ids in (world.ids, unknown))
        assert_refused(world, answer, f"{method} {rule.rule}", (404,))
        assert bare(answer, world.ids) == bare(nothing, unknown)


@pytest.mark.parametrize("login", ["fire", "yunling-window", "qinghe-reviewer"])
def test_the_api_refuses_other_clerks_like_a_case_that_does_not_exist(world: World, login: str) -> None:
    other, unknown = world.api(login), strangers(world.ids)
    for method, rule in rules(world, "api_staff_object"):
        answer, nothing = (call(other, method, fill(rule, ids)) for ids in (world.ids, unknown))
        assert_refused(world, answer, f"{method} {rule.rule} by {login}", (403, 404))
        assert bare(answer, world.ids) == bare(nothing, unknown)
    assert not any(secret in other.get("/v1/tasks").text for secret in world.secrets)


def test_the_api_wants_a_token_of_the_right_kind_everywhere(world: World) -> None:
    citizen, clerk = world.api(), world.api("window")
    for kinds, wrong in ((("api_citizen", "api_own"), clerk), (("api_staff", "api_staff_object"), citizen)):
        for method, path in api_paths(world, *kinds):
            for headers in (
                {},
                {"Authorization": "Bearer nonsense"},
                {"Authorization": citizen.headers["Authorization"][:-2] + "xx"},
                {"Authorization": "Basic eA=="},
            ):
                answer = world.app.test_client().open(path, method=method, headers=headers, json={} if method == "POST" else None)
                assert_refused(world, answer, f"{method} {path} with {headers}", (401,))
            assert_refused(world, wrong.client.open(path, method=method, headers=wrong.headers, json={}), f"{method} {path} with the other kind", (403,))


def test_a_session_cookie_is_no_key_to_the_api(world: World) -> None:
    me = world.me()
    for method, path in api_paths(world, "api_citizen", "api_own", "api_staff", "api_staff_object"):
        assert me.client.open(path, method=method, json={}).status_code == 401


def test_an_upload_of_another_citizen_cannot_be_named_in_an_application(world: World) -> None:
    stolen = world.api().upload(name=FILE).json["id"]
    given = site.example("unemployment-benefit")
    body = {"item": "unemployment-benefit", "answers": given["form"], "situation": given["situation"], "materials": {"id_card": [{"id": stolen, "name": FILE}]}}
    assert_refused(world, world.api(OTHER).post("/v1/cases", {**body}), "somebody else's upload", (404, 422))
    body = {**body, "materials": {"id_card": [{"id": world.ids["case_blob"], "name": FILE}]}}
    assert_refused(world, world.api(OTHER).post("/v1/cases", body), "a file of somebody else's case", (404, 422))


def test_nobody_applies_for_a_party_that_is_not_theirs(world: World) -> None:
    given = site.example("unemployment-benefit")
    other = world.api(OTHER)
    upload = {"id": other.upload().json["id"], "name": "x.png"}
    body = {
        "item": "unemployment-benefit",
        "answers": given["form"],
        "situation": given["situation"],
        "materials": {"id_card": [upload]},
        "party": world.ids["party"],
    }
    assert_refused(world, other.post("/v1/cases", body), "applying in another's name", (403, 404))


# --- lists --------------------------------------------------------------------------------------------------------------------------------


def test_lists_hold_what_is_the_readers_own(world: World) -> None:
    mine, others = world.api().get("/v1/cases").json["cases"], world.api(OTHER).get("/v1/cases").json["cases"]
    assert {each["id"] for each in mine} >= {world.ids["case_id"], world.ids["granted"]}
    assert not {each["id"] for each in mine} & {each["id"] for each in others}
    space = world.other().get("/my/").text
    assert not any(secret in space for secret in world.secrets)
    assert not any(world.ids[name] in space for name in ("case_id", "granted", "draft_id", "licence_id"))


def test_the_holder_of_a_query_code_sees_progress_and_no_person(world: World) -> None:
    seen = site.Browser(world.app).get(f"/progress/{world.ids['code']}")
    assert seen.status_code == 200
    assert world.ids["number"] in seen.text
    called = world.app.test_client().get(f"/v1/progress/{world.ids['code']}").text
    for secret in ("王小芳", "11010519900307232X", ME, FILE, "无锡样例机械厂"):
        assert secret not in seen.text
        assert secret not in called


def test_public_pages_show_nothing_of_anybody(world: World) -> None:
    nobody = site.Browser(world.app)
    for method, rule in rules(world, "public"):
        if method == "GET" and "<" not in rule.rule:
            shown = nobody.get(rule.rule).data
            assert not any(secret.encode() in shown for secret in world.secrets), rule.rule


# --- roles of the back office -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["window", "reviewer", "leader", "admin", "supervisor"])
def test_administration_views_open_for_their_role_only(world: World, login: str) -> None:
    browser = world.staff(login)
    for method, rule in rules(world, "role"):
        if url_table.role_of(rule.rule) == login:
            continue
        answer = send(browser, method, fill(rule, {**world.ids, "pk": "1"}), {})
        assert_refused(world, answer, f"{method} {rule.rule} by {login}")


def test_administration_lists_open_for_their_role(world: World) -> None:
    for login in ("admin", "supervisor"):
        browser = world.staff(login)
        for start in (start for start, holder in url_table.ROLES.items() if holder == login and start not in ("/office/admin/", "/office/resetpassword/")):
            path = start + ("list/" if start in ("/office/users/", "/office/roles/") else "")
            assert browser.get(path).status_code == 200, (login, path)
    admin = world.staff("admin")
    for table in ("divisions", "departments"):
        assert admin.get(f"/office/admin/{table}/list/").status_code == 200


def test_an_administrator_reaches_only_the_staff_of_the_own_divisions(world: World) -> None:
    database = open_site(world.built.config()).database
    with database.session() as session:
        county = session.scalars(select(Staff.id).where(Staff.name == "吕正")).one()
        department = session.scalars(select(Post.department_id).where(Post.staff_id == county)).first()
        assert department is not None
        session.add(Post(id=new_id(), staff_id=county, department_id=department, role="admin"))
    browser = world.staff("yunling-leader")
    assert browser.get("/office/people/").status_code == 200
    assert "周晓云" not in browser.get("/office/people/").text
    for method, rule in rules(world, "role"):
        if rule.rule.startswith("/office/people/<"):
            answer = send(browser, method, fill(rule, world.ids), {"department": department, "role": "admin"})
            assert_refused(world, answer, f"{method} {rule.rule} by a county's administrator", (404,))
    with database.session() as session:
        assert session.get(Staff, world.ids["staff"]).active
        session.execute(delete(Post).where(Post.staff_id == county, Post.role == "admin"))
    database.close()


def test_a_clerk_who_left_is_out_at_once_in_the_browser_and_over_the_api(world: World) -> None:
    browser, agent, path = world.staff("window"), world.api("window"), f"/office/cases/{world.ids['case_id']}"
    assert browser.get(path).status_code == 200
    database = open_site(world.built.config()).database
    for active in (False, True):
        with database.session() as session:
            session.execute(update(Staff).where(Staff.id == world.ids["staff"]).values(active=active))
        assert (browser.get(path).status_code == 200) is active
        assert (agent.get(f"/v1/tasks/{world.ids['case_id']}").status_code == 200) is active
    database.close()


def test_a_log_in_that_was_switched_off_is_out_at_once(world: World) -> None:
    browser, agent = world.staff("reviewer"), world.api("reviewer")
    assert browser.get("/office/?light=").status_code == 200
    with world.app.app_context():
        user = world.app.appbuilder.sm.find_user(username="reviewer")  # type: ignore[attr-defined]
        user.active = False
        world.app.appbuilder.session.commit()  # type: ignore[attr-defined]
    assert_refused(world, browser.get("/office/?light="), "switched off")
    assert_refused(world, agent.get("/v1/tasks"), "switched off", (401, 403))
    with world.app.app_context():
        user = world.app.appbuilder.sm.find_user(username="reviewer")  # type: ignore[attr-defined]
        user.active = True
        world.app.appbuilder.session.commit()  # type: ignore[attr-defined]
