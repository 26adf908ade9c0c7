"""The register, the field, the automatic step and the job, in a hall of the test's own (fixtures: core.sdk.testing)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.sdk import BadInput
from core.sdk.testing.browsing import Browser
from core.sdk.testing.halls import Filed, PluginHall

from street_trees import service

PORTAL, OFFICE = "/x/street_trees/", "/office/x/street_trees/"
TREE = {"number": "qh-00017", "species": "香樟", "place": "青禾路 3 号门前"}


@pytest.fixture
def planted(hall: PluginHall) -> PluginHall:
    """A hall with one tree."""
    with hall.ctx() as ctx:
        service.enter(ctx, **TREE)
    return hall


def test_the_register_is_kept_by_those_who_may_and_read_by_everybody(hall: PluginHall) -> None:
    assert hall.office("chief").get(OFFICE).status_code == 403
    hall.grant("chief", "keep")
    assert hall.office("chief").post(OFFICE, TREE).status_code == 303
    assert hall.office("chief").post(OFFICE, TREE).status_code == 422, "a number is entered once"
    page = Browser(hall.app).get(PORTAL).text
    assert "香樟" in page and "QH-00017" in page
    assert "没有查到这棵树" in Browser(hall.app).get(PORTAL + "?number=QH-99999").text


def test_a_case_is_surveyed_and_then_decided(planted: PluginHall, create_case: Callable[..., Filed]) -> None:
    case = create_case("tree-pruning", tree="qh-00017")
    planted.press("window", case.id, "accept")
    planted.settle()
    planted.press("reviewer", case.id, "grant")
    assert "QH-00017" in planted.office("reviewer").get(f"/office/cases/{case.id}").text


def test_a_number_that_is_none_is_refused_with_its_words(hall: PluginHall) -> None:
    with pytest.raises(AssertionError, match="QH-00017"):
        hall.file("tree-pruning", {"tree": "17"})
    with hall.ctx() as ctx, pytest.raises(BadInput, match="17"):
        service.enter(ctx, "17", "香樟", "青禾路")


def test_trees_are_due_a_year_after_somebody_looked(planted: PluginHall, frozen_clock: Callable[..., None]) -> None:
    with planted.ctx() as ctx:
        service.inspected(ctx, "QH-00017")
    planted.run_job("due", key="one")
    with planted.ctx() as ctx:
        assert service.register(ctx, due=True) == []
    frozen_clock(days=timedelta(days=366).days)
    planted.run_job("due", key="two")
    with planted.ctx() as ctx:
        assert [tree.number for tree in service.register(ctx, due=True)] == ["QH-00017"]


def test_the_guide_of_the_item_leads_to_the_register_and_others_do_not(hall: PluginHall, citizen: Browser) -> None:
    assert PORTAL in citizen.get("/items/tree-pruning").text
    assert PORTAL not in citizen.get("/items/senior-card").text


def test_switched_off_it_is_gone_and_its_cases_are_read(planted: PluginHall, enabled: Callable[..., None]) -> None:
    case = planted.file("tree-pruning")
    enabled()
    assert Browser(planted.app).get(PORTAL).status_code == 404
    assert "QH-00017" in planted.citizen().get(f"/cases/{case.id}").text
