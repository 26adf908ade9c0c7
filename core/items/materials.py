"""Which materials one applicant must give, may give, or need not give because the hall has them already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.files.spec import Limits
from core.items.spec import JsonObject
from core.rules.service import compile_rule

State = Literal["required", "optional", "deferrable", "unknown"]
DEFAULT_ACCEPT = ("pdf", "jpg", "png")


@dataclass(frozen=True, slots=True)
class Need:
    """One material for one set of facts. ``unknown``: its condition hangs on an answer not yet given.

    ``by_applicant`` is false for what the form generates, the licence library or a shared fact gives: 无需提交.
    """

    id: str
    doc: JsonObject
    state: State
    condition: Any = None

    @property
    def source(self) -> str:
        """``applicant``, ``form``, ``library`` or ``fact``."""
        return str(self.doc["source"]["from"])

    @property
    def by_applicant(self) -> bool:
        """Whether the applicant has to hand in a file."""
        return self.source == "applicant"

    @property
    def demanded(self) -> bool:
        """Whether a submission without it is incomplete."""
        return self.by_applicant and self.state == "required"


def needs(doc: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[Need, ...]:
    """The materials of item *doc* that these *facts* call for, in the item's order; what is surely not needed is left out."""
    found = []
    for material in doc["materials"]:
        state = _state(material, facts)
        if state is not None:
            found.append(Need(material["id"], material, state, material.get("when")))
    return tuple(found)


def limits_of(material: Mapping[str, Any]) -> Limits:
    """What one file of a material may be."""
    return Limits(max_bytes=int(material.get("max_mb") or 20) * 1024 * 1024, accept=tuple(material.get("accept") or DEFAULT_ACCEPT))


def most(material: Mapping[str, Any]) -> int:
    """How many files one material takes."""
    return int(material.get("max_files") or 5)


def _state(material: Mapping[str, Any], facts: Mapping[str, Any]) -> State | None:
    need = material["need"]
    if need in ("required", "optional", "deferrable"):
        state: State = need
        return state
    truth = compile_rule(material["when"]).evaluate(facts)
    if truth is None:
        return "unknown"
    return "required" if truth else None
