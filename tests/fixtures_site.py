"""A whole hall on disk, and browsers to walk through it without a socket: what the sdk gives to plugins' tests, with this suite's items."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.sdk.testing import built as halls
from core.sdk.testing.browsing import Api, Browser, example, office_press, png
from core.sdk.testing.built import Built, build_once, copy
from tests.fixtures_hall import ROOT
from tests.moulds import made_once

__all__ = ["ITEMS", "ROOT", "Api", "Browser", "Built", "build", "build_once", "built_once", "copy", "example", "flat", "office_press", "png"]

#: One item decided at the counter with a licence, one with several hands and working days: enough for every kind of page.
ITEMS = ("civil_affairs/senior-card", "human_resources/unemployment-benefit", "market_regulation/food-operation-new")


def build(home: Path, url: str | None = None, which: Sequence[str] = ITEMS) -> Built:
    """What ``wangting init --demo`` makes, with *which* items only."""
    return halls.build(home, url, which)


def built_once(factory: pytest.TempPathFactory, which: Sequence[str] = ITEMS) -> Built:
    """The hall with *which* items that all workers of a run share: only ever copied."""
    name = "site-" + "-".join(each.rsplit("/", 1)[1] for each in which)
    home, passwords = made_once(factory, name, lambda folder: build_once(factory, folder, which).passwords)
    return Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """JSON answers as a browser posts them: ``staff-0-name``, yes/no as ``true``/``false``."""
    posted: dict[str, str] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            posted |= flat(value, f"{key}-")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                posted |= flat(row, f"{key}-{number}-")
        elif isinstance(value, bool):
            posted[key] = "true" if value else "false"
        else:
            posted[key] = value if isinstance(value, list) else str(value)  # type: ignore[assignment]
    return posted
