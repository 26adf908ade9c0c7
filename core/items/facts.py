"""What rules of an item may ask, beside the form: situations, party, channel – and the answers to situations as facts.

Facts are one nested mapping (``form.*``, ``situation.*``, ``party.kind``, ``channel``; docs/architecture.md §5). A situation
not answered is *absent*, so a rule over it is unknown and opens nothing (ROUTING §4.3).
"""

from collections.abc import Mapping
from typing import Any

#: Rule types of the facts that do not come from the form.
PLAIN_TYPES: Mapping[str, str] = {"party.kind": "choice", "channel": "choice"}
PLAIN_LABELS: Mapping[str, str] = {"party.kind": "申请人类型", "channel": "办理渠道"}


def chosen(doc: Mapping[str, Any], answers: Mapping[str, Any] | None) -> dict[str, str]:
    """The *answers* that are options of this item's situations; anything else (an old bookmark, a hostile query) is left out."""
    kept: dict[str, str] = {}
    for situation in doc.get("situations", ()):
        answer = (answers or {}).get(situation["id"])
        if any(option["id"] == answer for option in situation["options"]):
            kept[situation["id"]] = str(answer)
    return kept


def preset(doc: Mapping[str, Any], answers: Mapping[str, Any] | None) -> dict[str, Any]:
    """The form values that the chosen options set (``sets``), later situations winning."""
    values: dict[str, Any] = {}
    picked = chosen(doc, answers)
    for situation in doc.get("situations", ()):
        for option in situation["options"]:
            if picked.get(situation["id"]) == option["id"]:
                values.update(option.get("sets") or {})
    return values


def facts(
    doc: Mapping[str, Any],
    answers: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    party: Mapping[str, Any] | None = None,
    channel: str | None = None,
) -> dict[str, Any]:
    """Everything rules are asked with. *values* (the form, as decided) win over what the situation presets."""
    known: dict[str, Any] = {"form": {**preset(doc, answers), **(values or {})}, "situation": chosen(doc, answers)}
    if party is not None:
        known["party"] = dict(party)
    if channel is not None:
        known["channel"] = channel
    return known


def types(doc: Mapping[str, Any], form_types: Mapping[str, Any]) -> dict[str, Any]:
    """Rule types of every fact of this item; *form_types* come from the compiled form."""
    situations = {f"situation.{situation['id']}": "choice" for situation in doc.get("situations", ())}
    return {**PLAIN_TYPES, **situations, **form_types}


def labels(doc: Mapping[str, Any], form_labels: Mapping[str, str]) -> dict[str, str]:
    """Chinese names for the sentences of rules."""
    situations = {f"situation.{situation['id']}": str(situation["title"]) for situation in doc.get("situations", ())}
    return {**PLAIN_LABELS, **situations, **form_labels}
