"""Where a run writes: into memory where there is room, and nothing of it stays."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import memory_disk

ENDED = 2**22 + 1  #: above every process id of Linux


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with room in memory, on which nobody chose a folder."""
    monkeypatch.setattr(memory_disk, "SHARED", tmp_path)
    monkeypatch.setattr(memory_disk, "NEEDED", 0)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("TMPDIR", raising=False)
    return tmp_path


def test_temporary_files_go_there_and_are_gone_at_the_end(shared: Path) -> None:
    folder = memory_disk.open_folder()
    assert folder is not None and folder.parent == shared
    assert Path(tempfile.mkdtemp()).parent == folder
    program = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip() == str(folder)
    memory_disk.close_folder(folder)
    assert not folder.exists() and "TMPDIR" not in os.environ and not tempfile.gettempdir().startswith(str(folder))


def test_a_folder_that_somebody_chose_is_used(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/somewhere")
    assert memory_disk.open_folder() is None


def test_a_machine_without_room_or_that_starts_no_programs_there_keeps_its_disk(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_disk, "NEEDED", 2**60)
    assert memory_disk.open_folder() is None
    monkeypatch.setattr(memory_disk, "NEEDED", 0)
    monkeypatch.setattr(memory_disk, "_runs_programs", lambda folder: False)
    assert memory_disk.open_folder() is None
    monkeypatch.setattr(memory_disk, "SHARED", shared / "nowhere")
    assert memory_disk.open_folder() is None
    assert list(shared.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_what_another_uses_stays(shared: Path) -> None:
    dead, living = (shared / f"wangting-tests-{pid}-x" for pid in (ENDED, os.getppid()))
    for folder in (dead, living):
        folder.mkdir()
    folder = memory_disk.open_folder()
    assert {path.name for path in shared.iterdir()} == {living.name, folder.name if folder else ""}
