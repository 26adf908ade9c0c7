"""The edge of a request: its one database session, who is asking, in which hall, in which language.

Services below get these as parameters; only code in ``core.web`` calls the functions here. The session is opened at first use, committed
when the view has returned, rolled back when it raised; the outbox relay is nudged after a commit that wrote.
"""

import time
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import abort, g, redirect, request, url_for
from flask import session as cookie
from sqlalchemy.orm import Session, scoped_session
from werkzeug.wrappers import Response

from core.cases import incidents
from core.db.database import Database
from core.identity import queries as people
from core.identity.spec import AccountView, Hall, Scope
from core.kernel.actor import Actor
from core.kernel.errors import Forbidden, PlatformError
from core.pluginhost import failures
from core.web.site import site

LOCALES = ("zh", "en")
#: How long a process trusts which hall an address leads to (seconds).
MOMENT = 3.0
_MOST_ADDRESSES = 1000
_halls: "WeakKeyDictionary[Database, dict[tuple[str, str | None], tuple[float, Hall]]]" = WeakKeyDictionary()
T = TypeVar("T")


def make_sessions(database: Database) -> "scoped_session[Session]":
    """One session per application context; Flask-AppBuilder is handed the same registry, so staff pages share the transaction."""
    return scoped_session(database.sessions, scopefunc=_context)


def _context() -> int:
    return id(g._get_current_object())


def session() -> Session:
    """The request's session."""
    found: Session | None = g.get("database_session")
    if found is None:
        found = g.database_session = site().instruments["sessions"]()
    return found


def commit() -> None:
    """Commit what the view did, then wake the embedded relay. Nothing happens when the view never asked for a session."""
    here = site()
    sessions = here.instruments["sessions"]
    if sessions.registry.has():
        sessions().commit()
        if here.relay is not None and request.method not in ("GET", "HEAD"):
            here.relay.nudge()


def take_back(error: PlatformError) -> None:
    """Nothing of what was begun stays. What is wrong with what was sent (422), or with what it was made from (409), is for the page it came from to say;
    any other *error* is raised again."""
    session().rollback()
    if error.status not in (409, 422):
        raise error


def close(_error: BaseException | None = None) -> None:
    """Give the connection back at the end of the context; an open transaction is rolled back. What it told of as an incident is written all the
    same, and so is what plugins did wrong in it."""
    here = site()
    sessions = here.instruments["sessions"]
    noted = incidents.noted(sessions()) if sessions.registry.has() else []
    sessions.remove()
    g.pop("database_session", None)
    if noted:
        here.database.run(lambda session: [incidents.happened(session, trouble) for trouble in noted])
    failures.write(here.database)


def locale() -> str:
    """``zh`` or ``en``: asked for in this request, chosen before, else Chinese. ``Accept-Language`` is not asked: a hall speaks Chinese first."""
    found: str | None = g.get("locale")
    if found is None:
        asked = request.args.get("_l_") or cookie.get("locale")
        found = g.locale = asked if asked in LOCALES else "zh"
    return found


def hall() -> Hall:
    """The hall this request came to, by path prefix (``/h/<slug>``) or host; the site's first hall otherwise. 404 for an unknown prefix."""
    if "hall" not in g:
        g.hall = _hall(request.host, request.environ.get("wangting.hall"))
    here: Hall = g.hall
    return here


def _hall(host: str, slug: str | None) -> Hall:
    """Halls hardly ever change and every page asks: a process remembers where an address led for :data:`MOMENT` seconds, never that it led nowhere."""
    known = _halls.setdefault(site().database, {})
    kept, at = known.get((host, slug)), time.monotonic()
    if kept is not None and at - kept[0] < MOMENT:
        return kept[1]
    found = people.hall_for(session(), host=host, slug=slug)
    if found is None:
        abort(404)
    if len(known) >= _MOST_ADDRESSES:
        known.clear()  # the host is what the caller says it is
    known[host, slug] = (at, found)
    return found


def scope() -> Scope:
    """What this hall may show: every list and look-up of public data is filtered by it, in the query."""
    return hall().scope


def account() -> AccountView | None:
    """The citizen who is logged in – one statement, at most once a request – or ``None``."""
    if "account" not in g:
        key = cookie.get("account")
        g.account = people.account_view(session(), key[0], epoch=key[1]) if key else None
    found: AccountView | None = g.account
    return found


def citizen() -> Actor:
    """The actor of a logged-in citizen; :class:`Forbidden` otherwise (views use :func:`login_required`)."""
    me = account()
    if me is None:
        raise Forbidden
    return Actor("citizen", me.id)


#: Nobody in particular: a reader who is not logged in.
ANYBODY = Actor("citizen", "anybody")


def reader() -> Actor:
    """Whoever reads this page: the member of staff whose desk it is, the citizen who is logged in, or anybody."""
    staff = g.get("staff")
    if staff is not None and request.path.startswith("/office"):
        return Actor("staff", staff.id)
    me = account()
    return ANYBODY if me is None else Actor("citizen", me.id)


def log_in(who: AccountView) -> None:
    """Start a citizen's session. Everything that was in the cookie before goes, except the language and the look."""
    kept = {name: cookie[name] for name in ("locale", "look") if name in cookie}
    cookie.clear()
    cookie.update(kept)
    cookie["account"] = [who.id, who.epoch]
    cookie.permanent = True


def log_out() -> None:
    """End a citizen's session."""
    cookie.pop("account", None)


def login_required(view: Callable[..., T]) -> Callable[..., T | Response]:
    """Only for logged-in citizens; others are sent to log in and come back."""
    from functools import wraps

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> T | Response:
        if account() is None:
            if request.method != "GET":
                raise Forbidden
            back = request.full_path.rstrip("?")
            return redirect(url_for("account.login", next=back))
        return view(*args, **kwargs)

    return guarded


def safe_next(target: str | None) -> str:
    """A path of this site to go back to, never another site (no open redirect)."""
    # Browsers drop tabs and line ends from an address and take a backslash for a slash: "/<tab>/evil.example" is another site.
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return url_for("portal.home")
    return (request.script_root or "") + target if not target.startswith(request.script_root or "/") else target
