"""What a plugin says of itself, held against its files. Each fault is a sentence; no faults: it tells the truth."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from core.pluginhost.boundary import trespasses
from core.pluginhost.discovery import Found
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.manifest import Manifest, read


def faults(folder: Path, package: str) -> list[str]:
    """Everything that the plugin in *folder*, imported as *package*, says and that is not so."""
    try:
        manifest = read(folder)
    except PluginTrouble as trouble:
        return [trouble.words("en")]
    return [*_hooks(manifest, folder), *_tables(manifest, folder), *_names(manifest, folder), *_samples(manifest, folder), *_readme(manifest, folder),
            *(f"{path} line {line} imports {module}" for path, line, module in trespasses(Found(manifest, f"{package}.plugin")))]  # fmt: skip


def code(folder: Path) -> str:
    """All Python of the plugin but its tests."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")) if path.relative_to(folder).parts[0] != "tests")


def _hooks(manifest: Manifest, folder: Path) -> Iterator[str]:
    tree = ast.parse((folder / "plugin.py").read_text(encoding="utf-8"))
    done = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and any(ast.unparse(each) == "hookimpl" for each in node.decorator_list)}
    yield from (f"says hook {name} and has none" for name in sorted(manifest.hooks - done))
    yield from (f"has hook {name} and does not say so" for name in sorted(done - manifest.hooks))
    long = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 10]
    yield from (f"hook {name} does its work in plugin.py" for name in long)


def _tables(manifest: Manifest, folder: Path) -> Iterator[str]:
    prefix, text = f"plg_{manifest.name}_", code(folder)
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("tables_prefix")
    modelled = set(re.findall(r'__tablename__ = "([^"]+)"', text))
    made = set(re.findall(r'create_table\(\s*"([^"]+)"', text)) | set(re.findall(r'^TABLE = "([^"]+)"', text, re.M))
    if (modelled or said) and said != prefix:
        yield f"its tables begin with {prefix}, it says {said}"
    yield from (f"table {name} does not begin with {prefix}" for name in sorted(modelled | made) if not name.startswith(prefix))
    yield from (f"table {name} is made by no migration" for name in sorted(modelled - made))
    yield from (f"table {name} has no model" for name in sorted(made - modelled))


def _names(manifest: Manifest, folder: Path) -> Iterator[str]:
    text = code(folder)
    quoted = set(re.findall(r'"([a-z][a-z0-9_]*)"', text + "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.html")).replace("'", '"')))
    asked = {
        "permission": set(re.findall(r'\bmay="([a-z_]+)"|\.may\("([a-z_]+)"\)|staff_with\(\w+, "([a-z_]+)"\)', text)),
        "setting": set(re.findall(r'\.setting\("([a-z_]+)"', text)),
    }
    for kind, declared in (("permission", manifest.permissions), ("setting", manifest.settings)):
        used = {name for each in asked[kind] for name in (each if isinstance(each, tuple) else (each,)) if name}
        yield from (f"asks for {kind} {name} and does not declare it" for name in sorted(used - declared.keys()))
        yield from (f"declares {kind} {name} and never asks for it" for name in sorted(declared.keys() - quoted))
    answered = set(re.findall(r'\bability == "([a-z_]+)"', text))
    yield from (f"answers step {name} and does not declare it" for name in sorted(answered - set(manifest.steps)))
    yield from (f"declares step {name} and never answers it" for name in sorted(set(manifest.steps) - quoted))
    path = folder / "wording.json"
    for key, words in json.loads(path.read_text(encoding="utf-8")).items() if path.is_file() else ():
        if not key.startswith(f"{manifest.name}.") or not words.get("zh") or not words.get("en"):
            yield f"wording {key} is not its own, or not in both languages"
    if manifest.options_schema is not None and not (folder / manifest.options_schema).is_file():
        yield f"{manifest.options_schema} is not there"


def _samples(manifest: Manifest, folder: Path) -> Iterator[str]:
    docs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("samples/item_configs/*/*.json"))]
    uses = [doc for doc in docs if manifest.name in (doc.get("plugins") or {})]
    if not uses:
        yield "has no sample item that uses it"
    for doc in uses:
        if not any(test["expect"].get("end") == "grant" for test in doc["tests"]):
            yield f"sample {doc['code']} has no test that runs to a grant"


def _readme(manifest: Manifest, folder: Path) -> Iterator[str]:
    path = next((each for each in (folder / "README.md", folder.parent / "README.md") if each.is_file()), None)
    words = path.read_text(encoding="utf-8") if path is not None else ""
    if "plugins remove" not in words:
        yield "README.md does not speak of plugins remove"
    for kind, declared in (("permission", manifest.permissions), ("setting", manifest.settings)):
        for name, value in declared.items():
            titles = value.get("title", value)
            if not any(each in words for each in (f"`{name}`", titles["zh"], titles["en"])):
                yield f"README.md does not speak of {kind} {name}"
