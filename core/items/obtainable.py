"""What the hall can get for itself may not be asked for: papers that a licence type of the library or a shared fact stands for."""

import re
from collections.abc import Iterator, Mapping

from core.items.errors import finding
from core.items.sources import FactType
from core.items.spec import JsonObject
from core.kernel.errors import Finding

_BRACKETS = re.compile("[(（][^()（）]*[)）]|[《》〈〉“”]")
_OWNER = re.compile("^(申请人|申请单位|申请企业|取水单位|本人|本单位|单位|企业|公司)的?")
_FORM = re.compile("(复印件|扫描件|原件|正本|副本|照片|电子版|[、及和和或])+$")


def plain(title: str) -> str:
    """A material's title without what says whose it is and in which form: ``申请单位营业执照(副本)复印件`` → ``营业执照``."""
    return _OWNER.sub("", _FORM.sub("", _BRACKETS.sub("", title).strip())).strip()


def obtainable(doc: JsonObject, licences: Mapping[str, str], facts: Mapping[str, FactType] | None, items: frozenset[str] | None) -> Iterator[Finding]:
    """Every paper demanded from the applicant that the library or a shared fact gives (seed 002 art. 17, 优化营商环境条例 37), unless the item says
    in ``source.kept_because`` why it must be handed in all the same; and every fact the item names that nobody here can look up.
    """
    by_title = {title: code for code, title in licences.items()}
    by_paper = {paper: fact for fact in (facts or {}).values() for paper in fact.papers}
    for index, material in enumerate(doc["materials"]):
        source, path = material["source"], f"/materials/{index}/source"
        if source["from"] == "applicant" and not source.get("kept_because"):
            name = plain(material["title"])
            if name in by_title:
                yield finding("error", path, "library_can_give", {"title": material["title"], "type": by_title[name]})
            elif name in by_paper:
                yield finding("error", path, "fact_can_give", {"title": material["title"], "fact": by_paper[name].title, "name": by_paper[name].name})
        if source["from"] == "fact" and facts is not None:
            yield from _fact(source, facts, items, path)


def _fact(source: JsonObject, facts: Mapping[str, FactType], items: frozenset[str] | None, path: str) -> Iterator[Finding]:
    fact = facts.get(source["fact"])
    if fact is None:
        yield finding("error", f"{path}/fact", "fact_missing", {"name": source["fact"], "known": "、".join(sorted(facts)) or "–"})
        return
    for name in fact.needs:
        if not source.get(name):
            yield finding("error", f"{path}/{name}", "fact_needs", {"fact": fact.title, "name": name})
    if source.get("item") and items is not None and source["item"] not in items:
        yield finding("error", f"{path}/item", "fact_item_missing", {"name": source["item"]})
