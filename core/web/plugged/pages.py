"""What a plugin writes its pages with: :class:`Pages` collects them, :class:`Ask` is one request to one of them.

A view knows neither Flask nor the platform's inside: it is given an :class:`Ask` and gives an :data:`Answer`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Literal
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from core.identity.spec import StaffView
from core.pluginhost.context import Context
from core.pluginhost.words import Words

Face = Literal["portal", "office", "api"]
Answer = str | Response
#: ``view(ask, **parts of the path)``.
View = Callable[..., Answer]

_PATH = re.compile(r"(?:[a-z0-9_.-]+|<(?:int:)?[a-z_]+>)(?:/(?:[a-z0-9_.-]+|<(?:int:)?[a-z_]+>))*|")
_METHODS = frozenset({"GET", "POST"})
_PREFIX: Mapping[Face, str] = {"portal": "", "office": "/office", "api": "/v1"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its face, its path below the plugin's prefix, and who may open it.

    ``nav``: shown among the hall's services or in the navigation of the back office. ``login``: only for citizens who are logged in. ``may``: the
    permission of the manifest that a member of staff needs.
    """

    face: Face
    path: str
    title: Words
    view: View
    methods: tuple[str, ...] = ("GET",)
    nav: bool = False
    login: bool = False
    may: str | None = None


class Pages:
    """The pages of one plugin, offered by the hook ``pages``."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.pages: list[Page] = []

    def portal(self, path: str = "", *, title: Words, nav: bool = False, login: bool = False, methods: Iterable[str] = ("GET",)) -> Callable[[View], View]:
        """A page of the portal at ``/x/<plugin>/<path>``; ``<name>`` and ``<int:name>`` in *path* become arguments of the view."""
        return self._adding("portal", path, title, methods, nav=nav, login=login)

    def office(self, path: str = "", *, title: Words, nav: bool = False, may: str | None = None, methods: Iterable[str] = ("GET",)) -> Callable[[View], View]:
        """A page of the back office at ``/office/x/<plugin>/<path>``, for staff of the departments where the plugin is enabled."""
        return self._adding("office", path, title, methods, nav=nav, may=may)

    def api(self, path: str, *, title: Words, may: str, methods: Iterable[str] = ("POST",)) -> Callable[[View], View]:
        """A door for machines at ``/v1/x/<plugin>/<path>``: JSON in (``ask.body``), JSON out (``ask.json``). The caller sends a staff log-in's bearer token
        (``POST /v1/tokens``), and needs the permission *may*; no cookie counts here."""
        return self._adding("api", path, title, methods, may=may)

    def _adding(
        self, face: Face, path: str, title: Words, methods: Iterable[str], *, nav: bool = False, login: bool = False, may: str | None = None
    ) -> Callable[[View], View]:
        if _PATH.fullmatch(path) is None or ".." in path or path.split("/")[0] == "static":
            raise ValueError(f"{path!r} is no path of a page: write it without a slash at its ends, as in 'agencies/<id>'")
        verbs = tuple(methods)
        if not verbs or not _METHODS.issuperset(verbs):
            raise ValueError(f"{path!r}: methods are GET and POST")

        def add(view: View) -> View:
            self.pages.append(Page(face, path, title, view, verbs, nav, login, may))
            return view

        return add


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody a citizen may act for: themselves, or a company that they represent. ``name`` is whole; it is their own."""

    id: str
    name: str
    kind: Literal["person", "company"]


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen who is logged in, and for whom they may act."""

    account_id: str
    parties: tuple[Acting, ...]


@dataclass(slots=True)
class Ask:
    """One request to one page. Exactly one of ``citizen`` and ``staff`` is set where the page asks for a log-in. ``body``: the JSON of a machine's request."""

    ctx: Context
    face: Face
    method: str
    args: MultiDict[str, str]
    form: MultiDict[str, str]
    files: Mapping[str, Upload]
    citizen: Citizen | None
    staff: StaffView | None
    draw: Callable[..., str] = field(repr=False)
    say_next: Callable[[str], None] = field(repr=False)
    body: Any = field(default=None, repr=False)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Answer:
        """A template of the plugin as a page for this reader; *status* 422 for a form that is shown again with what is wrong."""
        html = self.draw(f"plugins/{self.ctx.plugin}/{template}", ask=self, plugin_url=self.url, plugin_asset=self.asset, **values)
        return Response(html, status=status, mimetype="text/html")

    def url(self, path: str = "", **query: Any) -> str:
        """The address of a page of this plugin on the same face."""
        base = f"{_PREFIX[self.face]}/x/{self.ctx.plugin}/{path}"
        return f"{base}?{urlencode(query, doseq=True)}" if query else base

    def asset(self, path: str) -> str:
        """The address of a file of the plugin's ``static`` folder."""
        return f"/x/{self.ctx.plugin}/static/{path}"

    def go(self, path: str = "", **query: Any) -> Answer:
        """Send the reader on to another page of this plugin (303: after a form was done)."""
        return Response(status=303, headers={"Location": self.url(path, **query)})

    def tell(self, words: str) -> None:
        """Say on the next page what was done."""
        self.say_next(words)

    def download(self, name: str, content: bytes | Iterable[bytes], media_type: str = "application/octet-stream") -> Answer:
        """A file to keep. *name* in ASCII."""
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        return Response(content, mimetype=media_type, headers={"Content-Disposition": f"attachment; filename={safe}", "Cache-Control": "no-store"})

    def limit(self, door: str, rate: str) -> None:
        """Count one attempt at a *door* of the plugin's from the caller's address and, where one is logged in, their account. Raises the platform's "too
        many" (429) past *rate* (``"10/minute"``)."""
        from core.web.limits import limit  # the counter knows the request; a page that counts nothing needs neither

        limit(f"plugin.{self.ctx.plugin}.{door}", rate, "-" if self.citizen is None else self.citizen.account_id)

    def json(self, value: Any, *, status: int = 200) -> Answer:
        """A value as JSON."""
        from core.kernel import canonical

        return Response(canonical.dumps(value), status=status, mimetype="application/json")
