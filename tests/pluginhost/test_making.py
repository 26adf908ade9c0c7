"""``wangting plugins new``: what it writes works as it is, is clean, and never lands on something that is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.app import HOOKSPECS
from core.kernel.errors import BadInput
from core.pluginhost import life
from core.pluginhost.boundary import trespasses
from core.pluginhost.discovery import Found
from core.pluginhost.host import PluginHost
from core.pluginhost.making import make
from core.pluginhost.manifest import read

pytestmark = pytest.mark.long

LONGEST = "a_register_of_every_street_lam"
assert len(LONGEST) == 30


def python(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """A program of this environment in the new project, without the tester's own settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "WANGTING", "DATABASE_URL"))}
    return subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, env=kept, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["oak", LONGEST])
def test_a_new_plugin_is_clean_says_the_truth_and_keeps_to_its_side_of_the_boundary(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(name, tmp_path, title="字" * 40, title_en="e" * 40)[0].parent
    for check in (("ruff", "check", "--no-cache", "."), ("ruff", "format", "--no-cache", "--check", ".")):
        done = python(*check, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(project))
    found = Found(read(project / name), f"{name}.plugin")
    assert list(trespasses(found)) == []
    host = PluginHost(HOOKSPECS)
    life.check(host, found)
    assert [state.manifest.name for state in host.states() if state.active] == [name]
    left = [path for path in project.rglob("*") if path.is_file() and path.suffix != ".pyc" and re.search("%[A-Z_]+%", path.read_text(encoding="utf-8"))]
    assert left == []


def test_every_message_of_a_new_plugin_has_its_english(tmp_path: Path) -> None:
    project = make("lanterns", tmp_path)[0].parent
    texts = "".join(path.read_text(encoding="utf-8") for kind in ("py", "html") for path in (project / "lanterns").rglob(f"*.{kind}"))
    used = set(re.findall(r'(?:\b_|\.say)\("([^"]+)"', texts))
    known = set(re.findall(r'^msgid "(.+)"$', (project / "lanterns/translations/en/LC_MESSAGES/messages.po").read_text(encoding="utf-8"), re.M))
    assert used and used == known
    keys = set(re.findall(r'f"\{NAME\}\.([a-z_]+)"', texts))
    assert {f"lanterns.{key}" for key in keys} == set(json.loads((project / "lanterns" / "wording.json").read_text(encoding="utf-8")))


def test_the_tests_of_a_new_plugin_pass_in_its_own_folder(tmp_path: Path) -> None:
    project = make("street_lanterns", tmp_path, title="路灯", title_en="Street lanterns", owner="urban_management")[0].parent
    done = python("pytest", "-q", "-p", "core.sdk.testing", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "run"), cwd=project)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("name", "more", "key"),
    [
        ("Trees", {}, "new_name"), ("1st", {}, "new_name"), ("ab", {}, "new_name"), ("class", {}, "new_name"), ("x" * 31, {}, "new_name"),
        ("../out", {}, "new_name"), ("core", {}, "new_taken"), ("plugins", {}, "new_taken"), ("json", {}, "new_taken"), ("sqlalchemy", {}, "new_taken"),
        ("fine", {"title": 'a"b'}, "new_title"), ("fine", {"title_en": "x" * 41}, "new_title"), ("fine", {"title": "100%"}, "new_title"),
        ("fine", {"owner": "市监局"}, "new_owner"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_plugin_is_refused_and_nothing_is_written(name: str, more: dict[str, str], key: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        make(name, tmp_path, **more)
    assert caught.value.message_key == f"pluginhost.{key}" and "{" not in caught.value.words("zh") + caught.value.words("en")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    make("lanterns", tmp_path)
    (tmp_path / "lanterns" / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match="lanterns"):
        make("lanterns", tmp_path)
    assert (tmp_path / "lanterns" / "README.md").read_text(encoding="utf-8") == "mine"
