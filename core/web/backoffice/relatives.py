"""On the case page: the case that began this one, and the cases of other items that it began – each with where it stands."""

from collections.abc import Mapping
from typing import Any

from core.cases import service as cases
from core.cases.service.children import Relative
from core.cases.spec import CaseView
from core.items.spec import CompiledItem
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor
from core.web.page import say as _

_ENDS = {"granted": "go", "refused": "stop", "cancelled": "stop"}


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:  # noqa: ARG001 – every panel is asked alike
    """Parent and sub-cases; no panel for the nearly all that have neither."""
    if view.parent_id is None and not view.marking.children:
        return None
    found = cases.relatives(edge.session(), view.id, view.parent_id, actor=actor(), locale=edge.locale())
    return {"parent": _line(found.parent) if found.parent is not None else None, "children": [_line(each) for each in found.children]}


def _line(one: Relative) -> dict[str, Any]:
    locale = edge.locale()
    if one.result is not None:
        said, css = word(f"cases.child_end.{one.result}", locale), _ENDS[one.result]
    else:
        said, css = (word(f"routing.status.{one.status}", locale) if one.status else _("正在立件")), "a"
    return {"one": one, "said": said, "css": css}
