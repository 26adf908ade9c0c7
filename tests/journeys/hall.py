"""A hall to walk through: browsers by log-in, and what they press."""

import io
import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from core.cases.service import delivering
from core.db.database import Database
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.fixtures_hall import settle

ME = "13800000001"
_ERRORS = re.compile(r'<div class="errors.*?</div>|class="err".*?</p>', re.S)


class Hall:
    """A hall on disk, its application, and everybody's browser."""

    def __init__(self, built: site.Built, app: Flask) -> None:
        self.built, self.app = built, app
        self.browsers: dict[str, site.Browser] = {}

    @property
    def database(self) -> Database:
        """The hall's database."""
        found: Database = self.app.extensions["wangting"].database
        return found

    def settle(self) -> None:
        """Let the worker do what waits: messages, and the job that lays made papers down in the applicants' spaces."""
        settle(self.database)
        with self.database.session() as session:
            delivering.sweep(session)
        settle(self.database)

    def staff(self, login: str) -> site.Browser:
        """A member of staff's browser."""
        if login not in self.browsers:
            self.browsers[login] = site.Browser(self.app).staff(login, self.built.passwords[login])
        return self.browsers[login]

    def citizen(self, phone: str = ME) -> site.Browser:
        """A citizen's browser."""
        if phone not in self.browsers:
            self.browsers[phone] = site.Browser(self.app).citizen(phone, self.built.passwords[phone])
        return self.browsers[phone]

    def page(self, login: str, address: str) -> str:
        """A page of the back office as somebody sees it."""
        answer = self.staff(login).get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.text

    def press(self, login: str, case: str, action: str, **more: Any) -> None:
        """Press a button on the case page, found there as the person finds it."""
        page = self.page(login, f"/office/cases/{case}")
        found = re.search(rf'/office/cases/{case}/tasks/(\d+)"', page)
        assert found is not None and f'value="{action}"' in page, f"{login} is not offered {action}"
        self.sent(self.staff(login).post(f"/office/cases/{case}/tasks/{found[1]}", {"action": action, "command_id": new_id(), **more}))

    def sent(self, answer: TestResponse) -> TestResponse:
        """A form that was taken."""
        assert answer.status_code == 303, (answer.status_code, _ERRORS.findall(answer.text))
        return answer

    def send_papers(self, login: str) -> str:
        """Tick everything that has to go on and send it; returns the address of the transmittal sheet."""
        papers = re.findall(r'name="paper" value="([0-9a-f-]{36})"', self.page(login, "/office/custody/"))
        assert papers, "nothing has to go on"
        return self.sent(self.staff(login).post("/office/custody/send", {"paper": papers, "command_id": new_id()})).headers["Location"]

    def take_papers(self, login: str, sheet: str, *, but: str = "") -> str:
        """Tick every paper of a batch – but the one whose title is *but* – and return the page that follows."""
        rows = re.findall(r"<tr>.*?</tr>", self.page(login, sheet), re.S)
        ticked = [found[1] for row in rows if (found := re.search(r'name="paper" value="([0-9a-f-]{36})"', row)) and not (but and but in row)]
        self.sent(self.staff(login).post(f"{sheet}/receive", {"paper": ticked, "command_id": new_id()}))
        return self.page(login, sheet)

    def photographs(self, materials: Mapping[str, str]) -> dict[str, Any]:
        """Pictures of papers as a phone sends them: control → name."""
        return {control: (io.BytesIO(site.png(name)), f"{name}.png") for control, name in materials.items()}
