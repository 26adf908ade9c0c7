"""``core`` and ``plugins`` are ours, every module imports alone, and the house's rules of layout hold (DESIGN §2)."""

import ast
import subprocess
import sys
from pathlib import Path

import core
import plugins

ROOT = Path(__file__).resolve().parents[2]


def test_core_and_plugins_come_from_this_repository() -> None:
    assert Path(core.__file__).resolve().parent.parent == ROOT
    assert Path(plugins.__file__ or "").resolve().parent.parent == ROOT


def test_no_package_is_named_like_the_standard_library() -> None:
    packages = {path.parent.name for path in (ROOT / "core").rglob("__init__.py")} - {"core"}
    assert packages & sys.stdlib_module_names == set()


def test_there_is_no_dumping_place() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [p for p in (ROOT / "core").rglob("*.py") if p.stem in names or p.parent.name in names] == []


def test_package_files_hold_a_docstring_and_at_most_the_names_of_their_door() -> None:
    for path in [p for p in (ROOT / "core").rglob("__init__.py") if p.parent.name != "core"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path}: no docstring"
        for node in tree.body[1:]:
            is_door = isinstance(node, ast.ImportFrom) or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
            assert is_door, f"{path}:{node.lineno} holds code"


def test_starting_the_command_line_imports_nothing_that_needs_a_database() -> None:
    done = subprocess.run([sys.executable, "-W", "error::SyntaxWarning", "-c", "import core.cli.main"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
