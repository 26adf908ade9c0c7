"""The fixtures. What is heavy is imported by the fixture that needs it: this module is loaded by every pytest run on a machine with the platform."""

import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.kernel import clock
from core.sdk.testing.lying import make_findable, name_of, plugin_of
from core.sdk.testing.once import made_once

if TYPE_CHECKING:
    from core.sdk.testing.browsing import Browser
    from core.sdk.testing.built import Built
    from core.sdk.testing.halls import Filed, PluginHall

#: A Monday morning without holidays around it, at which :func:`frozen_clock` stands.
MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
_connect = socket.socket.connect


@pytest.fixture(autouse=True)
def network_guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin's tests reach this machine and nothing else. Other people's tests are left alone."""
    if plugin_of(request.path) is None:
        return

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="module")
def plugin_folder(request: pytest.FixtureRequest) -> Path:
    """The folder of the plugin that the tests of this file belong to."""
    found = plugin_of(request.path)
    if found is None:
        pytest.fail(f"{request.path} lies in no plugin: there is no manifest.json above or beside it")
    return found


@pytest.fixture(scope="module")
def hall_mould(plugin_folder: Path, tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> "Built":  # noqa: ARG001 - wanted before the hall is made
    """The hall that :func:`hall` copies, made once a run. Nobody may write to it."""
    from core.sdk.testing import halls
    from core.sdk.testing.built import Built

    plugin = name_of(plugin_folder)
    make_findable(plugin_folder, tmp_path_factory.mktemp("entry_points"))
    home, passwords = made_once(tmp_path_factory, f"plugin-{plugin}", lambda home: halls.make(tmp_path_factory, home, plugin_folder, plugin).passwords)
    return Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


@pytest.fixture
def hall(hall_mould: "Built", plugin_folder: Path, tmp_path: Path) -> Iterator["PluginHall"]:
    """A hall of this test's own, on SQLite: the demonstration organisation and people, the plugin installed and enabled, its sample items published."""
    from core.sdk.testing.built import Built
    from core.sdk.testing.halls import PluginHall

    home = tmp_path / "hall"
    shutil.copytree(hall_mould.home, home)
    built = Built(home, f"sqlite:///{home / 'wangting.db'}", hall_mould.passwords)
    made = PluginHall(built, plugin_folder, name_of(plugin_folder), built.app())
    yield made
    made.database.close()


@pytest.fixture
def citizen(hall: "PluginHall") -> "Browser":
    """The first citizen's browser, logged in."""
    return hall.citizen()


@pytest.fixture
def clerk(hall: "PluginHall") -> "Browser":
    """The browser of the city's comprehensive window, logged in."""
    return hall.office()


@pytest.fixture
def office(hall: "PluginHall") -> Callable[[str], "Browser"]:
    """``office("chief")``: the browser of a member of staff, logged in."""
    return hall.office


@pytest.fixture
def create_case(hall: "PluginHall") -> Callable[..., "Filed"]:
    """``create_case("item-code", field=value)``: an application of the first citizen, with the answers of the item's own first test."""

    def create(code: str, **answers: Any) -> "Filed":
        given: Mapping[str, Any] = answers
        return hall.file(code, given)

    return create


@pytest.fixture
def frozen_clock() -> Iterator[Callable[..., None]]:
    """The clock stands still on a Monday at nine in the morning; ``frozen_clock(days=3)`` moves it on."""
    with clock.freeze(MONDAY):
        yield clock.move


@pytest.fixture
def enabled(hall: "PluginHall") -> Callable[..., None]:
    """``enabled("one", "other")``: exactly these plugins take part from now on; ``enabled()``: none does."""
    return hall.enable
