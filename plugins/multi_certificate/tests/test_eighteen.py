"""The eighteen-in-one of the plan: published from the samples through the gate, chosen by situation, decided, merged; and refused when it is broken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.items import service as items
from core.items.errors import GateClosed
from core.items.library import item_files, library, shipped_root, sources
from core.kernel.actor import SYSTEM
from core.sdk import hookimpl
from plugins.multi_certificate.models import PartCase
from plugins.multi_certificate.tests.conftest import DECIDED, children, decide_part
from tests import fixtures_site as site
from tests.fixtures_plugins import take_in
from tests.fixtures_site import Browser
from tests.journeys.hall import ME, Hall

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


@pytest.fixture(scope="module")
def eighteen(hall: Hall) -> dict[str, Any]:
    """The bundle and its seventeen items, in force; the bundle's document."""
    shelf = library(within=(shipped_root(), SAMPLES))
    with hall.database.session() as session:
        done = items.apply_all(session, sources(item_files(SAMPLES / "item_configs"), shelf), publish=True, actor=SYSTEM)
    assert len(done) == 18 and all(each.published for each in done)
    found: dict[str, Any] = json.loads((SAMPLES / "item_configs" / "market_regulation" / "eighteen-certificates.json").read_text(encoding="utf-8"))
    return found


def test_situations_choose_among_eighteen_certificates(hall: Hall, eighteen: dict[str, Any]) -> None:
    def count(query: str) -> int:
        return Browser(hall.app).get(f"/x/multi_certificate/eighteen-certificates?{query}").text.count('<span class="tag">')

    five = "trade=general&foreign=no&media=no&seal=no&staff=no"
    assert count(five) == 3, "organisation code, tax and statistics; social insurance comes with the first employee"
    assert count(five.replace("staff=no", "staff=yes").replace("general", "travel").replace("foreign=no", "foreign=yes")) == 7
    page = Browser(hall.app).get("/x/multi_certificate/").text
    assert "最多 18 个证一起办" in page and "最多 7 个证一起办" in page
    assert len(eighteen["plugins"]["multi_certificate"]["parts"]) == 17


def test_the_sample_is_filed_decided_by_its_departments_and_merged(hall: Hall, eighteen: dict[str, Any]) -> None:
    given = eighteen["tests"][0]["given"]
    api = site.Api(hall.app, ME, hall.built.passwords[ME])
    own = {name: [{"id": api.upload(content=site.png(name), name=f"{name}.png").get_json()["id"], "name": f"{name}.png"}] for name in ("charter", "premises")}
    party = next(each["party"]["id"] for each in api.get("/v1/parties").get_json()["parties"] if each["party"]["kind"] == "person")
    body = {"item": "eighteen-certificates", "answers": given["form"], "situation": given["situation"], "materials": own, "party": party}
    answer = api.post("/v1/cases", body)
    assert answer.status_code == 201, answer.text
    case_id = str(answer.get_json()["id"])
    hall.settle()
    hall.press("window", case_id, "accept")
    hall.press("reviewer", case_id, "pass")
    hall.settle()
    begun = children(hall, case_id)
    assert set(begun) == {"joint-tax-registration", "joint-social-insurance", "advertising-register"}, "what is decided is waited for"
    for child in begun.values():
        decide_part(hall, child, *DECIDED)
    hall.press("chief", case_id, "grant")
    hall.settle()
    with hall.database.session() as session:
        parts = {each.part: each.result for each in session.scalars(select(PartCase).where(PartCase.case_id == case_id))}
    assert parts == {
        **dict.fromkeys(("tax", "social", "advertising"), "granted"),
        **dict.fromkeys(("org_code", "statistics", "seal", "fund", "travel", "foreign")),
    }
    assert len(children(hall, case_id)) == 9


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "multi_certificate.unfilled": lambda doc: doc["route"]["review"]["nodes"]["tell"]["branches"]["travel"]["nodes"]["case"]["give"].pop("head"),
    "multi_certificate.item_missing": lambda doc: doc["plugins"]["multi_certificate"]["parts"][0].update(item="nothing-here"),
    "items.plugin_options": lambda doc: doc["plugins"]["multi_certificate"]["parts"][0].update(kind="maybe"),
}


@pytest.mark.parametrize("key", BROKEN)
def test_the_gate_refuses_a_broken_bundle_by_name(hall: Hall, eighteen: dict[str, Any], key: str) -> None:
    doc = json.loads(json.dumps(eighteen))
    BROKEN[key](doc)
    shelf = library(within=(shipped_root(), SAMPLES))
    with hall.database.session() as session, pytest.raises(GateClosed) as closed:
        items.apply(session, doc, forms=shelf.forms, publishing=True, same_person=True, actor=SYSTEM)
    found = next(each for each in closed.value.findings if each.key == key)
    assert "{" not in found.words("zh") + found.words("en"), "worded, every value filled in"


class Rival:
    """Another plugin that would put lines on the licence."""

    @hookimpl
    def merge_licences(self, grant: Any) -> None:
        """Says nothing."""
        del grant


def test_two_plugins_that_would_both_merge_the_licence_of_one_item_are_refused(hall: Hall, eighteen: dict[str, Any]) -> None:
    take_in(hall.database, Rival(), "rival", "merge_licences")
    doc = {**eighteen, "plugins": {**eighteen["plugins"], "rival": {}}}
    shelf = library(within=(shipped_root(), SAMPLES))
    with hall.database.session() as session, pytest.raises(GateClosed) as closed:
        items.apply(session, doc, forms=shelf.forms, publishing=True, same_person=True, actor=SYSTEM)
    assert [each.key for each in closed.value.findings if each.level == "error"] == ["items.plugins_decide_both"]
