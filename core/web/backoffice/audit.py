"""The audit view: who did and who looked, newest first, filtered, verifiable with one button. Reading it is itself recorded."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import request
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from core.audit import service as records
from core.audit.models import Entry
from core.cases import sampling
from core.cases.models import Case
from core.identity import queries as people
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import is_id
from core.kernel.paging import decode_cursor, encode_cursor
from core.kernel.text import normalise
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page
from core.web.backoffice.people import role_words
from core.web.backoffice.security import ROLE_TITLES
from core.web.page import say as _

_BATCH = 50


def _position(cursor: str) -> tuple[datetime, str, int]:
    """The sort values of the last row that was shown. Raises :class:`BadInput` for anything that this page did not hand out."""
    at, stream, seq = decode_cursor(cursor, 3)
    try:
        when, number = datetime.fromisoformat(str(at)), int(seq)
    except (TypeError, ValueError) as error:
        raise BadInput("kernel.bad_cursor") from error
    if when.tzinfo is None or not 0 <= number < 2**31:
        raise BadInput("kernel.bad_cursor")
    return when, str(stream)[:20], number


def _titles() -> dict[str, str]:
    """What the common actions are in words; the key stays beside them, since filters and papers quote it."""
    return {
        "cases.looked": _("打开办件"),
        "cases.looked_material": _("查看材料"),
        "cases.looked_document": _("查看文书"),
        "case.revealed": _("查看完整信息"),
        "case.unchecked": _("提交时插件没有核对"),
        "item.applied": _("放入事项"),
        "item.published": _("发布事项"),
        "licences.issued": _("发证"),
        "licences.annotated": _("批注证照"),
        "licences.changed": _("变更证照"),
        "licences.renewed": _("延续证照"),
        "licences.renewal_asked": _("申请延续证照"),
        "licences.renewal_ended": _("延续申请结束，没有决定"),
        "licences.renewal_refused": _("不予延续证照"),
        "licences.deemed_renewed": _("逾期未决定，视为准予延续"),
        "licences.suspended": _("暂扣证照"),
        "licences.resumed": _("恢复证照"),
        "licences.annulled": _("撤销证照"),
        "licences.revoked": _("吊销证照"),
        "licences.cancelled": _("注销证照"),
        "licences.expired": _("证照到期"),
        "licences.suspension_over": _("暂扣到期，证照恢复"),
        "licences.used": _("取得使用证照的许可"),
        "licences.looked": _("用证照时查看"),
        "licences.use_ended": _("收回使用证照的许可"),
        "licences.registered": _("补登证照入库"),
        "licences.registration_entered": _("录入补登证照"),
        "licences.registration_taken": _("补登审核通过"),
        "licences.registration_returned": _("补登退回"),
        "licences.registration_looked": _("查看补登扫描件"),
        "licences.types_put": _("改证照目录"),
        "cases.pickup_refused": _("领取时身份不符"),
        "cases.looked_address": _("查看邮寄地址"),
        "licences.copied": _("下载证照"),
        "audit_verified": _("校验审计记录"),
        "cases.fold_checked": _("夜间抽查办件"),
        "case.unsound": _("办件与记录不符"),
        "user.doors": _("改后台的门"),
        "user.password_reset": _("替人重设密码"),
        "user.password_own": _("改自己的密码"),
        "identity.add_staff": _("新增工作人员"),
        "identity.add_post": _("给岗位"),
        "identity.remove_post": _("撤岗位"),
        "identity.delegate": _("委托"),
        "identity.revoke_delegation": _("撤回委托"),
        "identity.set_active": _("在岗或离岗"),
        "identity.set_password": _("设密码"),
        "identity.register": _("注册账号"),
        "identity.authorise": _("取得代表权"),
        "identity.add_company": _("登记企业"),
        "identity.add_represented": _("登记被代理人"),
        "identity.add_department": _("新增部门"),
        "identity.add_division": _("新增行政区划"),
        "identity.add_hall": _("新增分厅"),
        "identity.remove_hall": _("撤销分厅"),
        "identity.locked": _("多次输错，暂时锁定"),
        "identity.reveal": _("查看完整信息"),
        "calendar_imported": _("导入放假安排"),
        "incident.taken": _("领走异常"),
        "incident.handed": _("交出异常"),
        "incident.retried": _("再试异常"),
        "incident.closed": _("关掉异常"),
        "cases.bulk_started": _("开始一批"),
        "cases.bulk_stopped": _("停下一批"),
    }


def _kinds() -> dict[str, str]:
    return {
        "system": _("系统"),
        "citizen": _("申请人"),
        "staff": _("工作人员"),
        "case": _("办件"),
        "item": _("事项"),
        "licence": _("证照"),
        "licence_registration": _("补登"),
        "licence_types": _("证照目录"),
        "account": _("账号"),
        "department": _("部门"),
        "division": _("行政区划"),
        "audit": _("审计"),
        "user": _("后台账号"),
        "party": _("办事主体"),
        "calendar_year": _("工作日历"),
        "incident": _("异常"),
        "bulk": _("批次"),
    }


def _details(session: Session, rows: Sequence[Entry]) -> dict[tuple[str, int], str]:
    """The details of each entry as words: what, and which; ids that mean nothing to a reader are left to the record itself."""
    titles, bodies = _detail_titles(), [json.loads(row.detail or "{}") for row in rows]
    departments = people.titles(session, {found["department"] for found in bodies if is_id(str(found.get("department")))})
    said = {}
    for row, found in zip(rows, bodies, strict=True):
        parts = [_("%(title)s：%(what)s", title=titles[key], what=_said(key, value, departments)) for key, value in found.items() if key in titles]
        said[row.stream, row.seq] = _("；").join(parts)
    return said


def _detail_titles() -> dict[str, str]:
    return {
        "reason": _("理由"),
        "problems": _("不符的记录"),
        "role": _("身份"),
        "department": _("部门"),
        "until": _("到"),
        "active": _("在岗"),
        "login": _("用户名"),
        "given": _("给了"),
        "taken": _("收回"),
        "confirmed": _("已确认"),
        "years": _("年份"),
        "code": _("代码"),
        "codes": _("代码"),
        "slug": _("网址名"),
        "identifier": _("证照标识"),
        "case_no": _("办件编号"),
        "number": _("版本"),
    }


def _said(key: str, value: object, departments: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("、").join(str(ROLE_TITLES.get(each, each)) for each in value) or _("无")
    if key == "role":
        standing = {"legal_representative": _("法定代表人"), "agent": _("受委托的经办人"), "guardian": _("监护人")}
        return (role_words() | standing).get(str(value), str(value))
    return departments.get(str(value), str(value)) if key == "department" else str(value)


def _words() -> dict[str, dict[str, str]]:
    return {"titles": _titles(), "kinds": _kinds()}


def _numbers(session: Session, cases: Sequence[str]) -> dict[str, str]:
    """Id → number of cases that the last proof found unsound."""
    return {row.id: row.number for row in session.execute(select(Case.id, Case.number).where(Case.id.in_(cases)).order_by(Case.number))}


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
        asked = {key: normalise(request.args.get(key, ""))[:100] for key in ("action", "subject", "actor")}
        query = select(Entry).order_by(Entry.at.desc(), Entry.stream.desc(), Entry.seq.desc()).limit(_BATCH + 1)
        if asked["action"]:
            query = query.where(Entry.action == asked["action"])
        if asked["subject"]:
            query = query.where(Entry.subject_id == asked["subject"])
        if asked["actor"]:
            query = query.where(Entry.actor_id == asked["actor"])
        if request.args.get("after"):
            query = query.where(tuple_(Entry.at, Entry.stream, Entry.seq) < _position(request.args["after"]))
        rows = session.scalars(query).all()
        rest = encode_cursor(rows[_BATCH - 1].at.isoformat(), rows[_BATCH - 1].stream, rows[_BATCH - 1].seq) if len(rows) > _BATCH else None
        names = people.staff_names(session, [row.actor_id for row in rows if row.actor_kind == "staff"])
        details = _details(session, rows[:_BATCH])
        proof = sampling.last(session)
        return desk_page(
            "office/audit.html",
            nav_here="audit",
            rows=rows[:_BATCH],
            names=names,
            details=details,
            asked=asked,
            after=rest,
            at=now(),
            titles=_titles(),
            kinds=_kinds(),
            proof=proof,
            unsound=_numbers(session, proof.unsound) if proof is not None else {},
            **more,
        )
