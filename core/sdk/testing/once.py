"""Halls are made once a run, whoever of its workers comes first, and copied by every test that changes one."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole run: above those of its workers, or the only process's own."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """The folder that ``make(folder)`` filled, by whichever worker came first, and the JSON value that it returned.

    Nobody may write there: take a copy, or read.
    """
    top = run_folder(factory) / "moulds"
    top.mkdir(exist_ok=True)
    folder, said = top / name, top / f"{name}.json"
    with _alone(top / f"{name}.lock"):
        if not said.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a maker that failed
            told = make(folder)
            said.write_text(json.dumps(told), encoding="utf-8")
    return folder, json.loads(said.read_text(encoding="utf-8"))
