"""What happens to a certificate after the grant: changed by an item of its own, its item changed or stopped – the merged licence and the health page tell."""

import copy
import json
from collections.abc import Callable
from typing import Any

from core.cases.models import Case
from core.items import service as items
from core.kernel.actor import SYSTEM
from core.licences import queries as library
from core.licences.models import Licence
from core.licences.service.issuing import sheet
from core.pluginhost import service as plugins
from plugins.multi_certificate import inspecting
from plugins.multi_certificate.tests.conftest import DECIDED, decide_part, granted
from tests import fixtures_site as site
from tests.fixtures_site import Browser
from tests.journeys.hall import ME, Hall

FORM = {
    "$schema": "https://wangting.example/schemas/form.v1.schema.json", "schema_version": 1, "type": "object", "id": "social_change",
    "title": "社会保险登记变更表",
    "properties": {
        "licence": {"type": "string", "title": "登记证编号", "ui": {"field": "licence_ref"}},
        "kinds": {"type": "string", "title": "变更后的险种", "maxLength": 100},
    },
    "required": ["licence", "kinds"],
    "ui": {"pages": [{"id": "main", "title": "变更", "sections": [{"id": "main", "title": "变更", "fields": ["licence", "kinds"]}]}]},
}  # fmt: skip
PART = site.ROOT / "item_configs" / "human_resources" / "company-social-insurance.json"


def change_item() -> dict[str, Any]:
    """The item by which the department changes the registration that it issued as a part of bundles."""
    doc: dict[str, Any] = json.loads(PART.read_text(encoding="utf-8"))
    (result,) = doc["results"]
    action = {"do": "change", "licence": "licence", "basis": "《中华人民共和国社会保险法》第五十七条"}
    doc |= {"code": "social-insurance-change", "title": "社会保险登记变更", "form": "social_change", "translations": {}}
    doc["results"] = [{**result, "data": {"参加险种": {"var": "form.kinds"}}, "action": action}]
    for test in doc["tests"]:
        test["given"]["form"] = {"licence": "20260000001", "kinds": "基本养老保险"}
    return doc


def test_an_item_changes_one_certificate_and_the_merged_licence_shows_the_new_version(hall: Hall, filed: Callable[..., str]) -> None:
    begun = granted(hall, case_id := filed("all"))
    with hall.database.session() as session:
        (before,) = library.of_case(session, session.get_one(Case, begun["company-social-insurance"]).number)
        (merged,) = library.of_case(session, session.get_one(Case, case_id).number)
        items.apply(session, change_item(), forms={"social_change": FORM}, publishing=True, same_person=True, actor=SYSTEM)
    api = site.Api(hall.app, ME, hall.built.passwords[ME])
    company = next(each["party"]["id"] for each in api.get("/v1/parties").get_json()["parties"] if each["party"]["kind"] == "company")
    body = {"item": "social-insurance-change", "answers": {"licence": before.identifier, "kinds": "基本养老保险、失业保险"}, "materials": {}, "party": company}
    answer = api.post("/v1/cases", body)
    assert answer.status_code == 201, answer.text
    decide_part(hall, str(answer.get_json()["id"]), *DECIDED)
    with hall.database.session() as session:
        after = library.newest(session, [before.id])[before.id]
        assert (after.version, after.status, after.number) == (2, "valid", before.number)
        assert sheet(session, session.get_one(Licence, after.id))["data"]["参加险种"] == "基本养老保险、失业保险"
        (untouched,) = library.of_case(session, session.get_one(Case, case_id).number)
    assert untouched.id == merged.id, "a change of one part is no change of the licence that carries it"
    page = Browser(hall.app).get(f"/verify/{merged.verify_code}").text
    assert page.count("已发证") == 2
    alone = Browser(hall.app).get(f"/verify/{after.verify_code}").text
    assert "有效" in alone and merged.number in alone, "the new version names the licence that carries it"
    assert "旧版本" in Browser(hall.app).get(f"/verify/{before.verify_code}").text


def test_the_health_page_tells_of_a_bundle_whose_item_asks_for_more_since(hall: Hall) -> None:
    def findings() -> list[Any]:
        with hall.database.session() as session:
            return list(inspecting.health(plugins.called(session, "multi_certificate", actor=SYSTEM)))

    assert findings() == []
    doc = json.loads((site.ROOT / "item_configs" / "human_resources" / "company-medical-insurance.json").read_text(encoding="utf-8"))
    form = json.loads((site.ROOT / "form_definitions" / "company_medical_insurance.json").read_text(encoding="utf-8"))
    more = copy.deepcopy(form)
    more["properties"]["start"] = {"type": "string", "title": "起始月份", "maxLength": 10}
    more["required"].append("start")
    more["ui"]["pages"][0]["sections"][0]["fields"].append("start")
    for test in doc["tests"]:
        test["given"]["form"]["start"] = "2026-12"
    with hall.database.session() as session:
        items.apply(session, doc, forms={form["id"]: more}, publishing=True, same_person=True, actor=SYSTEM)
    (found,) = findings()
    assert (found.key, found.params["field"]) == ("multi_certificate.unfilled", "起始月份")
    assert "起始月份" in found.words("zh") and found.params["mend"] == "/office/items/company-establish"
    assert hall.staff("admin").get(found.params["mend"]).status_code == 200, "the link leads to where it is mended"
