"""Pages and slots of a plugin: under its own address, for whom the page says, where the plugin is enabled – and what becomes of one that breaks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from core.app import create_app
from core.db import remembered
from core.identity.models import Staff
from core.identity.queries import staff_view
from core.identity.service import add_post
from core.kernel.actor import SYSTEM
from core.pluginhost import grants, life, standing
from core.pluginhost.host import PluginHost
from core.pluginhost.models import Enabled, Granted
from core.pluginhost.service import called
from core.pluginhost.words import Words
from core.settings.models import Value
from core.web.plugged.pages import Pages
from tests import fixtures_site as site

CODE = """
from core.sdk import BadInput, Finding, Words, hookimpl
from core.sdk.slots import Slot
from core.sdk.web import Pages

lamps = Pages("lamps")


@lamps.portal("", title=Words("路灯报修", "Street lamps"), nav=True)
def home(ask):
    return ask.page("home.html", reader=ask.citizen.account_id if ask.citizen else "nobody")


@lamps.portal("mine/<int:number>", title=Words("我的报修", "My reports"), login=True, methods=("GET", "POST"))
def mine(ask, number):
    if ask.method == "POST":
        if not ask.form.get("where"):
            raise BadInput("lamps.where", number=number)
        ask.tell(ask.ctx.say("已记下 %(where)s", where=ask.form["where"]))
        return ask.go("", seen=number)
    return ask.page("home.html", reader=number)


@lamps.portal("breaks", title=Words("坏的", "Broken"))
def breaks(ask):
    return 1 / 0


@lamps.portal("nonsense", title=Words("乱的", "Nonsense"))
def nonsense(ask):
    return {"no": "answer"}


@lamps.office("", title=Words("路灯维修", "Lamp repairs"), nav=True)
def desk(ask):
    return ask.page("desk.html", name=ask.staff.name)


@lamps.office("manage", title=Words("路灯管理", "Lamp management"), nav=True, may="manage")
def manage(ask):
    return ask.page("desk.html", name="manager")


@hookimpl
def pages():
    return [lamps]


@hookimpl
def slots():
    return [
        Slot("portal.home", "slot.html", lambda ctx, subject: {"words": "路灯坏了?"}),
        Slot("portal.guide", "slot.html", lambda ctx, subject: {"words": "guide of " + subject.item_code}),
        Slot("portal.guide", "slot.html", lambda ctx, subject: 1 / 0),
        Slot("portal.guide", "missing.html", lambda ctx, subject: {}),
        Slot("office.case", "slot.html", lambda ctx, subject: {"words": "may manage" if ctx.may("manage") else "may look"}),
    ]


@hookimpl
def check_config(ctx):
    return [] if ctx.setting("depot") else [Finding("error", "/settings/depot", "lamps.no_depot", {"mend": "/office/plugins/lamps/"})]
"""
MANIFEST = {
    "$schema": "https://wangting.example/schemas/plugin_manifest.v1.schema.json",
    "schema_version": 1, "name": "lamps", "version": "1.0.0", "title": {"zh": "路灯", "en": "Lamps"}, "owner": "market_regulation", "scope": "department",
    "sdk": ">=1,<2", "hooks": ["pages", "slots", "check_config"], "permissions": {"manage": {"zh": "管理路灯", "en": "Manage lamps"}},
    "settings": {
        "depot": {"type": "string", "title": {"zh": "仓库", "en": "Depot"}},
        "crews": {"type": "integer", "title": {"zh": "班组数", "en": "Crews"}, "default": 2},
        "token": {"type": "secret", "title": {"zh": "密钥", "en": "Key"}},
    },
}  # fmt: skip
FILES = {
    "plugin.py": CODE,
    "wording.json": json.dumps({
        "lamps.where": {"zh": "第 {number} 盏在哪里?", "en": "Where is lamp {number}?"}, "lamps.no_depot": {"zh": "没有仓库", "en": "No depot"}}),
    "templates/lamps/home.html": '{% extends "plugins/portal.html" %}{% block content %}<h1>{{ title }}</h1><p>{{ _("读者") }} {{ reader }}</p>{% endblock %}',
    "templates/lamps/desk.html": '{% extends "plugins/office.html" %}{% block content %}<h1>{{ title }}</h1><p>{{ name }}</p>{% endblock %}',
    "templates/lamps/slot.html": "<p class=\"card\">{{ words }}</p>",
    "static/lamp.js": "export const on = true;\n",
    "translations/en/LC_MESSAGES/messages.po": (
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "读者"\nmsgstr "Reader"\n\nmsgid "已记下 %(where)s"\nmsgstr "Noted %(where)s"\n'
    ),
}  # fmt: skip


def plant(folder: Path, **manifest: Any) -> None:
    for name, content in {**FILES, "manifest.json": json.dumps({**MANIFEST, **manifest})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


@dataclass
class Lit:
    """A hall with the plugin installed, not yet enabled."""

    built: site.Built
    app: Flask

    @property
    def host(self) -> PluginHost:
        host: PluginHost = self.app.extensions["wangting"].plugins
        return host

    def enable(self, place: str = standing.SITE) -> None:
        with self.app.extensions["wangting"].database.session() as session:
            life.enable(session, self.host, "lamps", place, actor=SYSTEM)

    def department_of(self, login: str) -> str:
        with self.app.extensions["wangting"].database.session() as session:
            return staff_view(session, self.staff_id(session, login)).posts[0].department_id

    @staticmethod
    def staff_id(session: Any, login: str) -> str:
        user = session.execute(text("SELECT id FROM ab_user WHERE username = :login"), {"login": login}).scalar_one()
        return str(session.scalar(select(Staff.id).where(Staff.user_id == str(user))))

    def anybody(self) -> site.Browser:
        return site.Browser(self.app)

    def staff(self, login: str) -> site.Browser:
        return site.Browser(self.app).staff(login, self.built.passwords[login])

    def citizen(self) -> site.Browser:
        login = next(each for each in self.built.passwords if each.startswith("138"))
        return site.Browser(self.app).citizen(login, self.built.passwords[login])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lit]:
    here = site.copy(site.built_once(tmp_path_factory), tmp_path_factory.mktemp("lamps") / "hall")
    plant(here.home / "plugins" / "lamps")
    first = create_app(here.config()).extensions["wangting"]
    with first.database.session() as session:
        life.install(session, first.plugins, "lamps", actor=SYSTEM)
    first.database.close()
    app = create_app(here.config())
    yield Lit(here, app)
    app.extensions["wangting"].database.close()


@pytest.fixture
def lit(built: Lit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lit]:
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)
    yield built
    with built.app.extensions["wangting"].database.session() as session:
        session.execute(delete(Enabled))
        session.execute(delete(Granted))
        life.set_aside(session, "lamps", None)


def test_a_page_is_there_where_the_plugin_is_enabled_and_nowhere_else(lit: Lit) -> None:
    assert lit.anybody().get("/x/lamps/").status_code == 404
    lit.enable()
    answer = lit.anybody().get("/x/lamps/")
    assert answer.status_code == 200 and "路灯报修" in answer.text and "读者 nobody" in answer.text
    assert "Reader nobody" in lit.anybody().get("/x/lamps/?_l_=en").text
    assert "/x/lamps/" in lit.anybody().get("/").text, "the hall's home leads there"
    assert lit.anybody().get("/x/lamps/nothing").status_code == 404
    assert lit.anybody().get("/x/nobody/").status_code == 404
    assert lit.anybody().post("/x/lamps/", {}).status_code == 405


def test_a_page_for_citizens_sends_others_to_log_in_and_takes_a_form(lit: Lit) -> None:
    lit.enable()
    assert "/account/login" in lit.anybody().get("/x/lamps/mine/7").headers["Location"]
    assert lit.anybody().post("/x/lamps/mine/7", {"where": "x"}).status_code == 403
    me = lit.citizen()
    assert me.post("/x/lamps/mine/7", {"where": "路口"}, csrf=False).status_code == 400
    done = me.post("/x/lamps/mine/7", {"where": "路口"})
    assert done.status_code == 303 and done.headers["Location"] == "/x/lamps/?seen=7"
    assert "已记下 路口" in me.get(done.headers["Location"]).text
    refused = me.post("/x/lamps/mine/7", {"where": ""})
    assert refused.status_code == 422 and "第 7 盏在哪里" in refused.text


def test_the_back_office_is_for_staff_of_the_place_with_the_permission(lit: Lit) -> None:
    lit.enable(standing.department(lit.department_of("reviewer")))
    assert "/office/login/" in lit.anybody().get("/office/x/lamps/").headers["Location"]
    assert lit.citizen().get("/office/x/lamps/").status_code in (302, 403)
    there, elsewhere = lit.staff("reviewer"), lit.staff("fire")
    assert "路灯维修" in there.get("/office/x/lamps/").text and 'href="/office/x/"' in there.get("/office/").text
    assert 'href="/office/x/lamps/"' in there.get("/office/x/").text and "/office/x/lamps/manage" not in there.get("/office/x/").text
    assert elsewhere.get("/office/x/lamps/").status_code == 404 and "/office/x/" not in elsewhere.get("/office/").text
    assert "lamps" not in elsewhere.get("/office/x/").text and "/office/login/" in lit.anybody().get("/office/x/").headers["Location"]
    assert there.get("/office/x/lamps/manage").status_code == 403
    with lit.app.extensions["wangting"].database.session() as session:
        grants.grant(session, lit.host.manifest("lamps"), "manage", lit.staff_id(session, "reviewer"), actor=SYSTEM)
    assert "manager" in there.get("/office/x/lamps/manage").text


def test_slots_stand_on_the_platforms_pages_and_a_broken_one_leaves_the_page_whole(lit: Lit) -> None:
    code = site.ITEMS[0].rsplit("/", 1)[1]
    before = lit.anybody().get(f"/items/{code}").text
    lit.enable()
    assert "路灯坏了?" in lit.anybody().get("/").text
    after = lit.anybody().get(f"/items/{code}")
    assert after.status_code == 200 and f"guide of {code}" in after.text and f"guide of {code}" not in before
    assert after.text.count('class="card"') == before.count('class="card"') + 1


def test_a_slot_beside_a_case_knows_what_its_reader_may(lit: Lit) -> None:
    lit.enable()
    login = next(each for each in lit.built.passwords if each.startswith("138"))
    case = site.Api(lit.app, login, lit.built.passwords[login]).file("senior-card").json["id"]
    clerk = lit.staff("window")
    assert "may look" in clerk.get(f"/office/cases/{case}").text
    with lit.app.extensions["wangting"].database.session() as session:
        grants.grant(session, lit.host.manifest("lamps"), "manage", lit.staff_id(session, "window"), actor=SYSTEM)
    assert "may manage" in clerk.get(f"/office/cases/{case}").text


def test_a_page_that_raises_or_answers_nonsense_names_its_plugin_and_nothing_else_suffers(lit: Lit) -> None:
    lit.enable()
    for path in ("breaks", "nonsense"):
        answer = lit.anybody().get(f"/x/lamps/{path}")
        assert answer.status_code == 502 and "lamps" in answer.text and "Traceback" not in answer.text
    assert lit.anybody().get("/").status_code == 200


def test_static_files_are_the_plugins_own_and_no_others(lit: Lit) -> None:
    assert lit.anybody().get("/x/lamps/static/lamp.js").status_code == 404
    lit.enable()
    assert "on = true" in lit.anybody().get("/x/lamps/static/lamp.js").text
    for path in ("../manifest.json", "..%2fmanifest.json", "/etc/passwd", "none.js"):
        assert lit.anybody().get(f"/x/lamps/static/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/absolute", "../other", "a//b", "static/x", "a/../b", "trailing/"])
def test_a_path_that_is_none_is_refused_when_it_is_written(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        Pages("lamps").portal(path, title=Words("页", "Page"))


def test_pages_under_anothers_name_set_the_plugin_aside(lit: Lit, monkeypatch: pytest.MonkeyPatch) -> None:
    lit.enable()
    here = Lit(lit.built, create_app(lit.built.config()))
    monkeypatch.setattr(here.host.offered("pages", "lamps")[0], "plugin", "credit_scoring")
    assert here.anybody().get("/x/lamps/").status_code == 404
    assert here.host.taking_part("pages") == ()
    here.app.extensions["wangting"].database.close()


def test_an_administrator_sees_its_health_sets_its_settings_and_grants_its_permissions(lit: Lit) -> None:
    lit.enable()
    admin = lit.staff("admin")
    page = admin.get("/office/plugins/lamps/").text
    assert "没有仓库" in page and "管理路灯" in page and "班组数" in page
    wrong = admin.post("/office/plugins/lamps/settings", {"depot": "东", "crews": "三", "token": ""})
    assert wrong.status_code == 422 and "班组数" in wrong.text and "三" in wrong.text
    admin.post("/office/plugins/lamps/settings", {"depot": "东仓", "crews": "3", "token": "s3cret-key"})
    page = admin.get("/office/plugins/lamps/").text
    assert "没有发现问题" in page and "东仓" in page and "s3cret-key" not in page
    with lit.app.extensions["wangting"].database.session() as session:
        assert called(session, "lamps").setting("token") == "s3cret-key" and called(session, "lamps").setting("crews") == 3
        assert "s3cret-key" not in str(session.scalars(select(Value.value)).all()), "a secret is kept sealed"
        reviewer = lit.staff_id(session, "reviewer")
    admin.post("/office/plugins/lamps/grant", {"permission": "manage", "staff": reviewer})
    assert lit.staff("reviewer").get("/office/x/lamps/manage").status_code == 200
    admin.post("/office/plugins/lamps/take-back", {"permission": "manage", "staff": reviewer})
    assert lit.staff("reviewer").get("/office/x/lamps/manage").status_code == 403
    assert admin.post("/office/plugins/lamps/grant", {"permission": "manage", "staff": "nobody"}).status_code == 404
    for wrong_person in (lit.staff("reviewer"), lit.citizen()):
        assert wrong_person.post("/office/plugins/lamps/grant", {"permission": "manage", "staff": reviewer}).status_code in (302, 403)


def test_a_county_s_administrator_gives_nobody_what_acts_on_the_whole_site(lit: Lit) -> None:
    with lit.app.extensions["wangting"].database.session() as session:
        county, colleague = lit.staff_id(session, "qinghe-reviewer"), lit.staff_id(session, "qinghe-window")
        place = staff_view(session, county).posts[0].department_id
        add_post(session, county, place, "admin", actor=SYSTEM)
    given = {"permission": "manage", "staff": colleague}
    lit.enable()
    admin = lit.staff("qinghe-reviewer")
    assert 'action="/office/plugins/lamps/grant"' not in admin.get("/office/plugins/lamps/").text
    assert admin.post("/office/plugins/lamps/grant", given).status_code == 403
    assert lit.staff("admin").post("/office/plugins/lamps/grant", {**given, "permission": "nothing"}).status_code == 404
    with lit.app.extensions["wangting"].database.session() as session:
        session.execute(delete(Enabled))
    lit.enable(standing.department(place))
    assert admin.post("/office/plugins/lamps/grant", given).status_code == 303, "within the department it is theirs to give"
