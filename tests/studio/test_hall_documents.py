"""Documents of the hall: administrators change them, a second one puts them in force, every version stays, and what was shipped can be had again."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from core.identity import queries as people
from core.identity.models import Department, Division, Post
from core.items.studio import drafts, editors, parts
from core.items.studio.edits import Edit
from core.items.studio.errors import Clashed, DraftNotFound, NoSuchSpot, NothingNew, NotReady, Overtaken, OwnWork
from core.items.studio.hall import kinds, opening, putting
from core.items.studio.hall import notices as hall_notices
from core.items.studio.part import Part
from core.items.studio.spots import parse
from core.kernel.actor import Actor
from core.kernel.errors import PlatformError
from core.kernel.ids import new_id
from core.notices import service as notices
from core.notices.models import Notice
from core.notices.wordings import template
from core.settings import documents
from tests.forms.conftest import browse, env

__all__ = ["browse", "env"]

GRANTED = "notice:granted"
assert hall_notices.NOTICE.name == "notice"


def appoint(session, actor, division, role="admin"):
    """Another post for somebody, in a department of a division."""
    office = session.scalar(select(Department.id).join(Division, Division.id == Department.division_id).where(Division.level == division).limit(1))
    session.add(Post(id=new_id(), staff_id=actor.id, department_id=office, role=role))
    session.flush()


@pytest.fixture
def session(database):
    with database.session() as opened:
        yield opened


@pytest.fixture
def second(session, who):
    """Another administrator of the city."""
    appoint(session, who["leader"], "city")
    return who["leader"]


def write(session, draft, actor, at, value):
    return drafts.edit(session, draft.id, (Edit("set", parse(at), value, was=_was(draft, at)),), command_id=new_id(), actor=actor)


def _was(draft, at):
    from core.items.studio.spots import find

    return find(draft.content, parse(at))


def post(session, **params):
    key = new_id()
    notices.post(session, key=key, template="granted", recipient=("staff", new_id()), params={"item": "食品经营许可", "number": "1", "day": "明天", **params})
    return session.scalars(select(Notice).where(Notice.key == key)).one()


def test_a_notice_is_reworded_by_one_and_put_in_force_by_another(session, who, second):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    draft = write(session, draft, who["admin"], "/notice/body/zh", "恭喜，{item}批下来了，{day}前送到，编号 {number}。")
    assert "恭喜" not in post(session).body["zh"], "a draft says nothing to anybody"
    with pytest.raises(OwnWork):
        putting.put_in_force(session, draft.id, revision=draft.revision, words="更好懂", actor=who["admin"])
    assert putting.put_in_force(session, draft.id, revision=draft.revision, words="更好懂", actor=second) == 1
    assert post(session).body["zh"] == "恭喜，食品经营许可批下来了，明天前送到，编号 1。"
    assert post(session).title["zh"] == "准予许可:食品经营许可"
    [version] = documents.versions(session, "notice", "granted")
    assert (version.words, version.put_by) == ("更好懂", second.id)
    assert drafts.load(session, draft.id, actor=second).state == "published"
    names = people.staff_names(session, [who["admin"].id, second.id])
    assert putting.hands(session, documents.versions(session, "notice", "granted")) == {1: (names[who["admin"].id],)}, "who wrote it, not who put it in force"


def test_going_back_to_what_was_shipped_follows_the_next_release(session, who, second):
    first = opening.begin(session, GRANTED, actor=who["admin"])
    first = write(session, first, who["admin"], "/notice/title/zh", "批准了：{item}")
    putting.put_in_force(session, first.id, revision=first.revision, words="一", actor=second)
    back = opening.begin(session, GRANTED, number=0, actor=who["admin"])
    assert putting.put_in_force(session, back.id, revision=0, words="用原来的", actor=second) == 2
    assert documents.in_force(session, "notice") == {}
    assert [each.content is None for each in documents.versions(session, "notice", "granted")] == [True, False]
    again = opening.begin(session, GRANTED, number=1, actor=who["admin"])
    assert again.content["notice"]["title"]["zh"] == "批准了：{item}"
    assert putting.put_in_force(session, again.id, revision=0, words="还是用第一版", actor=second) == 3
    assert post(session).title["zh"] == "批准了：食品经营许可"


def test_a_version_never_changes(session, who, second):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    draft = write(session, draft, who["admin"], "/notice/title/zh", "批准了：{item}")
    putting.put_in_force(session, draft.id, revision=draft.revision, words="一", actor=second)
    for statement in ("UPDATE hall_document SET words = 'x'", "DELETE FROM hall_document"):
        with pytest.raises(DatabaseError, match="immutable"):
            session.execute(text(statement))


@pytest.mark.parametrize(
    ("at", "value", "key"),
    [
        ("/notice/body/zh", "{item}的{fee}批了，{day}前送到，{number}", "notices.check_placeholder"),
        ("/notice/body/zh", "{Item} 批了 {item}{day}{number}", "notices.check_braces"),
        ("/notice/body", {"zh": "只有中文 {item}{day}{number}"}, ""),
        ("/notice/short/zh", "长" * 65, "notices.check_short_long"),
        ("/notice/recipient", "staff", "notices.check_recipient"),
        ("/notice/legal", False, "notices.check_legal"),
        ("/notice/channels", ["sms"], "notices.check_no_inbox"),
        ("/notice/channels", ["inbox", "pigeon"], "notices.check_channel"),
        ("/notice/params", {"item": {"title": "x", "example": "y"}}, "notices.check_param_gone"),
        ("/notice", "gone", ""),
    ],
)
def test_what_is_wrong_keeps_it_from_being_put_in_force(session, who, second, at, value, key):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    draft = write(session, draft, who["admin"], at, value)
    found = putting.found(session, draft)
    assert found[0].level == "error"
    assert key in {"", *(each.key for each in found)}
    assert all(each.name() and each.words("en") for each in found)
    with pytest.raises(NotReady):
        putting.put_in_force(session, draft.id, revision=draft.revision, words="x", actor=second)
    assert documents.versions(session, "notice", "granted") == ()


def test_advice_keeps_nobody_from_it(session, who, second):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    draft = write(session, draft, who["admin"], "/notice/body/zh", "详见附件 TODO，{item}。")
    keys = {each.key for each in putting.found(session, draft)}
    assert {"notices.check_left_out", "items.studio_placeholder"} <= keys
    assert all(each.level == "warning" for each in putting.found(session, draft))
    assert putting.put_in_force(session, draft.id, revision=draft.revision, words="x", actor=second) == 1


def test_only_what_was_looked_at_is_put_in_force(session, who, second):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    with pytest.raises(NothingNew):
        putting.put_in_force(session, draft.id, revision=0, words="x", actor=second)
    changed = write(session, draft, who["admin"], "/notice/title/zh", "批准：{item}")
    with pytest.raises(Overtaken):
        putting.put_in_force(session, draft.id, revision=0, words="x", actor=second)
    with pytest.raises(NotReady):
        putting.put_in_force(session, draft.id, revision=changed.revision, words=" ", actor=second)
    with pytest.raises(Clashed):
        drafts.edit(session, draft.id, (Edit("set", parse("/notice/title/zh"), "乙", was="旧的"),), command_id=new_id(), actor=second)
    assert len(drafts.history(session, draft.id, actor=second)) == 1


@pytest.mark.parametrize("login", ["chief", "leader", "legal", "reviewer", "qinghe-leader"])
def test_nobody_but_administrators_of_the_hall_touches_them(session, who, login):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    stranger = who[login]
    for tried in (
        lambda: opening.begin(session, GRANTED, actor=stranger),
        lambda: opening.history(session, GRANTED, actor=stranger),
        lambda: drafts.load(session, draft.id, actor=stranger),
        lambda: drafts.edit(session, draft.id, (Edit("set", parse("/notice/legal"), False, was=True),), command_id=new_id(), actor=stranger),
        lambda: putting.put_in_force(session, draft.id, revision=0, words="x", actor=stranger),
        lambda: opening.begin(session, GRANTED, actor=Actor("citizen", stranger.id)),
    ):
        with pytest.raises(DraftNotFound):
            tried()
    assert opening.listed(session, people.staff_view(session, stranger.id)) == ()


def test_an_administrator_of_a_county_does_not_reword_the_whole_hall(session, who):
    appoint(session, who["yunling-leader"], "county")
    with pytest.raises(DraftNotFound):
        opening.begin(session, GRANTED, actor=who["yunling-leader"])


def test_a_code_that_is_no_document_is_not_found(session, who):
    for code in ("notice:nothing", "nothing:granted", "notice:", ":", "notice:../granted"):
        with pytest.raises(DraftNotFound):
            opening.begin(session, code, actor=who["admin"])


def test_drafts_of_the_hall_are_not_among_those_of_items(session, who):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    assert draft.title == "准予许可:〔事项名称〕"
    assert draft.id not in {each.id for each in drafts.mine(session, actor=who["admin"])}
    assert opening.begin(session, GRANTED, actor=who["admin"]).id == draft.id
    with pytest.raises(NoSuchSpot):
        editors.editor(draft.content, ("item",), parts.part("basic"))


def test_every_property_of_every_notice_is_edited(session, who):
    for name, doc in hall_notices.NOTICE.shipped().items():
        made = editors.editor({"notice": doc}, ("notice",), parts.part("notice"), locale="en")
        assert {*made.names, *parts.fixed_in("notice")} >= doc.keys(), name
        assert made.cards == ()


def test_a_third_kind_is_one_declaration(session, who, second, monkeypatch):
    """Nothing else is told of it: it is begun, listed, edited, compared and put in force."""
    sheet = {"$schema": "x", "schema_version": 1, "title": "问候", "body": {"zh": "您好", "en": "Hello"}}
    third = kinds.Kind(
        "greeting", schema="notice_template", parts=(Part("greeting", at=("greeting",)),), fixed=("$schema", "schema_version"), shipped=lambda: {"door": sheet},
        check=lambda *_given: (), division=lambda held, _name: kinds.top(held), title=lambda doc, _locale: str(doc["title"]),
    )  # fmt: skip
    monkeypatch.setattr(kinds, "_kinds", {"notice": hall_notices.NOTICE})  # looks are asked of an application
    kinds.declare(third)
    draft = opening.begin(session, "greeting:door", actor=who["admin"])
    assert draft.title == "问候"
    assert [each.key for each in parts.shown("greeting")] == ["greeting"]
    assert parts.part_of(parse("/greeting/body/zh")) == "greeting"
    made = editors.editor(draft.content, ("greeting",), parts.part("greeting"))
    assert "body" in made.names
    assert not {"$schema", "schema_version"} & set(made.names)
    draft = write(session, draft, who["admin"], "/greeting/body/zh", "欢迎")
    assert [each.after for each in putting.changes(session, draft)] == ["欢迎"]
    assert "greeting:door" in {each.code for each in opening.listed(session, people.staff_view(session, second.id))}
    assert putting.put_in_force(session, draft.id, revision=draft.revision, words="更热情", actor=second) == 1
    assert documents.in_force(session, "greeting")["door"]["body"]["zh"] == "欢迎"


def test_words_that_a_release_cannot_fill_are_sent_as_shipped(session, who, second, monkeypatch):
    draft = opening.begin(session, GRANTED, actor=who["admin"])
    draft = write(session, draft, who["admin"], "/notice/body/zh", "{item} 批了，{day}，{number}")
    putting.put_in_force(session, draft.id, revision=draft.revision, words="x", actor=second)
    from core.notices import wordings

    older = {**template("granted"), "params": {name: each for name, each in template("granted")["params"].items() if name != "number"}}
    older = {**older, "body": {"zh": "{item} 准了", "en": "{item}"}, "short": {"zh": "{item}", "en": "{item}"}}
    monkeypatch.setattr(wordings, "template", lambda _name: older)
    assert wordings.current(session, "granted") is older


def test_what_others_read_at_once_when_it_is_committed(database, who):
    with database.session() as session:
        appoint(session, who["leader"], "city")
        assert documents.in_force(session, "notice") == {}
        draft = opening.begin(session, GRANTED, actor=who["admin"])
        draft = write(session, draft, who["admin"], "/notice/title/zh", "批准：{item}")
        putting.put_in_force(session, draft.id, revision=draft.revision, words="x", actor=who["leader"])
        with pytest.raises(PlatformError):
            putting.put_in_force(session, draft.id, revision=draft.revision, words="x", actor=who["leader"])
    with database.session() as session:
        documents.seen(session)
        assert documents.in_force(session, "notice")["granted"]["title"]["zh"] == "批准：{item}"


def test_every_token_of_every_theme_is_edited_and_sent_back_as_it_was(env, browse):
    from core.forms import service as forms
    from core.web.studio.hall_themes import THEME
    from core.web.theming import Themes

    for name, doc in Themes.load().docs.items():
        assert {*THEME.fixed, "title", "description", "public"} >= doc.keys(), name
        made = editors.editor({"theme": doc}, ("theme", "tokens"), parts.part("tokens"), locale="en")
        assert set(made.names) >= doc["tokens"].keys(), name
        html = forms.render_page(env, made.spec, "main", made.filled, begun=True)
        assert made.changes(forms.decode(made.spec, browse(html).form())) == (), name
        [change] = made.changes({**made.filled, "on__deep": "#fff"})
        assert change.at == ("theme", "tokens", "on-deep")
