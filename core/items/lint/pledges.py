"""告知承诺 and 容缺受理: two instruments, each with its text, its liability and its basis; what the law excludes stays excluded."""

import re
from collections.abc import Iterator

from core.items.errors import finding
from core.items.lint.rules import Doc, by_id, rule
from core.kernel.errors import Finding

#: 国办发〔2020〕42号: matters directly concerning these are not for promises.
EXCLUDED = re.compile("国家安全|国家秘密|公共安全|金融业审慎监管|生态环境保护|人身健康|生命财产安全|重要涉外")


@rule
def promises_cover_something(doc: Doc) -> Iterator[Finding]:
    """A promise stands in for materials or conditions of this item, once each; 证明事项 for materials, 经营许可 for companies' licences."""
    materials = {each["id"]: each for each in doc["materials"]}
    conditions = {each["id"] for each in doc["conditions"]}
    covered: set[str] = set()
    for index, promise in by_id(doc.get("promises") or ()):
        path, named = f"/promises/{index}", list(promise.get("materials") or ())
        if not named and not promise.get("conditions"):
            yield finding("error", path, "promise_covers_nothing", {"title": promise["title"]})
        for name in named:
            if name not in materials or materials[name]["source"]["from"] != "applicant":
                yield finding("error", f"{path}/materials", "promise_material", {"title": promise["title"], "name": name})
            if name in covered:
                yield finding("error", f"{path}/materials", "promised_twice", {"name": name})
            covered.add(name)
        for name in promise.get("conditions") or ():
            if name not in conditions:
                yield finding("error", f"{path}/conditions", "promise_condition", {"title": promise["title"], "name": name})
        if promise["kind"] == "proof" and not named:
            yield finding("error", f"{path}/materials", "proof_without_material", {"title": promise["title"]})
        if promise["kind"] == "permit" and doc["type"] != "01":
            yield finding("error", f"{path}/kind", "permit_promise_elsewhere", {"title": promise["title"]})
        if not promise["check"]["within"].get("value"):
            yield finding("error", f"{path}/check/within", "promise_unchecked", {"title": promise["title"]})
        if (hit := EXCLUDED.search(promise["duty"])) is not None:
            yield finding("error", f"{path}/duty", "promise_excluded", {"title": promise["title"], "matter": hit[0]})


@rule
def what_follows_later_says_when(doc: Doc) -> Iterator[Finding]:
    """A deferrable paper says within how long it follows; the item says what happens when it does not (安阳 24: 一次告知)."""
    for index, material in by_id(doc["materials"]):
        deferrable = material["need"] == "deferrable"
        if deferrable and not (material.get("later") or {}).get("value"):
            yield finding("error", f"/materials/{index}/later", "later_without_limit", {"title": material["title"]})
        if deferrable and not doc.get("deferral"):
            yield finding("error", "/deferral", "deferrable_without_deferral", {"title": material["title"]})
        if not deferrable and material.get("later"):
            yield finding("error", f"/materials/{index}/later", "later_not_deferrable", {"title": material["title"]})
    if doc.get("deferral") and not any(material["need"] == "deferrable" for material in doc["materials"]):
        yield finding("warning", "/deferral", "deferral_of_nothing")


@rule
def bars_say_when(doc: Doc) -> Iterator[Finding]:
    """A bar holds by a rule of the item or by a condition that a plugin knows – by exactly one of them."""
    for index, bar in by_id(doc.get("bars") or ()):
        if bool(bar.get("when")) == bool(bar.get("condition")):
            yield finding("error", f"/bars/{index}", "bar_needs_one", {"title": bar["title"]})
