"""Two citizens with everything a citizen can have, and the hall they live in."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.app import open_site
from core.identity.models import AccountParty, Staff
from core.kernel.actor import Actor
from core.kernel.clock import today
from core.licences import service as licences
from core.licences.models import Licence
from tests import fixtures_site as site
from tests.fixtures_hall import settle

ME, OTHER = "13800000001", "13800000002"
PICTURE = site.png("of the draft")
FILE = "secret-plan-of-wang.png"


@dataclass
class World:
    """The hall, and the ids of what belongs to the first citizen."""

    built: site.Built
    app: Flask
    ids: dict[str, str] = field(default_factory=dict)
    #: Texts that nobody but the owner and the clerks in charge may ever be shown.
    secrets: tuple[str, ...] = ()

    def me(self) -> site.Browser:
        """The owner's browser."""
        return site.Browser(self.app).citizen(ME, self.built.passwords[ME])

    def other(self) -> site.Browser:
        """Another citizen's browser."""
        return site.Browser(self.app).citizen(OTHER, self.built.passwords[OTHER])

    def staff(self, login: str) -> site.Browser:
        """A member of staff's browser."""
        return site.Browser(self.app).staff(login, self.built.passwords[login])

    def api(self, login: str = ME) -> site.Api:
        """A caller of the API."""
        return site.Api(self.app, login, self.built.passwords[login], "citizen" if login.isdigit() else "staff")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """One hall, built once; tests that change things take a copy."""
    return site.built_once(tmp_path_factory)


@pytest.fixture
def hall(template: site.Built, tmp_path: Path) -> site.Built:
    """A fresh copy of the hall."""
    return site.copy(template, tmp_path / "hall")


@pytest.fixture(scope="module")
def world(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The hall with two citizens at work in it."""
    built = site.copy(template, tmp_path_factory.mktemp("world") / "hall")
    world = World(built, built.app())
    furnish(world)
    yield world
    world.app.extensions["wangting"].database.close()


def furnish(world: World) -> None:
    """Give the first citizen a filed case, a granted one with a licence, a draft with an upload, messages; the second a case and a draft."""
    mine = world.api()
    filed = mine.file("unemployment-benefit", name=FILE).json
    granted = mine.file("senior-card", name=FILE).json
    world.api(OTHER).file("unemployment-benefit")
    window = world.staff("window")
    assert site.office_press(window, granted["id"], 1, "accept").status_code == 303
    assert site.office_press(window, granted["id"], 2, "grant").status_code == 303
    database = open_site(world.built.config()).database
    settle(database)
    me, other = world.me(), world.other()
    draft, _page = start_draft(me)
    start_draft(other)
    sent = me.post("/uploads", {"draft": draft, "material": "id_card", "file": (io.BytesIO(PICTURE), FILE)}, content_type="multipart/form-data")
    assert sent.status_code == 200, sent.text
    case = mine.get(f"/v1/cases/{filed['id']}").json
    licence = re.search(r"/my/licences/([0-9a-f-]{36})", me.get(f"/cases/{granted['id']}").text)
    assert licence is not None
    paper = re.search(r"/documents/([0-9a-f-]{36})", me.get(f"/cases/{granted['id']}").text)
    assert paper is not None
    with database.session() as session:
        clerk = session.scalars(select(Staff.id).where(Staff.name == "周晓云")).one()
        use, entry = library(session, licence[1], filed, case["parties"][0]["party_id"], clerk)
    database.close()
    world.ids = {
        "case_id": filed["id"],
        "granted": granted["id"],
        "draft_id": draft,
        "blob_id": sent.json["file"]["id"],
        "material_id": case["materials"][0]["id"],
        "case_blob": case["materials"][0]["blob_id"],
        "licence_id": licence[1],
        "document_id": paper[1],
        "code": filed["query_code"],
        "number": filed["number"],
        "party": case["parties"][0]["party_id"],
        "staff": clerk,
        "use_id": use,
        "entry_id": entry,
    }
    own = ("王小芳", "11010519900307232X", ME, FILE, filed["number"], granted["number"], filed["query_code"], granted["query_code"], "无锡样例机械厂")
    world.secrets = own


def library(session: Session, licence: str, filed: Any, party: str, clerk: str) -> tuple[str, str]:
    """A leave to use the citizen's licence in the open case, and a paper licence of hers that waits for its review."""
    department = session.scalars(select(Licence.issuer_department_id).where(Licence.id == licence)).one()
    owner = Actor("citizen", session.scalars(select(AccountParty.account_id).where(AccountParty.party_id == party)).first() or "")
    grant = licences.use(session, licence, purpose="申领失业金", case_no=filed["number"], by=owner, until=today() + timedelta(days=30))
    day = date(2019, 5, 1)
    paper = licences.Paper("senior-card", department, "JY-1", "王小芳", "resident_id", "11010519900307232X", day, day, None)
    return grant.id, licences.enter(session, paper, scan=site.png("paper of wang"), scan_name=FILE, actor=Actor("staff", clerk))


def start_draft(browser: site.Browser, code: str = "unemployment-benefit", **answers: str) -> tuple[str, str]:
    """Fill in every page of an item's form; returns the draft's id and the step it has come to (``materials``)."""
    given = site.example(code)
    posted = {**site.flat(given["form"]), **{f"_s.{key}": value for key, value in given["situation"].items()}, **answers}
    answer = browser.post(f"/items/{code}/apply", posted)
    for _ in range(12):
        found = re.fullmatch(r"/drafts/([0-9a-f-]{36})/(\w+)", answer.headers.get("Location", ""))
        assert found is not None, (answer.status_code, re.findall(r'class="err".*?</p>', answer.text, re.S))
        if found[2] in ("materials", "check"):
            break
        answer = browser.post(found[0], posted)
    return found[1], found[2]
