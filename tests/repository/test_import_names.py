"""``core`` and ``plugins`` are ours, every module imports alone, and the house's rules of layout hold (DESIGN §2)."""

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


def test_package_files_hold_a_docstring_and_nothing_else() -> None:
    for path in [p for p in (ROOT / "core").rglob("__init__.py") if p.parent.name != "core"]:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        assert code.co_consts[0], f"{path}: no docstring"
        assert set(code.co_names) <= {"__doc__", "annotations"}, f"{path} holds code"


def test_starting_the_command_line_imports_nothing_that_needs_a_database() -> None:
    done = subprocess.run([sys.executable, "-W", "error::SyntaxWarning", "-c", "import core.cli.main"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
