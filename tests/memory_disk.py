"""A folder in memory for everything a run writes. Most of what a suite waits for on a disk is the making of small files that live for seconds: a copy of a
PostgreSQL database is a file for every table and index (0.6 s on an ext4 disk, 0.02 s in memory)."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

#: Where Linux keeps a file system in memory.
SHARED = Path("/dev/shm")
#: Bytes that a whole run takes at its fullest, with some to spare – the long run brings a million subjects in –; as much must be left to the machine.
NEEDED = (8 if os.environ.get("WANGTING_SOAK") else 3) * 2**30
_NAME = "wangting-tests-"


def open_folder() -> Path | None:
    """A folder in memory that temporary files go to from now on, here and in programs started from here.

    ``None`` where the machine has no room for it, forbids to start programs from there, or ``$TMPDIR`` says where such files are wanted.
    """
    if os.environ.get("TMPDIR") or not _roomy():
        return None
    _forget_the_dead()
    folder = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=SHARED))
    folder.chmod(0o711)  # the database server is another user
    if not _runs_programs(folder):
        shutil.rmtree(folder)
        return None
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def close_folder(folder: Path) -> None:
    """All of it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop("TMPDIR", None)
    tempfile.tempdir = None


def _roomy() -> bool:
    try:
        known = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return int(known["MemAvailable"].split()[0]) * 1024 >= 2 * NEEDED and shutil.disk_usage(SHARED).free >= NEEDED
    except (OSError, KeyError):  # no Linux
        return False


def _runs_programs(folder: Path) -> bool:
    program = folder / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(stat.S_IRWXU)
    try:
        return subprocess.run([program], check=False).returncode == 0
    except OSError:
        return False
    finally:
        program.unlink()


def _forget_the_dead() -> None:
    """Memory that a run left behind which was killed."""
    for folder in SHARED.glob(f"{_NAME}*"):
        if not Path("/proc", folder.name.removeprefix(_NAME).split("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)
