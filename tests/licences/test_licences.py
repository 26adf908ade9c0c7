"""Licences: a number nobody else gets, an identifier that checks, a sheet that prints, a public page that tells no names."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audit.models import Entry
from core.db.database import Database
from core.identity.service.organisation import add_department, add_division
from core.identity.service.parties import add_party
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput, NotFound
from core.kernel.identifiers import check_licence_identifier
from core.keys import service as keys
from core.keys.errors import Erased
from core.licences import copies, queries, service, tasks
from core.licences.errors import IssuerWithoutCode, UnknownType
from core.licences.models import Licence
from core.licences.spec import Holder
from core.outbox import relay
from core.outbox.models import Message
from tests.fixtures_hall import make_database

USCC = "11999900MB0000000G"
TYPES: list[dict[str, Any]] = [
    {
        "code": "food-operation",
        "title": "食品经营许可证",
        "defining_uscc": USCC,
        "type_code": USCC + "002",
        "translations": {"en": {"title": "Food licence"}},
    }
]
DATA = {"经营者名称": "高陵区老王面馆", "经营项目": ["热食类", "冷食类"], "网络经营": False, "面积": 120}
WANG = Holder(("018f0000-0000-7000-8000-000000000001",), "王小芳", "resident_id", "11010519900307232X")
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    found = make_database(tmp_path, request.getfixturevalue("pg_tables") if request.param == "postgresql" else None)
    found.sessions.kw["info"]["config"] = SimpleNamespace(public_url="https://hall.example", host="127.0.0.1", port=1, home=tmp_path)
    with clock.freeze(NOW):
        yield found
    found.close()


@pytest.fixture
def office(database: Database) -> str:
    with database.session() as session:
        service.put_types(session, TYPES, actor=SYSTEM)
        division = add_division(session, "999901", "示例区", "county", actor=SYSTEM)
        return add_department(session, "market_regulation", "示例区市场监督管理局", division_id=division, uscc=USCC, actor=SYSTEM)


def issue(session: Session, office: str, holder: Holder | str = WANG, **changes: Any) -> Any:
    values = {"case_no": "C1", "valid_from": date(2026, 11, 21), "valid_to": date(2031, 11, 20), "issuer": office, "actor": SYSTEM, **changes}
    return service.issue(session, "food-operation", holder, changes.pop("data", DATA), **{k: v for k, v in values.items() if k != "data"})


def drain(database: Database) -> None:
    for _ in range(5):
        relay.run_once(database)


def words(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "x.pdf").write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(tmp_path / "x.pdf"), "-"], capture_output=True, check=True).stdout.decode()


def test_a_licence_has_a_checked_identifier_a_number_and_a_verify_code(database: Database, office: str) -> None:
    with database.session() as session:
        first, second = issue(session, office), issue(session, office)
    assert first.identifier.startswith(f"1.2.156.3005.2.{USCC}002.{USCC}.20260000001.001.")
    assert check_licence_identifier(first.identifier) is None
    assert (first.number, second.number) == ("20260000001", "20260000002")
    assert len(first.verify_code) == 16 and first.verify_code != second.verify_code
    assert first.title == "食品经营许可证"


def test_the_number_is_given_with_the_transaction_and_never_twice(database: Database, office: str) -> None:
    numbers: list[str] = []

    def one() -> None:
        for _ in range(5):
            numbers.append(database.run(lambda session: issue(session, office).number))

    with pytest.raises(RuntimeError), database.session() as session:
        issue(session, office)
        raise RuntimeError("the decision failed")
    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == len(set(numbers)) == 20
    with database.session() as session:
        assert len(session.scalars(select(Licence.id)).all()) == 20
        assert len(session.scalars(select(Message.id).where(Message.topic == service.RENDER)).all()) == 20


def test_each_year_counts_from_one(database: Database, office: str) -> None:
    with database.session() as session:
        issue(session, office)
        with clock.freeze(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)):  # already 2027 in the hall
            assert issue(session, office).number == "20270000001"


def test_what_the_sheet_says_lies_sealed_and_dies_with_its_key(database: Database, office: str) -> None:
    with database.session() as session:
        given = issue(session, office)
        dump = "".join(str(row) for table in ("licence", "outbox", "audit_entry") for row in session.execute(text(f"SELECT * FROM {table}")))
        assert "王小芳" not in dump and "11010519900307232X" not in dump and "老王面馆" not in dump
        licence = session.get_one(Licence, given.id)
        assert service.sheet(session, licence)["holder"]["name"] == "王小芳"
        keys.erase(session, ("licence", given.id))
        with pytest.raises(Erased):
            service.sheet(session, licence)
        assert queries.verify(session, given.verify_code).holder == "王*芳"


def test_anybody_verifies_by_identifier_or_code_however_typed_and_sees_masks(database: Database, office: str) -> None:
    with database.session() as session:
        given = issue(session, office)
        code = given.verify_code
        for typed in (code, code.lower(), " ".join(code[i : i + 4] for i in range(0, 16, 4))):
            found = service.verify(session, typed)
            assert (found.id, found.holder, found.status, found.status_code) == (given.id, "王*芳", "valid", "01")
        for typed in (given.identifier, f" {given.identifier.lower()} "):  # an identifier can be counted up: no person's name, not even masked
            assert (service.verify(session, typed).id, service.verify(session, typed).holder) == (given.id, "")
        assert "王小芳" not in repr(found) and "110105" not in repr(found)
        assert found.status_words("zh") == "有效" and found.status_words("en") == "Valid" and found.title_en == "Food licence"


def test_a_companys_name_is_public(database: Database, office: str) -> None:
    with database.session() as session:
        given = issue(session, office, Holder(("018f0000-0000-7000-8000-000000000002",), "示例食品有限公司", "uscc", USCC, company=True))
        assert service.verify(session, given.identifier).holder == "示例食品有限公司"


@pytest.mark.parametrize("code", ["", " ", "x", "%", "'; DROP TABLE licence --", "A" * 10_000, "\u0000", "王小芳", "11010519900307232X"])
def test_a_wrong_code_finds_nothing(database: Database, office: str, code: str) -> None:
    with database.session() as session:
        issue(session, office)
        with pytest.raises(NotFound):
            service.verify(session, code)


def test_a_licence_past_its_last_day_is_expired_and_not_before(database: Database, office: str) -> None:
    with database.session() as session:
        given = issue(session, office)
        with clock.freeze(datetime(2031, 11, 20, 15, 59, tzinfo=UTC)):
            assert service.verify(session, given.identifier).status == "valid"
        with clock.freeze(datetime(2031, 11, 20, 16, 0, tzinfo=UTC)):
            assert service.verify(session, given.identifier).status == "expired"
        session.get_one(Licence, given.id).status = "03"
        session.flush()
        assert service.verify(session, given.identifier).status_words() == "已撤销"


def test_a_party_sees_its_own_licences_newest_first(database: Database, office: str) -> None:
    with database.session() as session:
        mine = add_party(session, kind="person", document_kind="resident_id", name="王小芳", number="11010519900307232X")
        other = add_party(session, kind="company", document_kind="uscc", name="示例公司", number=USCC)
        first = issue(session, office, mine)
        second = issue(session, office, Holder((mine, other), "王小芳"))
        assert [v.id for v in service.for_party(session, mine)] == [second.id, first.id]
        assert [v.id for v in service.for_party(session, other)] == [second.id]
        assert service.sheet(session, session.get_one(Licence, first.id))["holder"]["number"] == "11010519900307232X"
        assert [v.id for v in queries.of_case(session, "C1")] == [first.id, second.id]


def test_the_sheet_is_made_after_commit_once_and_opened_by_its_holders_only(database: Database, office: str, tmp_path: Path) -> None:
    with database.session() as session:
        given = issue(session, office)
        with pytest.raises(NotFound):
            service.pdf(session, given.id, parties=WANG.party_ids)
    drain(database)
    with database.session() as session:
        content = service.pdf(session, given.id, parties=WANG.party_ids)
        assert content.startswith(b"%PDF-")
        for stranger in ((), ("018f0000-0000-7000-8000-000000000009",)):
            with pytest.raises(NotFound):
                service.pdf(session, given.id, parties=stranger)
        with pytest.raises(NotFound):
            service.pdf(session, "not an id", parties=WANG.party_ids)
        blob = session.get_one(Licence, given.id).pdf_blob_id
        tasks.render_licence(session, {"licence": given.id}, "again")
        assert session.get_one(Licence, given.id).pdf_blob_id == blob
        assert service.verify(session, given.identifier).has_pdf
    shown = words(content, tmp_path)
    for part in ("食品经营许可证", "王小芳", "高陵区老王面馆", "热食类、冷食类", "示例区市场监督管理局", given.identifier, given.number, "2031年11月20日"):
        assert part in shown, part


def test_a_character_no_font_has_parks_with_the_character_named(database: Database, office: str) -> None:
    with database.session() as session:
        given = issue(session, office, Holder(WANG.party_ids, "王\U0002a6a5芳"))
    drain(database)
    with database.session() as session:
        assert session.get_one(Licence, given.id).pdf_blob_id is None
        error = session.scalars(select(Message.last_error).where(Message.topic == service.RENDER)).one()
        assert error is not None and "U+2A6A5" in error


def test_a_copy_carries_its_purpose_and_term_and_is_recorded(database: Database, office: str, tmp_path: Path) -> None:
    me = Actor("citizen", "018f0000-0000-7000-8000-0000000000aa")
    with database.session() as session:
        given = issue(session, office)
        content = copies.copy(session, given.id, parties=WANG.party_ids, purpose="银行开户", user="示例银行", until=date(2026, 12, 1), actor=me)
        with pytest.raises(NotFound):
            copies.copy(session, given.id, parties=(), purpose="银行开户", user="示例银行", until=date(2026, 12, 1), actor=me)
        for purpose, until in (("", date(2026, 12, 1)), ("x" * 101, date(2026, 12, 1)), ("开户", date(2026, 11, 20)), ("开户", date(2028, 1, 1))):
            with pytest.raises(BadInput):
                copies.copy(session, given.id, parties=WANG.party_ids, purpose=purpose, user="示例银行", until=until, actor=me)
        with pytest.raises(BadInput):
            copies.copy(session, given.id, parties=WANG.party_ids, purpose="开户", user=" ", until=date(2026, 12, 1), actor=me)
        assert session.scalars(select(Entry.action).where(Entry.subject_id == given.id, Entry.action == "licences.copied")).all() == ["licences.copied"]
    assert set("仅供示例银行用于银行开户出具前有效20261201") <= set(words(content, tmp_path))  # it runs across the page, so its characters come out one by one
    drain(database)
    with database.session() as session:
        assert not set("银户") & set(words(service.pdf(session, given.id, parties=WANG.party_ids), tmp_path))


def test_an_unknown_type_or_an_issuer_without_code_is_refused_by_name(database: Database, office: str) -> None:
    with database.session() as session:
        bare = add_department(session, "fire", "示例区消防救援大队", division_id=session.scalar(text("SELECT division_id FROM department")), actor=SYSTEM)
        with pytest.raises(IssuerWithoutCode, match="示例区消防救援大队"):
            issue(session, bare)
        with pytest.raises(UnknownType):
            service.issue(session, "nothing", WANG, {}, case_no=None, valid_from=date(2026, 1, 1), valid_to=None, issuer=office, actor=SYSTEM)


def test_the_catalogue_is_replaced_whole_or_not_at_all(database: Database) -> None:
    with database.session() as session:
        assert service.put_types(session, TYPES, actor=SYSTEM) == 1
        assert service.put_types(session, [{**TYPES[0], "title": "新名称"}], actor=SYSTEM) == 1
        assert service.type_codes(session) == {"food-operation"}
    bad = [{**TYPES[0], "code": "other", "type_code": "short"}, {**TYPES[0], "defining_uscc": "11999900MB0000000H"}, {"code": "x"}]
    with database.session() as session:
        with pytest.raises(BadInput) as caught:
            service.put_types(session, bad, actor=SYSTEM)
        assert [f.path for f in caught.value.findings] == [
            "[0].type_code",
            "[1].defining_uscc",
            "[1].type_code",
            "[2].title",
            "[2].defining_uscc",
            "[2].type_code",
        ]
        assert service.type_codes(session) == {"food-operation"}


def test_the_shipped_catalogue_is_accepted(database: Database) -> None:
    import json

    types = json.loads((Path(__file__).resolve().parents[2] / "item_configs" / "licence_types.json").read_text("utf-8"))
    with database.session() as session:
        assert service.put_types(session, types, actor=SYSTEM) == len(types) >= 10
