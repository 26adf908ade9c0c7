"""The reference of hooks, written from their specifications: exact signatures, what each docstring says, and the values that hooks are given."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import textwrap
import typing
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import core.sdk
from core.pluginhost.hooks import Hook, specified

_KINDS = {
    "offers": ("Offers", "A plural noun. Called once while the plugin is loaded; answers with a sequence of values, never with what depends on a reader."),
    "finds": ("Finds", "A verb. Answers with findings; one of level `error` stops what is being done and is shown with its words."),
    "decides": ("Decides", "An imperative. The first answer that is not `None` counts."),
    "observes": ("Observes", "A past tense. Hears afterwards, from the outbox, in a transaction of its own; nobody waits."),
}
#: Hooks that were thought of and that nobody in the tree needs yet. They come when a plugin does.
PLANNED = (
    ("authenticate_party", "decides", "log-in by a province's identity platform"),
    ("before_issue", "finds", "what must hold before a licence is issued"),
    ("case_erased", "observes", "clearing up behind a case whose keeping time is over"),
    ("choose_assignee", "decides", "who of several may take a step"),
    ("delivery_methods", "offers", "ways of delivery: post, courier"),
    ("licence_number", "decides", "numbers by a province's own rule"),
    ("material_checks", "offers", "looking at a file that was handed in"),
    ("notice_channels", "offers", "text messages, WeChat, letters"),
    ("prefill_values", "offers", "answers that the hall knows already"),
    ("render_licence", "decides", "a licence drawn by another system"),
    ("seal_document", "decides", "e-seals of a certification authority"),
)


def page(modules: Iterable[ModuleType]) -> str:
    """The whole reference as Markdown."""
    hooks = [(hook, getattr(module, hook.name)) for module in modules for hook in specified(module).values()]
    return "\n".join(_lines(sorted(hooks, key=lambda one: one[0].name))) + "\n"


def _lines(hooks: list[tuple[Hook, Any]]) -> Iterator[str]:
    yield "<!-- Written by: wangting plugins hooks > docs/plugins/hooks.md -->"
    yield "# Hooks"
    yield ""
    yield "An implementation names the arguments it wants, by name, and leaves the others out: `def case_changed(change)` is as good as"
    yield "`def case_changed(ctx, change)`. The function is marked with `core.sdk.hookimpl`, stands in the module of the entry point, and its name"
    yield "stands in the manifest's `hooks`. `None` always means: nothing to say. What a hook is given is frozen."
    for kind, (title, words) in _KINDS.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield words
        for hook, function in hooks:
            if hook.kind == kind:
                yield from _hook(hook, function)
    yield ""
    yield "## What hooks are given"
    for name, each in sorted(_values(hooks).items()):
        yield from _value(name, each)
    yield ""
    yield "## Planned"
    yield ""
    yield "Not there yet; a hook is added when a plugin in the tree needs it."
    yield ""
    yield "| hook | kind | for |"
    yield "| --- | --- | --- |"
    yield from (f"| `{name}` | {kind} | {words} |" for name, kind, words in PLANNED)


def signature(function: Any) -> str:
    """A specification as it is written: ``name(ctx: Context, …) -> …``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    returns = f" -> {ast.unparse(tree.returns)}" if tree.returns is not None else ""
    return f"{tree.name}({ast.unparse(tree.args)}){returns}"


def _hook(hook: Hook, function: Any) -> Iterator[str]:
    yield ""
    yield f"### {hook.name}"
    yield ""
    yield "```python"
    yield signature(function)
    yield "```"
    yield ""
    yield hook.words.replace("``", "`")


def _values(hooks: Iterable[tuple[Hook, Any]]) -> dict[str, type[Any]]:
    """Every dataclass of the sdk that a signature names: name → type."""
    found: dict[str, type[Any]] = {}
    for hook, function in hooks:
        for hint in (*typing.get_type_hints(function).values(), hook.each):
            for each in (hint, *typing.get_args(hint)):
                if isinstance(each, type) and dataclasses.is_dataclass(each):
                    found[each.__name__] = each
    return found


def _value(name: str, each: type[Any]) -> Iterator[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
    assert isinstance(tree, ast.ClassDef)
    fields = [node for node in tree.body if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_")]
    yield ""
    yield f"### {name}"
    yield ""
    yield f"`from {_home(name, each)} import {name}`"
    yield ""
    yield (inspect.getdoc(each) or "").replace("``", "`")
    yield ""
    yield "```python"
    for node in fields:
        yield ast.unparse(node).replace("'", '"')
    yield "```"


def _home(name: str, each: type[Any]) -> str:
    """The module of the sdk that has it."""
    modules = ["core.sdk", *(f"core.sdk.{found.name}" for found in pkgutil.iter_modules(core.sdk.__path__) if found.name != "testing")]
    return next(module for module in modules if getattr(importlib.import_module(module), name, None) is each)
