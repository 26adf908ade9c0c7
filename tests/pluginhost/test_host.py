"""Plugins: found, ordered, called within their scope; a broken one is named and never takes the site down."""

import json
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.errors import BadInput
from core.pluginhost.errors import PluginFailed, PluginTrouble, UnknownPlugin
from core.pluginhost.hooks import hook
from core.pluginhost.host import PluginHost
from core.pluginhost.manifest import Manifest, parse
from core.pluginhost.order import ordered


def specs() -> types.ModuleType:
    module = types.ModuleType("specs")

    @hook("decides", str)
    def badges(word: str) -> Any: ...

    @hook("observes")
    def case_seen(case_id: str) -> None: ...

    module.badges, module.case_seen = badges, case_seen  # type: ignore[attr-defined]
    return module


def document(name: str, hooks: list[str], **more: Any) -> dict[str, Any]:
    schema = "https://wangting.example/schemas/plugin_manifest.v1.schema.json"
    base = {"$schema": schema, "schema_version": 1, "name": name, "version": "1.0.0", "title": {"zh": "插件", "en": "Plugin"}}
    return {**base, "owner": "market_regulation", "scope": "site", "sdk": ">=1", "hooks": hooks, **more}


def manifest(name: str, **more: Any) -> Manifest:
    return parse(document(name, more.pop("hooks", []), **more), name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    package = tmp_path / "plugins"  # the name of our own package, as a hall's folder has it
    package.mkdir()
    return package


def plant(folder: Path, name: str, code: str = "", hooks: list[str] | None = None, **more: Any) -> None:
    place = folder / name
    place.mkdir()
    (place / "manifest.json").write_text(json.dumps(document(name, hooks or [], **more)), encoding="utf-8")
    (place / "plugin.py").write_text("from core.sdk import hookimpl\n" + code, encoding="utf-8")


def badge(answer: str) -> str:
    return f"@hookimpl\ndef badges(word):\n    return {answer}\n"


def opened(folder: Path) -> PluginHost:
    return PluginHost([specs()]).discover(folder, entry_points=False).load()


def test_plugins_answer_in_one_order_whatever_the_disk_says(folder: Path) -> None:
    plant(folder, "zebra", badge("'z' + word"), ["badges"])
    plant(folder, "apple", badge("'a' + word"), ["badges"], after=["zebra"])
    plant(folder, "middle", badge("None"), ["badges"])
    host = opened(folder)
    assert host.troubles() == ()
    assert host.call("badges", word="!") == ["z!", "a!"]
    assert [answer.plugin for answer in host.answers("badges", word="!")] == ["zebra", "apple"]
    assert host.first("badges", word="?") is not None
    host.check_pending()


def test_only_plugins_in_scope_are_called(folder: Path) -> None:
    plant(folder, "everywhere", badge("'e'"), ["badges"])
    plant(folder, "chosen", badge("'c'"), ["badges"], scope="item")
    host = opened(folder)
    assert host.call("badges", word="") == ["c", "e"]
    assert host.call("badges", scope=["chosen"], word="") == ["c"]
    assert host.call("badges", scope=["chosen", "everywhere", "not installed"], word="") == ["c", "e"]
    assert host.call("badges", scope=[], word="") == []


def test_a_plugin_that_fails_is_named_and_the_operation_fails(folder: Path) -> None:
    plant(folder, "breaks", badge("1 / 0"), ["badges"])
    with pytest.raises(PluginFailed) as caught:
        opened(folder).call("badges", word="")
    assert "breaks" in caught.value.words("zh")


def test_a_finding_of_a_plugin_passes_as_it_is(folder: Path) -> None:
    plant(folder, "refuses", "from core.kernel.errors import BadInput\n@hookimpl\ndef badges(word):\n    raise BadInput()\n", ["badges"])
    with pytest.raises(BadInput):
        opened(folder).call("badges", word="")


@pytest.mark.parametrize(
    ("code", "hooks", "words"),
    [
        ("raise RuntimeError('no licence file')", [], "no licence file"),
        ("import a_module_that_is_not_there", [], "a_module_that_is_not_there"),
        ("def broken(:", [], "SyntaxError"),
        (badge("1"), [], "badges"),
        ("", ["badges"], "badges"),
        ("@hookimpl\ndef never_heard_of(word):\n    return 1\n", ["never_heard_of"], "never_heard_of"),
    ],
)
def test_a_broken_plugin_is_set_aside_with_its_reason_and_the_others_work(folder: Path, code: str, hooks: list[str], words: str) -> None:
    plant(folder, "broken", code, hooks)
    plant(folder, "fine", badge("'ok'"), ["badges"])
    host = opened(folder)
    assert host.call("badges", word="") == ["ok"]
    (trouble,) = host.troubles()
    assert words in trouble.words("zh")
    state = {one.manifest.name: one for one in host.states()}["broken"]
    assert not state.active
    assert state.reason


def test_a_plugin_without_what_it_requires_is_set_aside(folder: Path) -> None:
    plant(folder, "base", "raise OSError", [])
    plant(folder, "needs", badge("1"), ["badges"], requires=["base"])
    host = opened(folder)
    assert host.call("badges", word="") == []
    assert "base" in host.troubles()[-1].words("en")


def test_a_circle_is_told_and_the_rest_goes_on(folder: Path) -> None:
    plant(folder, "hen", badge("1"), ["badges"], after=["egg"])
    plant(folder, "egg", badge("1"), ["badges"], after=["hen"])
    plant(folder, "fox", badge("'fox'"), ["badges"])
    host = opened(folder)
    assert host.call("badges", word="") == ["fox"]
    assert "egg, hen" in host.troubles()[0].words("en")


@pytest.mark.parametrize(("text", "words"), [("{", "JSON"), ("[]", "$"), ('{"name": 1}', "manifest.json"), ("\xff", "manifest.json")])
def test_a_bad_manifest_is_named_with_file_and_spot(folder: Path, text: str, words: str) -> None:
    (folder / "bad").mkdir()
    (folder / "bad" / "manifest.json").write_text(text, encoding="latin-1")
    host = opened(folder)
    assert host.states() == ()
    assert words in host.troubles()[0].words("zh")


def test_name_and_folder_must_agree(folder: Path) -> None:
    plant(folder, "one")
    (folder / "one").rename(folder / "other")
    assert "other" in opened(folder).troubles()[0].words("en")


def test_unknown_names_are_said(folder: Path) -> None:
    host = opened(folder)
    with pytest.raises(UnknownPlugin):
        host.call("no_such_hook")
    with pytest.raises(UnknownPlugin):
        host.quarantine("nobody", "x")


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1)


@given(NAMES, st.randoms())
def test_any_order_without_a_circle_is_kept_and_is_deterministic(names: list[str], random: Any) -> None:
    links = {name: [other for other in names[:index] if random.random() < 0.4] for index, name in enumerate(names)}
    manifests = {name: manifest(name, after=links[name], requires=[]) for name in names}
    result = ordered(manifests)
    assert all(result.index(other) < result.index(name) for name, others in links.items() for other in others)
    assert ordered(dict(reversed(list(manifests.items())))) == result


def test_a_plugin_that_needs_itself_through_others_is_a_circle() -> None:
    with pytest.raises(PluginTrouble, match="a, b, c"):
        ordered({name: manifest(name, requires=[other]) for name, other in (("a", "b"), ("b", "c"), ("c", "a"))})
