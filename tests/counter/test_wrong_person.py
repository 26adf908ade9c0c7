"""What lies on a desk is the desk's: a citizen, a clerk without the post, a clerk of another desk and nobody at all are refused, and learn nothing."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.counter import desk
from tests.counter.desk import WANG
from tests.security import url_table

STRANGERS = ("qinghe-window", "yunling-window", "reviewer", "admin", "linxi-agent")
REFUSED = (302, 400, 403, 404)


@pytest.fixture(scope="module")
def hall(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    return site.copy(template, tmp_path_factory.mktemp("desk") / "hall")


@pytest.fixture(scope="module")
def world(hall: site.Built) -> Iterator[tuple[Flask, dict[str, str]]]:
    """A case filed at the city's desk, and a draft that lies there."""
    app = hall.app()
    window = site.Browser(app).staff("window", hall.passwords["window"])
    case_id = desk.file_case(window)
    visit = desk.visit_of(desk.receive(window, **WANG))
    draft = desk.fill(window, visit, "unemployment-benefit")
    blob = re.search(rf"/office/counter/visits/{visit}/uploads/([0-9a-f-]{{36}})", window.get(f"{draft}/materials").text)
    assert blob is not None
    yield app, {"case_id": case_id, "visit_id": visit, "draft_id": draft.rpartition("/")[2], "blob_id": blob[1], "mandate_id": new_id(), "code": "senior-card"}
    app.extensions["wangting"].database.close()


def addresses(app: Flask, ids: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every address of the desk, by the application's own map."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            if url_table.kind_of(method, rule.rule) == "desk":
                parts = {**ids, "step": "check" if method == "GET" else "materials"}
                path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found, parts=parts: parts[found[1]], rule.rule)  # type: ignore[misc]
                yield method, path + (f"?draft={ids['draft_id']}" if path.endswith(ids["blob_id"]) else "")


def ask(browser: site.Browser, method: str, path: str) -> tuple[int, str, str]:
    answer = browser.get(path) if method == "GET" else browser.post(path, {"_agree": "1", "_version": "1", "_signed": (io.BytesIO(site.png()), "s.png")})
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def test_every_address_of_the_desk_is_in_the_table(world: tuple[Flask, dict[str, str]]) -> None:
    app, ids = world
    there = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/office/counter")}
    assert len(there) > 15
    assert len(list(addresses(app, ids))) >= len(there)


@pytest.mark.parametrize("login", STRANGERS)
def test_another_member_of_staff_finds_nothing_of_the_desk(world: tuple[Flask, dict[str, str]], hall: site.Built, login: str) -> None:
    app, ids = world
    other = site.Browser(app).staff(login, hall.passwords[login])
    for method, path in addresses(app, ids):
        status, text, _where = ask(other, method, path)
        if any(value in path for name, value in ids.items() if name != "code"):
            assert status in (403, 404), (method, path, status)
        assert "王" not in text.partition("<main")[2] or status == 422, (method, path)


def test_a_citizen_even_the_applicant_and_nobody_at_all_get_no_desk(world: tuple[Flask, dict[str, str]], hall: site.Built) -> None:
    app, ids = world
    for browser in (site.Browser(app), site.Browser(app).citizen("13800000001", hall.passwords["13800000001"])):
        for method, path in addresses(app, ids):
            status, _text, where = ask(browser, method, path)
            assert status in REFUSED, (method, path, status)
            assert status != 302 or where.startswith("/office/login/"), (method, path, where)


def test_a_citizen_cannot_reach_the_desks_draft_by_the_portals_own_address(world: tuple[Flask, dict[str, str]], hall: site.Built) -> None:
    app, ids = world
    me = site.Browser(app).citizen("13800000001", hall.passwords["13800000001"])
    assert me.get(f"/drafts/{ids['draft_id']}/check").status_code == 404
    assert me.get(f"/uploads/{ids['blob_id']}?draft={ids['draft_id']}").status_code == 404


def test_a_forged_token_files_nothing(world: tuple[Flask, dict[str, str]], hall: site.Built) -> None:
    app, ids = world
    window = site.Browser(app).staff("window", hall.passwords["window"])
    for method, path in addresses(app, ids):
        if method == "POST":
            assert window.post(path, {"csrf_token": "forged"}, csrf=False).status_code == 400, path


def test_the_desk_may_talk_to_its_devices_and_no_other_page_may(world: tuple[Flask, dict[str, str]], hall: site.Built) -> None:
    app, _ids = world
    window = site.Browser(app).staff("window", hall.passwords["window"])
    assert "connect-src 'self' http://127.0.0.1:47808;" in window.get("/office/counter/").headers["Content-Security-Policy"]
    assert "connect-src 'self';" in window.get("/office/").headers["Content-Security-Policy"]
    assert "connect-src 'self';" in window.get("/").headers["Content-Security-Policy"]


def test_a_village_agent_files_for_the_own_place_only(world: tuple[Flask, dict[str, str]], hall: site.Built, tmp_path: Path) -> None:
    app, _ids = world
    agent = site.Browser(app).staff("shiqiao-agent", hall.passwords["shiqiao-agent"])
    page = agent.get("/office/counter/").text
    places = _places(page)
    assert list(places) == ["石桥村"]
    letter = {"authority": "2026年11月20日的书面同意", "evidence": (io.BytesIO(site.png("letter")), "letter.png")}
    whom = {"role": "absent", "for_name": "李大山", "for_kind": "resident_id", "for_number": "110105195808150016"}
    bare = desk.receive(agent, **whom, place=places["石桥村"])
    assert bare.status_code == 422 and 'id="evidence-error"' in bare.text  # no consent, no filing
    office = site.Browser(app).staff("linxi-agent", hall.passwords["linxi-agent"]).get("/office/counter/").text
    other = _places(office)
    outside = desk.receive(agent, **whom, **letter, place=other["柳林村"])
    assert outside.status_code == 422 and "本村" in outside.text
    letter["evidence"] = (io.BytesIO(site.png("letter")), "letter.png")
    assert desk.receive(agent, **whom, **letter, place=places["石桥村"]).status_code == 303


def _places(page: str) -> dict[str, str]:
    options = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>([^<]+)</option>', page.partition('id="place"')[2])
    return {title: key for key, title in options}
