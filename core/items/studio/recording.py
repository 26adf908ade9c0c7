"""A play becomes a test of the item: what was given, every step, and what came of it as expectations."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.items.gate import outcome
from core.items.rehearsal import rehearse
from core.items.spec import CompiledItem, JsonObject
from core.items.studio.edits import Edit
from core.items.studio.errors import NothingPlayed
from core.kernel.wording import word

TESTS = ("item", "tests")
LONGEST_TITLE = 200


def record(compiled: CompiledItem, given: JsonObject, steps: Sequence[JsonObject], *, title: str = "", taken: Sequence[str] = ()) -> dict[str, Any]:
    """The test document of a play, on the plain calendar of the gate. *taken* are ids of tests that are there already.

    A form that is refused makes a test that expects these refusals. Raises :class:`NothingPlayed` for a play that went wrong at a step: nothing that
    cannot be done is ever expected.
    """
    walked = rehearse(compiled, given, steps)
    if walked.walk is None:
        expect: dict[str, Any] = {"end": "errors", "errors": sorted({error.path for error in walked.decision.errors})}
        steps = ()
    elif walked.stopped is not None:
        raise NothingPlayed(step=(walked.stopped[0] or 0) + 1)
    else:
        expect = {name: value for name, value in outcome(compiled, walked.facts, walked.walk).items() if value is not None}
    return {
        "id": free_id(str(expect["end"]), taken), "title": (title.strip() or said(compiled, given, expect))[:LONGEST_TITLE],
        "given": {name: value for name, value in given.items() if value not in (None, {}, [])}, "steps": [dict(step) for step in steps], "expect": expect,
    }  # fmt: skip


def free_id(stem: str, taken: Sequence[str]) -> str:
    """An id that no other test has: ``grant``, ``grant_2``."""
    number = 1
    while (name := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return name


def said(compiled: CompiledItem, given: JsonObject, expect: Mapping[str, Any]) -> str:
    """A title of its own: the situation, and how it ends. The item's words are Chinese, so is this."""
    picked = given.get("situation") or {}
    options = [o["title"] for s in compiled.doc.get("situations") or () for o in s["options"] if picked.get(s["id"]) == o["id"]]
    end = word(f"items.studio_end_{expect['end']}")
    decided = expect["end"] in ("grant", "refuse") and expect.get("days_used") is not None
    days = word("items.studio_in_days", count=expect["days_used"]) if decided else ""
    return word("items.studio_test_title", what="、".join([*options, *([] if options else [compiled.title])]), end=end + days)


def added(content: Mapping[str, Any], test: JsonObject) -> tuple[Edit, ...]:
    """The edit that puts *test* at the end of the item's tests."""
    if isinstance(content["item"].get("tests"), list):
        return (Edit("insert", TESTS, dict(test)),)
    return (Edit("set", TESTS, [dict(test)]),)


def ids(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the tests that are there."""
    tests = content["item"].get("tests")
    return tuple(str(test.get("id")) for test in tests if isinstance(test, Mapping)) if isinstance(tests, list) else ()
