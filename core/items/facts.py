"""What rules of an item may ask, beside the form: situations, party, channel – and the answers to situations as facts.

Facts are one nested mapping (``form.*``, ``situation.*``, ``party.kind``, ``channel``; docs/architecture.md §5). A situation
not answered is *absent*, so a rule over it is unknown and opens nothing (ROUTING §4.3).
"""

from collections.abc import Mapping
from typing import Any

from core.forms.conditions import to_facts
from core.forms.spec import FormSpec
from core.items.spec import CompiledItem
from core.kernel.wording import word
from core.rules.service import Label, Type

#: Rule types of the facts that do not come from the form.
PLAIN_TYPES: Mapping[str, Type] = {"party.kind": "choice", "channel": "choice"}
PLAIN_LABELS: Mapping[str, Label] = {
    "party.kind": Label("申请人类型", {"person": "个人", "company": "企业或组织"}),
    "channel": Label("办理渠道", {"web": "网上", "window": "窗口", "api": "接口"}),
}


def chosen(doc: Mapping[str, Any], answers: Mapping[str, Any] | None) -> dict[str, str]:
    """The *answers* that are options of this item's situations; anything else (an old bookmark, a hostile query) is left out."""
    kept: dict[str, str] = {}
    for situation in doc.get("situations") or ():
        answer = (answers or {}).get(situation["id"])
        if any(option["id"] == answer for option in situation["options"]):
            kept[situation["id"]] = str(answer)
    return kept


def preset(doc: Mapping[str, Any], answers: Mapping[str, Any] | None) -> dict[str, Any]:
    """The form values that the chosen options set (``sets``), later situations winning."""
    values: dict[str, Any] = {}
    picked = chosen(doc, answers)
    for situation in doc.get("situations") or ():
        for option in situation["options"]:
            if picked.get(situation["id"]) == option["id"]:
                values.update(option.get("sets") or {})
    return values


def facts(
    item: CompiledItem | Mapping[str, Any],
    answers: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    party: Mapping[str, Any] | None = None,
    channel: str | None = None,
) -> dict[str, Any]:
    """Everything rules are asked with. *values* (the form, as decided) win over what the situation presets.

    Give the compiled item wherever there is one: its form turns answers into what rules compare (money into 分). A bare document
    leaves them as they are, which is right only for items without money in rules.
    """
    compiled = item if isinstance(item, CompiledItem) else None
    doc: Mapping[str, Any] = compiled.doc if compiled is not None else item  # type: ignore[assignment]
    form = {**preset(doc, answers), **(values or {})}
    known: dict[str, Any] = {"form": form if compiled is None else form_facts(compiled.form, form), "situation": chosen(doc, answers)}
    if party is not None:
        known["party"] = dict(party)
    if channel is not None:
        known["channel"] = channel
    return known


def form_facts(form: FormSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as rules compare them: money in 分, days that are none left out, also inside groups and rows."""
    fields = form.root.by_id
    return {name: to_facts(fields[name], value) if name in fields else value for name, value in values.items()}


def types(doc: Mapping[str, Any], form_types: Mapping[str, Type]) -> dict[str, Type]:
    """Rule types of every fact of this item; *form_types* come from the compiled form."""
    situations: dict[str, Type] = {f"situation.{situation['id']}": "choice" for situation in doc.get("situations") or ()}
    return {**PLAIN_TYPES, **situations, **form_types}


def plain_labels(locale: str = "zh") -> Mapping[str, Label]:
    """What the facts that no form asks for are called."""
    if locale.startswith("zh"):
        return PLAIN_LABELS
    return {
        path: Label(word(f"items.fact_{path}", locale), {key: word(f"items.fact_{path}_{key}", locale) for key in each.choices})
        for path, each in PLAIN_LABELS.items()
    }


def labels(doc: Mapping[str, Any], form_labels: Mapping[str, Any], locale: str = "zh") -> dict[str, Any]:
    """Names for the sentences of rules: a situation with its options in Chinese, the form's own labels as given, the platform's own in *locale*."""
    situations = {
        f"situation.{situation['id']}": Label(str(situation["title"]), {option["id"]: str(option["title"]) for option in situation["options"]})
        for situation in doc.get("situations") or ()
    }
    return {**plain_labels(locale), **situations, **form_labels}


def spoken_labels(compiled: CompiledItem, locale: str = "zh") -> dict[str, Any]:
    """:func:`labels` in *locale*: titles and choices of the form and the situations translated where there is a translation."""
    named = labels(compiled.doc, compiled.form.labels, locale)
    if locale.startswith("zh"):
        return named
    table: Mapping[str, str] = (compiled.doc.get("translations") or {}).get(locale) or {}
    return {path: label.spoken(path.replace("situation.", "situations.", 1), table, locale) for path, label in named.items()}
