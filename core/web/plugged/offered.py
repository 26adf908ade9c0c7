"""Which pages plugins have, for those who lead to them: the hall's home, the navigation of the back office, and the doors themselves."""

from collections.abc import Iterator
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
    """A page that its plugin – *name*, what it is for in *words* – wants to be found."""

    plugin: str
    name: str
    words: str
    title: str
    href: str


def doors(face: Face, who: StaffView | None = None) -> Iterator[Door]:
    """The pages that plugins want to be found: on the portal, or those that *who* may open in the back office. Whoever wants to know whether there is
    any at all asks for the first only."""
    session, locale = edge.session(), edge.locale()
    held: dict[str, frozenset[str]] | None = None
    for plugin in plugins.anywhere(session, "pages"):
        if who is not None and not reaches(plugin, who):
            continue
        manifest = plugins.host(session).manifest(plugin)
        for each in pages_of(plugins.host(session), plugin):
            if not each.nav or each.face != face or "<" in each.path:
                continue
            if each.may is not None and who is not None:
                held = grants.everything(session, who.id) if held is None else held
                if each.may not in held.get(plugin, frozenset()):
                    continue
            address = f"{'/office/x' if face == 'office' else '/x'}/{plugin}/{each.path}"
            yield Door(plugin, manifest.title[locale], manifest.description.get(locale, ""), each.title.words(locale), address)


def reaches(plugin: str, who: StaffView) -> bool:
    """Whether *plugin* is enabled for the site or for a department of theirs."""
    session = edge.session()
    return any(plugin in plugins.standing(session).enabled(post.department_id) for post in who.posts) or plugin in plugins.standing(session).enabled()
