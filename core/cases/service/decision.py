"""What a grant brings with it, in the same transaction: licence numbers and records. Their papers follow through the outbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.cases import applicants
from core.cases.chain import Fact
from core.cases.service import merging, outcomes, promised
from core.cases.service.machine import Loaded
from core.kernel.actor import Actor
from core.kernel.clock import local
from core.licences import service as licences
from core.licences.life import last_day
from core.licences.spec import Holder
from core.rules.service import compile_rule


def issue(session: Session, case: Loaded, at: datetime, *, actor: Actor) -> Sequence[Fact]:
    """Issue every licence that the item's results name, to the applicant, for the time the item says; do to those they hold what the others say."""
    wanted = [result for result in case.compiled.doc.get("results", ()) if _new(result)]
    done = outcomes.carry_out(session, case, actor=actor)
    if not wanted:
        return done
    who = applicants.named(session, case.id, case.row["department_id"])
    first = who.applicants[0]
    holder = Holder(tuple(each.id for each in who.applicants), first.name, first.document_kind, first.number, first.kind == "company")
    day = local(at).date()
    facts = case.facts()
    made, merged = list(done), merging.lines(session, case, actor=actor)
    for result in wanted:
        data = {name: _printed(case, rule, facts) for name, rule in result.get("data", {}).items()}
        data |= {name: words for name, words in merged.get(result["id"], {}).items() if name not in data}
        ref = licences.issue(
            session, result["licence_type"], holder, data, case_no=case.row["number"], valid_from=day, valid_to=last_day(day, result.get("valid_for")),
            issuer=who.department.id, actor=actor,
        )  # fmt: skip
        made.append(Fact("licence_issued", {"licence": ref.id, "type": result["licence_type"], "result": result["id"]}))
        made += promised.note(session, case, ref.id, actor=actor)
    return made


def _new(result: Mapping[str, Any]) -> bool:
    """Whether a result is a licence that is not there yet."""
    return bool(result.get("kind") == "licence" and result.get("licence_type") and (result.get("action") or {}).get("do", "new") == "new")


def _printed(case: Loaded, rule: Any, facts: Mapping[str, Any]) -> Any:
    """What stands on the paper: a plain answer in words (餐饮服务, not its code; yuan, not 分), anything worked out as it is."""
    path = str(rule["var"]) if isinstance(rule, Mapping) and set(rule) == {"var"} else ""
    field = case.compiled.form.root.by_id.get(path.removeprefix("form.")) if path.startswith("form.") else None
    if field is None:
        return compile_rule(rule).value(facts) if isinstance(rule, Mapping) else rule
    value = (case.content.get("values") or {}).get(field.id)
    return None if value is None else field.kind.display(field, value, "zh")
