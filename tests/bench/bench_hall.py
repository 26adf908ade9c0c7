"""A hall for the bench: ``wangting init`` on PostgreSQL with the forty-field item in the hall's own folder, so that it goes through the gate like any other."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from core.app import create_app
from core.cli.main import main
from core.identity import queries as people
from core.identity.models import Department, Division
from core.identity.service import add_department, add_post, add_staff, register_account
from core.items import queries as items
from core.kernel.actor import SYSTEM
from core.kernel.identifiers import resident_check_character
from core.web import edge
from core.web.backoffice.users import make_user
from core.web.site import Config, Site
from tests.bench.client import Browser, hidden
from tests.bench.servers import Server

CODE = "forty-fields"
HERE = Path(__file__).resolve().parent
PASSWORD = "bench-Password-27"
CITIZENS = tuple(f"1391000{n:04d}" for n in range(8))
LEADER_OF = 40


class BenchHall:
    """One hall: its home, its database, its people."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home
        self.environ = {"WANGTING_HOME": str(home), "DATABASE_URL": url}
        self.config = Config.from_environment({**self.environ, "WANGTING_WORKER": "none"})
        self.owner = ""
        self.leads: tuple[str, ...] = ()

    def set_up(self) -> None:
        """Tables, keys, organisation, real items and the forty-field one, then the bench's citizens and staff."""
        for folder, inner, file in (("items", "item_configs/market_regulation", f"{CODE}.json"), ("forms", "form_definitions", "forty_fields.json")):
            (self.home / inner).mkdir(parents=True, exist_ok=True)
            shutil.copy(HERE / folder / file, self.home / inner / file)
        made = CliRunner().invoke(main, ["init", "--demo", "--quiet"], env=self.environ)
        if made.exit_code:
            raise RuntimeError(f"init failed:\n{made.output}\n{made.exc_info}")
        app = create_app(self.config)
        with app.test_request_context("/"):
            self._people()
            edge.session().commit()
        edge_site(app).database.close()

    def _people(self) -> None:
        session = edge.session()
        for n, phone in enumerate(CITIZENS):
            body = f"11010519800101{n + 1:03d}"
            number = body + resident_check_character(body)
            register_account(session, name=f"测试市民{n}", document_kind="resident_id", number=number, phone=phone, password=PASSWORD)
        self.owner = items.current(session, CODE, edge.scope()).offer.department_id
        division = people.department(session, self.owner).division_id
        self.leads = self._forty(division)
        self._staff("bench-one", [(self.owner, "window")])
        self._staff("bench-reviewer", [(self.owner, "reviewer")])
        self._staff("bench-three", [(self.owner, role) for role in ("window", "reviewer", "section_chief")])
        self._staff("bench-leader", [(department, "leader") for department in self.leads])

    def _forty(self, division: str) -> tuple[str, ...]:
        session = edge.session()
        query = select(Department.id).join(Division, Division.id == Department.division_id).order_by(Division.path, Department.code).limit(LEADER_OF)
        found = list(session.scalars(query))
        while len(found) < LEADER_OF:
            found.append(add_department(session, f"bench_{len(found)}", f"测试部门{len(found)}", division_id=division, actor=SYSTEM))
        return tuple(found)

    @staticmethod
    def _staff(login: str, posts: Sequence[tuple[str, str]]) -> None:
        session = edge.session()
        staff_id = add_staff(session, make_user(login, login, PASSWORD, [role for _department, role in posts]), login, actor=SYSTEM)
        for department, role in posts:
            add_post(session, staff_id, department, role, actor=SYSTEM)

    def serve(self, target: str = "core.app:serve", **environ: str) -> Server:
        """The hall as ``wangting serve`` runs it, configured by its environment; as in production the worker is a process of its own."""
        return Server.of_the_product(target, **{**self.environ, "WANGTING_WORKER": "celery", **environ})


def edge_site(app: Flask) -> Site:
    """The instruments of *app*."""
    found: Site = app.extensions["wangting"]
    return found


def citizens(port: int) -> list[Browser]:
    """Eight citizens, logged in through the page."""
    made = []
    for phone in CITIZENS:
        browser = Browser(port)
        browser.post("/account/login", {**hidden(browser.get("/account/login")), "phone": phone, "password": PASSWORD})
        if not browser.location:
            raise RuntimeError("log-in failed")
        made.append(browser)
    return made


def staff(port: int, login: str, clients: int = 8) -> list[Browser]:
    """*clients* windows of one member of staff, logged in once through the page."""
    first = Browser(port)
    first.post("/office/login/", {**hidden(first.get("/office/login/")), "username": login, "password": PASSWORD})
    if not first.location:
        raise RuntimeError("staff log-in failed")
    return [Browser(port, **first.cookies) for _ in range(clients)]
