"""Applicants hear when the calendar moved the last day of their case: the notice of next year's holidays came, a day was declared off (行政许可法 82).

Which day is the last never depends on this; it is told because a day was promised before.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.models import Case
from core.cases.notify import accounts
from core.cases.speaking import spoken_title
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.kernel.clock import local
from core.notices import service as notices
from core.notices.wordings import LOCALES
from core.outbox import service as outbox
from core.worktime.explain import day_words

TOPIC = "case.date_moved"


def tell(session: Session, case_id: str, region_root: str, clock: str, epoch: int, before: datetime, after: datetime) -> None:
    """Have the notice written after the commit: the last day of *clock*, in its *epoch* now, went from *before* to *after* (instants at which a day ends)."""
    was, is_ = last_day(before), last_day(after)
    if was != is_:
        body = {"case": case_id, "clock": clock, "epoch": epoch, "before": was.isoformat(), "day": is_.isoformat()}
        outbox.send(session, TOPIC, body, key=f"{TOPIC}/{case_id}/{clock}/{epoch}", region_root=region_root)


def last_day(due_at: datetime) -> date:
    """The legal day that ends at *due_at*, the midnight after it."""
    return local(due_at - timedelta(seconds=1)).date()


@outbox.handler(TOPIC)
def tell_applicant(session: Session, body: dict[str, Any], message_id: str) -> None:
    """One notice an account and epoch; a handler run twice writes none. A case that ended meanwhile has nothing to wait for."""
    del message_id
    row = session.execute(select(*Case.__table__.c).where(Case.id == body["case"])).mappings().first()
    if row is None or row["status"] in ENDED:
        return
    compiled = pinned(session, row["version_id"])
    params = {
        "item": {locale: spoken_title(compiled, row["item_title"], locale) for locale in LOCALES},
        "number": row["number"],
        **{name: {locale: day_words(date.fromisoformat(body[name]), locale, year=True) for locale in LOCALES} for name in ("before", "day")},
    }
    for account in accounts(session, row["id"]):
        notices.post(
            session, key=f"case/{row['id']}/date/{body['clock']}/{body['epoch']}/inbox/{account}", template="date_moved", recipient=("account", account),
            params=params, case_id=row["id"], region_root=row["region_root"], department_id=row["department_id"],
        )  # fmt: skip
