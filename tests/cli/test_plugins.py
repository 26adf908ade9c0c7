"""``wangting plugins``: an operator's way with a plugin, from the folder to its removal."""

import json
from pathlib import Path

from sqlalchemy import text

from tests.cli.conftest import Home

MANIFEST = {
    "$schema": "https://wangting.example/schemas/plugin_manifest.v1.schema.json",
    "schema_version": 1, "name": "street_lamps", "version": "1.0.0", "title": {"zh": "路灯", "en": "Street lamps"}, "owner": "market_regulation",
    "scope": "department", "sdk": ">=1,<2", "hooks": ["case_changed"],
}  # fmt: skip
CODE = "from core.sdk import hookimpl\n\n\n@hookimpl\ndef case_changed(change):\n    pass\n"


def _plant(home: Home, code: str = CODE, **manifest: object) -> Path:
    place = home.path / "plugins" / "street_lamps"
    place.mkdir(parents=True, exist_ok=True)
    (place / "manifest.json").write_text(json.dumps({**MANIFEST, **manifest}), encoding="utf-8")
    (place / "plugin.py").write_text(code, encoding="utf-8")
    return place


def test_from_the_folder_to_its_removal(demo: Home) -> None:
    place = _plant(demo)
    assert "street_lamps  未安装 / not installed" in demo.ok("plugins", "list")
    digest = demo.ok("plugins", "check", "street_lamps").split()[-1]
    assert "not 00" in demo.refused("plugins", "install", "street_lamps", "--sha256", "00")
    demo.ok("plugins", "install", "street_lamps", "--sha256", digest, "--as", "operator")
    assert "nobody" in demo.refused("plugins", "enable", "street_lamps", "--department", "nobody")
    demo.ok("plugins", "enable", "street_lamps", "--department", "market_regulation")
    assert "market_regulation" in demo.ok("plugins", "list")
    _plant(demo, CODE + "# more\n", version="1.1.0")
    assert "1.0.0 → 1.1.0" in demo.ok("plugins", "upgrade", "street_lamps", "--dry-run")
    assert "street_lamps  1.0.0 (→ 1.1.0)" in demo.ok("plugins", "list")
    demo.ok("plugins", "upgrade", "street_lamps")
    demo.ok("plugins", "disable", "street_lamps", "--department", "market_regulation")
    for path in place.iterdir():
        if path.is_file():
            path.unlink()
    assert "files missing" in demo.ok("plugins", "list")
    demo.ok("plugins", "remove", "street_lamps")
    assert "street_lamps" not in demo.ok("plugins", "list")
    database = demo.database()
    with database.session() as session:
        done = session.execute(text("SELECT action FROM audit_entry WHERE subject_kind = 'plugin' ORDER BY at")).scalars().all()
    database.close()
    assert list(dict.fromkeys(done)) == [f"plugin.{what}" for what in ("installed", "enabled", "upgraded", "disabled", "removed")]


def test_what_reaches_into_the_platform_is_refused_with_file_and_line(demo: Home) -> None:
    _plant(demo, "from core.cases import service\n" + CODE)
    said = demo.refused("plugins", "check", "street_lamps")
    assert "plugin.py, line 1" in said and "core.cases" in said
    assert "core.cases" in demo.refused("plugins", "install", "street_lamps")
    assert "not installed" in demo.refused("plugins", "enable", "street_lamps")


def test_a_wheel_that_is_not_the_promised_one_is_refused_before_it_is_opened(demo: Home, tmp_path: Path) -> None:
    wheel = tmp_path / "street_lamps-1.0.0-py3-none-any.whl"
    wheel.write_bytes(b"not even a wheel")
    assert "The digest" in demo.refused("plugins", "install", str(wheel), "--sha256", "0" * 64)
