"""On the case page: materials that nobody was asked for, with their source and whether they still serve; and the promises made."""

from collections.abc import Mapping
from typing import Any

from core.cases import supplied
from core.cases.service import following
from core.cases.spec import CaseView
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.clock import today
from core.web import edge
from core.web.backoffice.followups import kinds, states
from core.web.page import say as _


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """Evidence and promises of the case; no panel for a case without either."""
    session, read = edge.session(), Reader(compiled.doc, edge.locale())
    titles = {each["id"]: str(read(f"materials.{each['id']}.title", each["title"])) for each in compiled.doc["materials"]}
    found = supplied.evidence_of(session, view.id, locale=edge.locale()) if view.had("evidence_used") else ()
    promises = following.of_case(session, view.id) if view.had("promised") else ()
    if not found and not promises:
        return None
    said = following.said(session, view.id)
    sources = {"library": _("证照库"), "fact": _("共享信息"), "case": _("以前的办件")}
    return {
        "evidence": [{"view": each, "title": titles.get(each.material, each.material), "source": sources[each.kind]} for each in found],
        "promises": [
            {
                "line": line,
                "title": titles.get(line.code, "") if line.kind == "later" else said.get(line.id, {}).get("title", ""),
                "kind": kinds()[line.kind],
                "state": states()[line.state],
                "late": following.overdue(line, today()),
                "said": said.get(line.id, {}),
            }
            for line in promises
        ],
    }
