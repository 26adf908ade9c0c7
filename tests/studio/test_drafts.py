"""Drafts of items: begun, changed by several, taken back, read as they were; nobody of another department sees one."""

import pytest

from core.items.errors import ItemNotFound
from core.items.studio import drafts
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, Clashed, DraftEnded, DraftExists, DraftNotFound, NothingToUndo
from core.items.studio.spots import find, parse
from core.kernel.ids import new_id
from tests.studio.conftest import FOOD

TITLE = parse("/item/title")


def titled(value, was):
    return [Edit("set", TITLE, value, was)]


@pytest.fixture
def chief(who):
    return who["chief"]


@pytest.fixture
def draft(database, chief):
    with database.session() as session:
        return drafts.begin(session, FOOD, actor=chief)


def test_an_item_has_one_open_draft_and_it_is_what_is_in_force(database, chief, draft, food):
    assert draft.content["item"] == food
    with database.session() as session:
        assert drafts.begin(session, FOOD, actor=chief).id == draft.id
        assert [each.id for each in drafts.mine(session, actor=chief)] == [draft.id]


def test_what_was_changed_can_be_taken_back_and_done_again(database, chief, draft, food):
    with database.session() as session:
        one = drafts.edit(session, draft.id, titled("甲", food["title"]), command_id=new_id(), actor=chief)
        two = drafts.edit(session, draft.id, titled("乙", "甲"), command_id=new_id(), actor=chief)
        assert (one.revision, two.revision, two.title) == (1, 2, "乙")
        assert drafts.undo(session, draft.id, command_id=new_id(), actor=chief).title == "甲"
        assert drafts.undo(session, draft.id, command_id=new_id(), actor=chief).content["item"] == food
        with pytest.raises(NothingToUndo):
            drafts.undo(session, draft.id, command_id=new_id(), actor=chief)
        assert drafts.redo(session, draft.id, command_id=new_id(), actor=chief).title == "甲"
        assert drafts.redo(session, draft.id, command_id=new_id(), actor=chief).title == "乙"
        with pytest.raises(NothingToUndo):
            drafts.redo(session, draft.id, command_id=new_id(), actor=chief)
        drafts.undo(session, draft.id, command_id=new_id(), actor=chief)
        drafts.edit(session, draft.id, titled("丙", "甲"), command_id=new_id(), actor=chief)
        with pytest.raises(NothingToUndo):  # who goes on has nothing to do again
            drafts.redo(session, draft.id, command_id=new_id(), actor=chief)
        steps = drafts.history(session, draft.id, actor=chief)
        assert [step.revision for step in steps] == list(range(1, 9))
        assert drafts.as_of(session, draft.id, 2, actor=chief)["item"]["title"] == "乙"
        assert drafts.as_of(session, draft.id, 0, actor=chief)["item"] == food


def test_two_administrators_at_once_lose_nothing(database, chief, who, draft, food):
    other = who["admin"]
    with database.session() as session:
        drafts.edit(session, draft.id, titled("甲", food["title"]), command_id=new_id(), actor=chief)
        both = drafts.edit(session, draft.id, [Edit("set", parse("/item/summary"), "简介", food["summary"])], command_id=new_id(), actor=other)
        assert (both.title, both.content["item"]["summary"]) == ("甲", "简介")
        with pytest.raises(Clashed) as clashed:
            drafts.edit(session, draft.id, titled("乙", food["title"]), command_id=new_id(), actor=other)
        assert [(c.at, c.theirs, c.yours) for c in clashed.value.clashes] == [("/item/title", "甲", "乙")]
        mine_back = drafts.undo(session, draft.id, command_id=new_id(), actor=chief)  # one's own, not the other's that came later
        assert (mine_back.title, mine_back.content["item"]["summary"]) == (food["title"], "简介")


def test_what_others_built_on_cannot_be_taken_back_silently(database, chief, who, draft, food):
    with database.session() as session:
        drafts.edit(session, draft.id, titled("甲", food["title"]), command_id=new_id(), actor=chief)
        drafts.edit(session, draft.id, titled("乙", "甲"), command_id=new_id(), actor=who["admin"])
        with pytest.raises(Clashed):
            drafts.undo(session, draft.id, command_id=new_id(), actor=chief)
        assert drafts.load(session, draft.id, actor=chief).title == "乙"


def test_a_command_sent_twice_counts_once(database, chief, draft, food):
    command = new_id()
    with database.session() as session:
        drafts.edit(session, draft.id, titled("甲", food["title"]), command_id=command, actor=chief)
        again = drafts.edit(session, draft.id, titled("甲", food["title"]), command_id=command, actor=chief)
        assert again.revision == 1
        taken = new_id()
        drafts.undo(session, draft.id, command_id=taken, actor=chief)
        assert drafts.undo(session, draft.id, command_id=taken, actor=chief).revision == 2


def test_an_edit_that_changes_nothing_leaves_no_trace(database, chief, draft, food):
    with database.session() as session:
        assert drafts.edit(session, draft.id, titled(food["title"], food["title"]), command_id=new_id(), actor=chief).revision == 0


def test_a_draft_may_hold_what_is_wrong(database, chief, draft):
    with database.session() as session:
        wrong = drafts.edit(
            session, draft.id, [Edit("set", parse("/item/materials"), "无", draft.content["item"]["materials"])], command_id=new_id(), actor=chief
        )
        assert find(wrong.content, parse("/item/materials")) == "无"


@pytest.mark.parametrize("login", ["window", "reviewer", "yunling-reviewer", "legal", "leader"])
def test_nobody_else_sees_or_changes_a_draft(database, who, draft, login):
    stranger = who[login]
    with database.session() as session:
        for door in (drafts.load, drafts.history, drafts.drop):
            with pytest.raises(DraftNotFound):
                door(session, draft.id, actor=stranger)
        for verb in (drafts.undo, drafts.redo):
            with pytest.raises(DraftNotFound):
                verb(session, draft.id, command_id=new_id(), actor=stranger)
        with pytest.raises(DraftNotFound):
            drafts.edit(session, draft.id, titled("甲", "乙"), command_id=new_id(), actor=stranger)
        with pytest.raises(DraftNotFound):
            drafts.as_of(session, draft.id, 0, actor=stranger)
        with pytest.raises(ItemNotFound):
            drafts.begin(session, FOOD, actor=stranger)
        assert drafts.mine(session, actor=stranger) == ()


def test_a_new_item_needs_a_code_of_its_own(database, chief, draft, food):
    office = draft.department_id
    with database.session() as session:
        with pytest.raises(DraftExists):
            drafts.create(session, draft.content, department_id=office, actor=chief)
        fresh = {**draft.content, "item": {**food, "code": "brand-new", "title": "新事"}}
        made = drafts.create(session, fresh, department_id=office, actor=chief)
        assert (made.item_code, made.base_version_id, made.title) == ("brand-new", None, "新事")
        with pytest.raises(DraftExists):
            drafts.create(session, fresh, department_id=office, actor=chief)


def test_a_draft_put_aside_is_kept_and_the_item_can_be_drafted_anew(database, chief, draft, food):
    with database.session() as session:
        drafts.edit(session, draft.id, titled("甲", food["title"]), command_id=new_id(), actor=chief)
        drafts.drop(session, draft.id, actor=chief)
        with pytest.raises(DraftEnded):
            drafts.edit(session, draft.id, titled("乙", "甲"), command_id=new_id(), actor=chief)
        assert drafts.load(session, draft.id, actor=chief).state == "dropped"
        again = drafts.begin(session, FOOD, actor=chief)
        assert again.id != draft.id
        assert again.title == food["title"]


def test_an_earlier_version_can_be_drafted_again(database, chief, food):
    with database.session() as session:
        back = drafts.of_version(session, FOOD, 1, actor=chief)
        assert back.content["item"] == food
        with pytest.raises(ItemNotFound):
            drafts.of_version(session, FOOD, 7, actor=chief)


def test_nonsense_is_refused(database, chief, draft):
    with database.session() as session:
        with pytest.raises(BadEdit):
            drafts.edit(session, draft.id, drafts.editing.read([{"do": "set"}]), command_id=new_id(), actor=chief)
        with pytest.raises(DraftNotFound):
            drafts.load(session, "nonsense", actor=chief)
        with pytest.raises(DraftNotFound):
            drafts.as_of(session, draft.id, 99, actor=chief)


def test_whatever_order_keys_were_entered_in_they_stand_as_they_will_be_published(database, chief, draft):
    branches = parse("/item/route/review/nodes/joint/branches")
    with database.session() as session:
        held = find(draft.content, branches)
        backwards = {"zoo": held["market"], **{name: held[name] for name in reversed(held)}, "ant": held["market"]}
        drafts.edit(session, draft.id, [Edit("set", branches, backwards, held)], command_id=new_id(), actor=chief)
    with database.session() as session:
        assert list(find(drafts.load(session, draft.id, actor=chief).content, branches)) == sorted(backwards)
