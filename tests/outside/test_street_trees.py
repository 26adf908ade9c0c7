"""A plugin that was written against the docs only, in a distribution of its own: built, installed, used, switched off and taken away again, while the
core goes on. Nothing here runs in the tester's own environment."""

import hashlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect

from tests.demo_hall import OURS, copy_home, initialised, people_of
from tests.services import free_port
from tests.wheels import clean_environment, platform_wheel

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs" / "plugins"


class Machine:
    """A machine with the platform on it and nothing else: an environment, a hall, an operator's shell."""

    def __init__(self, top: Path, factory: pytest.TempPathFactory) -> None:
        home, printed = initialised(factory, "--demo")
        self.top, self.home = top, copy_home(home, top / "home")
        self.python = clean_environment(top / "v", platform_wheel(factory))
        self.passwords = people_of(printed)
        self.project = top / "street_trees"
        shutil.copytree(HERE / "street_trees", self.project, ignore=shutil.ignore_patterns("__pycache__"))
        kept = {key: value for key, value in os.environ.items() if not key.startswith((*OURS, "PYTEST", "PYTHON"))}
        soak = {"WANGTING_SOAK": os.environ["WANGTING_SOAK"]} if "WANGTING_SOAK" in os.environ else {}
        self.environ = {**kept, **soak, "WANGTING_HOME": str(self.home), "WANGTING_DEMO": "1", "LANG": "en_GB.UTF-8"}
        self.cases: dict[str, str] = {}

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """A program that must end well; what it said."""
        done = subprocess.run(command, cwd=cwd or self.top, env=self.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def wangting(self, *arguments: str) -> str:
        """The operator's command."""
        return self.run(str(self.python.parent / "wangting"), *arguments)

    def visit(self, step: str) -> None:
        """Look at the hall (visit.py) in a process that starts now."""
        said = self.run(str(self.python), str(HERE / "visit.py"), step, json.dumps(self.passwords), json.dumps(self.cases))
        told = json.loads(said.splitlines()[-1])
        assert told["core"].startswith(str(self.top)), "the installed code is the code that runs"
        self.cases = told["cases"]

    def build(self) -> Path:
        """The plugin's wheel."""
        self.run(str(self.python), "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", "dist", ".", cwd=self.project)
        (wheel,) = (self.project / "dist").glob("*.whl")
        return wheel

    @contextmanager
    def serving(self) -> Iterator[str]:
        """``wangting run``; its address."""
        port = free_port()
        with (self.top / "server.log").open("wb") as log:
            command = [str(self.python.parent / "wangting"), "run"]
            process = subprocess.Popen(command, cwd=self.top, env={**self.environ, "HOST": "127.0.0.1", "PORT": str(port)}, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
                    break
                except OSError:
                    assert process.poll() is None, (self.top / "server.log").read_text()[-3000:]
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One machine for this file."""
    return Machine(tmp_path_factory.mktemp("machine"), tmp_path_factory)


@pytest.mark.browser
@pytest.mark.counted
def test_it_is_installed_used_switched_off_and_taken_away_while_the_core_goes_on(machine: Machine, chromium: "Browser") -> None:
    machine.visit("before")
    wheel = machine.build()
    machine.wangting("plugins", "install", str(wheel), "--sha256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    machine.wangting("plugins", "enable", "street_trees")
    machine.wangting("items", "apply", str(machine.project / "street_trees/samples/item_configs/urban_management/tree-pruning.json"))
    machine.visit("enabled")
    with machine.serving() as base:
        look(chromium, base, machine.passwords["chief"])
    assert "tree-pruning: 2" in machine.wangting("plugins", "disable", "street_trees")
    machine.visit("disabled")
    assert "tree-pruning: 2" in machine.wangting("plugins", "remove", "street_trees", "--dry-run")
    machine.wangting("plugins", "remove", "street_trees", "--keep", str(machine.top / "kept"))
    machine.run(str(machine.python), "-m", "pip", "uninstall", "-q", "--yes", "street_trees")
    rows = [json.loads(line) for line in (machine.top / "kept" / "plg_street_trees_tree.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["species"] for row in rows] == ["香樟", "香樟"]
    engine = create_engine(f"sqlite:///{machine.home / 'wangting.db'}")
    assert not [name for name in inspect(engine).get_table_names() if "street_trees" in name]
    engine.dispose()
    assert "street_trees" not in machine.wangting("plugins", "list")
    machine.visit("removed")


def look(chromium: "Browser", base: str, password: str) -> None:
    """In a browser: a citizen, from the guide to the register, and a tree looked up there; a clerk who enters another."""
    from playwright.sync_api import expect

    page = chromium.new_page()
    try:
        page.goto(f"{base}/items/tree-pruning")
        page.get_by_role("link", name="到行道树登记册里查").click()
        page.get_by_label("树木编号").fill("QH-00017")
        page.get_by_role("button", name="查这棵树").click()
        expect(page.get_by_text("青禾路 3 号门前")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text("行道树")
        page.goto(f"{base}/office/login/")  # the keeper of the register
        page.get_by_label("用户名").fill("chief")
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda url: "/office/login" not in url)
        page.goto(f"{base}/office/x/street_trees/")
        page.get_by_label("树木编号").fill("QH-00017")
        page.get_by_label("树种").fill("香樟")
        page.get_by_label("位置").fill("青禾路 3 号门前")
        page.get_by_role("button", name="登记").click()
        expect(page.locator(".errors")).to_contain_text("QH-00017")  # it is there already
        page.get_by_label("树木编号").fill("QH-00018")
        page.get_by_role("button", name="登记").click()
        expect(page.locator(".toast")).to_contain_text("已登记")
    finally:
        page.close()


@pytest.mark.soak  # a plugin made by the command line runs its tests in a folder of its own in the usual run, too (tests/pluginhost/test_making.py)
def test_its_own_tests_pass_with_the_fixtures_that_come_with_the_platform(machine: Machine) -> None:
    said = machine.run(str(machine.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(machine.top / "run"), cwd=machine.project)
    assert "passed" in said


def test_the_tutorial_shows_the_very_code_of_the_plugin() -> None:
    words = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    for path in sorted((HERE / "street_trees").rglob("*")):
        name = path.relative_to(HERE / "street_trees").as_posix()
        if f"`{name}`\n\n```" in words:
            shown = words.partition(f"`{name}`\n\n```")[2].partition("\n")[2].partition("\n```\n")[0]
            assert shown == path.read_text(encoding="utf-8").rstrip(), f"{name}: docs/plugins/tutorial.md shows another text than the file has"
    assert words.count("\n\n```python\n") >= 6


def test_the_plugin_knows_nothing_of_the_platform_but_the_sdk() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (HERE / "street_trees").rglob("*.py"))
    assert "from core.sdk" in code and "from core." not in code.replace("from core.sdk", "") and "import core" not in code and "tests." not in code
