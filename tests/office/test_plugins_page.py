"""The page of plugins: administrators read which take part, and what keeps the others out."""

import json
from pathlib import Path

from core.app import HOOKSPECS
from core.pluginhost.host import PluginHost
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


def load(office: Office, folder: Path) -> PluginHost:
    host = PluginHost(HOOKSPECS).discover(folder, entry_points=False).load()
    office.here.database.sessions.configure(info={**office.here.database.sessions.kw["info"], "plugins": host})
    return host


def test_a_hall_without_plugins_says_so(office: Office) -> None:
    assert "没有装插件" in office.staff("admin").get("/office/plugins/").text


def test_a_plugin_that_works_one_that_breaks_and_a_folder_that_is_none_are_all_told_with_the_reason(fresh: Office, tmp_path: Path) -> None:
    folder = tmp_path / "given_plugins"
    plugin(folder, "credit_scoring")
    plugin(folder, "falls_over", "raise RuntimeError('<b>no licence server</b>')")
    plugin(folder, "unreadable", version="<script>alert(1)</script>")
    host = load(fresh, folder)
    admin = fresh.staff("admin")
    text = admin.get("/office/plugins/").text
    assert "信用分" in text and "market_regulation" in text and "1.2.0" in text
    assert "no licence server" in text and "<b>no licence" not in text, "what a plugin says is text, never markup"
    assert "unreadable" in text and "<script>alert" not in text
    assert "没有装上的" in text
    host.quarantine("credit_scoring", "10 × ValueError: too slow")
    assert "10 × ValueError: too slow" in admin.get("/office/plugins/").text
    english = admin.get("/office/plugins/?_l_=en").text
    assert "Credit score" in english and "Not loaded" in english


def test_only_administrators_read_it(office: Office) -> None:
    assert all(office.staff(login).get("/office/plugins/").status_code == 403 for login in ("window", "supervisor", "leader"))
    assert '"/office/plugins/"' in office.staff("admin").get("/office/").text
    assert '"/office/plugins/"' not in office.staff("window").get("/office/").text
