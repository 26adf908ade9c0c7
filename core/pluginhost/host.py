"""The host: which plugins are there, in what order, and calls to them.

pluggy does the calling; here it is decided which plugins take part (scope), what happens when one fails (its kind of hook decides:
finders fail the operation and name the plugin, observers are counted and quarantined) and that a broken plugin never takes the site down.
"""

import importlib
import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy
from packaging.specifiers import SpecifierSet

from core.kernel import wording
from core.kernel.errors import PlatformError
from core.pluginhost import settings
from core.pluginhost.calls import BACKGROUND_SECONDS, Calls
from core.pluginhost.discovery import Found, find
from core.pluginhost.errors import PluginFailed, PluginTrouble, UnknownPlugin
from core.pluginhost.hooks import CONTEXT, PROJECT, Hook, specified
from core.pluginhost.manifest import SDK, Manifest
from core.pluginhost.order import ordered
from core.pluginhost.standing import Standing

log = logging.getLogger("wangting.plugins")

T = TypeVar("T")
#: Makes what a plugin is called with: ``contexts(name)`` is its ``ctx`` for this call.
Contexts = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class State:
    """A plugin as this process sees it. ``reason`` says why it takes part in nothing."""

    manifest: Manifest
    reason: str | None = None

    @property
    def active(self) -> bool:
        """Whether its hooks are called."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one plugin gave to a hook."""

    plugin: str
    value: Any


def _speak(manifest: Manifest) -> None:
    """Add the words of a plugin's errors and findings: ``wording.json``, keys that begin with its name."""
    path = None if manifest.folder is None else manifest.folder / "wording.json"
    if path is None or not path.is_file():
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        foreign = [key for key in found if not key.startswith(f"{manifest.name}.")]
        if foreign or not all(isinstance(text, str) for each in found.values() for text in (each["zh"], each["en"])):
            raise ValueError(foreign[0] if foreign else "zh, en")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PluginTrouble("pluginhost.wording", name=manifest.name, why=str(error)) from error
    wording.add(found)


class PluginHost:
    """All plugins of a hall. Built once by the composition root: ``PluginHost(specs).discover(folder).load(standing)``."""

    def __init__(self, hookspecs: Iterable[ModuleType] = ()) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._hooks: dict[str, Hook] = {}
        self._callers: dict[tuple[str, str], pluggy.HookCaller] = {}
        self._offered: dict[tuple[str, str], tuple[Any, ...]] = {}
        for module in hookspecs:
            self._manager.add_hookspecs(module)
            self._hooks |= specified(module)
        self._found: dict[str, Found] = {}
        self._states: dict[str, State] = {}
        self._troubles: list[PlatformError] = []
        self._lock = threading.Lock()
        self.calls = Calls()

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
        _speak(manifest)
        self._manager.register(plugin, manifest.name)
        self._callers.clear()  # each leaves out the others that were there
        done = frozenset(caller.name for caller in self._manager.get_hookcallers(plugin) or ())
        unknown = sorted(name for name in done if not self._manager.hook.__dict__[name].has_spec())
        if unknown or done != manifest.hooks:
            self._manager.unregister(plugin)
            if unknown:
                raise PluginTrouble("pluginhost.unknown_hook", hook=", ".join(unknown))
            raise PluginTrouble(
                "pluginhost.hooks_untrue", name=manifest.name, done=", ".join(sorted(done)) or "–", said=", ".join(sorted(manifest.hooks)) or "–"
            )
        if bool(manifest.steps) != ("run_step" in done):
            self._manager.unregister(plugin)
            raise PluginTrouble("pluginhost.steps_untrue", name=manifest.name, said=", ".join(manifest.steps) or "–")
        settings.declare(manifest)
        self._states[manifest.name] = State(manifest)

    def call(self, hook: str, *, scope: Iterable[str] | None = None, contexts: Contexts | None = None, **arguments: Any) -> list[Any]:
        """The answers of the plugins in *scope* (names enabled here, see :func:`core.pluginhost.service.enabled`; ``None``: all that are loaded), in
        the host's order, without ``None``. *contexts* makes each one's ``ctx``.

        An exception of a plugin, and an answer that is none, become :class:`PluginFailed` with its name; a platform error passes as it is.
        """
        return [answer.value for answer in self.answers(hook, scope=scope, contexts=contexts, **arguments)]

    def answers(self, hook: str, *, scope: Iterable[str] | None = None, contexts: Contexts | None = None, **arguments: Any) -> list[Answer]:
        """As :meth:`call`, each answer with the plugin it came from."""
        names = self.taking_part(hook, scope)
        return [Answer(name, value) for name in names if (value := self._one(hook, name, arguments, contexts)) is not None]

    def first(self, hook: str, *, scope: Iterable[str] | None = None, contexts: Contexts | None = None, **arguments: Any) -> Answer | None:
        """The first answer that is not ``None`` (hooks that decide)."""
        for name in self.taking_part(hook, scope):
            value = self._one(hook, name, arguments, contexts)
            if value is not None:
                return Answer(name, value)
        return None

    def offered(self, hook: str, name: str) -> tuple[Any, ...]:
        """What *name* offers by *hook*. Asked once while the plugin is loaded: an offer is a list of values, not an answer to a question.

        One whose offer cannot be had is set aside; the others go on.
        """
        kept = self._offered.get((hook, name))
        if kept is None:
            try:
                kept = tuple(self._one(hook, name, {}) or ())
            except PlatformError as error:
                cause = error.__cause__
                self.quarantine(name, f"{hook}: {type(cause).__name__}: {cause}"[:300] if cause is not None else error.words("zh")[:300])
                kept = ()
            self._offered[hook, name] = kept
        return kept

    def observe(self, hook: str, plugin: str, *, contexts: Contexts | None = None, **arguments: Any) -> None:
        """Tell one observer. Nobody waits for it; its failure is raised for the outbox to try again."""
        with self.calls.within(BACKGROUND_SECONDS):
            self._one(hook, plugin, arguments, contexts)

    def knows(self, hook: str) -> bool:
        """Whether *hook* was specified in this process."""
        return hook in self._hooks

    def taking_part(self, hook: str, scope: Iterable[str] | None = None) -> tuple[str, ...]:
        """Names of the active plugins in *scope* that implement *hook*, in order. Observers get one outbox message for each."""
        if not self.knows(hook):
            raise UnknownPlugin("pluginhost.unknown_hook", hook=hook)
        caller = getattr(self._manager.hook, hook)
        implementing = {implementation.plugin_name for implementation in caller.get_hookimpls()}
        wanted = None if scope is None else set(scope)
        return tuple(name for name, state in self._states.items() if state.active and name in implementing and (wanted is None or name in wanted))

    def quarantine(self, name: str, reason: str) -> None:
        """Set a plugin aside that cannot take part as it is: here at once, and everywhere when what was noted is written."""
        with self._lock:
            self._states[name] = replace(self._state(name), reason=reason)
        self.calls.note(name, "", "unfit", what=reason)
        log.error("plugin %s is quarantined: %s", name, reason)

    def manifest(self, name: str) -> Manifest:
        """The manifest of a loaded plugin. :class:`UnknownPlugin` otherwise."""
        return self._state(name).manifest

    def known(self, name: str) -> Manifest | None:
        """What is known of *name*, whether it was loaded, set aside, or only lies here."""
        state, found = self._states.get(name), self._found.get(name)
        return state.manifest if state is not None else found.manifest if found is not None else None

    def folder(self, name: str) -> Path | None:
        """Where the files of a loaded plugin are; ``None`` for one without."""
        state = self._states.get(name)
        return None if state is None else state.manifest.folder

    def active(self, name: str) -> bool:
        """Whether *name* was loaded and not set aside."""
        return name in self._states and self._states[name].active

    def folders(self) -> dict[str, Path]:
        """Name → folder of every plugin that was loaded from files."""
        return {name: state.manifest.folder for name, state in self._states.items() if state.manifest.folder is not None}

    def states(self) -> tuple[State, ...]:
        """Every plugin that was found, in order."""
        return tuple(self._states.values())

    def hooks(self) -> Mapping[str, Hook]:
        """Every hook that was specified in this process, by name."""
        return self._hooks

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

    def _one(self, hook: str, name: str, arguments: Mapping[str, Any], contexts: Contexts | None = None) -> Any:
        given = dict(arguments)
        if contexts is not None and CONTEXT in self._hooks[hook].arguments:
            given[CONTEXT] = contexts(name)
        caller = self._caller(hook, name)
        result = self.guarded(name, hook, lambda: caller(**given))
        value = next((value for value in result if value is not None), None) if isinstance(result, list) else result
        if not self._hooks[hook].fits(value):
            raise self.nonsense(name, hook, value)
        return value

    def _caller(self, hook: str, name: str) -> pluggy.HookCaller:
        """What calls *hook* of *name* alone; made once, since making it asks every plugin."""
        found = self._callers.get((hook, name))
        if found is None:
            others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name]
            found = self._callers[hook, name] = self._manager.subset_hook_caller(hook, others)
        return found

    def guarded(self, name: str, what: str, call: Callable[[], T], seconds: float | None = None) -> T:
        """Run a piece of *name*'s code – a hook, a page, a slot – called *what*. What it raises becomes :class:`PluginFailed` with its name; a platform
        error is an answer and passes as it is."""
        with self.calls.call(name, what, seconds):
            return call()

    def nonsense(self, name: str, what: str, answer: object) -> PluginFailed:
        """The error for an answer that is none, noted for the plugin; to be raised."""
        given = type(answer).__name__
        log.error("plugin %s answered %s with %s", name, what, given)
        self.calls.note(name, what, "nonsense", what=given)
        return PluginFailed("pluginhost.nonsense", plugin=name, hook=what, what=given)

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
