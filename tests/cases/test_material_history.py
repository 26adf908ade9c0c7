"""Whose material was used by whom, when and for what: told to the person it belongs to and to the officers of the case, to nobody else."""

import pytest

import core.cases.tasks  # noqa: F401
from core.cases import material_history as history
from core.cases import queries, sealing
from core.cases.models import Case, CaseEvidence, CaseMaterial
from core.cases.spec import Handed
from core.files import service as files
from core.kernel.clock import now
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk


def handed(desk: Desk, name: str = "layout.txt") -> Handed:
    with desk.database.session() as session:
        draft = new_id()
        ref = files.keep(session, b"plan of the sink", name=name, media_type="text/plain", holder=("draft", draft))
        return Handed("layout", ref.id, name, "text/plain", ref.size, ref.digest, ("draft", draft))


@pytest.fixture
def two(lite: Desk) -> tuple[Desk, str, str]:
    """Two cases of one applicant: a clerk opened the file of the first, the second took it from there instead of asking."""
    first, second = lite.submit(materials=(handed(lite),)).id, lite.submit().id
    with lite.database.session() as session:
        one = session.query(CaseMaterial).filter_by(case_id=first).one()
        queries.material_holder(session, first, one.id, actor=lite.hall.actor("window"))
        case = session.get_one(Case, second)
        key = sealing.key_of(session, second, case.wrapped_key)
        assert key is not None
        sealed = sealing.seal_json(key, second, {"title": "布局图"})
        taken = {"material": "layout", "kind": "case", "ref": one.id, "use_id": None, "sealed": sealed, "until": None, "consented_at": now()}
        session.add(CaseEvidence(id=new_id(), region_root=case.region_root, case_id=second, **taken))
    return lite, first, second


def test_the_person_reads_who_used_what_when_and_for_which_case(two: tuple[Desk, str, str]) -> None:
    desk, first, second = two
    with desk.database.session() as session:
        uses = history.of_account(session, desk.hall.me.id, [first, second])
        assert [(each.case_id, each.what) for each in uses] == [(second, "earlier"), (first, "opened"), (first, "handed")]
        assert {each.name for each in uses if each.case_id == first} == {"layout.txt"}
        assert uses[1].department
        assert uses[0].origin == session.get_one(Case, first).number
        assert uses[0].title != "layout"
        english = history.of_account(session, desk.hall.me.id, [first], locale="en")
        assert english[0].title != uses[-1].title
        assert history.of_account(session, desk.hall.stranger.id, [first, second]) == ()


def test_an_officer_sees_where_else_a_file_of_his_case_was_used_and_a_stranger_nothing(two: tuple[Desk, str, str]) -> None:
    desk, first, second = two
    with desk.database.session() as session:
        uses = history.of_case(session, first, actor=desk.hall.actor("reviewer"))
        assert [(each.what, each.case_id) for each in uses] == [("earlier", second), ("opened", first), ("handed", first)]
        assert uses[1].staff_id == desk.hall.actor("window").id
        assert [each.what for each in history.of_case(session, second, actor=desk.hall.actor("reviewer"))] == ["earlier"]
        for stranger in (desk.hall.actor("fire"), desk.hall.stranger):
            assert history.of_case(session, first, actor=stranger) == ()


def test_an_erased_case_says_when_and_what_but_no_names(two: tuple[Desk, str, str]) -> None:
    desk, first, _second = two
    with desk.database.session() as session:
        session.get_one(Case, first).wrapped_key = None
        session.flush()
        assert {each.name for each in history.of_account(session, desk.hall.me.id, [first])} == {""}
