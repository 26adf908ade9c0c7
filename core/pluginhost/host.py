"""The host: which plugins are there, in what order, and calls to them.

pluggy does the calling; here it is decided which plugins take part (scope), what happens when one fails (its kind of hook decides:
finders fail the operation and name the plugin, observers are counted and quarantined) and that a broken plugin never takes the site down.
"""

import importlib
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from packaging.specifiers import SpecifierSet

from core.kernel.errors import PlatformError
from core.pluginhost.discovery import Found, find
from core.pluginhost.errors import PluginFailed, PluginTrouble, UnknownPlugin
from core.pluginhost.manifest import SDK, Manifest
from core.pluginhost.order import ordered
from core.pluginhost.standing import Standing

log = logging.getLogger("wangting.plugins")

PROJECT = "wangting"
#: So many failures of its observers in a row and a plugin is set aside until an operator looks.
QUARANTINE_AFTER = 10

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class State:
    """A plugin as this process sees it. ``reason`` says why it takes part in nothing; ``failures`` are those of its observers in a row."""

    manifest: Manifest
    reason: str | None = None
    failures: int = 0
    told: bool = False  #: whether other processes know that it failed too often

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
    """All plugins of a hall. Built once by the composition root: ``PluginHost(specs).discover(folder).load(standing)``."""

    def __init__(self, hookspecs: Iterable[ModuleType] = ()) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        for module in hookspecs:
            self._manager.add_hookspecs(module)
        self._found: dict[str, Found] = {}
        self._states: dict[str, State] = {}
        self._troubles: list[PlatformError] = []
        self._lock = threading.Lock()

    def discover(self, *folders: Path, shipped: Path | None = None, entry_points: bool = True) -> "PluginHost":
        """Read the manifest of every plugin of *shipped* (those that come with the platform), of *folders* and of the entry points. Nothing of
        theirs is imported; a broken manifest is noted, not raised."""
        found: dict[str, Found] = {}
        for each in find(folders, shipped=shipped, entry_points=entry_points):
            if isinstance(each, PlatformError):
                self._troubles.append(each)
            elif each.manifest.name in found:
                self._troubles.append(PluginTrouble("pluginhost.twice", name=each.manifest.name))
            else:
                found[each.manifest.name] = each
        self._found = {name: found[name] for name in self._order({name: each.manifest for name, each in found.items()})}
        return self

    def load(self, standing: Standing | None = None) -> "PluginHost":
        """Import what was found: with a *standing* only what this hall installed, and only the very code that it installed. A broken one is set
        aside with its reason, not raised."""
        for name, found in self._found.items():
            if name in self._states or (standing is not None and name not in standing.installed):
                continue
            try:
                if standing is not None and standing.installed[name][1] != found.digest:
                    raise PluginTrouble("pluginhost.changed", name=name, version=standing.installed[name][0])
                self.register(found.manifest, self.imported(found))
            except PluginTrouble as trouble:
                self._set_aside(found.manifest, trouble)
        return self

    def found(self, name: str) -> Found:
        """What lies here under *name*. :class:`UnknownPlugin` otherwise."""
        try:
            return self._found[name]
        except KeyError as error:
            raise UnknownPlugin(name=name) from error

    def all_found(self) -> tuple[Found, ...]:
        """Everything that lies here, in order, installed or not."""
        return tuple(self._found.values())

    @staticmethod
    def imported(found: Found) -> object:
        """The module with the hooks. :class:`PluginTrouble` names the plugin when its code cannot be imported."""
        try:
            return importlib.import_module(found.module)
        except Exception as error:  # a plugin that cannot be imported must not keep the site down
            raise PluginTrouble(name=found.manifest.name, why=f"{type(error).__name__}: {error}") from error

    def register(self, manifest: Manifest, plugin: object) -> None:
        """Take *plugin* (a module or object with hookimpls) in. :class:`PluginTrouble` when it does not do what its manifest says."""
        if not SpecifierSet(manifest.sdk).contains(SDK):
            raise PluginTrouble("pluginhost.sdk", name=manifest.name, wanted=manifest.sdk, here=SDK)
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
        """The answers of the plugins in *scope* (names enabled here, see :func:`core.pluginhost.service.enabled`; ``None``: all that are loaded), in
        the host's order, without ``None``.

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

    def knows(self, hook: str) -> bool:
        """Whether *hook* was specified in this process."""
        caller = getattr(self._manager.hook, hook, None)
        return caller is not None and caller.has_spec()

    def taking_part(self, hook: str, scope: Iterable[str] | None = None) -> tuple[str, ...]:
        """Names of the active plugins in *scope* that implement *hook*, in order. Observers get one outbox message for each."""
        if not self.knows(hook):
            raise UnknownPlugin("pluginhost.unknown_hook", hook=hook)
        caller = getattr(self._manager.hook, hook)
        implementing = {implementation.plugin_name for implementation in caller.get_hookimpls()}
        wanted = None if scope is None else set(scope)
        return tuple(name for name, state in self._states.items() if state.active and name in implementing and (wanted is None or name in wanted))

    def quarantine(self, name: str, reason: str) -> None:
        """Set a plugin aside; its hooks are not called until :meth:`release`."""
        with self._lock:
            self._states[name] = replace(self._state(name), reason=reason)
        log.error("plugin %s is quarantined: %s", name, reason)

    def release(self, name: str) -> None:
        """Let a quarantined plugin take part again."""
        with self._lock:
            self._states[name] = replace(self._state(name), reason=None, failures=0, told=False)

    def agree(self, standing: Standing) -> tuple[tuple[str, str], ...]:
        """Bring what this process and the hall think of failing plugins together: one that was let back by somebody takes part again here. Returns
        (name, reason) of those that failed too often here and that nobody else knows of yet; the caller writes them down."""
        news = []
        for name, state in self._states.items():
            if not state.failures or state.active:
                continue
            if not state.told:
                news.append((name, state.reason or ""))
                self._states[name] = replace(state, told=True)
            elif name not in standing.aside:
                self.release(name)
        return tuple(news)

    def states(self) -> tuple[State, ...]:
        """Every plugin that was found, in order."""
        return tuple(self._states.values())

    def versions(self) -> dict[str, str]:
        """Name → version of every plugin that takes part: what an item version was published against."""
        return {name: state.manifest.version for name, state in self._states.items() if state.active}

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

    def _set_aside(self, manifest: Manifest, trouble: PlatformError) -> None:
        self._troubles.append(trouble)
        self._states[manifest.name] = State(manifest, reason=trouble.words("zh"))
        log.error("%s", trouble)
