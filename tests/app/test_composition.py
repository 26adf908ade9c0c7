"""``create_app``: what it refuses to start with, and what it gives every request."""

import json
import logging
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

import core
import plugins
from core.app import create_app, guard_roots
from core.db.errors import NotMigrated
from core.kernel.errors import BadInput, Conflict, Finding, Forbidden, NotFound, PlatformError
from core.keys import store as key_store
from core.keys.errors import KeyTrouble
from core.web.halls import HallPrefix
from core.web.limits import limit
from core.web.observe import JsonFormatter
from core.web.site import Config
from tests import fixtures_site as site

CITIZEN = "13800000001"
SECRETS = ("王小芳", "11010519900307232X", CITIZEN)


def test_another_projects_core_is_not_mistaken_for_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    guard_roots()
    monkeypatch.setattr(plugins, "__file__", str(tmp_path / "plugins" / "__init__.py"))
    with pytest.raises(SystemExit, match="shadows ours"):
        guard_roots()
    monkeypatch.undo()
    monkeypatch.setattr(core, "__project__", "somebody")
    with pytest.raises(SystemExit, match="shadows ours"):
        create_app(Config(home=tmp_path, database_url=f"sqlite:///{tmp_path}/x.db"))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_home_an_empty_database_and_strange_keys_are_told_apart(built: site.Built, tmp_path: Path) -> None:
    with pytest.raises(KeyTrouble) as missing:
        create_app(Config(home=tmp_path, database_url=f"sqlite:///{tmp_path}/x.db"))
    assert str(tmp_path) in missing.value.words("en") and str(tmp_path) in missing.value.words("zh")
    key_store.create_keys(tmp_path)
    with pytest.raises(NotMigrated):
        create_app(Config(home=tmp_path, database_url=f"sqlite:///{tmp_path}/x.db", embedded=False))
    with pytest.raises(PlatformError) as wrong:  # a good key file, but of another hall
        create_app(Config(home=tmp_path, database_url=built.url, embedded=False))
    assert not isinstance(wrong.value, NotMigrated) and wrong.value.words("zh") != wrong.value.words("en")


def test_a_public_demonstration_is_refused_here_too(built: site.Built) -> None:
    with pytest.raises(BadInput, match="Demo mode"):
        create_app(built.config(host="0.0.0.0"))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {"host": "127.0.0.1", "port": 8080, "demo": False, "embedded": True}),
        ({"PORT": "9", "HOST": "::1", "WANGTING_DEMO": "1"}, {"host": "::1", "port": 9, "demo": True}),
        ({"WANGTING_WORKER": "celery", "REDIS_URL": "redis://x"}, {"embedded": False, "redis_url": "redis://x"}),
        ({"WANGTING_PUBLIC_URL": "https://hall.example/"}, {"public_url": "https://hall.example", "secure_cookies": True}),
        ({"WANGTING_PUBLIC_URL": "http://hall.example"}, {"secure_cookies": False}),
        ({"DATABASE_URL": ""}, {"redis_url": None}),
    ],
)
def test_the_environment_is_read_in_one_place(environ: dict[str, str], expected: dict[str, object]) -> None:
    config = Config.from_environment(environ)
    assert {name: getattr(config, name) for name in expected} == expected
    assert config.home.is_absolute() and config.database_url


def test_making_an_application_reads_no_environment_when_it_is_given_a_configuration(built: site.Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGTING_HOME", "/nowhere")
    monkeypatch.setenv("PORT", "nonsense")
    made = built.app()
    assert made.extensions["wangting"].config.home == built.home
    made.extensions["wangting"].database.close()


# --- ids, logs, metrics --------------------------------------------------------------------------------------------------------------


def test_a_request_id_is_given_or_taken_over_when_it_is_harmless(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz", headers={"X-Request-ID": "abc-123.456_X"}).headers["X-Request-ID"] == "abc-123.456_X"
    fresh = {client.get("/healthz", headers={"X-Request-ID": bad}).headers["X-Request-ID"] for bad in ("short", "x" * 65, "with space in it", "<script>abc")}
    assert len(fresh) == 4 and all(re.fullmatch(r"[0-9a-f-]{36}", each) for each in fresh)


def test_logs_are_json_with_ids_and_without_what_people_wrote(built: site.Built, caplog: pytest.LogCaptureFixture) -> None:
    app = built.app()
    with caplog.at_level(logging.INFO):
        api = site.Api(app, CITIZEN, built.passwords[CITIZEN])
        case = api.file("senior-card").json
        browser = site.Browser(app)
        browser.get(f"/search?q={SECRETS[0]}")
        browser.post("/progress", {"number": case["number"], "code": case["query_code"]})
        browser.post("/account/login", {"phone": CITIZEN, "password": "my secret word"})
        browser.staff("window", built.passwords["window"]).get(f"/office/cases/{case['id']}")
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    requests = [line for line in lines if line["logger"] == "wangting.request"]
    assert requests and all({"at", "level", "message", "request_id", "status", "ms"} <= line.keys() for line in requests)
    assert any(line.get("case_id") == case["id"] for line in requests)
    everything = json.dumps(lines, ensure_ascii=False)
    for secret in (*SECRETS, case["query_code"], case["number"], "my secret word", built.passwords[CITIZEN], "610117"):
        assert secret not in everything, secret
    app.extensions["wangting"].database.close()


def test_a_trace_goes_to_the_log_and_not_to_the_reader_and_what_it_says_of_somebody_to_neither(built: site.Built, caplog: pytest.LogCaptureFixture) -> None:
    app, somebody = built.app(), str(4700 + 11)

    def broken() -> str:
        raise RuntimeError(f"inside: {somebody}")

    app.add_url_rule("/broken", "broken", broken)
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500 and "4711" not in answer.text and answer.headers["X-Request-ID"] in answer.text
    (record,) = [r for r in caplog.records if r.name == "wangting.error"]
    line = json.loads(JsonFormatter().format(record))
    assert "in broken" in line["error"] and "RuntimeError" in line["error"] and somebody not in json.dumps(line)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    app.extensions["wangting"].database.close()


def test_metrics_count_and_name_nobody(built: site.Built) -> None:
    app = built.app()
    api = site.Api(app, CITIZEN, built.passwords[CITIZEN])
    case = api.file("senior-card").json
    api.get(f"/v1/cases/{case['id']}")
    site.Browser(app).citizen(CITIZEN, built.passwords[CITIZEN]).get(f"/cases/{case['id']}")
    answer = app.test_client().get("/metrics")
    assert answer.mimetype == "text/plain" and "wangting_requests_total{" in answer.text and "wangting_outbox_waiting" in answer.text
    for secret in (*SECRETS, case["id"], case["number"], case["query_code"]):
        assert secret not in answer.text
    app.extensions["wangting"].database.close()


def test_unknown_addresses_do_not_make_the_metrics_grow(app: Flask) -> None:
    client = app.test_client()
    for n in range(30):
        client.get(f"/nothing/{n}")
    text = client.get("/metrics").text
    assert "/nothing" not in text and text.count('wangting_requests_total{endpoint="-"') == 1


def test_the_probes_tell_a_process_from_a_database(built: site.Built, tmp_path: Path) -> None:
    own = site.copy(built, tmp_path / "hall")
    app = own.app()
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"} and client.get("/readyz").status_code == 200
    database = app.extensions["wangting"].database
    database.close()
    for path in own.home.glob("wangting.db*"):
        path.unlink()
    own.home.joinpath("wangting.db").mkdir()
    assert client.get("/healthz").status_code == 200 and client.get("/readyz").status_code == 503
    away = client.get("/")
    assert away.status_code == 503 and "Traceback" not in away.text and "没有丢" in away.text


# --- errors --------------------------------------------------------------------------------------------------------------------------


def raising(app: Flask, error: BaseException) -> Flask:
    def view() -> str:
        raise error

    app.view_functions["raises"] = view
    return app


@pytest.fixture(scope="module")
def failing(built: site.Built) -> Flask:
    made = built.app()
    made.add_url_rule("/raises", "raises", lambda: "")
    made.add_url_rule("/v1/raises", "raises")
    return made


@pytest.mark.parametrize("code", [400, 403, 404, 405, 406, 409, 410, 413, 414, 415, 422, 429, 500, 501, 502, 503])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_status_is_worded_as_page_and_as_problem(failing: Flask, code: int, locale: str) -> None:
    from werkzeug.exceptions import default_exceptions

    kind: type[HTTPException] = default_exceptions[code]
    client = raising(failing, kind()).test_client()
    page = client.get(f"/raises?_l_={locale}")
    assert page.status_code == code and page.mimetype == "text/html"
    words = re.sub(r"<[^>]+>", " ", page.text[page.text.index("<main") : page.text.index("</main")])
    assert re.search("[一-鿿]", words) if locale == "zh" else re.search("[a-z]{3} [a-z]", words), words
    problem = client.get(f"/v1/raises?_l_={locale}")
    assert problem.status_code == code and problem.mimetype == "application/problem+json"
    assert problem.json["status"] == code and problem.json["title"] and problem.json["request_id"] == problem.headers["X-Request-ID"]


@pytest.mark.parametrize("error", [NotFound(), Forbidden(), Conflict(), BadInput("web.bad_days", findings=(Finding("error", "/a/b", "web.reason_missing"),))])
def test_a_platform_error_becomes_a_problem_with_its_findings(failing: Flask, error: PlatformError) -> None:
    answer = raising(failing, error).test_client().get("/v1/raises?_l_=en")
    assert answer.status_code == error.status and answer.json["type"] == f"urn:wangting:{error.message_key}" and answer.json["title"] == error.words("en")
    if isinstance(error, BadInput):
        assert answer.json["findings"] == [{"path": "/a/b", "key": "web.reason_missing", "detail": "Give a reason"}]
        page = raising(failing, error).test_client().get("/raises").text
        assert "请写明事由" in page
    else:
        assert "findings" not in answer.json


def test_a_database_that_went_away_is_said_plainly(failing: Flask) -> None:
    answer = raising(failing, OperationalError("SELECT 'secret'", {}, Exception("connection refused"))).test_client().get("/raises")
    assert answer.status_code == 503 and "secret" not in answer.text and "没有丢" in answer.text


def test_a_request_that_is_too_large_is_refused_in_words(app: Flask) -> None:
    answer = app.test_client().post("/progress", data=b"a=" + b"x" * (65 * 2**20), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413 and "太大" in answer.text


def test_a_form_without_its_token_is_refused_and_nothing_is_done(app: Flask, built: site.Built) -> None:
    answer = app.test_client().post("/office/login/", data={"username": "window", "password": built.passwords["window"]})
    assert answer.status_code == 400 and "刷新" in answer.text and "_user_id" not in str(answer.headers)


# --- halls, limits, static files -----------------------------------------------------------------------------------------------------


def test_the_prefix_of_a_branch_moves_into_the_script_name() -> None:
    seen: dict[str, object] = {}

    def inner(environ: dict[str, object], _start: object) -> list[bytes]:
        seen.clear()
        seen.update(environ)
        return []

    for path, slug, script, rest in (
        ("/h/yunling/items/x", "yunling", "/h/yunling", "/items/x"),
        ("/h/yunling", "yunling", "/h/yunling", "/"),
        ("/h/", "", "/h/", "/"),
        ("/", None, "", "/"),
        ("/health", None, "", "/health"),
        ("/h/a//b", "a", "/h/a", "//b"),
    ):
        HallPrefix(inner)({"PATH_INFO": path, "SCRIPT_NAME": ""}, lambda *_: None)  # type: ignore[arg-type]
        assert (seen.get("wangting.hall"), seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (slug, script, rest), path


def test_links_of_a_branch_stay_in_the_branch_and_an_unknown_one_is_not_found(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/h/yunling/").text
    assert "云岭县分厅" in page and 'href="/h/yunling/' in page
    for path in ("/h/nowhere/", "/h/", "/h//", "/h/%2e%2e/"):
        assert client.get(path).status_code == 404, path


def test_attempts_are_counted_by_door_and_by_what_is_tried(built: site.Built) -> None:
    from core.web.limits import TooMany

    app = built.app(extra={})
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "127.9.9.9"}):
        for _ in range(3):
            limit("test.door", "3/minute", "one")
        with pytest.raises(TooMany):
            limit("test.door", "3/minute", "one")
        limit("test.door", "3/minute", "two")
        limit("test.other", "3/minute", "one")
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "127.9.9.8"}):
        limit("test.door", "3/minute", "one")
    app.extensions["wangting"].database.close()


def test_every_static_file_is_served_and_every_reference_to_one_exists(app: Flask) -> None:
    client, root = app.test_client(), Path(app.static_folder or "")
    files = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        answer = client.get(f"/static/{file}")
        assert answer.status_code == 200 and answer.headers["X-Content-Type-Options"] == "nosniff", file
    wanted = set()
    for template in Path(app.template_folder or "").rglob("*.html") if app.template_folder else ():
        wanted |= set(re.findall(r"""asset\(["']([^"']+)["']\)""", template.read_text(encoding="utf-8")))
    assert wanted and wanted <= set(files), wanted - set(files)


def test_every_stylesheet_is_served_under_its_hash_for_ever(app: Flask) -> None:
    client = app.test_client()
    for theme in app.extensions["wangting_themes"]:
        answer = client.get(f"/theme/{theme.css_file}")
        assert answer.status_code == 200 and answer.mimetype == "text/css" and "immutable" in answer.headers["Cache-Control"]
    for bad in ("none.css", "standard.js", "..%2fbase.css"):
        assert client.get(f"/theme/{bad}").status_code == 404


def test_nothing_outside_the_static_folder_is_served(app: Flask) -> None:
    client = app.test_client()
    for path in ("/static/../edge.py", "/static/%2e%2e/edge.py", "/static/..%2f..%2fapp.py", "/static//etc/passwd", "/static/css"):
        assert client.get(path, follow_redirects=True).status_code in (400, 404), path


def test_every_answer_carries_the_security_headers(app: Flask) -> None:
    client = app.test_client()
    for path in ("/", "/office/login/", "/v1/openapi.json", "/nothing", "/healthz", "/h/yunling/"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"] and "object-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin", path
    assert "unsafe-inline" not in client.get("/").headers["Content-Security-Policy"]


def test_every_address_is_written_as_werkzeug_writes_it_though_writers_are_made_late(built: site.Built) -> None:
    made = built.app()
    written = 0
    for rule in made.url_map.iter_rules():
        same = Rule(rule.rule, endpoint=rule.endpoint, defaults=rule.defaults, subdomain=rule.subdomain)
        Map([same], converters=made.url_map.converters)
        for values in (dict.fromkeys(rule.arguments, 7), dict.fromkeys(rule.arguments, 7) | {"q": "水&", "rule": 1}):
            for unknown in (False, True):
                for _again in range(2):  # the first makes the writer
                    assert _written(rule, values, unknown) == _written(same, values, unknown), rule
                    written += 1
    assert written > 2000
    made.extensions["wangting"].database.close()


def _written(rule: Rule, values: dict[str, object], unknown: bool) -> object:
    try:
        return rule.build(values, unknown)
    except TypeError as error:
        return str(error)
