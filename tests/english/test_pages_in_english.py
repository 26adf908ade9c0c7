"""English readers read English: every page of portal and back office is walked. What Chinese it holds is a name, somebody's own words or an
item's text that nobody has translated – and it is marked as Chinese, so that a voice reads it as such."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select

from core.app import open_site
from core.identity.models import Department, Division, Hall, Post, Staff
from core.items.catalogue import power
from core.items.studio import drafts as studio
from core.items.texts import text_paths
from core.kernel.actor import Actor
from core.kernel.text import typeset
from tests import fixtures_site as site
from tests.browser.test_accessibility import CITIZENS, DESKS, PUBLIC
from tests.fixtures_hall import ROOT, settle

ME = "13800000001"
ITEM = "food-operation-new"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CHINESE = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff01-\uff60]+")
_MASKED = re.compile(r"[\u4e00-\u9fff]\*+[\u4e00-\u9fff]?")  # a person's name with the middle covered
_NUMBER = re.compile(r"[\u4e00-\u9fff]+〔[0-9]{4}〕[0-9]+号")  # of a document, after the mark of who drew it up
_CUT = re.compile(r"([^…\n·“]{4,})…")
_INLINE = {"a", "b", "i", "em", "small", "span", "strong", "tspan", "br", "kbd", "use", "path"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "path", "source", "track", "wbr"}
_SPOKEN = ("title", "alt", "aria-label", "placeholder", "aria-description")
#: Addresses that show what a person typed in Chinese, or the switch to Chinese.
_OWN_WORDS = ("中文", "“开饭馆”", "“低保”", "开饭馆")


class Listener(HTMLParser):
    """Collects the Chinese of a page: every text and spoken attribute, and whether it stands in ``lang="zh-CN"``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.papers: list[int] = []  # how deep the documents of legal acts begin that are open: those are in the language of the state, whoever writes them
        self.heard: list[tuple[str, str, bool]] = []
        self.blocks: list[list[str]] = [[]]
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = known.get("lang", "")
        marked = known["lang"].startswith("zh") if "lang" in known else self._marked()
        self.heard += [(f"{tag}[{name}]", known[name], True) for name in _SPOKEN if name in known]
        if tag not in _INLINE:
            self.blocks.append([])
        if tag not in _VOID:
            if "data-paper" in known:
                self.papers.append(len(self.open))
            self.open.append((tag, marked))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while any(each == tag for each, _ in self.open):
            if self.open.pop()[0] == tag:
                break
        self.papers = [depth for depth in self.papers if depth < len(self.open)]
        if tag not in _INLINE:
            self.blocks.append([])

    def handle_data(self, data: str) -> None:
        here = self.open[-1][0] if self.open else ""
        if here in ("script", "style", "textarea"):
            return
        if not self.papers:
            self.blocks[-1].append(data)
        if here not in ("title", "option"):  # these hold no element that could be marked
            self.heard.append((here, data, self._marked()))

    def _marked(self) -> bool:
        return bool(self.open and self.open[-1][1])


def chinese(html: str, known: tuple[str, ...] = ()) -> list[str]:
    """What an English page should not hold: Chinese that is not marked, and Chinese that is none of the *known* texts."""
    listener = Listener()
    listener.feed(html)
    found = [] if listener.language == "en" else [f"the page is in {listener.language or 'no language'}"]
    found += [f"not marked, <{where}> {' '.join(words.split())[:120]}" for where, words, marked in listener.heard if not marked and _HAN.search(words)]
    said = ["".join(block) for block in listener.blocks] + [words for where, words, _ in listener.heard if "[" in where]
    return found + [f"not English: {' '.join(words.split())[:160]}" for words in said if _left(words, known)]


def _left(words: str, known: tuple[str, ...]) -> bool:
    if not _CHINESE.search(words):
        return False
    words = _NUMBER.sub("", _MASKED.sub("", words))
    for cut in map(str.strip, _CUT.findall(words)):  # a long text is shown by its beginning
        if any(each.startswith(cut) or cut in each for each in known):
            words = words.replace(cut, "")
    for each in known:
        words = words.replace(each, "")
    return bool(_CHINESE.search(words.replace("…", "")))


def test_the_listener_hears_what_it_should() -> None:
    page = '<html lang="en"><p title="提示">Hello 你好</p><p lang="zh-CN">你好</p><p lang="zh-CN">再见</p><b lang=zh-CN>王小芳</b><p>a：b</p></html>'
    assert chinese(page, ("王小芳", "你好")) == ["not marked, <p> Hello 你好", "not English: 再见", "not English: a：b", "not English: 提示"]
    assert chinese("<html lang=zh-CN></html>")
    assert chinese('<html lang="en"><i data-paper lang="zh-CN">决定<b>书</b></i><b lang="zh-CN">你好</b><i data-paper>书</i></html>') == [
        "not marked, <i> 书", "not English: 你好",
    ]  # fmt: skip


class World:
    """A hall with cases in every state a page shows, and the names that stay what they are in any language."""

    def __init__(self, built: site.Built) -> None:
        self.built, self.app = built, built.app()
        self.ids: dict[str, str] = {}
        self.names: tuple[str, ...] = ()
        self.edited: tuple[str, ...] = ()
        self._people: dict[str, site.Browser] = {}

    def english(self, login: str = "") -> site.Browser:
        """Somebody's browser, switched to English."""
        if login not in self._people:
            found = site.Browser(self.app)
            if login:
                (found.citizen if login.isdigit() else found.staff)(login, self.built.passwords[login])
            found.get("/language/en?next=/help")
            self._people[login] = found
        return self._people[login]


def _press(world: World, case_id: str, *steps: tuple[str, str, Mapping[str, str]]) -> None:
    for login, action, more in steps:
        api = site.Api(world.app, login, world.built.passwords[login], "staff")
        tasks = [task for task in api.get(f"/v1/tasks/{case_id}").json["tasks"] if task["mine"]]
        number = next(task["no"] for task in tasks if action in [each["id"] for each in task["actions"] if each["enabled"]])
        answer = site.office_press(site.Browser(world.app).staff(login, world.built.passwords[login]), case_id, number, action, **more)
        assert answer.status_code == 303, answer.text


def _furnish(world: World) -> None:
    mine = site.Api(world.app, ME, world.built.passwords[ME])
    asked, open_, done = (mine.file(ITEM).json for _ in range(3))
    why = {"field": "premises_address", "why-field-premises_address": "street number", "material": "layout", "why-material-layout": "mark the sinks"}
    _press(world, asked["id"], ("window", "request_correction", why))
    _press(world, open_["id"], ("window", "accept", {}))
    _press(world, done["id"], ("window", "accept", {}), ("reviewer", "pass", {}), ("chief", "agree", {}), ("leader", "grant", {}))
    database = open_site(world.built.config()).database
    settle(database)
    with database.session() as session:
        columns = (Department.title, Division.title, Hall.title, Staff.name)
        names = [name for column in columns for name in session.scalars(select(column))]
        office = power.owner(session, ITEM)
        chief = session.scalars(select(Post.staff_id).where(Post.department_id == office.id, Post.role == "section_chief")).first()
        assert chief is not None
        draft = studio.begin(session, ITEM, actor=Actor("staff", chief)).id
    database.close()
    licence = mine.get("/v1/licences").json["licences"][0]
    world.names = tuple(sorted({*names, *_own_words(mine), *_OWN_WORDS, *_untranslated()}, key=len, reverse=True))
    codes = {"query_code": done["query_code"], "verify_code": licence["verify_code"]}
    world.ids = {"case": asked["id"], "open": open_["id"], "done": done["id"], "licence": licence["id"], "studio": f"/office/studio/{draft}", **codes}


def _own_words(api: site.Api) -> Iterator[str]:
    """Names of the citizen's own people and companies, and everything they wrote into the form: nobody translates that."""
    for text in [*_leaves(api.get("/v1/parties").json), *_leaves(site.example(ITEM)["form"])]:
        yield from (text, typeset(text))


def _untranslated() -> Iterator[str]:
    """Texts of the items and their forms that have no English yet, notes of where they come from, and names in them."""
    yield from _leaves(json.loads((ROOT / "item_configs" / "licence_types.json").read_text(encoding="utf-8")))
    for name in site.ITEMS:
        doc = json.loads((ROOT / "item_configs" / f"{name}.json").read_text(encoding="utf-8"))
        form = json.loads((ROOT / "form_definitions" / f"{doc['form']}.json").read_text(encoding="utf-8"))
        english = set(doc["translations"]["en"])
        waived = [leaf for each in doc["materials"] for leaf in _leaves(each.get("basis", {}).get("waiver", {}))]
        texts = [
            *waived,
            *_leaves(doc.get("rule_sheets", {})),
            *(text for path, text in text_paths(doc).items() if path not in english),
            *_leaves(doc["provenance"]),
            *_leaves(doc["route"].get("anytime", {}).get("extend", {})),
            *_leaves(doc["places"]),
        ]
        for text in [*texts, *_leaves(form), *(pause.get("basis", "") for pause in doc["route"].get("pauses", {}).values())]:
            yield from {each for each in (text, typeset(text)) if each}


def _item_titles() -> Iterator[str]:
    for name in site.ITEMS:
        title = json.loads((ROOT / "item_configs" / f"{name}.json").read_text(encoding="utf-8"))["title"]
        yield from (title, typeset(title))


def _edited() -> Iterator[str]:
    """Everything that the item in the studio says in Chinese, which is what one edits there; also as shown, and in a list of several."""
    doc = json.loads((ROOT / "item_configs" / "market_regulation" / f"{ITEM}.json").read_text(encoding="utf-8"))
    form = json.loads((ROOT / "form_definitions" / f"{doc['form']}.json").read_text(encoding="utf-8"))
    blocks = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "form_definitions" / "blocks").glob("*.json")]
    for text in [*_leaves(doc), *_leaves(form), *_leaves(blocks), *_keys(doc)]:
        yield from (text, typeset(text), text.removeprefix("是否"))  # a sentence says “… is so” of a question


def _keys(value: Any) -> Iterator[str]:
    """Names that are Chinese: the fields of a licence's face."""
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _keys(each)
    yield from (name for name in (value if isinstance(value, Mapping) else ()) if _HAN.search(name))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str) and _HAN.search(value):
        yield value
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _leaves(each)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The hall, filled once."""
    found = World(site.build_once(tmp_path_factory, tmp_path_factory.mktemp("english") / "hall", site.ITEMS))
    _furnish(found)
    yield found
    found.app.extensions["wangting"].database.close()


def _walk(world: World, pages: list[tuple[str, str]]) -> list[str]:
    found = []
    for login, address in pages:
        answer = world.english(login).get(address)
        assert answer.status_code in (200, 404, 422), (address, answer.status_code, answer.headers.get("Location"))
        known = world.edited if address.startswith(world.ids["studio"]) else world.names
        found += [f"{address}: {each}" for each in dict.fromkeys(chinese(answer.text, known))]
    return found


def _filled(address: str, known: Mapping[str, str]) -> bool:
    """Whether this hall has what the address names; relayed cases are walked in tests/journeys."""
    return set(re.findall(r"{(\w+)}", address)) <= set(known)


def test_public_pages_are_english(world: World) -> None:
    pages = [
        ("", address.format_map(world.ids)) for endpoint, each in PUBLIC.items() if endpoint != "api.read" for address in each if "subsistence" not in address
    ]
    found = _walk(world, [*pages, ("", "/no-such-page")])
    assert not found, "\n".join(found)


def test_pages_of_a_citizen_are_english(world: World) -> None:
    me = world.english(ME)
    begun = me.post(f"/items/{ITEM}/apply", site.flat(site.example(ITEM)["form"]) | {"_s.kind": "catering", "_s.agent": "self"})
    draft = begun.headers["Location"].split("/drafts/")[1].split("/")[0]
    known = {**world.ids, "draft": draft}
    pages = [(ME, address.format_map(known)) for each in CITIZENS.values() for address in each if "disability" not in address and _filled(address, known)]
    found = _walk(world, pages)
    assert not found, "\n".join(found)


def test_desks_are_english(world: World) -> None:
    people = world.english("admin").get("/office/people/").text
    somebody = re.search(r"/office/people/([0-9a-f-]{36})", people)
    assert somebody is not None
    known = {**world.ids, "staff": somebody[1]}
    pages = [tuple(each.format_map(known).split(" ", 1)) for every in DESKS.values() for each in every if set(re.findall(r"{(\w+)}", each)) <= set(known)]
    generated = [f"/office/{name}" for name in ("users/list/", "users/add", "roles/list/", "admin/departments/list/", "admin/divisions/list/")]
    world.names = tuple(sorted({*world.names, *_item_titles()}, key=len, reverse=True))  # whoever looks after items edits their Chinese
    world.edited = tuple(sorted({*world.names, *_edited()}, key=len, reverse=True))
    everything = [("" if who == "nobody" else who, address) for who, address in pages] + [("admin", address) for address in generated]
    found = [each for each in _walk(world, everything) if not (each.startswith(tuple(generated)) and "not marked" in each)]  # no template of ours
    assert not found, "\n".join(found)


#: Pages of a draft that are followed in the usual run; in the long one, all of them.
_FOLLOWED = 400 if os.environ.get("WANGTING_SOAK") else 24
#: One page of every kind, which come first.
_KINDS = ("", "form/?field=area", "route/?node=review.joint.fire", "tests/", "findings/", "publish/", "publish/print", "tests/play",
          "?at=/item/materials/@layout", "condition/?at=/form/properties/area/ui/visible_when", "?part=results")  # fmt: skip
#: Samples of a case's papers are Chinese, whoever looks at them; files are no pages.
_ELSEWHERE = ("/documents/", "/preview/", ".svg", ".png", ".json", "landing=")


def _pages_of_the_draft(world: World, browser: site.Browser) -> Iterator[tuple[str, str]]:
    """(address, HTML) of the pages of the draft as links lead from one to the next, those of every kind first."""
    base = world.ids["studio"]
    todo = [f"{base}/{each}" for each in _KINDS]
    seen = set(todo)
    for _turn in range(_FOLLOWED):
        if not todo:
            return
        address = todo.pop(0)
        answer = browser.get(address)
        if answer.status_code == 303:
            todo.insert(0, unescape(answer.headers["Location"]).split("#")[0])
            continue
        assert answer.status_code == 200, address
        yield address, answer.text
        links = [unescape(each).split("#")[0] for each in re.findall(r'href="([^"]+)"', answer.text)]
        fresh = dict.fromkeys(each for each in links if each.startswith(base) and each not in seen and not any(part in each for part in _ELSEWHERE))
        seen |= set(fresh)
        todo += fresh


def test_every_page_of_a_draft_is_english(world: World) -> None:
    world.edited = tuple(sorted({*world.names, *_item_titles(), *_edited()}, key=len, reverse=True))
    pages = list(_pages_of_the_draft(world, world.english("chief")))
    assert len(pages) >= 20
    found = [f"{address}: {each}" for address, html in pages for each in dict.fromkeys(chinese(html, world.edited))]
    assert not found, "\n".join(found)


class Titled(HTMLParser):
    """Collects the texts of a page that are neither code nor what somebody typed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag not in _VOID:
            self.open.append((tag, tag in ("script", "style", "textarea", "code", "pre", "template") or bool({"hash", "code"} & set(classes))))

    def handle_endtag(self, tag: str) -> None:
        while any(each == tag for each, _ in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not any(code for _, code in self.open):
            self.said.append(data)


def test_chinese_pages_of_a_draft_name_things_by_their_titles(world: World) -> None:
    doc = json.loads((ROOT / "item_configs" / "market_regulation" / f"{ITEM}.json").read_text(encoding="utf-8"))
    form = json.loads((ROOT / "form_definitions" / f"{doc['form']}.json").read_text(encoding="utf-8"))
    ids = {
        name for name in (*form["properties"], *(each["id"] for each in doc["materials"]), "section_chief", "market_regulation", "working_day") if "_" in name
    }
    chief = site.Browser(world.app).staff("chief", world.built.passwords["chief"])
    found = []
    for address, html in _pages_of_the_draft(world, chief):
        reader = Titled()
        reader.feed(html)
        words = {word for text in reader.said for word in re.findall(r"(?<![\w.@/-])[a-z]+(?:_[a-z]+)+(?![\w.])", text)}
        found += [f"{address}: {word}" for word in sorted(words & ids) if "/item/tests" not in unescape(address)]  # answers of a test are JSON by field
    assert not found, "\n".join(found)
