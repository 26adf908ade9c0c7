"""Pages that are answered before the web processes are forked keep no hall from starting, whatever is wrong with them."""

import time
from typing import Any

import pytest
from flask import Flask, request

from core.web import warming
from tests import fixtures_site as site


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return site.copy(site.built_once(tmp_path_factory), tmp_path_factory.mktemp("warming") / "hall").app()


def fails() -> Any:
    raise ValueError("110101199003071234")


def hangs() -> Any:
    while True:
        time.sleep(0.05)


@pytest.mark.parametrize(("view", "told"), [(fails, "ValueError"), (hangs, "TimeoutError")])
def test_a_page_that_fails_or_hangs_is_left_and_the_others_are_made_ready(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, view: Any, told: str
) -> None:
    answered: list[str] = []
    app.after_request_funcs.setdefault(None, []).append(lambda response: answered.append(request.path) or response)
    monkeypatch.setitem(app.view_functions, "portal.home", view)
    monkeypatch.setattr(warming, "SECONDS", 5.0)
    warming.warm(app)
    assert {"/account/login", "/office/login/"} <= set(answered)
    assert any(path.startswith("/items/") for path in answered)
    assert caplog.text.count("was not made ready") == 1
    assert f"/ was not made ready: {told}" in caplog.text
    assert "110101199003071234" not in caplog.text
