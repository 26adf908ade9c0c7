"""A hall with the company bundle and its six items, this plugin installed and enabled as an operator does it."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.app import open_site
from core.kernel.actor import SYSTEM
from core.pluginhost import life
from core.pluginhost.service import host
from tests import fixtures_site as site
from tests.conftest import chromium as chromium  # the browser of this worker
from tests.fixtures_hall import publish_item
from tests.journeys.hall import ME, Hall
from tests.moulds import made_once

NAME = "multi_certificate"
BUNDLE = "market_regulation/company-establish"
PARTS = (
    "administrative_approval/company-bank-account", "housing/company-housing-fund", "human_resources/company-medical-insurance",
    "human_resources/company-social-insurance", "public_security/company-seal-record", "tax/new-business-tax",
)  # fmt: skip
#: Sub-case items of the bundle → who presses what to bring them to their end.
DECIDED = (("reviewer", "pass"), ("chief", "grant"))
RECORDED = (("reviewer", "grant"),)


def _make(factory: pytest.TempPathFactory, folder: Path) -> Any:
    built = site.build_once(factory, folder, PARTS)
    opened = open_site(built.config())
    with opened.database.session() as session:
        life.install(session, host(session), NAME, actor=SYSTEM)
        life.enable(session, host(session), NAME, actor=SYSTEM)
    opened.database.close()
    opened = open_site(built.config())
    with opened.database.session() as session:
        publish_item(session, f"{BUNDLE}.json")
    opened.database.close()
    return built.passwords


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """Only ever copied."""
    home, passwords = made_once(tmp_path_factory, "site-multi-certificate", partial(_make, tmp_path_factory))
    return site.Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


@pytest.fixture(scope="module")
def hall(mould: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A copy for one file of tests; each files cases of its own."""
    built = site.copy(mould, tmp_path_factory.mktemp("hall") / "copy")
    made = Hall(built, built.app())
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def filed(hall: Hall) -> Callable[..., str]:
    """Files the bundle through the API with one of the item's own tests; returns the case's id."""
    api = site.Api(hall.app, ME, hall.built.passwords[ME])

    def file(which: str = "all", **answers: Any) -> str:
        given = own_tests(BUNDLE)[which]["given"]
        company = next(each["party"]["id"] for each in api.get("/v1/parties").get_json()["parties"] if each["party"]["kind"] == "company")
        own = {name: [{"id": api.upload(name=f"{name}.png", content=site.png(name)).get_json()["id"], "name": f"{name}.png"}] for name in OWN}
        body = {"item": "company-establish", "answers": {**given["form"], **answers}, "situation": given["situation"], "materials": own, "party": company}
        answer = api.post("/v1/cases", body)
        assert answer.status_code == 201, answer.text
        hall.settle()
        return str(answer.get_json()["id"])

    return file


OWN = ("charter", "shareholders", "posts", "premises")


def own_tests(path: str) -> Mapping[str, Any]:
    """The tests of an item below ``item_configs/``, by id."""
    doc = json.loads((site.ROOT / "item_configs" / f"{path}.json").read_text(encoding="utf-8"))
    return {each["id"]: each for each in doc["tests"]}


def children(hall: Hall, case_id: str) -> dict[str, str]:
    """Item → id of each sub-case that was filed."""
    from sqlalchemy import select

    from core.cases.models import Case

    with hall.database.session() as session:
        return {row.item_code: row.id for row in session.execute(select(Case.item_code, Case.id).where(Case.parent_id == case_id))}


def decide_part(hall: Hall, child: str, *steps: tuple[str, str], reason: str = "") -> None:
    """Bring a sub-case from the window to its decision; the worker does the rest."""
    hall.press("window", child, "accept")
    for login, action in steps:
        hall.press(login, child, action, **({"opinion": reason} if action == "refuse" else {}))
    hall.settle()


def granted(hall: Hall, case_id: str, *, social: str = "grant") -> dict[str, str]:
    """Bring a bundle case of all certificates to its grant; the sub-cases by item."""
    hall.press("window", case_id, "accept")
    hall.press("reviewer", case_id, "pass")
    hall.settle()
    begun = children(hall, case_id)
    decide_part(hall, begun["new-business-tax"], *DECIDED)
    if "company-social-insurance" in begun:
        steps = DECIDED if social == "grant" else (("reviewer", "refuse"), ("chief", "refuse"))
        decide_part(hall, begun["company-social-insurance"], *steps, reason="填报的信息不实")
    hall.press("chief", case_id, "grant")
    hall.settle()
    return children(hall, case_id)
