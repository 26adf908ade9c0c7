"""What the log keeps of an error."""

import json
import logging

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from core.kernel.errors import BadInput
from core.kernel.traces import told
from core.pluginhost.calls import Calls
from core.pluginhost.errors import PluginFailed
from core.web.observe import JsonFormatter

SECRET = "110101199003071234"


def caught(*raising: BaseException) -> BaseException:
    """Errors raised one because of the other; the last of them."""
    last: BaseException | None = None
    for each in raising:
        try:
            raise each from last
        except BaseException as error:  # noqa: BLE001 - whatever was to be raised
            last = error
    assert last is not None
    return last


def test_an_error_is_told_by_place_and_type_and_without_its_words() -> None:
    text = told(caught(ValueError(f"cannot read {SECRET}"), KeyError(SECRET), RuntimeError("王芳")))
    assert SECRET not in text and "王芳" not in text
    assert [line for line in text.splitlines() if not line.startswith((" ", "Traceback"))] == ["ValueError", "KeyError", "RuntimeError"], "oldest first"
    assert text.count("Traceback (most recent call last):") == 3 and "test_traces.py" in text


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (BadInput("kernel.bad_cursor", value=SECRET), "core.kernel.errors.BadInput: kernel.bad_cursor"),
        (OSError(28, "No space left on device", f"/{SECRET}"), "OSError: [Errno 28] No space left on device"),
        (OperationalError("SELECT", {"number": SECRET}, Exception("connection refused")), "sqlalchemy.exc.OperationalError: connection refused"),
        (IntegrityError("INSERT", {}, Exception(f"Key (number)=({SECRET}) exists")), "sqlalchemy.exc.IntegrityError"),
    ],
)
def test_what_speaks_of_the_machine_is_kept(error: Exception, end: str) -> None:
    assert told(caught(error)).endswith(end) and SECRET not in told(caught(error))


def test_a_circle_of_causes_ends() -> None:
    one, other = ValueError(), TypeError()
    one.__cause__, other.__cause__ = other, one
    assert told(one).count("Traceback") == 2


def test_no_value_that_a_plugin_says_when_it_fails_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(PluginFailed), Calls().call("market", "validate_submission"):
        raise ValueError(f"{SECRET} is no agency")
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert SECRET not in json.dumps(line) and "ValueError" in line["error"] and line["message"] == "plugin market failed in validate_submission"


def test_a_record_without_an_error_has_no_place() -> None:
    assert "error" not in json.loads(JsonFormatter().format(logging.LogRecord("x", logging.INFO, "x", 1, "words", None, (None, None, None))))
