"""An item made in the studio from a blank template – with the edits that its pages make – is published, and goes into a hall that never saw it and out
again: the same bytes, the same digest. (`tests/browser/test_five_items.py` does it by hand with five real items, in the long run.)"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.db.database import Database
from core.identity import demo
from core.identity.models import Department, Division
from core.items import queries
from core.items import service as items
from core.items.catalogue import service as catalogue
from core.items.compiling import compile_item
from core.items.errors import ItemNotFound
from core.items.service import carrying
from core.items.studio import beginnings, choosing, covering, drafts, editors, entries, formbuilding, handing, recording, routing
from core.items.studio import parts as studio_parts
from core.items.studio.edits import Edit
from core.items.studio.playing import completed
from core.items.studio.scopes import REVIEW
from core.items.studio.spots import Spot, parse
from core.kernel.actor import SYSTEM, Actor
from core.kernel.ids import new_id
from core.keys import signing
from core.keys.store import from_environment
from core.schemas import service as schemas

CODE, FORM = "credit-repair", "credit_repair"


class Maker:
    """The chief with a new draft: every change goes through the studio's own verbs."""

    def __init__(self, database: Database, chief: Actor) -> None:
        self.database, self.chief = database, chief
        with database.session() as session:
            department = session.scalars(
                select(Department.id)
                .join(Division, Division.id == Department.division_id)
                .where(Department.code == "development_reform", Division.code == demo.CITY)
            ).one()
            content = beginnings.from_template("record", code=CODE, title="行政处罚信息信用修复", department="development_reform", level="city")
            self.draft = drafts.create(session, content, department_id=department, actor=chief)

    @property
    def content(self) -> dict[str, Any]:
        return self.draft.content

    def do(self, changes: Sequence[Edit]) -> None:
        with self.database.session() as session:
            self.draft = drafts.edit(session, self.draft.id, changes, command_id=new_id(), actor=self.chief)

    def write(self, part: str, **given: Any) -> None:
        """Properties of a part, as its editor posts them."""
        editor = editors.editor(self.content, ("item",), studio_parts.part(part))
        self.do(editor.changes({**editor.values, **given}))

    def entry(self, at: Spot, title: str, **given: Any) -> None:
        """An entry by its button, then what stands on its page."""
        changes, spot = entries.added(self.content, at, editors.fresh(self.content, at, title=title))
        self.do(changes)
        editor = editors.editor(self.content, spot)
        self.do(editor.changes({**editor.values, **given}))

    def field(self, kind: str, title: str, options: Sequence[str] = ()) -> None:
        changes, spot = formbuilding.add_field(self.content, kind, title=title, section=parse("/form/ui/pages/@applicant/sections/@who"))
        self.do(changes)
        self.do(formbuilding.require(self.content, spot[-1], required=True))
        if options:
            self.do(choosing.relist(self.content, spot[-1], options))

    def tests(self) -> None:
        """The template's tests answer the new questions; what they leave out is filled up, those of the old way go."""
        item = self.compiled()
        self.do([Edit("remove", ("item", "tests", f"@{test['id']}"), was=test) for test in self.content["item"]["tests"]])
        made = covering.fill(self.compiled(), taken=set(), most=50, within=30.0)
        assert made and completed(item, made[0]["given"])["form"] == made[0]["given"]["form"]
        for test in made:
            self.do(recording.added(self.content, test))

    def compiled(self) -> Any:
        doc = self.content["item"]
        return compile_item(doc, forms={doc["form"]: self.content["form"]}, blocks=self.content["blocks"])


def made(database: Database, who: dict[str, Actor]) -> None:
    """The item, in force."""
    maker = Maker(database, who["chief"])
    maker.write("basic", summary="改正以后申请停止公示。", words=["信用修复"], visits={})
    maker.write(
        "basis", conditions=[{"text": "已履行处罚决定的义务"}, {"text": "满最短公示期"}], provenance={"source": "https://credit.example", "unknown": ["visits"]}
    )
    for kind, title, options in (
        ("date", "作出处罚的日期", ()),
        ("choice", "哪个领域", ("一般", "安全生产")),
        ("money", "罚款", ()),
        ("signature", "签名", ()),
    ):
        maker.field(kind, title, options)
    waiver = {"status": "unknown", "waiver": {"by": "整理人", "reason": "来源没有写", "until": "2099-12-31"}}
    maker.entry(("item", "materials"), "已经履行的证明", basis=waiver)
    maker.entry(("item", "situations"), "自己办还是委托？", options=[{"id": "self", "title": "自己"}, {"id": "agent", "title": "委托"}])
    maker.entry(("item", "results"), "信用修复决定")
    maker.do(routing.add_node(maker.content, "sign", REVIEW, after="check", title="科室复核")[0])
    maker.tests()
    with database.session() as session:
        asked = handing.hand_in(session, maker.draft.id, reason="新增", command_id=new_id(), actor=who["chief"])
    for login in ("legal", "leader"):
        with database.session() as session:
            done = catalogue.review(session, asked.id, passed=True, words="", command_id=new_id(), actor=who[login])
    assert done.status == "published"


@pytest.fixture
def elsewhere(studio_mould: Path, tmp_path: Path) -> Iterator[Database]:
    """A hall with the same organisation that never saw the item."""
    shutil.copy(studio_mould / "hall.db", tmp_path / "elsewhere.db")
    here = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}", keyring=from_environment(studio_mould, {}))
    yield here
    here.close()


def out(database: Database) -> tuple[str, str, str, bytes]:
    """Item, form, digest and signed bundle as they leave a hall."""
    with database.session() as session:
        current = queries.current(session, CODE).compiled
        texts = (items.export(session, CODE), items.export(session, CODE, part="form"))
        return (*texts, current.hash, carrying.pack(session, [CODE]))


def test_an_item_made_in_the_studio_goes_into_another_hall_and_out_again_unchanged(database: Database, who: dict[str, Actor], elsewhere: Database) -> None:
    made(database, who)
    item, form, digest, bundle = out(database)
    doc, definition = schemas.parse(item), schemas.parse(form)
    assert [each["id"] for each in doc["conditions"]] == ["conditions1", "conditions2"] and doc["visits"] == {"times": None}
    with elsewhere.session() as session:
        with pytest.raises(ItemNotFound):
            items.export(session, CODE)
        done = items.apply(session, doc, forms={FORM: definition}, blocks={}, publishing=True, same_person=True, actor=SYSTEM)
        assert done.hash == digest
    there = out(elsewhere)
    assert there[:3] == (item, form, digest)
    assert schemas.parse(there[3].decode())["items"] == schemas.parse(bundle.decode())["items"]
    with database.session() as session:
        key = signing.public_key(session)
    with elsewhere.session() as session:
        (taken,) = carrying.take_in(session, bundle, keys=[key], actor=SYSTEM)
        assert taken.hash == digest and not taken.changed
