"""Items that another hall signed become drafts here: compared first, only by who may draft them, and the same bundle when they are published."""

import json
import shutil

import pytest

from core.db.database import Database
from core.items import service as items
from core.items.compiling import from_bundle
from core.items.library import library
from core.items.models import ItemDraft
from core.items.queries import bundle_of
from core.items.service import carrying
from core.items.service.carrying import BadBundle
from core.items.studio import drafts, handing, receiving
from core.items.studio.errors import DraftExists, NotForYou
from core.kernel import canonical
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.keys import signing
from core.keys.store import create_keys
from tests.studio.conftest import FOOD


@pytest.fixture
def sender(studio_mould, tmp_path):
    """Another hall, with keys of its own: it has the same item with another summary, and one that the first hall has not."""
    folder = tmp_path / "sender"
    folder.mkdir()
    shutil.copy(studio_mould / "hall.db", folder / "hall.db")
    here = Database(f"sqlite:///{folder / 'hall.db'}", keyring=create_keys(folder))
    shelf = library()
    with here.session() as session:
        doc = json.loads(shelf.items[FOOD].read_text(encoding="utf-8")) | {"summary": "开饭馆要办的证"}
        items.apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, publishing=True, same_person=True, actor=SYSTEM)
    yield here
    here.close()


def sent(sender, *codes, draft=False):
    with sender.session() as session:
        return carrying.pack(session, codes or [FOOD], draft=draft), {"province": signing.public_key(session)}


def test_a_bundle_of_a_trusted_hall_becomes_one_command_in_a_draft_and_the_same_bundle_in_the_end(database, sender, who):
    data, keys = sent(sender)
    found = carrying.look(data, keys)
    assert found.signer == "province"
    with database.session() as session:
        arrival = receiving.arrival(session, found.items[0], actor=who["chief"])
        assert arrival.state == "changed"
        assert any("开饭馆要办的证" in each.words("zh") for each in arrival.changes)
        draft = receiving.take(session, found.items[0], department_id=arrival.offices[0].id, signer="province", command_id=new_id(), actor=who["chief"])
        assert draft.content["item"]["summary"] == "开饭馆要办的证"
        assert drafts.undo(session, draft.id, command_id=new_id(), actor=who["chief"]).content["item"].get("summary") != "开饭馆要办的证"
        drafts.redo(session, draft.id, command_id=new_id(), actor=who["chief"])
        with pytest.raises(DraftExists):
            receiving.take(session, found.items[0], department_id=arrival.offices[0].id, signer="province", command_id=new_id(), actor=who["chief"])
        handing.hand_in(session, draft.id, reason="从省里收来", command_id=new_id(), actor=who["chief"])
        made = items.publish(session, FOOD, same_person=True, actor=SYSTEM)
        assert from_bundle(bundle_of(session, FOOD)).hash == found.items[0].hash, made


def test_an_item_that_is_not_here_is_made_by_the_department_that_it_names(database, sender, who):
    data, _keys = sent(sender)
    whole = json.loads(data)["items"][0]
    new = {**whole, "item": {**whole["item"], "code": "night-food"}}
    item = carrying.Carried("night-food", canonical.digest(canonical.dumps(new)), new)
    with database.session() as session:
        arrival = receiving.arrival(session, item, actor=who["chief"])
        assert (arrival.state, arrival.changes) == ("new", ())
        made = receiving.take(session, item, department_id=arrival.offices[0].id, signer="province", command_id=new_id(), actor=who["chief"])
        assert made.item_code == "night-food"
        other = carrying.Carried("tax-food", item.hash, {**whole, "item": {**whole["item"], "code": "tax-food", "department": "tax"}})
        with pytest.raises(NotForYou):
            receiving.take(session, other, department_id=arrival.offices[0].id, signer="province", command_id=new_id(), actor=who["chief"])


@pytest.mark.parametrize("login", ["window", "leader", "reviewer", "legal", "yunling-reviewer"])
def test_nobody_takes_in_an_item_of_a_department_that_is_not_theirs(database, sender, who, login):
    data, keys = sent(sender)
    item = carrying.look(data, keys).items[0]
    with database.session() as session:
        office = receiving.arrival(session, item, actor=who["chief"]).offices[0].id
        assert receiving.arrival(session, item, actor=who[login]).offices == ()
        with pytest.raises(NotForYou):
            receiving.take(session, item, department_id=office, signer="province", command_id=new_id(), actor=who[login])


@pytest.mark.parametrize("login", ["window", "leader", "legal", "yunling-reviewer"])
def test_of_an_item_of_another_department_nothing_is_told_but_that_it_is_theirs(database, sender, who, food, login):
    """A file that anybody can write would otherwise read what waits unpublished, and the tests and options of what is published."""
    shelf = library()
    with database.session() as session:
        waiting = {**food, "code": "quiet-food", "title": "还没公布的事", "summary": "不给外人看"}
        items.apply(session, waiting, forms=shelf.forms, blocks=shelf.blocks, publishing=False, same_person=True, actor=SYSTEM)
        stored = bytes(session.get_one(ItemDraft, "quiet-food").bundle)
    whole = json.loads(sent(sender)[0])["items"][0]
    guess = {**whole, "item": {**whole["item"], "code": "quiet-food"}}
    files = (carrying.Carried("quiet-food", "sha256:0", guess), carrying.Carried("quiet-food", canonical.digest(stored), json.loads(stored)))
    with database.session() as session:
        own = receiving.arrival(session, files[0], actor=who["chief"])
        assert own.state == "changed"
        assert "不给外人看" in str((own.changes, own.json_lines))
        assert receiving.arrival(session, files[1], actor=who["chief"]).state == "same"
        for item in (*files, carrying.Carried(FOOD, "sha256:0", whole)):
            seen = receiving.arrival(session, item, actor=who[login])
            assert (seen.state, seen.offices, seen.draft_id, seen.changes, seen.json_lines) == ("foreign", (), None, (), ())


def test_a_file_says_who_signed_it_and_what_was_changed_is_refused(database, sender):
    data, keys = sent(sender)
    with database.session() as session:
        stranger = carrying.look(data, {"": signing.public_key(session)})
    assert stranger.signer is None
    assert stranger.said == next(iter(keys.values()))["kid"]
    assert [each.code for each in stranger.items] == [FOOD]
    outer = json.loads(data)
    outer["items"][0]["item"]["title"] = "改过的"
    with pytest.raises(BadBundle):
        carrying.look(json.dumps(outer).encode(), keys)
    forged = {**json.loads(data), "signed": {**outer["signed"], "signature": "AAAA"}}
    assert carrying.look(json.dumps(forged).encode(), keys).signer is None


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b"[" * 100_000, b'{"format":"wangting-items/1","items":[1],"signed":{"protected":1}}', b"\xff\xfe",
     b'{"format":"wangting-items/1","items":[{"item":[]}],"signed":{"protected":"x"}}'],
)  # fmt: skip
def test_what_is_no_bundle_is_refused_in_words(data):
    with pytest.raises(BadBundle):
        carrying.look(data, {})


@pytest.mark.parametrize("change", [{"form": None}, {"form": {}}, {"item": {"code": "../x", "title": 3}}, {"item": {"code": "ok"}}, {"blocks": 7}])
def test_an_item_that_cannot_be_worked_by_here_is_said_to_be_broken(database, sender, who, change):
    data, _keys = sent(sender)
    bundle = {**json.loads(data)["items"][0], **change}
    item = carrying.Carried(str(bundle["item"]["code"]), "sha256:0", bundle)
    with database.session() as session:
        arrival = receiving.arrival(session, item, actor=who["chief"])
        assert arrival.state == "broken"
        with pytest.raises(BadBundle):
            receiving.take(session, item, department_id=new_id(), signer="province", command_id=new_id(), actor=who["chief"])
