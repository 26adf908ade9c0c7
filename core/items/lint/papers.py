"""Materials, conditions and results."""

import re
from collections.abc import Iterator

from core.items.errors import finding
from core.items.lint.rules import Doc, by_id, rule
from core.kernel.clock import today
from core.kernel.errors import Finding

DEMAND = re.compile("提交|提供|递交|携带|持.{0,12}(原件|复印件|证明)")
_ENDINGS = (("证", "licence"), ("证书", "licence"), ("执照", "licence"), ("批复", "document"), ("文", "document"))


@rule
def shared_papers_are_not_demanded(doc: Doc) -> Iterator[Finding]:
    """能共享的不得收纸质 (seed 003, 优化营商环境条例): what the library or a shared fact gives may not be asked on paper."""
    for index, material in by_id(doc["materials"]):
        if material["source"]["from"] not in ("library", "fact"):
            continue
        asked = next((part for part in ("original", "copies") if material.get(part)), None)
        if asked is not None:
            yield finding("error", f"/materials/{index}/{asked}", "shared_on_paper", {"title": material["title"]})


@rule
def demanded_papers_have_a_basis(doc: Doc) -> Iterator[Finding]:
    """没有依据的材料一律取消 (seed 002): known to have none is an error, not known is said openly."""
    for index, material in by_id(doc["materials"]):
        status = (material.get("basis") or {}).get("status")
        if status == "none":
            yield finding("error", f"/materials/{index}/basis", "material_without_basis", {"title": material["title"]})


@rule
def unknown_bases_are_waived(doc: Doc) -> Iterator[Finding]:
    """A paper may be asked for on a basis nobody has found yet only while a named person answers for it (seed 002 art. 17)."""
    for index, material in by_id(doc["materials"]):
        basis = material.get("basis") or {"status": "unknown"}
        if material["source"]["from"] == "form" or basis.get("status") != "unknown":
            continue
        waiver, path = basis.get("waiver"), f"/materials/{index}/basis"
        if waiver is None:
            yield finding("error", path, "basis_without_waiver", {"title": material["title"]})
        elif str(waiver["until"]) < today().isoformat():
            yield finding("error", f"{path}/waiver/until", "waiver_over", {"title": material["title"], "until": waiver["until"], "by": waiver["by"]})


@rule
def papers_that_serve_again_are_of_a_kind(doc: Doc) -> Iterator[Finding]:
    """``reuse_for`` needs ``same_as``, counts calendar time, and is for what the applicant hands in."""
    for index, material in by_id(doc["materials"]):
        limit = material.get("reuse_for")
        if limit is None:
            continue
        if not material.get("same_as") or material["source"]["from"] != "applicant":
            yield finding("error", f"/materials/{index}/reuse_for", "reuse_without_kind", {"title": material["title"]})
        if limit["unit"] not in ("calendar_day", "month", "year") or not limit.get("value"):
            yield finding("error", f"/materials/{index}/reuse_for", "reuse_unit", {"title": material["title"]})


@rule
def conditional_papers_say_when(doc: Doc) -> Iterator[Finding]:
    """``conditional`` carries ``when``; the others do not, or the list would shorten without saying why."""
    for index, material in by_id(doc["materials"]):
        if material["need"] == "conditional" and not material.get("when"):
            yield finding("error", f"/materials/{index}/when", "conditional_without_when", {"title": material["title"]})
        if material["need"] != "conditional" and material.get("when"):
            yield finding("error", f"/materials/{index}/need", "when_without_conditional", {"title": material["title"]})


@rule
def materials_are_named_once(doc: Doc) -> Iterator[Finding]:
    """Two materials of one name cannot be told apart on a correction notice, unless their conditions differ."""
    seen: dict[tuple[str, str], int] = {}
    for index, material in by_id(doc["materials"]):
        key = (material["title"], repr(material.get("when")))
        if key in seen:
            yield finding("error", f"/materials/{index}/title", "material_twice", {"title": material["title"]})
        seen[key] = index


@rule
def conditions_name_no_papers(doc: Doc) -> Iterator[Finding]:
    """条件 must not list material names: what must be true is a condition, what must be handed in is a material."""
    titles = [material["title"] for material in doc["materials"] if len(material["title"]) >= 4]
    for index, condition in by_id(doc["conditions"]):
        named = next((title for title in titles if title in condition["text"]), None)
        if named:
            yield finding("error", f"/conditions/{index}/text", "condition_names_material", {"title": named})
        elif DEMAND.search(condition["text"]):
            yield finding("warning", f"/conditions/{index}/text", "condition_demands")


@rule
def conditions_do_not_contradict(doc: Doc) -> Iterator[Finding]:
    """年满18 beside a guardian, 本人到场 beside an agent: one of the two is wrong."""
    conditions = " ".join(condition["text"] for condition in doc["conditions"])
    options = " ".join(option["title"] for situation in doc.get("situations") or () for option in situation["options"])
    if re.search("年满(18|十八)", conditions) and "监护人" in options:
        yield finding("warning", "/conditions", "adult_with_guardian")
    if "本人" in str(doc["visits"].get("reason") or "") and re.search("委托|代办", options):
        yield finding("warning", "/visits/reason", "in_person_with_agent")


@rule
def results_are_what_their_name_says(doc: Doc) -> Iterator[Finding]:
    """结果名称 以“证”结尾→出证, “批复”“文”→出文."""
    for index, result in by_id(doc["results"]):
        kind = next((kind for ending, kind in _ENDINGS if result["title"].endswith(ending)), None)
        if kind == "licence" and result["kind"] != "licence":
            yield finding("error", f"/results/{index}/kind", "result_is_licence", {"title": result["title"]})
        if kind == "document" and result["kind"] == "licence":
            yield finding("error", f"/results/{index}/kind", "result_is_document", {"title": result["title"]})
        if result["kind"] == "licence" and not result.get("licence_type"):
            yield finding("error", f"/results/{index}/licence_type", "result_without_type", {"title": result["title"]})


@rule
def results_show_a_sample(doc: Doc) -> Iterator[Finding]:
    """结果有样本; sources seldom print one, so this warns."""
    for index, result in by_id(doc["results"]):
        if not result.get("sample"):
            yield finding("warning", f"/results/{index}/sample", "result_without_sample", {"title": result["title"]})
