"""What ``make run`` says on a machine that lacks something: what, and the command that installs it. Tried with stand-ins for the programs that it asks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Programs of any machine that the scripts call.
PLAIN = ("sh", "cat", "cksum", "tr", "dirname", "rm")
OLD = "#!/bin/sh\nexit 1\n"
#: A Python that is new enough and has what is named in $HAS.
NEW = '#!/bin/sh\ncase "$2" in *ensurepip*) [ "$HAS" = venv ];; *) exit 0;; esac\n'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout with the scripts, and a machine that has nothing but the plainest programs."""
    (tmp_path / "bin").mkdir()
    for name in PLAIN:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    for name in ("scripts/python.sh", "scripts/run.sh", "setup.py", "constraints.txt", "core/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def has(machine: Path, **programs: str) -> None:
    """Put programs on the machine."""
    for name, code in programs.items():
        path = machine / "bin" / name.replace("_", "-")
        path.write_text(code)
        path.chmod(0o755)


def run(machine: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """``make run``."""
    plain: Mapping[str, str] = {"PATH": str(machine / "bin"), "HOME": str(machine)}
    return subprocess.run(["sh", "scripts/run.sh"], cwd=machine, env={**plain, **environ}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("installer", "command"),
    [("apt_get", "sudo apt-get install -y python3 python3-venv"), ("brew", "brew install python@3.12"), ("", "with your system's package manager")],
)
@pytest.mark.parametrize("python", ["", OLD])
def test_without_a_python_that_is_new_enough_the_command_that_installs_one_is_named(machine: Path, python: str, installer: str, command: str) -> None:
    has(machine, **({"python3": python} if python else {}), **({installer: "#!/bin/sh\n"} if installer else {}))
    said = run(machine)
    assert said.returncode == 1 and "3.11" in said.stderr and command in said.stderr
    assert not (machine / ".venv").exists()


def test_without_venv_the_package_that_holds_it_is_named(machine: Path) -> None:
    has(machine, python3=NEW, apt_get="#!/bin/sh\n")
    said = run(machine, HAS="nothing")
    assert said.returncode == 1 and "apt-get install -y python3-venv" in said.stderr and "venv" in said.stderr
    assert not (machine / ".venv").exists()


def test_an_environment_that_was_broken_off_or_whose_python_is_gone_is_made_anew(machine: Path) -> None:
    log = machine / "log"
    has(machine, python3=f'#!/bin/sh\ncase "$*" in "-m venv"*) echo "$*" >> {log}; exit 3;; *) exit 0;; esac\n')
    for broken in (lambda place: place.symlink_to("/gone/python3"), lambda place: (place.write_text(OLD), place.chmod(0o755))):
        shutil.rmtree(machine / ".venv", ignore_errors=True)
        (machine / ".venv" / "bin").mkdir(parents=True)
        broken(machine / ".venv" / "bin" / "python")
        assert run(machine).returncode == 1
    assert log.read_text().splitlines() == ["-m venv --clear .venv"] * 2


def test_a_whole_environment_is_kept(machine: Path) -> None:
    (machine / ".venv" / "bin").mkdir(parents=True)
    (machine / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (machine / ".venv" / "bin" / "wangting").write_text('#!/bin/sh\necho "$@ in $WANGTING_HOME"\n')
    (machine / ".venv" / "bin" / "wangting").chmod(0o755)
    text = "".join((machine / name).read_text(encoding="utf-8") for name in ("setup.py", "constraints.txt", "core/__init__.py"))
    sums = subprocess.run(["cksum"], input=text.encode(), capture_output=True, check=True).stdout.decode().replace(" ", "").strip()
    (machine / ".venv" / "stamp-").write_text(f"{sums}-\n")
    said = run(machine, WANGTING_HOME=str(machine / "second"), PYTHONPATH=os.pathsep.join(sys.path))
    assert (said.returncode, said.stdout.strip()) == (0, f"run --demo in {machine / 'second'}"), said.stderr
