"""The host: which plugins are there, in what order, and calls to them.

pluggy does the calling; here it is decided which plugins take part (scope), what happens when one fails (its kind of hook decides:
finders fail the operation and name the plugin, observers are counted and quarantined) and that a broken plugin never takes the site down.
"""

import importlib
import importlib.metadata
import importlib.util
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from core.kernel.errors import PlatformError
from core.pluginhost.errors import PluginFailed, PluginTrouble, UnknownPlugin
from core.pluginhost.manifest import Manifest, read
from core.pluginhost.order import ordered

log = logging.getLogger("wangting.plugins")

PROJECT = "wangting"
ENTRY_POINTS = "wangting.plugins"
#: So many failures of its observers in a row and a plugin is set aside until an operator looks.
QUARANTINE_AFTER = 10

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class State:
    """A plugin as the operator sees it. ``reason`` says why it takes part in nothing."""

    manifest: Manifest
    reason: str | None = None
    failures: int = 0

    @property
    def active(self) -> bool:
        """Whether its hooks are called."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one plugin gave to a hook."""

    plugin: str
    value: Any


class PluginHost:
    """All plugins of a hall. Built once by the composition root: ``PluginHost(specs); host.discover(folder)``."""

    def __init__(self, hookspecs: Iterable[ModuleType] = ()) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        for module in hookspecs:
            self._manager.add_hookspecs(module)
        self._states: dict[str, State] = {}
        self._troubles: list[PlatformError] = []
        self._lock = threading.Lock()

    def discover(self, *folders: Path, entry_points: bool = True) -> "PluginHost":
        """Load every plugin of *folders* (a manifest in each sub-folder) and of the entry points. A broken one is noted, not raised."""
        found: dict[str, tuple[Manifest, Callable[[], Any]]] = {}
        for manifest, load in self._candidates(folders, entry_points):
            if manifest.name in found:
                self._troubles.append(PluginTrouble("pluginhost.twice", name=manifest.name))
            else:
                found[manifest.name] = (manifest, load)
        for name in self._order({name: manifest for name, (manifest, _) in found.items()}):
            self._load(*found[name])
        return self

    def register(self, manifest: Manifest, plugin: object) -> None:
        """Take *plugin* (a module or object with hookimpls) in. :class:`PluginTrouble` when it does not do what its manifest says."""
        missing = next((name for name in manifest.requires if name not in self._states or not self._states[name].active), None)
        if missing is not None:
            raise PluginTrouble("pluginhost.requires", name=manifest.name, missing=missing)
        self._manager.register(plugin, manifest.name)
        done = frozenset(caller.name for caller in self._manager.get_hookcallers(plugin) or ())
        unknown = sorted(name for name in done if not self._manager.hook.__dict__[name].has_spec())
        if unknown or done != manifest.hooks:
            self._manager.unregister(plugin)
            if unknown:
                raise PluginTrouble("pluginhost.unknown_hook", hook=", ".join(unknown))
            raise PluginTrouble(
                "pluginhost.hooks_untrue", name=manifest.name, done=", ".join(sorted(done)) or "–", said=", ".join(sorted(manifest.hooks)) or "–"
            )
        self._states[manifest.name] = State(manifest)

    def call(self, hook: str, *, scope: Iterable[str] | None = None, **arguments: Any) -> list[Any]:
        """The answers of the plugins in *scope* (names enabled here; ``None``: all of reach *site*), in the host's order, without ``None``.

        An exception of a plugin becomes :class:`PluginFailed` with its name; a platform error passes as it is.
        """
        return [answer.value for answer in self.answers(hook, scope=scope, **arguments)]

    def answers(self, hook: str, *, scope: Iterable[str] | None = None, **arguments: Any) -> list[Answer]:
        """As :meth:`call`, each answer with the plugin it came from."""
        return [Answer(name, value) for name in self.taking_part(hook, scope) if (value := self._one(hook, name, arguments)) is not None]

    def first(self, hook: str, *, scope: Iterable[str] | None = None, **arguments: Any) -> Answer | None:
        """The first answer that is not ``None`` (hooks that decide)."""
        for name in self.taking_part(hook, scope):
            value = self._one(hook, name, arguments)
            if value is not None:
                return Answer(name, value)
        return None

    def observe(self, hook: str, plugin: str, **arguments: Any) -> None:
        """Tell one observer. Its failure is counted, quarantines it in the end, and is raised for the outbox to try again."""
        try:
            self._one(hook, plugin, arguments)
        except PlatformError as error:
            self._count_failure(plugin, error)
            raise
        with self._lock:
            state = self._states[plugin]
            if state.failures:
                self._states[plugin] = replace(state, failures=0)

    def taking_part(self, hook: str, scope: Iterable[str] | None = None) -> tuple[str, ...]:
        """Names of the active plugins in *scope* that implement *hook*, in order. Observers get one outbox message for each."""
        caller = getattr(self._manager.hook, hook, None)
        if caller is None or not caller.has_spec():
            raise UnknownPlugin("pluginhost.unknown_hook", hook=hook)
        implementing = {implementation.plugin_name for implementation in caller.get_hookimpls()}
        wanted = None if scope is None else set(scope)
        return tuple(name for name, state in self._states.items() if state.active and name in implementing and _reached(state.manifest, wanted))

    def quarantine(self, name: str, reason: str) -> None:
        """Set a plugin aside; its hooks are not called until :meth:`release`."""
        with self._lock:
            self._states[name] = replace(self._state(name), reason=reason)
        log.error("plugin %s is quarantined: %s", name, reason)

    def release(self, name: str) -> None:
        """Let a quarantined plugin take part again."""
        with self._lock:
            self._states[name] = replace(self._state(name), reason=None, failures=0)

    def states(self) -> tuple[State, ...]:
        """Every plugin that was found, in order."""
        return tuple(self._states.values())

    def troubles(self) -> tuple[PlatformError, ...]:
        """What kept plugins from being loaded, for start-up, ``wangting plugins check`` and the operator's page."""
        return tuple(self._troubles)

    def check_pending(self) -> None:
        """Raise pluggy's error when an implementation has no specification (contract test)."""
        self._manager.check_pending()

    def _state(self, name: str) -> State:
        try:
            return self._states[name]
        except KeyError as error:
            raise UnknownPlugin(name=name) from error

    def _one(self, hook: str, name: str, arguments: Mapping[str, Any]) -> Any:
        others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            result = caller(**arguments)
        except PlatformError:
            raise
        except Exception as error:
            log.exception("plugin %s failed in %s", name, hook)
            raise PluginFailed(plugin=name, hook=hook) from error
        return next((value for value in result if value is not None), None) if isinstance(result, list) else result

    def _count_failure(self, name: str, error: PlatformError) -> None:
        with self._lock:
            state = replace(self._state(name), failures=self._state(name).failures + 1)
            self._states[name] = state
        if state.failures >= QUARANTINE_AFTER and state.active:
            self.quarantine(name, f"{state.failures} × {type(error.__cause__ or error).__name__}: {error.__cause__ or error}"[:300])

    def _order(self, manifests: Mapping[str, Manifest]) -> tuple[str, ...]:
        """The order to load in; members of a circle are noted and left out."""
        try:
            return ordered(manifests)
        except PluginTrouble as trouble:
            self._troubles.append(trouble)
            circle = set(str(trouble.params["names"]).split(", "))
            return self._order({name: manifest for name, manifest in manifests.items() if name not in circle})

    def _load(self, manifest: Manifest, load: Callable[[], Any]) -> None:
        try:
            self.register(manifest, load())
        except PlatformError as trouble:
            self._set_aside(manifest, trouble)
        except Exception as error:  # noqa: BLE001 - a plugin that cannot be imported must not keep the site down
            failure = PluginTrouble(name=manifest.name, why=f"{type(error).__name__}: {error}")
            failure.__cause__ = error
            self._set_aside(manifest, failure)

    def _set_aside(self, manifest: Manifest, trouble: PlatformError) -> None:
        self._troubles.append(trouble)
        self._states[manifest.name] = State(manifest, reason=trouble.words("zh"))
        log.error("%s", trouble)

    def _candidates(self, folders: Iterable[Path], entry_points: bool) -> Iterator[tuple[Manifest, Callable[[], Any]]]:
        places = [(path, f"{folder.name}.{path.name}.plugin") for folder in folders for path in sorted(folder.glob("*")) if (path / "manifest.json").is_file()]
        if entry_points:
            for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda one: one.name):
                spec = importlib.util.find_spec(point.module)
                if spec is None or spec.origin is None:
                    self._troubles.append(PluginTrouble(name=point.name, why=f"{point.module} is not importable"))
                    continue
                places.append((Path(spec.origin).parent, point.module))
        for path, module in places:
            try:
                manifest = read(path)
            except PluginTrouble as trouble:
                self._troubles.append(trouble)
                continue
            yield manifest, partial(importlib.import_module, module)


def _reached(manifest: Manifest, wanted: set[str] | None) -> bool:
    return manifest.scope == "site" if wanted is None else manifest.name in wanted
