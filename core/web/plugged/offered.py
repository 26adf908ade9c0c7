"""Which pages plugins have, for those who lead to them: the hall's home, the navigation of the back office, and the doors themselves."""

from dataclasses import dataclass

from core.identity.spec import StaffView
from core.pluginhost import grants
from core.pluginhost import service as plugins
from core.pluginhost.host import PluginHost
from core.web import edge
from core.web.plugged.pages import Face, Page, Pages


def pages_of(host: PluginHost, plugin: str) -> tuple[Page, ...]:
    """Every page of *plugin*. One that claims another's name is set aside: its pages would stand under an address that is not its own."""
    found = []
    for each in host.offered("pages", plugin):
        assert isinstance(each, Pages)
        if each.plugin != plugin:
            host.quarantine(plugin, f"pages: {each.plugin}")
            return ()
        found += each.pages
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Door:
    """A page that its plugin wants to be found. ``key`` is its ``nav_here``; ``words`` say what the plugin is for."""

    key: str
    title: str
    href: str
    words: str


def doors(face: Face, who: StaffView | None = None) -> list[Door]:
    """The pages that plugins want to be found: on the portal, or those that *who* may open in the back office."""
    session, locale = edge.session(), edge.locale()
    links: list[Door] = []
    for name in plugins.anywhere(session, "pages"):
        if who is not None and not reaches(name, who):
            continue
        granted = frozenset[str]() if who is None else grants.of(session, name, who.id)
        about = plugins.host(session).manifest(name).description.get(locale, "")
        for each in pages_of(plugins.host(session), name):
            if each.nav and each.face == face and "<" not in each.path and (each.may is None or each.may in granted):
                base = "/office/x" if face == "office" else "/x"
                links.append(Door(f"x-{name}-{each.path}", each.title.words(locale), f"{base}/{name}/{each.path}", about))
    return links


def reaches(plugin: str, who: StaffView) -> bool:
    """Whether *plugin* is enabled for the site or for a department of theirs."""
    session = edge.session()
    return any(plugin in plugins.standing(session).enabled(post.department_id) for post in who.posts) or plugin in plugins.standing(session).enabled()
