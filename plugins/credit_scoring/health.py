"""What keeps this plugin from doing its work, each with the page that mends it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from core.sdk import Context, Finding, people
from plugins.credit_scoring import modelling, requests
from plugins.credit_scoring.models import Batch, Entry, Run

_HERE = "/office/x/credit_scoring"

#: Whom a model is for, as findings say it.
_WORDS = {"company": {"zh": "企业", "en": "companies"}, "person": {"zh": "个人", "en": "people"}}


def check(ctx: Context) -> Sequence[Finding]:
    """Findings for the health page; ``params["mend"]`` is the address."""
    found = []
    if not ctx.session.scalar(select(Entry.code).limit(1)):
        found.append(_finding("warning", "empty_catalogue", "catalogue"))
    found += [_finding("warning", "no_published_model", "models", kind=_WORDS[kind]) for kind in modelling.SHIPPED if modelling.published(ctx, kind) is None]
    late = requests.late(ctx)
    if late:
        found.append(_finding("error", "late_requests", "requests", count=late))
    stopped = sum(ctx.session.scalar(select(func.count()).select_from(model).where(model.state == "stopped")) or 0 for model in (Batch, Run))
    if stopped:
        found.append(_finding("warning", "stopped_work", "imports", count=stopped))
    for permission in ("bring_in", "decide", "manage", "publish"):
        if not people.staff_with(ctx, permission):
            found.append(Finding("warning", permission, "credit_scoring.nobody_may", {"permission": permission, "mend": "/office/plugins/"}))
    return tuple(found)


def check_item(ctx: Context, item: Any) -> Sequence[Finding]:
    """Errors of an item that uses grades."""
    kinds = item.options.get("kinds", ())
    missing = [kind for kind in kinds if modelling.published(ctx, kind) is None]
    spot, key = "/plugins/credit_scoring/kinds", "credit_scoring.no_published_model"
    return tuple(Finding("warning", spot, key, {"mend": f"{_HERE}/models", "kind": _WORDS.get(kind, kind)}) for kind in missing)


def _finding(level: Any, key: str, page: str, **params: Any) -> Finding:
    return Finding(level, page, f"credit_scoring.{key}", {**params, "mend": f"{_HERE}/{page}"})
