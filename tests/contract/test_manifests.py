"""Every manifest tells the truth – and a manifest that does not is caught, whatever it lies about."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pluggy
import pytest

from core.app import HOOKSPECS
from core.pluginhost.host import PluginHost
from core.sdk import hookimpl
from tests.contract.truth import faults

ROOT = Path(__file__).resolve().parents[2]
IN_TREE = sorted(path.parent.name for path in ROOT.glob("plugins/*/manifest.json"))
OUTSIDE = ROOT / "tests" / "outside" / "street_trees"


@pytest.mark.parametrize("name", IN_TREE)
def test_a_plugin_of_the_platform_tells_the_truth(name: str) -> None:
    assert faults(ROOT / "plugins" / name, f"plugins.{name}") == []


def test_the_plugin_from_outside_tells_the_truth() -> None:
    assert faults(OUTSIDE / "street_trees", "street_trees") == []


def said(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    """Change the manifest."""

    def broken(folder: Path) -> None:
        doc = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        change(doc)
        (folder / "manifest.json").write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")

    return broken


def rewritten(file: str, before: str, after: str) -> Callable[[Path], object]:
    """Change a file."""

    def broken(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    return broken


SAMPLE = "samples/item_configs/urban_management/tree-pruning.json"


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (said(lambda doc: doc.update(name="other")), "other"),
        (said(lambda doc: doc.update(hooks=[])), "has hook pages and does not say so"),
        (said(lambda doc: doc["hooks"].append("case_changed")), "says hook case_changed and has none"),  # type: ignore[attr-defined]
        (said(lambda doc: doc.update(tables_prefix="plg_other_")), "it says plg_other_"),
        (said(lambda doc: doc.update(permissions={})), "asks for permission keep"),
        (said(lambda doc: doc["permissions"].update(fell={"zh": "砍", "en": "Fell"})), "declares permission fell"),  # type: ignore[attr-defined]
        (said(lambda doc: doc.update(settings={})), "asks for setting inspect_days"),
        (said(lambda doc: doc["settings"].update(unused=doc["settings"]["inspect_days"])), "declares setting unused"),  # type: ignore[index]
        (said(lambda doc: doc.update(steps=[])), "answers step survey and does not declare it"),
        (said(lambda doc: doc["steps"].append("fell")), "declares step fell"),  # type: ignore[attr-defined]
        (said(lambda doc: doc.update(options_schema="gone.json")), "gone.json is not there"),
        (rewritten("models.py", "plg_street_trees_tree", "tree"), "table tree does not begin"),
        (rewritten("models.py", "plg_street_trees_tree", "plg_street_trees_wood"), "plg_street_trees_wood is made by no migration"),
        (rewritten("migrations/0001_trees.py", "plg_street_trees_tree", "plg_street_trees_wood"), "plg_street_trees_wood has no model"),
        (rewritten("wording.json", "street_trees.twice", "trees.twice"), "wording trees.twice"),
        (rewritten("service.py", "from core.sdk.tables import new_id", "from core.kernel.ids import new_id"), "imports core.kernel.ids"),
        (rewritten(SAMPLE, '"plugins": {"street_trees": {"tree": "tree"}}', '"plugins": {}'), "has no sample item"),
        (rewritten(SAMPLE, '"end": "grant"', '"end": "refuse"'), "no test that runs to a grant"),
        (lambda folder: (folder.parent / "README.md").unlink(), "does not speak of plugins remove"),
    ],
)
def test_a_plugin_that_does_not_is_caught(broken: Callable[[Path], object], fault: str, tmp_path: Path) -> None:
    shutil.copytree(OUTSIDE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "project" / "street_trees"
    broken(folder)
    found = faults(folder, "street_trees")
    assert any(fault in each for each in found), found


def test_no_implementation_waits_for_a_specification() -> None:
    host = PluginHost(HOOKSPECS).discover(shipped=ROOT / "plugins", entry_points=False).load()
    assert {state.manifest.name for state in host.states() if state.active} == set(IN_TREE), [each.words("en") for each in host.troubles()]
    host.check_pending()


def test_one_that_waits_is_caught() -> None:
    class Guess:
        @hookimpl
        def case_guessed(self) -> None: ...

    host = PluginHost(HOOKSPECS)
    host._manager.register(Guess(), "guess")
    with pytest.raises(pluggy.PluginValidationError, match="case_guessed"):
        host.check_pending()
