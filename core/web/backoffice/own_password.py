"""One's own password of a staff log-in: changed with the one in use, and before anything else where somebody else set that one and so knows it.

A session holds a print of the password it was begun with. Another password ends every session that was begun with the old one, so that whoever
logged in with a password lent to somebody else is out as soon as its owner has their own.
"""

import hmac
from hashlib import sha256
from typing import Any

from flask import Blueprint, current_app, g, redirect, request
from flask import session as cookie
from flask_appbuilder.validators import PasswordComplexityValidationError, default_password_complexity
from werkzeug.security import check_password_hash
from werkzeug.wrappers import Response

from core.audit import service as records
from core.identity.service import log_ins
from core.web import edge
from core.web.backoffice import desk
from core.web.backoffice.duties import who
from core.web.limits import limit
from core.web.page import say as _
from core.web.site import site

blueprint = Blueprint("own_password", __name__, url_prefix="/office/password")
#: In the cookie: the print of the password that the session was begun with.
BEGUN_WITH = "begun_with"
#: What a lent password opens: the change, and the way out.
_FREE = ("own_password.show", "own_password.change", "OfficeLogin.logout")
LONGEST = 200


def begin(password_hash: str) -> None:
    """The session begins, or goes on, with this password."""
    cookie[BEGUN_WITH] = _print(password_hash)


def _print(password_hash: str) -> str:
    return hmac.new(site().keyring.derive("office-session"), password_hash.encode(), sha256).hexdigest()


def mark(user_id: str) -> str | None:
    """The print of the password of a log-in, for the API's tokens; ``None`` for one that is none any more."""
    found = current_app.appbuilder.sm.get_user_by_id(int(user_id))  # type: ignore[attr-defined]
    return _print(found.password or "") if found and found.active else None


def fresh_session() -> None:
    """Nothing of the session before the log-in stays but language and look: a planted cookie or token is worth nothing afterwards."""
    kept = {name: cookie[name] for name in ("locale", "look") if name in cookie}
    cookie.clear()
    cookie.update(kept)


def guard() -> Response | None:
    """Before each request of the back office: a session of an old password is none, and a lent password comes before everything else."""
    if not request.path.startswith("/office") or not cookie.get("_user_id"):
        return None
    found = desk.log_in()
    if found is not None and not hmac.compare_digest(str(cookie.get(BEGUN_WITH, "")).encode(), _print(found.password or "").encode()):
        fresh_session()
        g.pop("log_in")
        return None
    if found is not None and found.lent and request.endpoint not in _FREE:
        return redirect("/office/password/", 303)
    return None


def user() -> Any:
    """Who is logged in, with or without a place in the organisation; ``None`` for nobody."""
    return g.user if g.user is not None and g.user.is_authenticated else None


@blueprint.get("/")
def show() -> str | Response:
    """Ask for the password in use and the new one."""
    return _page({}) if user() is not None else redirect("/office/login/?next=/office/password/")


def _page(wrong: dict[str, str]) -> str:
    log_in = desk.log_in()
    found = {name: wrong.get(name) for name in ("now", "password", "again")}
    lent = log_in is not None and log_in.lent
    return desk.desk_page("office/password.html", nav_here="me", login=user().username, lent=lent, wrong=found, errors=list(wrong.items()))


@blueprint.post("/")
def change() -> str | Response | tuple[str, int]:
    """Change it; every other session of this log-in is over."""
    me = user()
    if me is None:
        return redirect("/office/login/?next=/office/password/", 303)
    limit("office.password", "20/hour", str(me.id))
    given = {name: request.form.get(name, "") for name in ("now", "password", "again")}
    wrong = _wrong(me, given)
    if wrong:
        return _page(wrong), 422
    session = edge.session()
    log_ins.own(session, str(me.id))
    records.record(session, "user.password_own", subject=("user", str(me.id)), actor=who(), detail={"login": me.username})
    current_app.appbuilder.sm.reset_password(me.id, given["password"])  # type: ignore[attr-defined]
    begin(me.password)
    desk.tell(_("密码已修改。用原来的密码登录的其他地方都已退出。"))
    return redirect("/office/", 303)


def _wrong(me: Any, given: dict[str, str]) -> dict[str, str]:
    """Every fault at once, beside its field."""
    found = {} if check_password_hash(me.password, given["now"][:LONGEST]) else {"now": _("现在的密码不对")}
    new = given["password"]
    try:
        default_password_complexity(new)
    except PasswordComplexityValidationError:
        found["password"] = _("密码太简单：至少 10 个字符，里面要有 2 个大写字母、3 个小写字母、2 个数字和 1 个符号")
    if len(new) > LONGEST or me.username.lower() in new.lower():
        found["password"] = _("密码里不要有用户名，也不要超过 %(n)s 个字符", n=LONGEST)
    if "now" not in found and new == given["now"]:
        found["password"] = _("新密码跟现在的一样，请换一个")
    if "password" not in found and given["again"] != new:
        found["again"] = _("两次输入的密码不一样")
    return found
