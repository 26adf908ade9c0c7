"""Disabled and removed with cases open: they stay readable and are finished by hand, the rows are written out first; and the samples, whole."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect

from core.cases.models import Case
from core.db import remembered
from core.items.errors import GateClosed
from core.kernel.actor import SYSTEM
from core.licences import queries as library
from core.licences.models import Licence
from core.licences.service.issuing import sheet
from core.pluginhost import life
from core.pluginhost.service import host
from plugins.multi_certificate.tests.conftest import BUNDLE, NAME, granted
from tests.fixtures_hall import publish_item
from tests.fixtures_site import Browser
from tests.journeys.hall import ME, Hall


def faces(hall: Hall, case_id: str) -> str:
    """Both case pages, which open whatever became of the plugin."""
    mine = hall.citizen(ME).get(f"/cases/{case_id}")
    assert mine.status_code == 200
    return mine.text + hall.page("reviewer", f"/office/cases/{case_id}")


def face(hall: Hall, case_id: str) -> dict[str, str]:
    """The lines of the licence that a case led to."""
    with hall.database.session() as session:
        (found,) = library.of_case(session, session.get_one(Case, case_id).number)
        lines: dict[str, str] = sheet(session, session.get_one(Licence, found.id))["data"]
    return lines


def test_open_cases_outlive_the_plugin_and_are_finished_by_hand(hall: Hall, filed: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)
    before, meanwhile, after = filed("all"), filed("licence_only"), filed("all")
    granted(hall, before)
    assert "合并办理的证" in faces(hall, before) and "合并的证" in face(hall, before)

    with hall.database.session() as session:
        life.disable(session, host(session), NAME)
    assert "合并办理的证" not in faces(hall, meanwhile)
    granted(hall, meanwhile)
    assert "合并的证" not in face(hall, meanwhile) and face(hall, meanwhile)["名称"]
    assert Browser(hall.app).get("/x/multi_certificate/").status_code == 404
    assert hall.staff("reviewer").get("/office/x/multi_certificate/cases").status_code == 404
    with hall.database.session() as session, pytest.raises(GateClosed):
        publish_item(session, f"{BUNDLE}.json", change=lambda doc: doc.update(summary="改过"))

    with hall.database.session() as session:
        plan = life.remove(session, host(session), NAME, keep=tmp_path / "kept")
    assert dict(plan.tables)["plg_multi_certificate_case"] == 3
    kept = [json.loads(line) for line in (tmp_path / "kept" / "plg_multi_certificate_part.jsonl").read_text(encoding="utf-8").splitlines()]
    mine = {each["part"] for each in kept if each["case_id"].replace("-", "") == before.replace("-", "")}
    assert mine == {"tax", "social", "seal", "medical", "fund", "bank"}
    assert not [name for name in inspect(hall.database.engine).get_table_names() if NAME in name]
    begun = granted(hall, after)
    assert len(begun) == 6 and "合并的证" not in face(hall, after)
    assert "新企业社保" in faces(hall, after), "the platform still shows the sub-cases"
    assert Browser(hall.app).get("/items/company-establish").status_code == 200
    with hall.database.session() as session:
        verified = library.of_case(session, session.get_one(Case, before).number)[0].verify_code
    assert Browser(hall.app).get(f"/verify/{verified}").status_code == 200
    with hall.database.session() as session:
        life.install(session, host(session), NAME, actor=SYSTEM)
        life.enable(session, host(session), NAME, actor=SYSTEM)
    assert Browser(hall.app).get("/x/multi_certificate/").status_code == 200, "and it comes back"
