"""The wheel carries everything a hall needs and nothing of the tests; a hall installed from it opens (DESIGN §11)."""

import json
import os
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.wheels import clean_environment, platform_wheel

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
CODE = ("core", "plugins")
SHARED = ("item_configs", "form_definitions", "themes", "migrations")
VISIT = """
from core.app import serve
site = serve().test_client()
for path in ("/", "/look/elder", "/items/food-operation-new", "/office/login/", "/v1/openapi.json", "/static/css/base.css", "/readyz"):
    answer = site.get(path, follow_redirects=True)
    assert answer.status_code == 200, (path, answer.status_code)
assert "食品" in site.get("/items/food-operation-new").get_data(as_text=True)
import core
print(core.__file__)
"""


def _files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."))
    return {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".mo"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return platform_wheel(tmp_path_factory)


def test_the_wheel_carries_every_file_of_the_code_and_every_shipped_folder_and_nothing_else(wheel: Path) -> None:
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name and not name.endswith("/")}
    shared = {name.partition("/data/share/wangting/")[2] for name in names if "/data/share/wangting/" in name}
    code = {name for name in names if ".data/" not in name}
    assert code == set().union(*map(_files, CODE))
    assert shared == set().union(*map(_files, SHARED))
    assert len(code) + len(shared) == len(names)


def test_the_wheel_carries_the_licences_of_what_it_contains(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (own,) = (name for name in names if name.endswith(".dist-info/licenses/LICENSE"))
        assert "Apache License" in archive.read(own).decode()
        for font in (name for name in names if name.endswith((".ttf", ".otf", ".woff2"))):
            assert "SIL OPEN FONT LICENSE" in archive.read(font.rpartition("/")[0] + "/OFL.txt").decode().upper()


def test_a_hall_installed_from_the_wheel_is_set_up_and_opens(wheel: Path, tmp_path: Path) -> None:
    python = clean_environment(tmp_path / "v", wheel)
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith(("WANGTING", "PYTHON", "DATABASE_URL", "REDIS_URL"))}
    surroundings |= {"WANGTING_HOME": str(tmp_path / "home"), "WANGTING_DEMO": "1", "HOST": "127.0.0.1"}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "demo people" in run(str(tmp_path / "v" / "bin" / "wangting"), "init", "--demo")
    said = run(str(python), "-c", VISIT).splitlines()
    assert any(line.startswith(str(tmp_path)) for line in said), "the installed code was not the code that ran"
    logged = [json.loads(line) for line in said if line.startswith("{")]
    assert sum(bool(line.get("request_id")) for line in logged) >= 8
