"""A plugin in a hall: trusted by its digest, enabled by place, set aside, upgraded, removed with its rows kept."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from core.db import migrate, remembered
from core.db.database import Database
from core.kernel.actor import SYSTEM
from core.pluginhost import failures, life, service, standing
from core.pluginhost.errors import PluginTrouble, UnknownPlugin
from core.pluginhost.host import PluginHost
from tests.moulds import made_once
from tests.pluginhost.test_host import badge, document, specs

REVISION = '''"""{name}"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{name}", {before}, None, None


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down}
'''
NOTES = 'op.create_table("plg_notes_note", sa.Column("id", sa.Integer, primary_key=True), sa.Column("words", sa.String(80)))'
MORE = 'op.add_column("plg_notes_note", sa.Column("colour", sa.String(8)))'


@dataclass
class Shelf:
    """A folder of plugins and a hall."""

    folder: Path
    database: Database

    def plant(self, name: str, code: str = "", hooks: tuple[str, ...] = (), *, revisions: dict[str, str] | None = None, **manifest: object) -> None:
        place = self.folder / name
        (place / "migrations").mkdir(parents=True, exist_ok=True)
        (place / "manifest.json").write_text(json.dumps(document(name, list(hooks), **manifest)), encoding="utf-8")
        (place / "plugin.py").write_text("from core.sdk import hookimpl\n" + code, encoding="utf-8")
        before = None
        for revision, up in (revisions or {}).items():
            source = REVISION.format(name=revision, before=repr(before), up=up, down="pass")
            (place / "migrations" / f"{revision}.py").write_text(source, encoding="utf-8")
            before = revision

    def host(self) -> PluginHost:
        """A process that starts now."""
        for name in [each for each in sys.modules if each.startswith("plugins_")]:
            del sys.modules[name]
        host = PluginHost([specs()]).discover(self.folder, entry_points=False).load(standing.of(self.database))
        self.database.sessions.configure(info={"database": self.database, "plugins": host})
        return host


def migrated(home: Path) -> None:
    """The tables of a hall, and nothing in them."""
    home.mkdir()
    database = Database(f"sqlite:///{home}/hall.db")
    migrate.upgrade(database)
    database.close()


@pytest.fixture
def shelf(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)
    folder = tmp_path / "plugins"
    folder.mkdir()
    shutil.copy(made_once(tmp_path_factory, "migrated", migrated)[0] / "hall.db", tmp_path)
    database = Database(f"sqlite:///{tmp_path}/hall.db")
    yield Shelf(folder, database)
    database.close()


def test_what_lies_here_is_not_imported_before_somebody_installs_it(shelf: Shelf) -> None:
    shelf.plant("seen", "raise SystemExit('it ran')\n", ())
    host = shelf.host()
    assert host.states() == ()
    assert [found.manifest.name for found in host.all_found()] == ["seen"]


def test_installed_and_enabled_it_takes_part_where_it_is_enabled_and_nowhere_else(shelf: Shelf) -> None:
    shelf.plant("local", badge("'l'"), ("badges",), scope="department")
    shelf.plant("chosen", badge("'c'"), ("badges",), scope="item")
    with shelf.database.session() as session:
        for name in ("local", "chosen"):
            life.install(session, shelf.host(), name, actor=SYSTEM)
    host = shelf.host()
    with shelf.database.session() as session:
        assert service.enabled(session) == frozenset()
        life.enable(session, host, "local", standing.department("d1"), actor=SYSTEM)
        life.enable(session, host, "chosen", actor=SYSTEM)
        life.enable(session, host, "chosen", actor=SYSTEM)  # twice is once
    with shelf.database.session() as session:
        assert service.enabled(session) == frozenset()
        assert service.enabled(session, "d1") == {"local"}
        assert service.enabled(session, "d2", item=["chosen"]) == {"chosen"}
        assert host.call("badges", scope=service.enabled(session, "d1", item=["chosen"]), word="") == ["c", "l"]
        life.disable(session, host, "local", standing.department("d1"))
        assert service.enabled(session, "d1") == frozenset()


def test_changed_files_are_set_aside_until_somebody_upgrades(shelf: Shelf) -> None:
    shelf.plant("notes", badge("'one'"), ("badges",))
    with shelf.database.session() as session:
        life.install(session, shelf.host(), "notes", actor=SYSTEM)
    assert shelf.host().call("badges", word="") == ["one"]
    shelf.plant("notes", badge("'two, not what was installed'"), ("badges",), version="1.1.0")
    host = shelf.host()
    assert host.call("badges", word="") == []
    assert "upgrade notes" in host.troubles()[0].words("en")
    with shelf.database.session() as session:
        with pytest.raises(PluginTrouble, match="upgrade notes"):
            life.install(session, host, "notes", actor=SYSTEM)
        assert life.upgrade(session, host, "notes", actor=SYSTEM, dry_run=True).version == ("1.0.0", "1.1.0")
        assert standing.load(session).installed["notes"][0] == "1.0.0"
        life.upgrade(session, host, "notes", actor=SYSTEM)
    assert shelf.host().call("badges", word="") == ["two, not what was installed"]


def test_another_digest_than_the_promised_one_is_refused_and_nothing_runs(shelf: Shelf) -> None:
    shelf.plant("promised", "raise SystemExit('it ran')\n")
    host = shelf.host()
    with shelf.database.session() as session, pytest.raises(PluginTrouble, match="The digest"):
        life.install(session, host, "promised", actor=SYSTEM, sha256="0" * 64)
    digest = host.found("promised").digest
    (shelf.folder / "promised" / "__pycache__").mkdir()
    (shelf.folder / "promised" / "__pycache__" / "left.pyc").write_bytes(b"x")
    assert host.found("promised").digest == digest, "what an interpreter leaves behind is not the plugin"
    (shelf.folder / "promised" / "more.txt").write_text("x", encoding="utf-8")
    assert host.found("promised").digest != digest


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("import core.cases.service\n", "core.cases.service"),
        ("from core import cases\n", "core.cases"),
        ("def late():\n    from core.db.database import Database\n", "core.db.database"),
        ("from plugins.other import service\n", "plugins.other"),
    ],
)
def test_a_plugin_that_imports_the_inside_of_the_platform_is_named_with_file_and_line(shelf: Shelf, code: str, module: str) -> None:
    shelf.plant("nosy", code)
    with shelf.database.session() as session, pytest.raises(PluginTrouble) as caught:
        life.install(session, shelf.host(), "nosy", actor=SYSTEM)
    words = caught.value.words("en")
    assert "plugin.py" in words and module in words and "nosy" in words


def test_a_plugin_for_another_sdk_is_set_aside(shelf: Shelf) -> None:
    shelf.plant("future", sdk=">=9")
    with shelf.database.session() as session, pytest.raises(PluginTrouble, match="wants the sdk"):
        life.install(session, shelf.host(), "future", actor=SYSTEM)


def test_tables_come_with_install_and_upgrade_and_go_with_remove_after_their_rows_were_kept(shelf: Shelf, tmp_path: Path) -> None:
    shelf.plant("notes", revisions={"n1": NOTES})
    with shelf.database.session() as session:
        assert life.install(session, shelf.host(), "notes", actor=SYSTEM).revision == (None, "n1")
        session.execute(text("INSERT INTO plg_notes_note (id, words) VALUES (1, '第一条'), (2, 'second')"))
    shelf.plant("notes", version="2.0.0", revisions={"n1": NOTES, "n2": MORE})
    with shelf.database.session() as session:
        plan = life.upgrade(session, shelf.host(), "notes", actor=SYSTEM)
        assert plan.revision == ("n1", "n2")
        assert plan.tables == (("plg_notes_note", 2),)
        life.enable(session, shelf.host(), "notes", actor=SYSTEM)
    shutil.rmtree(shelf.folder / "notes")  # the files may be gone before
    keep = tmp_path / "kept"
    with shelf.database.session() as session:
        host = shelf.host()
        assert life.remove(session, host, "notes", keep=keep, dry_run=True).places == ("site",)
        assert inspect(session.connection()).has_table("plg_notes_note")
        life.remove(session, host, "notes", keep=keep)
    rows = [json.loads(line) for line in (keep / "plg_notes_note.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows == [{"id": 1, "words": "第一条", "colour": None}, {"id": 2, "words": "second", "colour": None}]
    left = inspect(shelf.database.engine).get_table_names()
    assert not [name for name in left if "notes" in name]
    assert standing.of(shelf.database) == standing.Standing()
    migrate.upgrade(shelf.database)  # and the platform's own tables go on without it


def test_a_failing_migration_leaves_the_plugin_not_installed_and_the_hall_as_it_was(shelf: Shelf) -> None:
    shelf.plant("notes", revisions={"n1": 'raise RuntimeError("no disk")'})
    with shelf.database.session() as session, pytest.raises(Exception, match="no disk"):
        life.install(session, shelf.host(), "notes", actor=SYSTEM)
    assert "notes" not in standing.of(shelf.database).installed
    shelf.plant("notes", revisions={"n1": NOTES})
    with shelf.database.session() as session:
        life.install(session, shelf.host(), "notes", actor=SYSTEM)
    assert "notes" in standing.of(shelf.database).installed


def test_what_others_require_is_neither_disabled_nor_removed_and_needs_come_first(shelf: Shelf, tmp_path: Path) -> None:
    shelf.plant("base")
    shelf.plant("needs", requires=["base"])
    host = shelf.host()
    with shelf.database.session() as session:
        with pytest.raises(PluginTrouble, match="requires base"):
            life.install(session, host, "needs", actor=SYSTEM)
        for name in ("base", "needs"):
            life.install(session, host, name, actor=SYSTEM)
        with pytest.raises(PluginTrouble, match="requires base"):
            life.enable(session, host, "needs", actor=SYSTEM)
        life.enable(session, host, "base", actor=SYSTEM)
        life.enable(session, host, "needs", actor=SYSTEM)
        with pytest.raises(PluginTrouble, match="still requires base"):
            life.disable(session, host, "base")
        with pytest.raises(PluginTrouble, match="still requires base"):
            life.remove(session, host, "base", keep=tmp_path / "kept")
        life.disable(session, host, "needs")
        life.disable(session, host, "base")


def test_a_process_that_loaded_nothing_knows_who_requires_whom_as_well(shelf: Shelf, tmp_path: Path) -> None:
    for name, needs in (("base", []), ("middle", ["base"]), ("needs", ["middle"])):
        shelf.plant(name, requires=needs)

    def bare() -> PluginHost:
        """What the command line opens: everything that lies here, nothing of it imported."""
        shelf.host()
        return PluginHost([specs()]).discover(shelf.folder, entry_points=False)

    with shelf.database.session() as session:
        life.check(bare(), bare().found("needs"))
        with pytest.raises(PluginTrouble, match="requires middle"):
            life.install(session, bare(), "needs", actor=SYSTEM)
        for name in ("base", "middle", "needs"):
            life.install(session, bare(), name, actor=SYSTEM)
            life.enable(session, bare(), name, actor=SYSTEM)
        with pytest.raises(PluginTrouble, match="still requires base"):
            life.disable(session, bare(), "base")
        with pytest.raises(PluginTrouble, match="still requires base"):
            life.remove(session, bare(), "base", keep=tmp_path / "kept")
        shelf.plant("needs", requires=["middle"], version="1.1.0")
        assert life.upgrade(session, bare(), "needs", actor=SYSTEM).version == ("1.0.0", "1.1.0")


def test_removing_a_plugin_leaves_the_tables_of_one_whose_name_goes_on(shelf: Shelf, tmp_path: Path) -> None:
    shelf.plant("notes", revisions={"n1": NOTES})
    shelf.plant("notes_more", revisions={"m1": NOTES.replace("plg_notes_note", "plg_notes_more_note")})
    with shelf.database.session() as session:
        for name in ("notes", "notes_more"):
            life.install(session, shelf.host(), name, actor=SYSTEM)
        session.execute(text("INSERT INTO plg_notes_more_note (id, words) VALUES (1, 'kept')"))
        assert life.remove(session, shelf.host(), "notes", keep=tmp_path / "kept").tables == (("plg_notes_note", 0),)
    left = inspect(shelf.database.engine).get_table_names()
    assert "plg_notes_more_note" in left and "plg_notes_note" not in left


def test_one_that_was_set_aside_takes_part_nowhere_in_any_process_until_it_is_let_back(shelf: Shelf) -> None:
    shelf.plant("watcher", "@hookimpl\ndef case_seen(case_id):\n    raise OSError('mail server')\n", ("case_seen",))
    with shelf.database.session() as session:
        host = shelf.host()
        life.install(session, host, "watcher", actor=SYSTEM)
        life.enable(session, host, "watcher", actor=SYSTEM)
    worker = shelf.host()
    for _ in range(failures.QUARANTINE_AFTER):
        with pytest.raises(Exception, match="failed in"):
            worker.observe("case_seen", "watcher", case_id="c")
    failures.write(shelf.database)
    other = shelf.host()
    with shelf.database.session() as session:
        assert "OSError, plugin.py:4" in failures.words(standing.load(session).aside["watcher"], "en")
        assert service.enabled(session) == frozenset()
        with pytest.raises(PluginTrouble, match="was set aside"):
            life.enable(session, other, "watcher", standing.department("d"), actor=SYSTEM)
        life.set_aside(session, "watcher", None)
    with shelf.database.session() as session:
        assert service.taking_part(session, "case_seen") == ("watcher",)


def test_unknown_and_not_installed_are_said(shelf: Shelf) -> None:
    host = shelf.host()
    with shelf.database.session() as session:
        with pytest.raises(UnknownPlugin):
            life.install(session, host, "nobody", actor=SYSTEM)
        with pytest.raises(PluginTrouble, match="is not installed"):
            life.enable(session, host, "nobody", actor=SYSTEM)
