"""The life of a licence: every act with its ground, its post and its event; what time does alone; what is refused, and by which rule."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.audit.models import Entry
from core.identity.service import delegate
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput, NotFound
from core.kernel.identifiers import check_licence_identifier
from core.kernel.ids import new_id
from core.licences import chain, queries, service
from core.licences.errors import NotYourPost, Unusable, WrongStatus
from core.licences.life import ACTS, Term, due_on, standing
from core.licences.models import Licence, LicenceEvent
from tests.licences.conftest import Library

GROUNDS: dict[str, dict[str, Any]] = {
    "annotate": {"annotation": "note", "text": "已换发门头照片"},
    "change": {"ground": "49", "data": {"经营场所": "示例路 2 号"}},
    "renew": {"ground": "50_1", "until": date(2036, 11, 20)},
    "suspend": {"ground": "punish_9_3", "until": date(2026, 12, 31)},
    "annul": {"ground": "69_2"},
    "revoke": {"ground": "80_1"},
    "cancel": {"ground": "70_3"},
}
AFTER = {"annotate": "valid", "change": "valid", "renew": "valid", "suspend": "withheld", "annul": "annulled", "revoke": "revoked", "cancel": "cancelled"}


def status(library: Library, licence_id: str) -> str:
    with library.database.session() as session:
        return queries.for_staff(session, licence_id, actor=library.actor("leader")).status


def kinds(library: Library, licence_id: str) -> list[str]:
    with library.database.session() as session:
        assert chain.problems(session, licence_id) == []
        return [each.kind for each in queries.history(session, licence_id)]


@pytest.mark.parametrize("act", sorted(GROUNDS))
def test_each_act_changes_the_status_is_chained_and_is_audited(library: Library, act: str) -> None:
    given_ = library.issue()
    newest = library.do(given_.id, act, **GROUNDS[act])
    assert status(library, newest) == AFTER[act]
    assert ACTS[act].event in kinds(library, newest)
    with library.database.session() as session:
        entry = session.scalars(select(Entry).where(Entry.action == f"licences.{ACTS[act].event}")).one()
        assert (entry.subject_id, entry.actor_id) == (given_.id, library.staff["leader"])
        event = next(each for each in queries.history(session, newest) if each.kind == ACTS[act].event)
        assert event.note["reason"] == "示例理由" and event.note["basis"].startswith("示例法") and event.words("zh") and event.words("en")
        stored = str(session.execute(select(LicenceEvent.body)).all())
        assert "示例理由" not in stored  # only its commitment


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ("suspend", {"basis": " "}), ("suspend", {"reason": ""}), ("suspend", {"reason": "x" * 501}), ("suspend", {"ground": None}),
        ("suspend", {"ground": "69_2"}),
        ("suspend", {"until": None}), ("suspend", {"until": date(2026, 11, 20)}), ("annul", {"ground": "70_1"}), ("annotate", {"annotation": "nothing"}),
        ("annotate", {"text": " "}), ("change", {"data": {}}), ("change", {"data": {"经营场所": "　"}}), ("renew", {"until": date(2031, 11, 20)}),
        ("fly", {}),
    ],
)  # fmt: skip
def test_an_act_without_what_it_needs_is_refused_and_nothing_is_written(library: Library, act: str, changes: dict[str, Any]) -> None:
    given_ = library.issue()
    with pytest.raises(BadInput) as caught:
        library.do(given_.id, act, **{**GROUNDS.get(act, {}), **changes})
    assert caught.value.words("zh") and caught.value.words("en")
    assert kinds(library, given_.id) == ["issued"] and status(library, given_.id) == "valid"


@pytest.mark.parametrize("who", ["window", "reviewer", "chief"])
def test_a_post_that_may_not_suspend_is_told_so(library: Library, who: str) -> None:
    given_ = library.issue()
    with pytest.raises(NotYourPost, match="示例区"):
        library.do(given_.id, "suspend", who, **GROUNDS["suspend"])
    assert status(library, given_.id) == "valid"


def test_another_departments_leader_does_not_even_learn_that_the_licence_exists(library: Library) -> None:
    given_ = library.issue()
    for licence_id in (given_.id, new_id(), "x"):
        with pytest.raises(NotFound) as caught:
            library.do(licence_id, "suspend", "neighbour", **GROUNDS["suspend"])
        assert caught.value.message_key == "licences.not_found"
    for actor in (SYSTEM, Actor("citizen", new_id())):
        with library.database.session() as session, pytest.raises(NotFound):
            service.carry_out(session, given_.id, service.Request("revoke", "b", "r", "80_1"), command_id="c", actor=actor)


def test_art_69_the_superior_of_the_issuer_may_annul_and_may_do_nothing_else(library: Library) -> None:
    given_ = library.issue()
    with pytest.raises(NotYourPost):
        library.do(given_.id, "revoke", "superior", **GROUNDS["revoke"])
    library.do(given_.id, "annul", "superior", **GROUNDS["annul"])
    assert status(library, given_.id) == "annulled"


def test_a_stand_in_acts_with_both_names(library: Library) -> None:
    given_ = library.issue()
    with library.database.session() as session:
        delegate(
            session,
            library.staff["leader"],
            library.staff["window"],
            reason="出差",
            valid_from=date(2026, 11, 21),
            valid_until=date(2026, 11, 22),
            actor=SYSTEM,
        )
    library.do(given_.id, "suspend", "window", **GROUNDS["suspend"])
    with library.database.session() as session:
        event = queries.history(session, given_.id)[-1]
        assert (event.actor_id, event.on_behalf_of) == (library.staff["window"], library.staff["leader"])


def test_the_same_command_twice_is_one_act(library: Library) -> None:
    given_ = library.issue()
    command = new_id()
    first = library.do(given_.id, "change", command=command, **GROUNDS["change"])
    assert library.do(given_.id, "change", command=command, **GROUNDS["change"]) == first
    with library.database.session() as session:
        assert [each.version for each in queries.versions(session, first)] == [2, 1]


def test_art_49_a_change_makes_a_new_version_and_the_old_one_says_so(library: Library) -> None:
    given_ = library.issue()
    library.do(given_.id, "annotate", **GROUNDS["annotate"])
    newest = library.do(given_.id, "change", **GROUNDS["change"])
    with library.database.session() as session:
        old, new = service.verify(session, given_.verify_code), queries.versions(session, given_.id)[0]
        assert (old.status, old.version, new.status, new.version) == ("superseded", 1, "valid", 2)
        assert new.identifier.rsplit(".", 2)[0] == old.identifier.rsplit(".", 2)[0] and check_licence_identifier(new.identifier) is None
        assert new.number == old.number and new.id == newest and new.verify_code != old.verify_code
        assert service.sheet(session, session.get_one(Licence, newest))["data"]["经营场所"] == "示例路 2 号"
        assert service.sheet(session, session.get_one(Licence, given_.id))["data"]["经营场所"] == "示例路 1 号"
        assert [each.text for each in service.verify(session, new.verify_code).annotations] == ["已换发门头照片"]
        assert [each.id for each in queries.for_party(session, library.parties["wang"])] == [newest]
        assert service.usable(session, given_.id).rule == "licences.refused_superseded"
    with pytest.raises(WrongStatus, match="old version"):
        library.do(given_.id, "suspend", **GROUNDS["suspend"])
    assert kinds(library, given_.id) == ["issued", "annotated", "superseded"] and kinds(library, newest) == ["changed", "annotated"]


def test_a_public_annotation_is_shown_to_everybody_and_an_inner_one_by_its_kind_only(library: Library) -> None:
    given_ = library.issue()
    library.do(given_.id, "annotate", "reviewer", annotation="note", text="已责令改正")
    library.do(given_.id, "annotate", "reviewer", annotation="inner", text="联系人李某")
    with library.database.session() as session:
        assert [(each.title, each.text) for each in service.verify(session, given_.verify_code).annotations] == [("监管提示", "已责令改正"), ("内部备注", "")]
        assert queries.for_staff(session, given_.id, actor=library.actor("window")).annotations[1].text == "联系人李某"


@pytest.mark.parametrize(
    ("before", "act", "ground"),
    [
        ("annul", "suspend", "punish_9_3"), ("annul", "annul", "69_2"), ("revoke", "annotate", None), ("cancel", "cancel", "70_3"), ("suspend", "change", "49"),
        ("annul", "cancel", "70_3"), ("revoke", "cancel", "70_2"), (None, "cancel", "70_1"), (None, "cancel", "70_4"), (None, "resume", None),
        (None, "refuse_renewal", "50_2"),
    ],
)  # fmt: skip
def test_an_act_from_the_wrong_status_is_refused_in_words(library: Library, before: str | None, act: str, ground: str | None) -> None:
    given_ = library.issue()
    if before:
        library.do(given_.id, before, **GROUNDS[before])
    with pytest.raises(WrongStatus) as caught:
        library.do(given_.id, act, **{**GROUNDS.get(act, {}), "ground": ground})
    assert caught.value.words("zh") and "{" not in caught.value.words("zh")


def test_art_70_what_was_annulled_or_revoked_is_then_cancelled_on_that_ground(library: Library) -> None:
    for before in ("annul", "revoke"):
        given_ = library.issue()
        library.do(given_.id, before, **GROUNDS[before])
        library.do(given_.id, "cancel", "chief", ground="70_4")
        assert status(library, given_.id) == "cancelled"


# --- evidence --------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["suspend", "annul", "revoke", "cancel"])
def test_what_is_not_in_force_is_refused_as_evidence_by_its_rule(library: Library, act: str) -> None:
    given_ = library.issue()
    library.do(given_.id, act, **GROUNDS[act])
    with library.database.session() as session:
        found = service.usable(session, given_.id)
        assert not found.ok and found.rule == f"licences.refused_{AFTER[act]}"
        assert given_.number in found.words("zh") and "{" not in found.words("zh") + found.words("en")
        assert queries.holding(session, library.parties["wang"], "food-operation") == ()
        with pytest.raises(Unusable) as caught:
            service.use(session, given_.id, purpose="办证", case_no="C2", by=SYSTEM, until=date(2026, 12, 1), parties=[library.parties["wang"]])
        assert caught.value.message_key == found.rule


def test_an_expired_licence_and_one_not_yet_in_force_are_refused_and_a_valid_one_is_not(library: Library) -> None:
    given_ = library.issue()
    with library.database.session() as session:
        assert service.usable(session, given_.id).ok and service.usable(session, given_.id, on=date(2031, 11, 20)).ok
        assert service.usable(session, given_.id, on=date(2031, 11, 21)).rule == "licences.refused_expired"
        assert service.usable(session, given_.id, on=date(2026, 11, 20)).rule == "licences.refused_early"
        assert [each.id for each in queries.holding(session, library.parties["wang"], "food-operation")] == [given_.id]
        assert queries.holding(session, library.parties["wang"], "food-operation", date(2031, 11, 21)) == ()
        assert queries.holding(session, library.parties["li"], "food-operation") == ()
        with pytest.raises(NotFound):
            service.usable(session, new_id())


# --- time ------------------------------------------------------------------------------------------------------------------------------------------


def sweep(library: Library) -> None:
    with library.database.session() as session:
        while service.sweep(session, 2):
            pass


def test_a_suspension_ends_after_its_last_day_even_before_the_sweep(library: Library) -> None:
    given_ = library.issue()
    library.do(given_.id, "suspend", **GROUNDS["suspend"])
    with library.at(2026, 12, 31):
        assert status(library, given_.id) == "withheld"
        sweep(library)
        assert kinds(library, given_.id) == ["issued", "suspended"]
    with library.at(2027, 1, 1):
        assert status(library, given_.id) == "valid"
        sweep(library)
        assert kinds(library, given_.id) == ["issued", "suspended", "suspension_over"]
    library.do(given_.id, "suspend", **{**GROUNDS["suspend"], "until": date(2027, 5, 1)})
    library.do(given_.id, "resume")
    assert status(library, given_.id) == "valid"


def test_after_downtime_everything_happens_once_in_due_order_with_its_own_day(library: Library) -> None:
    given_ = [library.issue() for _ in range(5)]
    library.do(given_[0].id, "suspend", **GROUNDS["suspend"])
    with library.at(2032, 6, 1):
        sweep(library)
        sweep(library)
        assert kinds(library, given_[0].id) == ["issued", "suspended", "suspension_over", "expired"]
        with library.database.session() as session:
            days = [each.body.get("due") for each in queries.history(session, given_[0].id)]
            assert days == [None, None, "2027-01-01", "2031-11-21"]
        assert all(kinds(library, each.id) == ["issued", "expired"] for each in given_[1:])
        library.do(given_[1].id, "cancel", ground="70_1")
        assert status(library, given_[1].id) == "cancelled"


def test_art_50_renewal_is_asked_for_thirty_natural_days_ahead_and_not_a_day_later(library: Library) -> None:
    given_ = library.issue()
    mine = [library.parties["wang"]]
    with library.at(2031, 10, 22), library.database.session() as session, pytest.raises(WrongStatus) as caught:
        service.ask_renewal(session, given_.id, parties=mine, case_no="C9", actor=SYSTEM)
    assert "2031-10-21" in caught.value.words("zh") and "第五十条" in caught.value.words("zh")
    with library.at(2031, 10, 21), library.database.session() as session:
        with pytest.raises(NotFound):
            service.ask_renewal(session, given_.id, parties=[library.parties["li"]], case_no="C9", actor=SYSTEM)
        window = service.ask_renewal(session, given_.id, parties=mine, case_no="C9", actor=SYSTEM)
        service.ask_renewal(session, given_.id, parties=mine, case_no="C9", actor=SYSTEM)
        assert (window.days_before, window.last_day) == (30, date(2031, 10, 21))
    assert kinds(library, given_.id) == ["issued", "renewal_asked"]


def test_art_50_another_rule_of_the_catalogue_needs_its_basis_and_then_holds(library: Library) -> None:
    from tests.licences.conftest import TYPE

    with library.database.session() as session:
        with pytest.raises(BadInput, match="第五十条"):
            service.put_types(session, [{**TYPE, "renewal": {"days_before": 60}}], actor=SYSTEM)
        service.put_types(session, [{**TYPE, "renewal": {"days_before": 60, "basis": "《示例办法》第九条"}}], actor=SYSTEM)
    given_ = library.issue()
    with library.at(2031, 9, 22), library.database.session() as session, pytest.raises(WrongStatus, match="示例办法"):
        service.ask_renewal(session, given_.id, parties=[library.parties["wang"]], case_no="C9", actor=SYSTEM)


def test_art_50_no_decision_before_the_last_day_means_renewed_for_another_term(library: Library) -> None:
    given_ = library.issue()
    with library.at(2031, 6, 1), library.database.session() as session:
        service.ask_renewal(session, given_.id, parties=[library.parties["wang"]], case_no="C9", actor=SYSTEM)
    with library.at(2031, 11, 21):
        assert status(library, given_.id) == "valid"  # before the sweep comes by
        sweep(library)
        with library.database.session() as session:
            new = queries.versions(session, given_.id)[0]
            assert (new.valid_from, new.valid_to, new.status) == (date(2031, 11, 21), date(2036, 11, 20), "valid")
            event = queries.history(session, new.id)[0]
            assert event.kind == "deemed_renewed" and event.body["ground"] == "50_2" and event.actor_kind == "system"
        assert status(library, given_.id) == "superseded"


def test_art_50_a_refused_renewal_lets_the_licence_expire(library: Library) -> None:
    given_ = library.issue()
    with library.at(2031, 6, 1):
        with library.database.session() as session:
            service.ask_renewal(session, given_.id, parties=[library.parties["wang"]], case_no="C9", actor=SYSTEM)
        with pytest.raises(NotYourPost):
            library.do(given_.id, "refuse_renewal", "reviewer", ground="50_2")
        library.do(given_.id, "refuse_renewal", ground="50_2")
    with library.at(2031, 11, 21):
        sweep(library)
        assert kinds(library, given_.id) == ["issued", "renewal_asked", "renewal_refused", "expired"]


def test_a_granted_renewal_is_a_new_version_with_the_new_last_day(library: Library) -> None:
    given_ = library.issue()
    newest = library.do(given_.id, "renew", **GROUNDS["renew"])
    with library.database.session() as session:
        assert queries.of_parties(session, newest, [library.parties["wang"]]).valid_to == date(2036, 11, 20)


_DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["01", "02", "03", "04", "05", "07"]), _DAYS, st.none() | _DAYS, st.none() | _DAYS, st.none() | _DAYS, st.booleans(), _DAYS,
)  # fmt: skip
def test_the_status_changes_by_itself_only_on_due_days(
    code: str, start: date, end: date | None, until: date | None, asked: date | None, gone: bool, day: date
) -> None:
    """Between two days none of which is due (or the first of validity) the status stays as it was: the sweep misses nothing."""
    term = Term(code, start, end, until if code == "02" else None, asked, gone)
    before, after = standing(term, day), standing(term, day + timedelta(days=1))
    if before != after:
        ends = {term.valid_to, term.suspended_until} - {None}
        assert day in ends or day + timedelta(days=1) == start
        assert code in ("01", "02") and not gone
        due = due_on(term)
        assert day + timedelta(days=1) == start or (due is not None and due <= day + timedelta(days=1))


# --- the chain -------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE licence_event SET body = '{}' WHERE seq = 2", "UPDATE licence_event SET actor_id = 'x' WHERE seq = 1",
        "DELETE FROM licence_event WHERE seq = 2",
        "DELETE FROM licence_event WHERE seq = 3", "UPDATE licence_event SET seq = 9 WHERE seq = 3", "UPDATE licence_event SET body = 'x' WHERE seq = 1",
    ],
)  # fmt: skip
def test_an_edited_deleted_or_cut_chain_is_found(library: Library, damage: str) -> None:
    given_ = library.issue()
    library.do(given_.id, "suspend", **GROUNDS["suspend"])
    library.do(given_.id, "resume")
    assert kinds(library, given_.id) == ["issued", "suspended", "resumed"]
    with library.database.session() as session:
        session.execute(text(damage))
    with library.database.session() as session:
        assert chain.problems(session, given_.id)
