"""What a test of an item names by ids, as people call it – in both languages: outcomes, stations, papers, materials, fields, posts, buttons."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.items.spec import CompiledItem, JsonObject
from core.items.texts import Reader
from core.kernel.wording import word
from core.routing.actions import text
from core.routing.spec import RouteSpec

#: A text in both languages, as findings take it.
Told = Mapping[str, str]
_LOCALES = ("zh", "en")
_ARROW = " → "
#: Where the platform has buttons of its own.
_KINDS = ("intake", "check", "correction", "sign", "delivery", "pre_review", "relay", "inquiry", "extension")


def _both(say: Callable[[str], str]) -> Told:
    return {locale: say(locale) for locale in _LOCALES}


def _known(key: str, locale: str, fallback: str) -> str:
    said = word(key, locale)
    return said if said != key else fallback


def expectation(compiled: CompiledItem, name: str, value: Any) -> Told:
    """What ``expect.<name>`` says."""
    route = compiled.route
    if name == "path":
        return _both(lambda locale: _ARROW.join(station(route, each, locale) for each in value) or word("items.nothing", locale))
    if name == "documents":
        return _both(lambda locale: _list((_known(f"documents.kind.{each}", locale, str(each)) for each in value), locale))
    if name == "materials":
        return _both(lambda locale: _list((_material(compiled.doc, each, locale) for each in value), locale))
    if name == "end":
        return _both(lambda locale: _known(f"routing.outcome.{value}", locale, _known(f"items.test_end_{value}", locale, str(value))))
    return _both(lambda _locale: str(value))


def _list(names: Iterable[str], locale: str) -> str:
    return word("items.studio_comma", locale).join(names) or word("items.nothing", locale)


def _material(doc: JsonObject, name: str, locale: str) -> str:
    found = next((each for each in doc.get("materials") or () if each["id"] == name), None)
    return Reader(doc, locale)(f"materials.{name}.title", str(found["title"])).text if found is not None else name


def station(route: RouteSpec, path: str, locale: str) -> str:
    """A station of the way: a node by its title, receipt and delivery by what they are called."""
    full = path if path in route.nodes else f"review.{path}"
    if full in route.nodes:
        return text(route, f"{full}.title", route.nodes[full].title, locale)
    return _known(f"routing.title.{path}", locale, path)


def field(compiled: CompiledItem, path: str) -> Told:
    """A question of the form."""

    def say(locale: str) -> str:
        label = compiled.form.labels_in(locale).get(f"form.{path}")
        return label.title if label is not None and label.title else path

    return _both(say)


def post(role: str) -> Told:
    """Who does a step of a test: a post, perhaps of a department."""
    return _both(lambda locale: _known(f"routing.role.{role.rpartition('.')[2]}", locale, role))


def button(route: RouteSpec, do: str) -> Told:
    """What a step of a test does: what buttons are called, else the platform's own word for it."""
    path = next((path for path, node in route.nodes.items() if do in node.actions), None)
    if path is not None:
        return _both(lambda locale: text(route, f"{path}.{do}.title", route.nodes[path].actions[do].title, locale))
    return _both(lambda locale: next((said for kind in _KINDS if (said := _known(f"routing.action.{kind}.{do}", locale, ""))), do))


def waiting(route: RouteSpec, tasks: Iterable[Any]) -> Told:
    """The tasks that are open, with who may do them."""
    held = [(task.node, task.holders.role) for task in tasks]

    def say(locale: str) -> str:
        return _list((word("items.test_waits", locale, place=station(route, node, locale), who=post(role)[locale]) for node, role in held), locale)

    return _both(say)
