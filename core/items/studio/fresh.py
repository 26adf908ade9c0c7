"""New nodes and branches: what they begin with, so that a sound route stays sound with them in it."""

from collections.abc import Mapping
from typing import Any, Final

from core.items.studio.errors import CannotRoute
from core.items.studio.mending import free
from core.items.studio.scopes import REVIEW, Lead, kind_of
from core.items.studio.spots import Spot
from core.kernel.wording import word

DAY: Final = {"value": 1, "unit": "working_day"}
AT_ONCE: Final = {"value": None, "unit": "at_once"}
#: Ids that new nodes get, with a number behind them where that is taken.
STEMS = {"step": "step", "sign": "sign", "parallel": "joint", "subcase": "child", "auto": "auto"}


class Fresh:
    """What new nodes are made of: a limit, people that every organisation has, ways that end where the scope may end."""

    def __init__(self, item: Mapping[str, Any], scope: Spot, limit: Mapping[str, Any], taken: set[str]) -> None:
        self.item, self.limit, self.taken = item, dict(limit), taken
        self.org = "branch" if len(scope) > len(REVIEW) else "owner"

    def node(self, kind: str, title: str, ahead: tuple[Lead, str], others: Mapping[str, Any]) -> dict[str, Any]:
        """The new node under ``node``; beside it, by id, what it needs."""
        title = title or _zh(f"kind_{kind}")
        if kind == "auto":
            return self.auto(title, ahead, others)
        yes: dict[str, str] = {ahead[0]: ahead[1]}
        no = {"outcome": "refuse"}
        if kind == "step":
            return {"node": self.step(title, yes)}
        if kind == "sign":
            groups = [{"need": 1, "holders": {"role": "section_chief", "org": self.org}}]
            return {"node": {"kind": kind, "title": title, "limit": self.limit, "groups": groups, "agree": yes, "refuse": no}}
        if kind == "subcase":
            ends = {"granted": yes, "refused": no, "cancelled": dict(no)}
            return {"node": {"kind": kind, "title": title, "item": "", "limit": self.limit, "wait": True, **ends}}
        office = self.item.get("department")
        branch = fresh_branch(_zh("lead"), office if isinstance(office, str) and office else "", self.limit)
        lanes = {"kind": kind, "title": title, "lead": "lead", "branches": {"lead": branch}, "join": {"policy": "lead"}}
        return {"node": {**lanes, "agree": yes, "refuse": dict(yes) if ahead[0] == "to" else no}}

    def step(self, title: str, ahead: Mapping[str, str]) -> dict[str, Any]:
        return _step(title, self.org, ahead, self.limit)

    def auto(self, title: str, ahead: tuple[Lead, str], others: Mapping[str, Any]) -> dict[str, Any]:
        """An automatic node needs somebody who does by hand what it cannot: the node that follows, or a step of its own."""
        if ahead[0] != "to":
            raise CannotRoute("items.studio_route_auto_last", title=title)
        made: dict[str, Any] = {"kind": "auto", "title": title, "hook": "", "purpose": title, "to": ahead[1], "by_hand": ahead[1]}
        if kind_of(others.get(ahead[1])) in ("step", "sign"):
            return {"node": made}
        spare = "by_hand" if "by_hand" not in self.taken else free(self.taken, "by_hand")
        return {"node": made | {"by_hand": spare}, spare: self.step(_zh("by_hand"), {"to": ahead[1]})}


def _step(title: str, org: str, ahead: Mapping[str, str], limit: Mapping[str, Any]) -> dict[str, Any]:
    buttons = {"pass": {"title": _zh("pass"), **ahead}, "refuse": {"title": _zh("refuse"), "outcome": "refuse", "needs": ["reason"]}}
    return {"kind": "step", "title": title, "limit": dict(limit), "holders": {"role": "reviewer", "org": org}, "actions": buttons}


def fresh_branch(title: str, department: str, limit: Mapping[str, Any] = DAY) -> dict[str, Any]:
    """A new branch: one step of its department, which agrees or not."""
    org: Any = {"department": department} if department else "owner"
    return {"title": title, "org": org, "start": "opinion", "nodes": {"opinion": _step(_zh("opinion"), "branch", {"outcome": "agree"}, limit)}}


def _zh(key: str) -> str:
    """A text that a new node begins with: items are written in Chinese."""
    return word(f"items.studio_route_new_{key}", "zh")
