"""Drafts: one's own, sealed, never overwritten, gone in time, offered the newer version."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.cases import drafts
from core.cases.errors import CaseNotFound, DraftStale
from core.cases.spec import DraftView
from core.items import queries as items
from core.kernel import clock
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item


def save(desk: Desk, values: dict[str, Any], draft: DraftView | None = None, **more: Any) -> DraftView:
    with desk.database.session() as session:
        compiled = items.load(session, desk.version)
        more = {"actor": desk.hall.me, "draft_id": draft.id if draft else None, **more}
        return drafts.save(session, compiled=compiled, version_id=desk.version, values=values, party_id=desk.hall.citizen_party, **more)


def load(desk: Desk, draft_id: str, stranger: bool = False) -> DraftView:
    with desk.database.session() as session:
        return drafts.load(session, draft_id, actor=desk.hall.stranger if stranger else desk.hall.me)


def test_a_draft_keeps_what_was_typed_errors_and_all_under_seal(desk: Desk) -> None:
    first = save(desk, {"operator_name": "王小芳的店", "area": "不是数字"})
    second = save(desk, {"operator_name": "王小芳的小店"}, first, expected=first.version)
    assert (first.version, second.version) == (1, 2) and load(desk, first.id).values == {"operator_name": "王小芳的小店"}
    with desk.database.session() as session:
        assert "王小芳" not in repr(session.execute(text("SELECT * FROM draft")).all())
        assert [d.id for d in drafts.mine(session, actor=desk.hall.me)] == [first.id]
        assert drafts.mine(session, actor=desk.hall.stranger) == ()


def test_two_windows_never_overwrite_each_other(desk: Desk) -> None:
    first = save(desk, {"a": 1})
    save(desk, {"a": 2}, first, expected=1)
    with pytest.raises(DraftStale):
        save(desk, {"a": 3}, first, expected=1)
    assert load(desk, first.id).values == {"a": 2}


def test_anothers_draft_is_not_found(lite: Desk) -> None:
    first = save(lite, {"a": 1})
    for bad in (new_id(), "x", "' OR 1=1"):
        with pytest.raises(CaseNotFound):
            load(lite, bad)
    with pytest.raises(CaseNotFound):
        load(lite, first.id, stranger=True)
    with pytest.raises(CaseNotFound):
        save(lite, {"a": 9}, first, actor=lite.hall.stranger)
    with lite.database.session() as session, pytest.raises(CaseNotFound):
        drafts.delete(session, first.id, actor=lite.hall.stranger)
    with lite.database.session() as session:
        drafts.delete(session, first.id, actor=lite.hall.me)
    with pytest.raises(CaseNotFound):
        load(lite, first.id)


def test_a_draft_ends_after_its_days_and_the_sweep_removes_it(lite: Desk) -> None:
    first = save(lite, {"a": 1})
    with clock.freeze(clock.now() + timedelta(days=31)):
        with pytest.raises(CaseNotFound):
            load(lite, first.id)
        with lite.database.session() as session:
            drafts.sweep(session)
    with lite.database.session() as session:
        assert session.execute(text("SELECT count(*) FROM draft")).scalar() == 0


def test_ten_megabytes_of_text_are_refused_with_words(lite: Desk) -> None:
    with pytest.raises(BadInput) as refused:
        save(lite, {"a": "x" * 10_000_000})
    assert "2048" in refused.value.words("en")


def test_a_newer_version_of_the_item_is_offered_with_what_changes(lite: Desk) -> None:
    first = save(lite, {"a": 1})
    assert first.newer is None

    def change(doc: dict[str, Any]) -> None:
        doc["summary"] = "换了一句简介。"

    with lite.database.session() as session:
        version = publish_item(session, "market_regulation/food-operation-new.json", change=change)
    seen = load(lite, first.id)
    assert seen.newer == version and seen.version_id == lite.version
    with lite.database.session() as session:
        assert drafts.diff(session, seen)
        assert drafts.diff(session, first) == ()
