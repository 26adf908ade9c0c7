"""Five real items that no file of the house holds, each made in the browser by somebody who writes no code – and then lived: reviewed, published, applied
for, worked on by every desk on its way, handed over; at the end carried into halls that never saw it and out again, the same to the byte."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.forms.service import compile_form, sample
from tests.browser import filling, making
from tests.browser.conftest import next_page, until
from tests.browser.studio_hand import Hand
from tests.browser.test_main_journey import TAIL, hand_over, press
from tests.cli.conftest import Home
from tests.demo_hall import CITIZEN, DemoHall, copy_home, initialised
from tests.papers import paper

ITEMS = tuple(sorted(path.stem for path in making.FOLDER.glob("*.json")))
Desk = Callable[..., Page]


@pytest.mark.soak
@pytest.mark.parametrize("code", ITEMS)
def test_a_real_item_is_made_in_the_browser_lived_and_carried_on(
    code: str, person: Desk, hall: DemoHall, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    data = making.load(code)
    chief = person("chief")
    request = making.make(Hand(chief, hall), data)
    approve(person, request)
    item, form = exported(hall, code)
    faithful(data["record"], item)
    citizen = person(CITIZEN)
    case_id, number, receipt = apply(citizen, hall, data, item, form)
    for login, task, button in data["办理"]:
        press(person(login), hall, number, task, button, "情况属实。")
    finish(person("window"), citizen, hall, case_id, number, receipt, item["route"]["delivery"]["ways"])
    carried(hall, code, data["begin"]["code"].replace("-", "_"), tmp_path, tmp_path_factory)


def approve(person: Desk, request: str) -> None:
    """The second and the third person: the legal review, then who decides."""
    for login in ("legal", "leader"):
        reviewer = person(login)
        reviewer.goto(request)
        with next_page(reviewer):
            reviewer.get_by_role("button", name=re.compile("通过|同意")).first.click()


def exported(hall: DemoHall, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The item in force and its form."""
    return json.loads(hall.run("items", "export", code)), json.loads(hall.run("items", "export", code, "--form"))


def faithful(record: dict[str, Any], item: dict[str, Any]) -> None:
    """What the source says stands in the item, and nothing stands for what it does not say."""
    assert item["title"] == record["name"]
    assert [each["text"] for each in item["conditions"]] == (record["conditions"] or [])
    assert [each["title"] for each in item["basis"]] == (record["legal_basis"] or [])
    handed = {each["title"] for each in item["materials"]}
    assert {each["name"] for each in record["materials"] or ()} <= handed
    limits = item["route"]["limits"]
    for name in ("statutory", "promised"):
        said = record[f"{name}_limit"]
        assert limits[name].get("value") == (said["value"] if said else None)
    assert item["provenance"]["source"] == record["source"]
    if record["fee"]:
        amounts = re.findall(r"(\d+)元", record["fee"])
        assert [str(int(float(each["amount"]))) for each in item["fees"]["items"]] == amounts
    for title, address in (record["contacts"] or {}).items():
        assert address in json.dumps(item["places"], ensure_ascii=False), title


def apply(citizen: Page, hall: DemoHall, data: dict[str, Any], item: dict[str, Any], form: dict[str, Any]) -> tuple[str, str, str]:
    """The citizen – or their company – fills in the form and hands in the papers; returns the case's id, its number and the code on the receipt."""
    given = data["申请"]
    spec = compile_form(form)
    facts = {"situation": given.get("情形", {}), "channel": "web"}
    by_title = {field.title: field.id for page in spec.pages for field in page.fields}
    told = {by_title[title]: value for title, value in given.get("答案", {}).items()}
    values = dict(sample(spec, overrides=told, facts=facts))
    papers = {each["id"]: [paper(each.get("accept") or ["pdf"], each["id"])] for each in item["materials"] if each["source"]["from"] == "applicant"}
    case_id = filling.apply(citizen, hall, item["code"], values, given.get("情形", {}), papers, given.get("机关"))
    return case_id, citizen.locator("dd.b").first.inner_text(), citizen.locator(".code").first.inner_text()


def finish(window: Page, citizen: Page, hall: DemoHall, case_id: str, number: str, receipt: str, ways: list[str]) -> None:
    """The result is made by the worker and comes by itself, or is handed over at the counter; the citizen sees that it is done and has it."""
    if "electronic" not in ways:
        ready = window.locator("main tbody:not(:has-text('正在制作')) a")
        until(window, hall.url(f"/office/output/?number={number}"), lambda: ready.count() > 0)
        with next_page(window):
            ready.first.click()
        hand_over(window, receipt, TAIL)
        expect(window.locator(".toast")).to_contain_text("交给")
    main = citizen.locator("main")
    until(citizen, hall.url(f"/cases/{case_id}"), lambda: "已办结" in main.inner_text())
    expect(main).to_contain_text(re.compile("准予.*决定书"))
    expect(main).to_contain_text("送达")


def carried(hall: DemoHall, code: str, form: str, folder: Path, factory: pytest.TempPathFactory) -> None:
    """Out as files and as a signed bundle, into a hall that has nothing but its keys and into one with the same organisation; what comes out there is the
    same bytes under the same digest."""
    item_file, form_file, signed = folder / "item_configs" / f"{code}.json", folder / "form_definitions" / f"{form}.json", folder / "signed.json"
    for path in (item_file, form_file):
        path.parent.mkdir()
    hall.run("items", "export", code, "--output", str(item_file))
    hall.run("items", "export", code, "--form", "--output", str(form_file))
    hall.run("items", "bundle", "export", code, "--output", str(signed))
    (digest,) = set(re.findall(r"sha256:[0-9a-f]{64}", hall.run("items", "apply", str(item_file))))
    key = hall.run("items", "bundle", "key")
    for kind in ((), ("--demo",)):
        other = Home(copy_home(initialised(factory, *kind)[0], folder / f"other{len(kind)}"))
        draft = () if kind else ("--draft",)
        other.refused("items", "export", code, *draft)
        assert digest in other.ok("items", "apply", str(item_file))
        assert other.ok("items", "export", code, *draft) == item_file.read_text(encoding="utf-8")
        assert other.ok("items", "export", code, "--form", *draft) == form_file.read_text(encoding="utf-8")
        trusted = other.path / "items" / "trusted"
        trusted.mkdir(parents=True)
        (trusted / "from.json").write_text(key, encoding="utf-8")
        assert digest in other.ok("items", "bundle", "import", str(signed))
        again = json.loads(other.ok("items", "bundle", "export", code, *draft))
        assert again["items"] == json.loads(signed.read_text(encoding="utf-8"))["items"]
