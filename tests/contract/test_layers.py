"""The contract of imports that `make lint` checks breaks when a plugin breaks it: tried on a copy of the tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of the platform and its plugins, with a plugin that is told what to import."""
    top = tmp_path_factory.mktemp("tree")
    for name in ("core", "plugins"):
        for path in (ROOT / name).rglob("*.py"):
            (top / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, top / path.relative_to(ROOT))
    shutil.copy(ROOT / "pyproject.toml", top)
    (top / "plugins" / "nosy").mkdir()
    (top / "plugins" / "nosy" / "__init__.py").write_text('"""A plugin."""\n')
    return top


def checked(tree: Path, code: str) -> str:
    """The contracts that are broken when the plugin says *code*."""
    (tree / "plugins" / "nosy" / "plugin.py").write_text(code)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False)
    return "\n".join(line for line in done.stdout.splitlines() if line.endswith("BROKEN"))


def test_a_plugin_that_imports_only_the_sdk_keeps_every_contract(tree: Path) -> None:
    assert checked(tree, "from core.sdk import hookimpl\nfrom core.sdk.web import Pages\n") == ""


def test_a_plugin_that_imports_the_inside_or_another_plugin_breaks_one(tree: Path) -> None:
    assert "plugins know the sdk" in checked(tree, "def late():\n    from core.cases import service\n")
    assert "plugins know the sdk" in checked(tree, "import flask\n")
    assert "plugins do not know each other" in checked(tree, "from plugins.multi_certificate import models\n")
