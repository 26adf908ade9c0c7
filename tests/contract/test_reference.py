"""The reference of hooks is the code's own, every docstring has its parts, and every hook has a user in the tree."""

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import click
import pytest

from core.app import HOOKSPECS
from core.cli.hook_reference import page, signature
from core.cli.main import main
from core.kernel.errors import Finding
from core.pluginhost.hooks import Hook, hook, specified

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "plugins" / "hooks.md"
PARTS = ("*When*", "*Transaction*", "*Returns*", "*On error*", "*Since*")
#: What an argument of a hook may be called. A new one is a decision, not an accident.
ARGUMENTS = {"ctx", "item", "application", "step", "call", "change", "grant"}
EVERY: dict[str, tuple[Hook, object]] = {name: (each, getattr(module, name)) for module in HOOKSPECS for name, each in specified(module).items()}


def untrue(words: str, modules: Iterable[ModuleType]) -> bool:
    """Whether the committed reference is another than the code's."""
    return words != page(modules)


def unworded(each: Hook) -> list[str]:
    """The parts that a docstring lacks."""
    return [part for part in PARTS if part not in each.words]


def unused(hooks: Iterable[str], manifests: Iterable[Path]) -> set[str]:
    """Hooks that no plugin implements."""
    return set(hooks) - {name for path in manifests for name in json.loads(path.read_text(encoding="utf-8"))["hooks"]}


def test_the_committed_reference_is_what_the_specifications_say() -> None:
    assert not untrue(REFERENCE.read_text(encoding="utf-8"), HOOKSPECS), "run: wangting plugins hooks > docs/plugins/hooks.md"


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_hook_is_documented_with_its_exact_signature_and_every_part(name: str) -> None:
    each, function = EVERY[name]
    assert f"### {name}\n\n```python\n{signature(function)}\n```" in REFERENCE.read_text(encoding="utf-8")
    assert unworded(each) == []
    assert set(each.arguments) <= ARGUMENTS


def test_every_hook_is_implemented_by_a_plugin_of_the_tree() -> None:
    assert unused(EVERY, ROOT.glob("plugins/*/manifest.json")) == set()


def test_a_hook_that_is_changed_badly_documented_or_used_by_nobody_is_caught(tmp_path: Path) -> None:
    module = ModuleType("made")

    @hook("finds", Finding)
    def check_item(ctx: int, item: str, mood: str) -> Sequence[Finding]:  # type: ignore[empty-body]
        """Says when it is asked and nothing else. *When* asked."""

    module.check_item = check_item  # type: ignore[attr-defined]
    assert untrue(REFERENCE.read_text(encoding="utf-8"), [*HOOKSPECS[1:], module])
    assert signature(check_item) not in REFERENCE.read_text(encoding="utf-8")
    (made,) = specified(module).values()
    assert unworded(made) == list(PARTS[1:]) and not set(made.arguments) <= ARGUMENTS
    assert unused(["check_item", "guess_case"], ROOT.glob("plugins/*/manifest.json")) == {"guess_case"}


COMMAND = re.compile(r"^ {4}(wangting .+?)(?:\s{2,}#.*)?$", re.M)


def impossible(line: str) -> str:
    """What is wrong with a command as it stands in the books; empty when the program has it."""
    words, at = shlex.split(line, comments=True)[1:], click.Context(main)
    command: click.Command = main
    while isinstance(command, click.Group):
        found = command.get_command(at, words[0]) if words else None
        if found is None:
            return f"{line}: no command {words[:1]}"
        command, words = found, words[1:]
    options = {name for each in command.params if isinstance(each, click.Option) for name in (*each.opts, *each.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word not in options]
    taken = {word for before, word in pairwise(words) if before.startswith("-") and not _flag(command, before)}
    given = [word for word in words if not word.startswith("-") and word not in taken]
    wanted = [each for each in command.params if isinstance(each, click.Argument)]
    if unknown or (len(given) != len(wanted) and all(each.nargs == 1 for each in wanted)):
        return f"{line}: {unknown or given}"
    return ""


def _flag(command: click.Command, option: str) -> bool:
    return any(isinstance(each, click.Option) and option in (*each.opts, *each.secondary_opts) and each.is_flag for each in command.params)


@pytest.mark.parametrize("book", sorted(path.name for path in REFERENCE.parent.glob("*.md")))
def test_every_command_of_the_books_is_one_that_the_program_has(book: str) -> None:
    lines = COMMAND.findall((REFERENCE.parent / book).read_text(encoding="utf-8"))
    assert [wrong for line in lines if (wrong := impossible(line))] == []


@pytest.mark.parametrize(
    "line", ["wangting plugins enlarge street_trees", "wangting plugins remove street_trees --soon", "wangting plugins remove", "wangting trees"]
)
def test_a_command_that_the_program_has_not_is_caught(line: str) -> None:
    assert impossible(line)


def test_the_books_lead_nowhere_that_is_not_there() -> None:
    for path in REFERENCE.parent.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
