"""Shipped folders are found beside the code and, failing that, where the wheel put them."""

import sysconfig
from pathlib import Path

import pytest

from core.kernel.places import shipped


def test_a_checkout_uses_the_folders_beside_its_code(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    assert shipped("themes", beside=tmp_path) == tmp_path / "themes"


def test_without_them_the_folders_of_the_installed_wheel_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "env"
    (installed / "share" / "wangting" / "themes").mkdir(parents=True)
    monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme: str(installed))
    assert shipped("themes", beside=tmp_path / "site-packages") == installed / "share" / "wangting" / "themes"


def test_a_folder_that_is_nowhere_is_named_where_it_should_have_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme: str(tmp_path / "env"))
    assert shipped("themes", beside=tmp_path) == tmp_path / "env" / "share" / "wangting" / "themes"
