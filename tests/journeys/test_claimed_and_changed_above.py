"""An item claimed from above and then changed above: the difference is accepted, filed cases stay, and nobody's limit becomes longer."""

import copy
from typing import Any

import pytest

from core.cases import service as cases
from core.cases.models import Case
from core.cases.service import migrating
from core.cases.service.migrating import MoveRefused
from core.cases.spec import CaseRef, PartyOnCase
from core.identity import service as identity
from core.items import queries
from core.items.catalogue import service as catalogue
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from tests.cases.conftest import lite, mould
from tests.fixtures_cases import Desk
from tests.fixtures_catalogue import an_entry
from tests.items.test_catalogue import COUNTY, World

__all__ = ["lite", "mould"]


def in_one(desk: Desk, work: Any) -> Any:
    """*work* with the short verbs of the catalogue, in a transaction of its own."""
    with desk.database.session() as session:
        return work(World(session, desk.hall))


def file(desk: Desk, slug: str) -> CaseRef:
    """An application for what is in force, with the answers of the item's own test."""
    with desk.database.session() as session:
        current = queries.current(session, slug)
        given = current.compiled.doc["tests"][0]["given"]
        return cases.submit(
            session, compiled=current.compiled, version_id=current.version_id, owner=desk.hall.department("civil_affairs", COUNTY), values=given["form"],
            situation=given.get("situation") or {}, parties=(PartyOnCase(desk.hall.citizen_party),), command_id=new_id(), actor=desk.hall.me,
        )  # fmt: skip


def entry(promised: int, **changes: Any) -> dict[str, Any]:
    """The city's entry with a promise of *promised* working days, which the counties may not change."""
    doc = an_entry(local=["/places", "/contacts", "/faq", "/words"])
    route = doc["item"]["route"]
    doc["item"]["case_type"] = "promised"
    route["limits"] = {"statutory": {"value": 20, "unit": "working_day"}, "promised": {"value": promised, "unit": "working_day"}}
    doc["item"] = {**doc["item"], **changes}
    return copy.deepcopy(doc)


def adopt(desk: Desk, slug: str) -> None:
    """The county accepts what changed above, through its reviews."""

    def work(world: World) -> None:
        found = catalogue.ask_adopt(world.session, slug, reason="接受上级变更", command_id=new_id(), actor=world.who("yunling-reviewer"))
        world.pass_all(found.id, "yunling-leader")

    in_one(desk, work)


@pytest.fixture
def claimed(lite: Desk) -> tuple[Desk, str]:
    """The city's entry, ten days, claimed and published by the county under its own counter."""
    with lite.database.session() as session:
        identity.add_post(session, lite.hall.staff["yunling-reviewer"], lite.hall.department("civil_affairs", COUNTY), "admin", actor=SYSTEM)
    in_one(lite, lambda world: world.publish(entry(10)))
    slug = in_one(lite, lambda world: world.claim())
    in_one(lite, lambda world: world.live(slug))
    return lite, slug


def test_a_change_above_is_a_difference_that_is_accepted_and_filed_cases_keep_what_they_were_filed_under(claimed: tuple[Desk, str]) -> None:
    desk, slug = claimed
    case = file(desk, slug).id
    pinned = version_of(desk, case)
    in_one(desk, lambda world: world.publish(entry(8, summary="上面改过的一句话。")))

    def seen(world: World) -> None:
        news = catalogue.upstream(world.session, slug)
        assert news is not None
        words = [change.words() for change in news.changes]
        assert any("上面改过的一句话。" in line for line in words) and any("8" in line for line in words)

    in_one(desk, seen)
    assert version_of(desk, case) == pinned
    adopt(desk, slug)
    assert in_one(desk, lambda world: catalogue.upstream(world.session, slug)) is None
    assert version_of(desk, case) == pinned  # nothing moves by itself
    with desk.database.session() as session:
        after = queries.current(session, slug)
        assert after.compiled.doc["summary"] == "上面改过的一句话。" and after.version_id != pinned
    move(desk, case, slug)  # a shorter limit is no hindrance
    assert version_of(desk, case) != pinned
    desk.sound(case)


def test_a_change_above_that_would_lengthen_a_filed_case_is_refused_with_the_rule(claimed: tuple[Desk, str]) -> None:
    desk, slug = claimed
    case = file(desk, slug).id
    pinned = version_of(desk, case)
    in_one(desk, lambda world: world.publish(entry(15)))
    adopt(desk, slug)  # new cases have the longer limit
    with pytest.raises(MoveRefused) as found:
        move(desk, case, slug)
    said = [finding.words("zh") for finding in found.value.findings if finding.key == "cases.move_longer"]
    assert said and all("行政许可法" in words and "不能延长" in words for words in said)
    assert version_of(desk, case) == pinned
    desk.sound(case)
    assert version_of(desk, file(desk, slug).id) != pinned


def version_of(desk: Desk, case: str) -> str:
    with desk.database.session() as session:
        found = session.get(Case, case)
        assert found is not None
        return found.version_id


def move(desk: Desk, case: str, slug: str) -> None:
    """The county moves one running case to what is in force."""
    with desk.database.session() as session:
        version = queries.current(session, slug).version_id
        migrating.move_case(session, case, version_id=version, node_map=None, reason="换新版本", command_id=new_id(), actor=desk.hall.actor("yunling-reviewer"))
