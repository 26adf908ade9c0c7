"""What plugins find in an item that configures them: their options against their own schema, then their own checks."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from sqlalchemy.orm import Session

from core.items.errors import finding
from core.items.hookspecs import ItemInfo
from core.items.spec import JsonObject
from core.kernel.errors import Finding
from core.pluginhost import service as plugins

#: Hooks that decide for the one plugin that the route names.
ASKED_BY_NAME = frozenset({"run_step"})

#: ``check(item, its form)``: what the plugins that the item configures have to say.
Check = Callable[[JsonObject, JsonObject], Iterator[Finding]]


def checks(session: Session, departments: tuple[str, ...]) -> Check:
    """The check for an item that these departments offer: a plugin must take part with at least one of them."""

    def check(doc: JsonObject, form: JsonObject) -> Iterator[Finding]:
        for name, options in (doc.get("plugins") or {}).items():
            found = list(_one(session, departments, name, ItemInfo(str(doc["code"]), str(doc["title"]), options, doc, form)))
            yield from found
        yield from _deciding_together(session, sorted(doc.get("plugins") or ()))

    return check


def steps(session: Session, departments: tuple[str, ...]) -> frozenset[str]:
    """The automatic steps (``<plugin>.<ability>``) that can be done for an item that these departments offer: a plugin must take part with at least one."""
    loaded = [state.manifest for state in plugins.host(session).states() if state.active and state.manifest.steps]
    here = frozenset[str]().union(*(plugins.enabled(session, each, item=[one.name for one in loaded]) for each in (*departments, None)))
    return frozenset(f"{one.name}.{ability}" for one in loaded if one.name in here for ability in one.steps)


def _deciding_together(session: Session, names: list[str]) -> Iterator[Finding]:
    """Two plugins that would both decide one thing of an item; which of them did would hang on their order. An automatic step names whom it asks."""
    if len(names) < 2:
        return
    for hook in plugins.host(session).hooks().values():
        both = plugins.host(session).taking_part(hook.name, names) if hook.kind == "decides" and hook.name not in ASKED_BY_NAME else ()
        if len(both) > 1:
            yield finding("error", "/plugins", "plugins_decide_both", {"hook": hook.name, "names": "、".join(both)})


def _one(session: Session, departments: tuple[str, ...], name: str, item: ItemInfo) -> Iterator[Finding]:
    here = frozenset[str]().union(*(plugins.enabled(session, each, item=[name]) for each in (*departments, None)))
    if name not in here:
        yield finding("error", f"/plugins/{name}", "plugin_missing", {"name": name, "known": "、".join(sorted(here)) or "–"})
        return
    wrong = list(_options(plugins.host(session).manifest(name).folder, plugins.host(session).manifest(name).options_schema, name, item.options))
    yield from wrong
    if wrong or name not in plugins.host(session).taking_part("check_item"):
        return
    ctx = plugins.called(session, name)
    for found in plugins.host(session).call("check_item", scope=(name,), contexts=lambda _name: ctx, item=item):
        yield from found


def _options(folder: Path | None, schema: str | None, name: str, options: Mapping[str, object]) -> Iterator[Finding]:
    if folder is None or schema is None:
        return
    for problem in sorted(_validator(folder / schema).iter_errors(dict(options)), key=lambda one: one.json_path):
        spot = f"/plugins/{name}" + "".join(f"/{part}" for part in problem.absolute_path)
        yield finding("error", spot, "plugin_options", {"name": name, "why": problem.message[:200]})


@cache
def _validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
