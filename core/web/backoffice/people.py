"""Organisation and staff: who works here, in which posts, and who stands in for whom. For administrators, within their own divisions."""

import secrets
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TypeVar

from flask import Blueprint, abort, redirect, request
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from core.identity import queries
from core.identity import service as identity
from core.identity.models import Delegation, Post, Staff
from core.identity.service import log_ins
from core.identity.spec import POST_ROLES, DepartmentView, Scope
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.web import edge
from core.web.backoffice import users
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _

blueprint = Blueprint("people", __name__, url_prefix="/office/people")
T = TypeVar("T")


def for_admins(view: Callable[..., T]) -> Callable[..., T | Response]:
    """Only for staff with a post as administrator."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> T | Response:
        if not me().has_role("admin"):
            abort(403)
        return view(*args, **kwargs)

    return at_desk(guarded)


def administered() -> dict[str, DepartmentView]:
    """The departments of the divisions that I administer, and below."""
    found: dict[str, DepartmentView] = {}
    for path in sorted({post.division_path for post in me().posts if post.role == "admin"}):
        found |= {each.id: each for each in queries.departments(edge.session(), Scope(path))}
    return found


def _mine(staff_id: str) -> Staff:
    """A member of staff whom I administer: every post lies in my departments. Not found otherwise."""
    if not is_id(staff_id):
        raise NotFound
    session = edge.session()
    row = session.get(Staff, staff_id)
    if row is None:
        raise NotFound
    held = set(session.scalars(select(Post.department_id).where(Post.staff_id == staff_id)))
    if not held <= administered().keys():
        raise NotFound
    return row


def role_words() -> dict[str, str]:
    """Titles of the roles of posts."""
    titles = (_("窗口"), _("综合窗口"), _("审查"), _("科长"), _("专家"), _("分管领导"), _("机关负责人"), _("代办"), _("管理员"), _("监察"), _("合法性审核"))
    return dict(zip(POST_ROLES, titles, strict=True))


@blueprint.get("/")
@for_admins
def show() -> str:
    """Everybody I administer."""
    return _list()


def _list(fresh: tuple[str, str] | None = None, error: str | None = None) -> str:
    session, mine = edge.session(), administered()
    words = normalise(request.args.get("q", ""))[:50]
    query = select(Staff).where(or_(Staff.id.in_(select(Post.staff_id).where(Post.department_id.in_(mine))), ~Staff.id.in_(select(Post.staff_id))))
    if words:
        query = query.where(Staff.name.contains(words, autoescape=True))
    rows = session.scalars(query.order_by(Staff.name, Staff.id).limit(300)).all()
    posts: dict[str, list[Post]] = {}
    for post in session.scalars(select(Post).where(Post.staff_id.in_([row.id for row in rows]))):
        posts.setdefault(post.staff_id, []).append(post)
    return desk_page(
        "office/people.html",
        nav_here="people",
        rows=rows,
        posts=posts,
        departments=mine,
        roles=role_words(),
        words=words,
        fresh=fresh,
        error=error,
        given=request.form,
    )


@blueprint.post("/")
@for_admins
def add() -> str | tuple[str, int]:
    """A new colleague: a log-in with a password that is shown once, and a place in the organisation."""
    name, login = normalise(request.form.get("name", ""))[:60], normalise(request.form.get("login", ""))[:40]
    if not name or not login.replace("-", "").replace("_", "").replace(".", "").isalnum() or not login.isascii():
        return _list(error=_("请填姓名；用户名用英文字母、数字、点、横线")), 422
    if users.exists(login):
        return _list(error=_("用户名“%(login)s”已经有人用了，请换一个", login=login)), 422
    password = "w7-" + secrets.token_urlsafe(9)
    user_id = users.make_user(login, name, password, ())
    identity.add_staff(edge.session(), user_id, name, actor=actor())
    log_ins.lend(edge.session(), user_id, actor=actor())
    return _list(fresh=(login, password))


@blueprint.get("/<staff_id>")
@for_admins
def person(staff_id: str) -> str:
    """One member of staff."""
    return _person(_mine(staff_id))


def _person(row: Staff, error: str | None = None) -> str:
    session = edge.session()
    posts = session.scalars(select(Post).where(Post.staff_id == row.id)).all()
    grants = session.scalars(
        select(Delegation).where(or_(Delegation.from_staff_id == row.id, Delegation.to_staff_id == row.id)).order_by(Delegation.valid_until.desc())
    ).all()
    names = queries.staff_names(session, [i for g in grants for i in (g.from_staff_id, g.to_staff_id)])
    mine = administered()
    colleagues = session.execute(
        select(Staff.id, Staff.name)
        .where(Staff.active, Staff.id != row.id, Staff.id.in_(select(Post.staff_id).where(Post.department_id.in_(mine))))
        .order_by(Staff.name)
    ).all()
    return desk_page(
        "office/person.html", nav_here="people", row=row, posts=posts, departments=mine, roles=role_words(), grants=grants, names=names,
        colleagues=colleagues, error=error,
    )  # fmt: skip


def _change(staff_id: str, work: Callable[[Staff], str]) -> Response | tuple[str, int]:
    """Do *work* on a colleague – never on oneself – and say what was done, or say on the page why not."""
    row = _mine(staff_id)
    try:
        if row.id == me().id:
            raise BadInput("web.own_post")
        said = work(row)
    except PlatformError as error:
        edge.session().rollback()
        return _person(_mine(staff_id), error=error.words(edge.locale())), 422
    tell(said)
    return redirect(f"/office/people/{staff_id}", 303)


@blueprint.post("/<staff_id>/posts")
@for_admins
def appoint(staff_id: str) -> Response | tuple[str, int]:
    """Give a post."""

    def work(row: Staff) -> str:
        department, role = request.form.get("department", ""), request.form.get("role", "")
        if department not in administered():
            raise NotFound
        identity.add_post(edge.session(), row.id, department, role, actor=actor())
        _sync(row)
        return _("已任命")

    return _change(staff_id, work)


@blueprint.post("/<staff_id>/posts/end")
@for_admins
def dismiss(staff_id: str) -> Response | tuple[str, int]:
    """End a post; open tasks stay with the department."""

    def work(row: Staff) -> str:
        identity.remove_post(edge.session(), row.id, request.form.get("department", ""), request.form.get("role", ""), actor=actor())
        _sync(row)
        return _("已免去，没办完的件还在部门里")

    return _change(staff_id, work)


def _sync(row: Staff) -> None:
    roles = edge.session().scalars(select(Post.role).where(Post.staff_id == row.id)).all()
    users.set_doors(row.user_id, roles)


@blueprint.post("/<staff_id>/active")
@for_admins
def switch(staff_id: str) -> Response | tuple[str, int]:
    """Put somebody out of office at once, or back."""

    def work(row: Staff) -> str:
        identity.set_active(edge.session(), row.id, active=not row.active, actor=actor())
        users.set_active(row.user_id, row.active)
        return _("已启用") if row.active else _("已停用，立即生效")

    return _change(staff_id, work)


@blueprint.post("/<staff_id>/delegations")
@for_admins
def stand_in(staff_id: str) -> Response | tuple[str, int]:
    """Let a colleague stand in for some days; both names are logged at every act."""

    def work(row: Staff) -> str:
        try:
            first, last = date.fromisoformat(request.form.get("from", "")), date.fromisoformat(request.form.get("until", ""))
        except ValueError as error:
            raise BadInput("web.bad_days") from error
        to = _mine(request.form.get("to", ""))
        reason = normalise(request.form.get("reason", ""))[:200]
        if not reason:
            raise BadInput("web.reason_missing")
        identity.delegate(edge.session(), row.id, to.id, valid_from=first, valid_until=last, reason=reason, actor=actor())
        return _("委托已登记")

    return _change(staff_id, work)


@blueprint.post("/<staff_id>/delegations/<grant_id>/end")
@for_admins
def take_back(staff_id: str, grant_id: str) -> Response | tuple[str, int]:
    """End a delegation now."""

    def work(row: Staff) -> str:
        grant = edge.session().get(Delegation, grant_id) if is_id(grant_id) else None
        if grant is None or row.id not in (grant.from_staff_id, grant.to_staff_id):
            raise NotFound
        identity.revoke(edge.session(), grant.id, actor=actor())
        return _("委托已收回")

    return _change(staff_id, work)
