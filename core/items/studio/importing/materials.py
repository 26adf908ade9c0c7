"""Rows of a list of materials as materials of an item, beside those that the item has: what is new, what changes, what is wrong. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from core.items.saying import Speech, leaves
from core.items.studio.edits import Edit, between
from core.items.studio.importing.cells import Cells, Wrong, shown
from core.items.studio.importing.reading import Sheet, plain
from core.items.studio.spots import MISSING, Spot, find
from core.kernel.errors import BadInput
from core.schemas import service as schemas

AT: Spot = ("item", "materials")
Verdict = Literal["new", "changed", "same", "wrong"]
#: 材料必要性. Guangdong's list has 条件性 beside the national three; GB/T 39046 has 是否必备材料 1-是, 0-否; platforms write 2 for 非必要.
NEEDS = {
    "必要": "required", "必须": "required", "必备": "required", "是": "required", "1": "required", "required": "required",
    "非必要": "optional", "选填": "optional", "否": "optional", "0": "optional", "2": "optional", "optional": "optional",
    "容缺后补": "deferrable", "容缺": "deferrable", "可容缺": "deferrable", "deferrable": "deferrable",
    "条件性": "conditional", "视情况": "conditional", "conditional": "conditional",
}  # fmt: skip
#: 来源渠道: who gives it. What the library or a shared fact gives needs a kind of licence of that name here.
SOURCES = {
    "申请人自备": "applicant", "申请人提供": "applicant", "自备": "applicant", "政府部门核发": "applicant", "政府部门出具": "applicant", "其他": "applicant",
    "中介机构或法定机构产生": "applicant", "中介机构": "applicant", "applicant": "applicant", "申请表": "form", "系统生成": "form", "form": "form",
    "电子证照": "library", "证照库": "library", "数据共享": "library", "部门共享": "library", "政府部门内部核查": "library", "library": "library",
}  # fmt: skip
_ISSUED = {"政府部门核发", "政府部门出具", "中介机构或法定机构产生", "中介机构"}
#: What nobody hands in.
_FETCHED = ("library", "fact")
_QUOTES = re.compile(r"[《》〈〉「」“”\"'（）()\s]")


@dataclass(frozen=True, slots=True)
class Read:
    """What a row becomes: the material (``None`` where it is wrong), the one it stands for among those that are there, and what is said of it."""

    line: int
    title: str
    verdict: Verdict
    material: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    wrong: tuple[Wrong, ...]

    def changes(self, locale: str) -> tuple[str, ...]:
        """What changes of a material that is there, in words."""
        if self.verdict != "changed" or self.before is None or self.material is None:
            return ()
        found = leaves(self.before, self.material, ("materials", str(self.material["id"])), title=self.title, speech=Speech(locale))
        return tuple(each.words(locale) for each in found)

    def said(self, locale: str) -> tuple[str, ...]:
        """What the material is, in words: need, source, how many."""
        return () if self.material is None else tuple(_said(self.material, locale))


def materials_of(content: Mapping[str, Any]) -> list[Any]:
    """The materials of a draft. Raises :class:`BadInput` where something else stands there."""
    held = find(content, AT)
    if held is MISSING:
        return []
    if not isinstance(held, list) or not all(isinstance(each, Mapping) for each in held):
        raise BadInput("items.import_no_list")
    return held


def read(sheet: Sheet, mapping: Mapping[str, str], content: Mapping[str, Any], licences: Mapping[str, str]) -> tuple[Read, ...]:
    """Every row. *licences* are the kinds of licence of this hall (title → code)."""
    here = materials_of(content)
    by_id = {each["id"]: each for each in here if isinstance(each.get("id"), str)}
    by_title = {bare(str(each.get("title", ""))): each for each in reversed(by_id.values())}
    taken = set(by_id)
    free = (name for n in count(1) if (name := f"m-{n}") not in taken)
    seen: dict[str, int] = {}
    made = []
    for line, values in sheet.rows:
        cells = Cells(sheet.columns, mapping, values)
        before = by_id.get(cells.text("id")) or by_title.get(bare(cells.text("title")))
        material = _material(cells, before, licences)
        if before is None:
            material["id"] = _id(cells, taken) or next(free)
        key = str(before["id"]) if before is not None else f"{cells.text('id')}/{bare(material['title'])}"
        if (first := seen.setdefault(key, line)) != line and material["title"]:
            cells.complain("title", "twice", line=first)
        if not cells.wrong and before is None:
            taken.add(material["id"])
        made.append(_read(line, material, before, tuple(cells.wrong)))
    return tuple(made)


def _read(line: int, material: dict[str, Any], before: Mapping[str, Any] | None, wrong: tuple[Wrong, ...]) -> Read:
    if wrong:
        return Read(line, str(material["title"]), "wrong", None, before, wrong)
    verdict: Verdict = "new" if before is None else "same" if dict(before) == material else "changed"
    return Read(line, str(material["title"]), verdict, material, before, ())


def edits(content: Mapping[str, Any], rows: Sequence[Read], *, drop: bool = False) -> tuple[Edit, ...]:
    """The changes of a draft that take *rows* over – those that are wrong are left out –, in the order of the file behind what is there.

    With *drop*, materials that no row stands for go. Raises :class:`BadInput` when the item would have more than the schema allows.
    """
    here = materials_of(content)
    good = [row for row in rows if row.material is not None]
    changed = {str(row.before["id"]): row.material for row in good if row.before is not None}
    named = {str(row.before["id"]) for row in rows if row.before is not None}
    kept = [changed.get(str(each.get("id")), each) for each in here if not drop or str(each.get("id")) in named]
    after = [*kept, *(row.material for row in good if row.before is None)]
    most = int(_schema()["maxItems"])
    if len(after) > most:
        raise BadInput("items.import_too_many", most=most, count=len(after))
    held = find(content, AT)
    return (Edit("set", AT, after),) if held is MISSING else between(held, after, AT)


# ---- one material


def _material(cells: Cells, before: Mapping[str, Any] | None, licences: Mapping[str, str]) -> dict[str, Any]:
    """The row as a material, on top of the one that is there: what the row does not say stays."""
    made: dict[str, Any] = {"id": "", "title": "", "need": "required", "when": None, "source": {}, **(before or {})}
    if not isinstance(made["source"], Mapping) or "from" not in made["source"]:
        made["source"] = {"from": "applicant"}
    made["title"] = cells.text("title", 200)
    if not cells.text("title"):
        cells.complain("title", "missing_value")
    _need(cells, made)
    _source(cells, made, licences)
    _copies(cells, made)
    if standard := cells.text("standard", 2000):
        made["standard"] = standard
    if help_ := _help(cells):
        made["help"] = help_
    if basis := cells.text("basis", 500):
        made["basis"] = {"status": "none"} if basis in ("无", "无依据") else {"status": "known", "text": basis}
    elif before is None:
        made["basis"] = {"status": "unknown"}
    return made


def _id(cells: Cells, taken: set[str]) -> str:
    """The id that the row gives a new material; empty where it gives none."""
    given = cells.text("id", 64)
    if given and re.fullmatch(_schema()["items"]["properties"]["id"]["pattern"], given) is None:
        cells.complain("id", "bad_id", value=shown(given))
    elif given in taken:
        cells.complain("id", "id_taken", value=shown(given))
    return given


def _need(cells: Cells, made: dict[str, Any]) -> None:
    found = cells.choice("need", NEEDS)
    if (found, made["need"]) == ("optional", "conditional"):
        return  # 非必要 is what the national list says of what is needed in some cases only; which, the item knows
    if found is not None and found != made["need"]:
        made["need"] = found
        made["when"] = None
    if rule := cells.text("when"):
        try:
            made["when"] = json.loads(rule)
        except (ValueError, RecursionError):
            cells.complain("when", "bad_rule")


def _source(cells: Cells, made: dict[str, Any], licences: Mapping[str, str]) -> None:
    found = cells.choice("source", SOURCES)
    issuer = cells.text("issuer", 100)
    if not issuer and cells.text("source") in _ISSUED and len(cells.text("source_note")) <= 100:
        issuer = cells.text("source_note")
    if found == "library":
        code = licences.get(bare(made["title"]))
        if code is None:
            cells.complain("source", "no_licence", title=shown(str(made["title"])))
        made["source"] = {"from": "library", "licence": code}
    elif made["source"]["from"] in _FETCHED and cells.text("source") in ("", *_ISSUED):
        return  # issued by an authority, which is where the hall fetches it: nobody has to hand it in again because of a list
    elif found is not None and (made["source"]["from"] != found or issuer):
        made["source"] = {"from": found}
    if issuer:
        made["source"] = {**made["source"], "issuer": issuer}


def _copies(cells: Cells, made: dict[str, Any]) -> None:
    """How many originals and copies: said of each, or one number and what it is of. What is not said of a new material is not known (``null``)."""
    kind, number = plain(cells.text("kind")), cells.number("count", 99)
    original, copies = cells.number("original", 99), cells.number("copies", 99)
    if kind and not any(name in kind for name in ("原件", "复印件", "电子", "其他", "表格", "文本")):
        cells.complain("kind", "not_a_choice", value=shown(kind), known="原件、复印件、原件和复印件、电子")
    if number is not None and original is None and copies is None:
        original = number if "原件" in kind or "复印件" not in kind else 0
        copies = number if "复印件" in kind else 0
    if plain(cells.text("form")) in ("电子", "电子化", "电子材料", "电子件"):
        original, copies = original or 0, copies or 0
    if made["source"]["from"] in _FETCHED:
        original = copies = None  # 能共享的不得收纸质
    for name, value in (("original", original), ("copies", copies)):
        if value is not None:
            made[name] = value
        else:
            made.setdefault(name, None)
    made.setdefault("accept", ["pdf", "jpg", "png"])


def _help(cells: Cells) -> str:
    """What is said of how to prepare it, from every column that says some of it."""
    paper, when = cells.text("paper"), cells.text("when_words")
    parts = [
        cells.text("fill"),
        f"规格：{paper}" if paper and paper != "无" else "",
        f"需要提交的情形：{when}" if when else "",
        cells.text("source_note"),
        cells.text("remark"),
    ]
    text = "\n".join(dict.fromkeys(part for part in parts if part and part != "无"))
    if len(text) > 2000:
        cells.complain("fill", "too_long", most=2000, length=len(text))
    return text


def bare(title: str) -> str:
    """A title as it is compared: 《营业执照》 is 营业执照."""
    return _QUOTES.sub("", plain(title))


def by_title(types: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Kinds of licence as :func:`read` wants them."""
    return {bare(str(each.get("title", ""))): str(each["code"]) for each in types}


def _schema() -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas.load("item")["properties"]["materials"]
    return found


def _said(material: Mapping[str, Any], locale: str) -> Iterator[str]:
    shape = _schema()["items"]["properties"]
    yield _called(shape["need"], material["need"], locale)
    yield _called(shape["source"]["properties"]["from"], material["source"]["from"], locale)
    for name in ("original", "copies"):
        if material.get(name) is not None:
            yield f"{schemas.spoken(shape[name]['title'], locale)} {material[name]}"


def _called(shape: Mapping[str, Any], value: Any, locale: str) -> str:
    title = next((each["title"] for each in shape["oneOf"] if each["const"] == value), str(value))
    return schemas.spoken(title, locale)
