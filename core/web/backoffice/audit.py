"""The audit view: who did and who looked, newest first, filtered, verifiable with one button. Reading it is itself recorded."""

from datetime import datetime

from flask import request
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import select, tuple_

from core.audit import service as records
from core.audit.models import Entry
from core.identity import queries as people
from core.kernel.clock import now
from core.kernel.paging import decode_cursor, encode_cursor
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page

_BATCH = 50


class AuditView(BaseView):  # type: ignore[misc]
    """Entries of the append-only record."""

    route_base = "/office/audit"
    default_view = "entries"
    class_permission_name = "AuditView"

    @expose("/")
    @has_access
    @at_desk
    def entries(self) -> str:
        """One batch of entries, by keyset."""
        return self._page()

    @expose("/verify", methods=["POST"])
    @has_access
    @at_desk
    def verify(self) -> str:
        """Check every chain now."""
        problems = records.verify(edge.session())
        records.record(edge.session(), "audit_verified", subject=("audit", "all"), actor=actor(), detail={"problems": len(problems)})
        return self._page(checked=True, problems=problems)

    def _page(self, **more: object) -> str:
        session = edge.session()
        asked = {key: request.args.get(key, "").strip()[:100] for key in ("action", "subject", "actor")}
        query = select(Entry).order_by(Entry.at.desc(), Entry.stream.desc(), Entry.seq.desc()).limit(_BATCH + 1)
        if asked["action"]:
            query = query.where(Entry.action == asked["action"])
        if asked["subject"]:
            query = query.where(Entry.subject_id == asked["subject"])
        if asked["actor"]:
            query = query.where(Entry.actor_id == asked["actor"])
        if request.args.get("after"):
            at, stream, seq = decode_cursor(request.args["after"], 3)
            query = query.where(tuple_(Entry.at, Entry.stream, Entry.seq) < (datetime.fromisoformat(str(at)), str(stream), int(seq)))
        rows = session.scalars(query).all()
        rest = encode_cursor(rows[_BATCH - 1].at.isoformat(), rows[_BATCH - 1].stream, rows[_BATCH - 1].seq) if len(rows) > _BATCH else None
        names = people.staff_names(session, [row.actor_id for row in rows if row.actor_kind == "staff"])
        return desk_page("office/audit.html", nav_here="audit", rows=rows[:_BATCH], names=names, asked=asked, after=rest, at=now(), **more)
