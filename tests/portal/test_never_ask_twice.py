"""Never ask twice, in the browser's words: what was handed in serves again with consent, shown with its source; nobody sees another's."""

import io
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.cases import queries
from core.cases import service as cases
from core.cases.errors import EvidenceGone
from core.cases.models import Case, CaseEvidence, CaseMaterial, CaseSupply
from core.cases.service.resolving import supply
from core.cases.versions import pinned
from core.kernel import clock
from core.kernel.ids import new_id
from tests import fixtures_hall as halls
from tests.portal.conftest import Reader
from tests.portal.test_applying import CODE, PNG, answers, fill_in, hidden, send, submit


def case_of(receipt: Any) -> str:
    return str(receipt.headers["Location"].split("/")[2])


def accept(app: Any, case: str) -> None:
    with app.extensions["wangting"].database.session() as session:
        people = halls.read_hall(session)
        for staff in people.staff.values():
            actor = people.me.__class__("staff", staff)
            if not any(row.id == case for row in queries.recent_for_staff(session, actor=actor, limit=100).rows):
                continue
            task = next((task for task in queries.case_for_staff(session, case, actor=actor).tasks if task.mine), None)
            if task is not None and any(each.id == "accept" for each in task.actions):
                cases.act(session, case, task.no, "accept", command_id=new_id(), actor=actor)
                return
    raise AssertionError("nobody may accept")


def to_materials(who: Reader, app: Any) -> tuple[str, str]:
    """A new draft at its materials step: its address and page."""
    data = answers(app)
    answer = send(who, f"/items/{CODE}/apply", data)
    while not answer.headers["Location"].endswith("/materials"):
        address = answer.headers["Location"]
        answer = send(who, address, data, _version=hidden(who.get(address).text)["_version"])
    address = answer.headers["Location"]
    return address, who.get(address).text


def uploads(page: str) -> list[tuple[str, Any]]:
    """A file for every material the page asks for, not for those under “hand in my own”."""
    asked = page.partition('id="had-title"')
    rest = page if not asked[1] else page[page.index("</section>", len(asked[0])) :]
    return [(f"new.{name}", (io.BytesIO(PNG), f"{name}.png")) for name in re.findall(r'name="new\.([^"]+)"', rest)]


def test_a_paper_of_an_accepted_case_serves_again_with_consent_and_the_case_pins_it(citizen: Reader, stranger: Reader, app: Any) -> None:
    first = case_of(submit(citizen, fill_in(citizen, app)))
    _address, page = to_materials(citizen, app)
    assert "你以前交过" not in page  # handed in, but nobody has accepted it yet
    accept(app, first)
    with app.extensions["wangting"].database.session() as session:
        number = session.scalar(select(Case.number).where(Case.id == first))
    address, page = to_materials(citizen, app)
    assert "你以前交过" in page
    assert str(number) in page
    assert "能用到" in page
    assert str(number) not in to_materials(stranger, app)[1]  # wrong person: nothing of the first citizen's is there
    bare = [*uploads(page), ("_next", "1"), ("_version", hidden(page)["_version"])]
    assert "new.id_card" not in {name for name, _file in bare}
    refused = send(citizen, address, MultiDict(bare))
    assert refused.status_code == 422
    assert 'href="#consent"' in refused.text  # consent is not given by silence
    agreed = send(citizen, address, MultiDict([("_consent", "1"), ("_next", "1"), ("_version", hidden(refused.text)["_version"])]))
    assert agreed.status_code == 303
    check = agreed.headers["Location"]
    assert "你以前交过" in citizen.get(check).text
    second = case_of(submit(citizen, check))
    with app.extensions["wangting"].database.session() as session:
        evidence = session.execute(select(CaseEvidence.material, CaseEvidence.kind, CaseEvidence.consented_at).where(CaseEvidence.case_id == second)).all()
        supply = session.execute(select(CaseSupply.needed, CaseSupply.handed, CaseSupply.earlier).where(CaseSupply.case_id == second)).one()
        blobs = {
            case: session.scalars(select(CaseMaterial.blob_id).where(CaseMaterial.case_id == case, CaseMaterial.material == "id_card")).all()
            for case in (first, second)
        }
        assert cases.verify(session, second).ok
        stuck = session.scalar(select(CaseMaterial.id).where(CaseMaterial.case_id == second, CaseMaterial.material == "id_card"))
    assert [(one.material, one.kind) for one in evidence] == [("id_card", "case")]
    assert evidence[0].consented_at is not None
    assert supply.earlier == 1
    assert supply.handed == supply.needed - 1
    assert blobs[first] == blobs[second]
    assert citizen.get(f"/cases/{second}/materials/{stuck}").status_code == 200  # the new case holds the file itself
    told = citizen.get(f"/cases/{second}/supplies").text
    assert "你以前交过" in told
    assert stranger.get(f"/cases/{second}/supplies").status_code == 404


def test_who_hands_in_a_newer_one_gets_no_old_one(citizen: Reader, app: Any) -> None:
    accept(app, case_of(submit(citizen, fill_in(citizen, app))))
    address, page = to_materials(citizen, app)
    files = [*uploads(page), ("new.id_card", (io.BytesIO(PNG + b"newer"), "新的.png"))]
    sent = send(citizen, address, MultiDict([*files, ("_next", "1"), ("_version", hidden(page)["_version"])]))
    assert sent.status_code == 303
    case = case_of(submit(citizen, sent.headers["Location"]))
    with app.extensions["wangting"].database.session() as session:
        assert session.scalars(select(CaseEvidence.id).where(CaseEvidence.case_id == case)).all() == []
        names = {one.name for one in queries.case_for_party(session, case, actor=halls.read_hall(session).me).materials if one.material == "id_card"}
    assert names == {"新的.png"}


def test_evidence_that_ran_out_since_is_refused_with_the_rule(citizen: Reader, app: Any) -> None:
    accept(app, case_of(submit(citizen, fill_in(citizen, app))))
    address, page = to_materials(citizen, app)
    sent = [*uploads(page), ("_consent", "1"), ("_next", "1"), ("_version", hidden(page)["_version"])]
    assert send(citizen, address, MultiDict(sent)).status_code == 303
    draft = address.split("/")[2]
    with app.extensions["wangting"].database.session() as session:
        kept = cases.drafts.load(session, draft, actor=halls.read_hall(session).me)
    with clock.freeze(clock.now() + timedelta(days=366)), app.extensions["wangting"].database.session() as session:
        compiled, me = pinned(session, kept.version_id), halls.read_hall(session)
        facts = {"form": dict(kept.values), "situation": dict(kept.situation), "party": {"kind": "person"}, "channel": "web"}
        try:
            supply(session, compiled, facts, me.citizen_party, kept.supplies, kept.materials)
        except EvidenceGone as error:
            assert "已经过了" in error.words("zh")
        else:
            raise AssertionError("a paper that ran out was used")


def test_an_agreement_to_something_else_is_none(citizen: Reader, app: Any) -> None:
    """The draft remembers which piece was agreed to; a posted consent without evidence is nothing."""
    address, page = to_materials(citizen, app)
    answer = send(citizen, address, MultiDict([("_consent", "1"), ("_upload", "1"), ("_version", hidden(page)["_version"])]))
    assert answer.status_code == 303
    with app.extensions["wangting"].database.session() as session:
        kept = cases.drafts.load(session, address.split("/")[2], actor=halls.read_hall(session).me)
    offered = "你以前交过" in page
    assert (kept.supplies.consented_at is not None) == offered
