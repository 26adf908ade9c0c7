"""The page of plugins: administrators read which take part and what keeps the others out, and enable installed ones where they administer."""

import json
from pathlib import Path

from sqlalchemy import select

from core.app import HOOKSPECS
from core.audit.models import Entry
from core.kernel.actor import SYSTEM
from core.pluginhost import failures, life
from core.pluginhost.calls import Note
from core.pluginhost.host import PluginHost
from core.pluginhost.models import Enabled
from tests.office.conftest import Office

MANIFEST = {
    "$schema": "https://wangting.example/schemas/plugin_manifest.v1.schema.json",
    "schema_version": 1, "name": "credit_scoring", "version": "1.2.0", "title": {"zh": "信用分", "en": "Credit score"}, "owner": "market_regulation",
    "scope": "item", "sdk": ">=1", "hooks": [],
}  # fmt: skip


def plugin(folder: Path, name: str, code: str = "", **manifest: object) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "manifest.json").write_text(json.dumps({**MANIFEST, "name": name, **manifest}), encoding="utf-8")
    (folder / name / "plugin.py").write_text(code, encoding="utf-8")


def load(office: Office, folder: Path, *installed: str) -> PluginHost:
    host = PluginHost(HOOKSPECS).discover(folder, entry_points=False).load()
    office.here.database.sessions.configure(info={**office.here.database.sessions.kw["info"], "plugins": host})
    with office.here.database.session() as session:
        for name in installed:
            life.install(session, host, name, actor=SYSTEM)
    return host


def test_a_hall_without_plugins_says_so(fresh: Office, tmp_path: Path) -> None:
    load(fresh, tmp_path)
    assert "没有装插件" in fresh.staff("admin").get("/office/plugins/").text


def test_a_plugin_that_works_one_that_breaks_and_a_folder_that_is_none_are_all_told_with_the_reason(fresh: Office, tmp_path: Path) -> None:
    folder = tmp_path / "given_plugins"
    plugin(folder, "credit_scoring")
    plugin(folder, "falls_over", "raise RuntimeError('<b>no licence server</b>')")
    plugin(folder, "unreadable", version="<script>alert(1)</script>")
    load(fresh, folder, "credit_scoring")
    admin = fresh.staff("admin")
    text = admin.get("/office/plugins/").text
    assert "信用分" in text and "市场监督管理局" in text and "1.2.0" in text
    assert "no licence server" in text and "<b>no licence" not in text, "what a plugin says is text, never markup"
    assert "unreadable" in text and "<script>alert" not in text
    assert "没有装上的" in text
    with fresh.here.database.session() as session:
        for _ in range(failures.QUARANTINE_AFTER - 1):
            failures.failed(session, Note("credit_scoring", "shared_facts", "slow", {"seconds": 2.5, "limit": 2.0}))
    said = admin.get("/office/plugins/").text
    assert "最近连续失败 9 次" in said and "“shared_facts”用了 2.5 秒，超过 2.0 秒" in said
    with fresh.here.database.session() as session:
        failures.failed(session, Note("credit_scoring", "shared_facts", "slow", {"seconds": 2.5, "limit": 2.0}))
    assert "连续失败 10 次，最近一次：“shared_facts”用了 2.5 秒" in admin.get("/office/plugins/").text
    english = admin.get("/office/plugins/?_l_=en").text
    assert "Credit score" in english and "Not loaded" in english and "shared_facts took 2.5 s" in english


def test_an_administrator_enables_and_disables_it_where_he_administers_and_the_record_says_so(fresh: Office, tmp_path: Path) -> None:
    folder = tmp_path / "given_plugins"
    plugin(folder, "credit_scoring")
    load(fresh, folder, "credit_scoring")
    admin = fresh.staff("admin")
    assert "未启用" in admin.get("/office/plugins/").text
    admin.post("/office/plugins/credit_scoring/enable", {"place": "site"})
    assert "在用" in admin.get("/office/plugins/").text
    assert enabled(fresh) == ["site"]
    assert admin.post("/office/plugins/credit_scoring/enable", {"place": "department/nobody"}).status_code == 404
    assert admin.post("/office/plugins/nobody/enable", {"place": "site"}).status_code == 422
    admin.post("/office/plugins/credit_scoring/disable", {"place": "site"})
    assert enabled(fresh) == []
    with fresh.here.database.session() as session:
        done = session.scalars(select(Entry.action).where(Entry.subject_kind == "plugin").order_by(Entry.at)).all()
    assert done == ["plugin.enabled", "plugin.disabled"]


def enabled(office: Office) -> list[str]:
    with office.here.database.session() as session:
        return list(session.scalars(select(Enabled.place)))


def test_only_administrators_read_it(office: Office) -> None:
    assert all(office.staff(login).get("/office/plugins/").status_code == 403 for login in ("window", "supervisor", "leader"))
    assert '"/office/plugins/"' in office.staff("admin").get("/office/").text
    assert '"/office/plugins/"' not in office.staff("window").get("/office/").text
