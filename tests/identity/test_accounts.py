"""Accounts: registering, logging in, being locked out; parties and who may act for them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audit.models import Entry
from core.db.database import Database
from core.identity.errors import AlreadyRegistered, BadDocument, NotYours, ReasonMissing
from core.identity.models import Account
from core.identity.queries import account_view
from core.identity.service import (
    acting_for,
    add_company,
    add_represented,
    authenticate,
    authorise,
    own_values,
    parties_of,
    party_ids_of,
    party_view,
    register_account,
    set_password,
)
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import new_id
from tests.fixtures_hall import PASSWORD, make_database

NUMBER, PHONE = "11010519900307232X", "13900001111"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = make_database(tmp_path)
    yield found
    found.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session() as open_session:
        yield open_session


def register(session: Session, **changes: str) -> str:
    values = {"name": "王小芳", "document_kind": "resident_id", "number": NUMBER, "phone": PHONE, "password": PASSWORD, **changes}
    return register_account(session, **values).id


def test_one_logs_in_by_phone_or_by_number_however_typed(session: Session) -> None:
    account = register(session)
    for login in (PHONE, "+86 139 0000 1111", NUMBER, NUMBER.lower(), "１３９00001111"):
        entered = authenticate(session, login, PASSWORD)
        assert entered.account is not None and entered.account.id == account
    assert authenticate(session, PHONE, PASSWORD + "x").account is None


def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(session: Session) -> None:
    register(session)
    assert authenticate(session, PHONE, "wrong-wrong-1") == authenticate(session, "13900009999", "wrong-wrong-1")


def test_too_many_wrong_tries_lock_and_time_unlocks(session: Session) -> None:
    register(session)
    with clock.freeze(clock.now()):
        answers = [authenticate(session, PHONE, "wrong-wrong-1").reason for _ in range(5)]
        assert answers == ["identity.login_wrong"] * 4 + ["identity.login_locked"]
        assert authenticate(session, PHONE, PASSWORD).reason == "identity.login_locked"
        clock.move(minutes=16)
        assert authenticate(session, PHONE, PASSWORD).account is not None


def test_a_new_password_ends_old_sessions(session: Session) -> None:
    account = register(session)
    set_password(session, account, "another good 1", actor=Actor("citizen", account))
    assert account_view(session, account, epoch=0) is None
    assert account_view(session, account, epoch=1) is not None
    assert account_view(session, "no-uuid'--", epoch=1) is None
    assert authenticate(session, PHONE, PASSWORD).account is None


@pytest.mark.parametrize("weak", ["short1", "1234567890123", "abcdefghijklm", "aaaaaaaaaaa1", PHONE + "x", "x" * 201])
def test_weak_passwords_are_refused(session: Session, weak: str) -> None:
    with pytest.raises(BadInput):
        register(session, password=weak)


def test_a_phone_or_number_registers_once(session: Session) -> None:
    register(session)
    with pytest.raises(AlreadyRegistered):
        register(session, phone="13900002222")
    with pytest.raises(AlreadyRegistered):
        register(session, document_kind="passport", number="E12345678")
    register(session, document_kind="passport", number="E12345678", phone="13900002222")


def test_nothing_personal_lies_open_in_the_database(session: Session) -> None:
    account = register(session)
    for table in ("account", "party", "audit_entry"):
        rows = repr(session.execute(text(f"SELECT * FROM {table}")).all())
        for secret in ("王小芳", NUMBER, PHONE, PASSWORD):
            assert secret not in rows
    hashed = session.scalars(select(Account.password_hash)).one()
    assert hashed.startswith("$argon2id$")
    assert parties_of(session, account)[0].party.number == "1101************2X"


def test_a_wrong_document_names_the_reason(session: Session) -> None:
    with pytest.raises(BadDocument) as wrong:
        register(session, number="110105199003072321")
    assert "校验" in wrong.value.words("zh") or wrong.value.params["reason"] == "identifiers.resident_check"
    with pytest.raises(BadDocument):
        register(session, document_kind="uscc", number="91990100MA0000001G")


def test_knowing_a_public_credit_code_gives_no_sight_of_anothers_company(session: Session) -> None:
    one = register(session)
    two = register(session, phone="13900002222", document_kind="passport", number="E12345678")
    mine = add_company(session, one, name="青禾餐饮", uscc="91990100MA0000001G", actor=Actor("citizen", one))
    theirs = add_company(session, two, name="青禾餐饮", uscc="91990100MA0000001G", actor=Actor("citizen", two))
    assert mine != theirs
    assert mine not in party_ids_of(session, two)
    with pytest.raises(NotYours):
        acting_for(session, two, [mine])
    with pytest.raises(NotFound):
        party_view(session, mine, reveal=True, actor=Actor("citizen", two))


def test_agents_and_guardians_need_authority_and_evidence_which_run_out(session: Session) -> None:
    account = register(session)
    me = Actor("citizen", account)
    child = {"name": "王小宝", "document_kind": "passport", "number": "E87654321", "role": "guardian", "actor": me}
    with pytest.raises(BadInput):
        add_represented(session, account, authority="", evidence_blob=None, **child)
    until = clock.today() + timedelta(days=3)
    party = add_represented(session, account, authority="监护证明", evidence_blob=new_id(), valid_until=until, **child)
    assert acting_for(session, account, [party])[party].role == "guardian"
    with clock.freeze(clock.now() + timedelta(days=5)), pytest.raises(NotYours):
        acting_for(session, account, [party])


def test_only_the_principal_lets_others_act(session: Session) -> None:
    one = register(session)
    two = register(session, phone="13900002222", document_kind="passport", number="E12345678")
    company = add_company(session, one, name="新店(筹)", actor=Actor("citizen", one))
    with pytest.raises(NotYours):
        authorise(session, company, two, role="agent", authority="委托书", evidence_blob=new_id(), actor=Actor("citizen", two))
    authorise(session, company, two, role="agent", authority="委托书", evidence_blob=new_id(), actor=Actor("citizen", one))
    assert company in party_ids_of(session, two)
    with pytest.raises(NotYours):  # an agent does not pass it on
        authorise(session, company, two, role="agent", authority="委托书", evidence_blob=new_id(), actor=Actor("citizen", two))


def test_staff_see_masks_and_revealing_needs_a_reason_and_leaves_a_record(session: Session) -> None:
    account = register(session)
    party, clerk = parties_of(session, account)[0].party.id, Actor("staff", new_id())
    assert party_view(session, party, actor=clerk).name == "王*芳"
    with pytest.raises(ReasonMissing):
        party_view(session, party, reveal=True, reason=" ", actor=clerk)
    assert party_view(session, party, reveal=True, reason="电话核实", actor=clerk).number == NUMBER
    looked = session.scalars(select(Entry).where(Entry.action == "identity.reveal")).one()
    assert looked.actor_id == clerk.id
    assert own_values(session, account, party)["phone"] == PHONE
    assert party_view(session, party, reveal=True, actor=SYSTEM).revealed
