"""The wheel of this checkout, built once a run, and clean environments to install it into: nothing is fetched."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.moulds import made_once

ROOT = Path(__file__).resolve().parents[1]


def platform_wheel(factory: pytest.TempPathFactory) -> Path:
    """The wheel, built outside the checkout: no leftover of an earlier build gets in."""

    def build(out: Path) -> str:
        out.mkdir()
        command = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(out), "build", "--build-base", str(out / "b"), "bdist_wheel", "-d", str(out)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (built,) = out.glob("*.whl")
        return built.name

    folder, name = made_once(factory, "platform-wheel", build)
    return folder / str(name)


def clean_environment(folder: Path, wheel: Path) -> Path:
    """A virtual environment with *wheel* in it and the dependencies of this one, but not this checkout's own link; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python
