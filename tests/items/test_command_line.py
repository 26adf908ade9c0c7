"""``wangting items`` as an operator meets it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.cli.items import items
from core.items.library import library
from core.items.reference import reference

FOOD = library().items["food-operation-new"]


def run(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("WANGTING_HOME", str(home))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    return CliRunner().invoke(items, list(arguments))


def copy(tmp_path: Path, change: Any = None) -> Path:
    target = tmp_path / "item_configs" / "market_regulation" / "my-item.json"
    target.parent.mkdir(parents=True)
    doc = json.loads(FOOD.read_text(encoding="utf-8"))
    doc["code"] = "my-item"
    if change:
        change(doc)
    target.write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    return target


def test_a_copied_item_is_checked_without_a_hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(tmp_path / "home", monkeypatch, "check", str(copy(tmp_path)))
    assert result.exit_code == 0, result.output
    assert "0 处错误" in result.output


def test_every_error_is_printed_with_file_path_and_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(doc: dict[str, Any]) -> None:
        doc["contacts"]["consult"] = "86926512"
        doc["materials"][3]["original"] = 1

    path = copy(tmp_path, change)
    broken = path.with_name("broken.json")
    broken.write_text('{"code": }', encoding="utf-8")
    result = run(tmp_path / "home", monkeypatch, "check", str(path.parent), "--json")
    assert result.exit_code == 1
    rows = {(Path(row["file"]).name, row["path"], row["key"]) for row in json.loads(result.output) if row["level"] == "error"}
    assert rows == {
        ("broken.json", "", "items.broken_file"),
        ("my-item.json", "/contacts/consult", "items.phone_shape"),
        ("my-item.json", "/materials/3/original", "items.shared_on_paper"),
    }


def test_formatting_twice_changes_nothing_the_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copy(tmp_path)
    assert run(tmp_path / "home", monkeypatch, "format", "--check", str(path)).exit_code == 1
    assert run(tmp_path / "home", monkeypatch, "format", str(path)).exit_code == 0
    first = path.read_bytes()
    assert run(tmp_path / "home", monkeypatch, "format", "--check", str(path)).exit_code == 0
    assert path.read_bytes() == first


def test_a_form_beside_the_item_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copy(tmp_path, lambda doc: doc.update(form="my_form"))
    assert run(tmp_path / "home", monkeypatch, "check", str(path)).exit_code == 1
    forms = tmp_path / "form_definitions"
    forms.mkdir()
    shutil.copy(FOOD.parents[2] / "form_definitions" / "food_operation.json", forms / "my_form.json")
    definition = json.loads((forms / "my_form.json").read_text(encoding="utf-8")) | {"id": "my_form"}
    (forms / "my_form.json").write_text(json.dumps(definition, ensure_ascii=False), encoding="utf-8")
    assert run(tmp_path / "home", monkeypatch, "check", str(path)).exit_code == 0


def test_the_reference_page_is_what_the_schema_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "items.md").read_text(encoding="utf-8")
    assert page.endswith(reference()), "run: python -c 'from core.items.reference import reference; print(reference())' and put it at the end of docs/items.md"
