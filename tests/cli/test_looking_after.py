"""``demo``, ``keys``, ``audit`` and ``items`` on a hall that is in use."""

import json
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from core.app import create_app
from core.identity import demo as invented
from core.identity.service import authenticate
from core.keys.store import key_file
from core.web.site import Config
from tests.cli.conftest import Home
from tests.fixtures_site import Api, Browser, office_press

CITIZEN = "13800000001"
_PERSON = re.compile(r"^  ([\w-]+)\s+(\S{8,})\s+(\S+)\s+(.+)$", re.M)


def config(home: Home) -> Config:
    return Config(home=home.path, database_url=f"sqlite:///{home.path / 'wangting.db'}", demo=True, embedded=False, extra={"unlimited": True})


def passwords(words: str) -> dict[str, tuple[str, str]]:
    """login → (password, name), as init printed them."""
    return {login: (password, name) for login, password, name, _what in _PERSON.findall(words)}


def test_names_are_invented_at_init_and_listed_from_the_database(demo: Home, first_words: dict[str, str]) -> None:
    printed = passwords(first_words["demo"])
    listed = {line.split()[0]: line.split()[1] for line in demo.ok("demo", "people").splitlines()}
    assert {login: name for login, (_password, name) in printed.items()} == listed
    assert len(set(listed.values())) == len(listed) == len(invented.STAFF) + len(invented.CITIZENS)
    assert sum(listed[clerk.login] != clerk.name for clerk in invented.STAFF) > len(invented.STAFF) // 2
    assert listed["window"] in demo.ok("demo", "people", "window") and "reviewer" not in demo.ok("demo", "people", "window")
    database = demo.database()
    with database.session() as session:
        session.execute(text("UPDATE staff SET name = '改名后' WHERE name = :name"), {"name": listed["window"]})
    database.close()
    assert "改名后" in demo.ok("demo", "people", "window")


def test_a_reset_makes_the_old_password_stop_working(demo: Home, first_words: dict[str, str]) -> None:
    printed = passwords(first_words["demo"])
    fresh = {login: demo.ok("demo", "people", login, "--reset").split()[1] for login in ("window", CITIZEN)}
    assert all(fresh[login] != printed[login][0] and len(fresh[login]) >= 12 for login in fresh)
    app = create_app(config(demo))
    old = Browser(app).post("/office/login/", {"username": "window", "password": printed["window"][0]})
    assert old.status_code == 200 and "用户名或密码不对" in old.text
    Browser(app).staff("window", fresh["window"])
    with app.extensions["wangting"].database.session() as session:
        assert authenticate(session, CITIZEN, printed[CITIZEN][0]).account is None
        assert authenticate(session, CITIZEN, fresh[CITIZEN]).account is not None
    app.extensions["wangting"].database.close()


def test_people_and_resets_are_refused_where_they_make_no_sense(demo: Home, plain: Home) -> None:
    assert "nobody" in demo.refused("demo", "people", "nobody", "--reset")
    assert "NAME" in demo.refused("demo", "people", "--reset")
    assert str(plain.path) in plain.refused("demo", "people")


def test_after_the_keys_are_turned_everything_still_opens_and_new_things_use_the_new_one(demo: Home, first_words: dict[str, str]) -> None:
    printed = passwords(first_words["demo"])
    app = create_app(config(demo))
    before = Api(app, CITIZEN, printed[CITIZEN][0]).file("senior-card").json["id"]
    app.extensions["wangting"].database.close()
    assert "data keys wrapped anew" in demo.ok("keys", "rotate")
    assert not demo.ok("keys", "rotate").startswith("0 ")
    app = create_app(config(demo))
    window = Browser(app).staff("window", printed["window"][0])
    shown = window.post(f"/office/cases/{before}/reveal", {"reason": "检查"})
    assert shown.status_code == 200 and "已按保存期限销毁" not in shown.text
    blob = re.search(rf"/office/cases/{before}/materials/[0-9a-f-]+", shown.text)
    assert blob is not None and window.get(blob[0]).data.startswith(b"\x89PNG")
    after = Api(app, CITIZEN, printed[CITIZEN][0]).file("senior-card").json["id"]
    assert office_press(window, after, 1, "accept").status_code == 303
    app.extensions["wangting"].database.close()
    assert "whole" in demo.ok("audit", "verify")


def test_without_its_key_file_nothing_starts_and_with_another_halls_neither(demo: Home, plain: Home) -> None:
    key = key_file(demo.path)
    kept = key.read_bytes()
    key.unlink()
    missing = demo.refused("run")
    assert str(key) in missing and str(key) in demo.refused("keys", "rotate")
    shutil.copy(key_file(plain.path), key)
    assert demo.refused("run").strip() and not re.search(r"Error\b", demo.refused("run"))
    key.write_bytes(b"{")
    key.chmod(0o600)
    assert str(key) in demo.refused("audit", "verify")
    key.write_bytes(kept)
    assert "whole" in demo.ok("audit", "verify")


def test_the_record_is_verified_and_a_cut_off_end_is_found_with_an_exported_root(demo: Home, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    assert "whole" in demo.ok("audit", "verify")
    assert str(root) in demo.ok("audit", "export-root", str(root))
    assert "whole" in demo.ok("audit", "verify", "--root", str(root))
    database = demo.database()
    with database.session() as session:
        stream, seq = session.execute(text("SELECT stream, max(seq) FROM audit_entry GROUP BY stream ORDER BY 2 DESC")).first() or ("", 0)
        session.execute(text("DELETE FROM audit_entry WHERE stream = :s AND seq = :n"), {"s": stream, "n": seq})
        previous = session.execute(text("SELECT hash FROM audit_entry WHERE stream = :s AND seq = :n"), {"s": stream, "n": seq - 1}).scalar_one()
        session.execute(text("UPDATE audit_head SET seq = :n, hash = :h WHERE stream = :s"), {"s": stream, "n": seq - 1, "h": previous})
    database.close()
    assert "whole" in demo.ok("audit", "verify")  # a chain cannot know its own end …
    done = demo.run("audit", "verify", "--root", str(root))  # … the exported root does
    assert done.returncode == 1 and f"#{seq}" in done.stdout


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"at": 1, "streams": {"x": 1}, "root": 2}', "\x00"])
def test_a_file_that_is_no_root_is_refused(demo: Home, tmp_path: Path, content: str) -> None:
    file = tmp_path / "root.json"
    file.write_text(content, encoding="utf-8")
    assert str(file) in demo.refused("audit", "verify", "--root", str(file))


def test_a_fault_found_by_verification_ends_with_status_one(demo: Home) -> None:
    database = demo.database()
    with database.session() as session:
        session.execute(text("UPDATE audit_entry SET action = 'nothing' WHERE seq = 1"))
    database.close()
    done = demo.run("audit", "verify")
    assert done.returncode == 1 and "faults" in done.stdout


def test_an_item_is_checked_compared_exported_and_applied_again(demo: Home, tmp_path: Path) -> None:
    out = tmp_path / "item_configs" / "civil_affairs" / "senior-card.json"
    out.parent.mkdir(parents=True)
    demo.ok("items", "export", "senior-card", "--output", str(out))
    assert demo.ok("items", "check", str(out))
    assert "0 处不同" in demo.ok("items", "diff", str(out))
    assert "unchanged" in demo.ok("items", "apply", str(out))
    doc = json.loads(out.read_text(encoding="utf-8"))
    doc["summary"] = "老年人当场办、当场领。"
    out.write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    changes = json.loads(demo.ok("items", "diff", str(out), "--json"))
    assert len(changes) == 1
    assert "published" in demo.ok("items", "apply", str(out))
    assert json.loads(demo.ok("items", "export", "senior-card"))["summary"] == doc["summary"]
    out.write_text("{", encoding="utf-8")
    assert "senior-card.json" in demo.refused("items", "apply", str(out))
    assert "no such item" in demo.refused("items", "export", "no-such-item")


def test_every_refusal_speaks_the_operators_language(demo: Home) -> None:
    chinese = Home(demo.path, "zh_CN.UTF-8")
    for command in (("items", "export", "nothing"), ("demo", "people", "nobody")):
        assert re.search("[一-鿿]", chinese.refused(*command)) and not re.search("[一-鿿]", demo.refused(*command)), command
