"""From JSON to one frozen value: the resolved bundle, its hash, the compiled form and route."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any

from core.forms.service import compile_form
from core.items.errors import finding
from core.items.facts import types
from core.items.spec import BUNDLE_FORMAT, CompiledItem, JsonObject
from core.items.texts import route_translations
from core.kernel import canonical
from core.kernel.errors import BadInput
from core.routing.service import compile_route

#: Compiled items kept per process. A county offers a few hundred; a compiled 1,000-field form takes some megabytes.
CACHE_SIZE = 512

_cache: OrderedDict[str, CompiledItem] = OrderedDict()
_lock = Lock()


def compile_item(
    doc: JsonObject, *, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject] | None = None, notices: Mapping[str, JsonObject] | None = None
) -> CompiledItem:
    """Compile item *doc* with the form, shared blocks and notice templates it names.

    The bundle is resolved first and everything is compiled *from the bundle*, so that what is tested at the gate is what a case
    pinned to it will run for life. Raises :class:`BadInput` with findings when the item cannot be compiled at all; run
    :func:`core.items.checking.check_item` to learn everything that is wrong with it.
    """
    form = forms.get(doc["form"])
    if form is None:
        raise BadInput("items.cannot_compile", (finding("error", "/form", "form_missing", {"form": doc["form"]}),), code=doc.get("code"))
    used = used_blocks(form, blocks or {})
    templates = {name: (notices or {})[name] for name in sorted(named_notices(doc)) if name in (notices or {})}
    bundle = {"format": BUNDLE_FORMAT, "item": doc, "form": form, "blocks": used, "notices": templates}
    return from_bundle(canonical.dumps(bundle))


def from_bundle(bundle: bytes) -> CompiledItem:
    """The compiled item of a stored bundle, from the process's cache when it was compiled before (same bytes, same hash, same item)."""
    return cached(canonical.digest(bundle), lambda: bundle)


def cached(digest: str, bundle: Callable[[], bytes]) -> CompiledItem:
    """The compiled item whose bundle has this *digest*; *bundle* is fetched only when it is not in the cache."""
    with _lock:
        found = _cache.get(digest)
        if found is not None:
            _cache.move_to_end(digest)
            return found
    compiled = _compile(digest, bundle())
    with _lock:
        _cache[digest] = compiled
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return compiled


def _compile(digest: str, data: bytes) -> CompiledItem:
    parts = json.loads(data)
    doc, form_doc = parts["item"], parts["form"]
    form = compile_form(form_doc, parts["blocks"], published=True)
    if doc.get("translations"):
        form = form.translate({locale: {p: t for p, t in table.items() if p.startswith("form.")} for locale, table in doc["translations"].items()})
    spoken = route_translations(doc)
    route = compile_route({**doc["route"], "translations": spoken} if spoken else doc["route"], types(doc, form.types))
    return CompiledItem(doc["code"], digest, doc, form_doc, form, route, data, parts["blocks"], parts["notices"])


def used_blocks(form: JsonObject, blocks: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
    """The shared blocks that *form* refers to, directly or through another block – no more, so that an unrelated block never changes a hash."""
    used: dict[str, JsonObject] = {}
    waiting = [form] if blocks else []
    while waiting:
        for reference in _references(waiting.pop()):
            name = next((each for each in _spellings(reference) if each in blocks), None)
            if name is not None and name not in used:
                used[name] = blocks[name]
                waiting.append(blocks[name])
    return used


def _spellings(reference: str) -> tuple[str, ...]:
    """The ways a form may write the name of a block: ``address``, ``block:address``, ``blocks/address.json#…``."""
    return (reference, reference.partition("#")[0].rpartition("/")[2].removesuffix(".json"), reference.rpartition(":")[2])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, child in value.items():
            if (name == "$ref" and isinstance(child, str)) or (name in ("include", "block", "use") and isinstance(child, str)):
                yield child
            else:
                yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def named_notices(doc: JsonObject) -> frozenset[str]:
    """Keys of the notice templates and documents that the route names; their words are pinned with the item (DESIGN §3)."""
    names: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, Mapping):
            names.update(child for name, child in value.items() if name in ("notice", "document") and isinstance(child, str))
            for child in value.values():
                collect(child)
        elif isinstance(value, list):
            for child in value:
                collect(child)

    collect(doc["route"])
    return frozenset(names)
