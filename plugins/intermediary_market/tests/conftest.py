"""A hall with the market in it, four admitted agencies, and a clock that can be moved."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.identity.service import account_by_login, add_company, parties_of
from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.identifiers import uscc_check_character
from core.sdk import Context
from core.sdk.testing import hall as hall  # also where the platform was not installed anew since it ships them
from core.sdk.testing import plugin_folder as plugin_folder
from core.sdk.testing.lying import name_of
from core.sdk.testing.once import made_once
from plugins.intermediary_market.models import Agency, Service
from plugins.intermediary_market.service import agencies, catalogue, projects
from plugins.intermediary_market.service.advance import advance
from plugins.intermediary_market.service.who import Who
from tests.conftest import chromium as chromium  # the browser of this worker

if TYPE_CHECKING:
    from core.sdk.testing.built import Built
    from core.sdk.testing.halls import PluginHall

OWNER, BIDDER = "13800000001", "13800000002"
#: A Monday morning without holidays around it.
MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@dataclass
class Market:
    """The hall, and everybody who has a part in the market. The chief and the leader supervise, the reviewer commissions for a department."""

    hall: "PluginHall"
    service: str = ""
    companies: list[tuple[str, str]] = field(default_factory=list)  #: (party, agency) of the competitors
    at: datetime = MONDAY
    real: bool = False  #: the clock on the wall, where pages of cases take part
    _who: dict[str, Who] = field(default_factory=dict)

    def citizen_of(self, login: str) -> Who:
        """An account with everybody it acts for: first the person, then companies with a number."""
        if login not in self._who:
            with self.hall.database.session() as session:
                account = account_by_login(session, login)
                assert account is not None
                acting = parties_of(session, account.id)
                own = sorted((each.party for each in acting if each.party.number), key=lambda party: party.kind == "company")
                self._who[login] = Who(account.id, tuple(party.id for party in own))
        return self._who[login]

    @property
    def owner(self) -> Who:
        """The first citizen, who acts for a company as well."""
        return self.citizen_of(OWNER)

    @property
    def stranger(self) -> Who:
        """The second citizen alone."""
        who = self.citizen_of(BIDDER)
        return Who(who.id, who.parties[:1])

    def bidder(self, place: int) -> Who:
        """Whoever acts for the agency at *place*: all of them belong to the second citizen's account."""
        return Who(self.citizen_of(BIDDER).id, (self.companies[place][0],))

    @contextmanager
    def acting(self, login: str = "") -> Iterator[Context]:
        """A context as the platform gives one, committed at the end, at the market's time."""
        with nullcontext() if self.real else clock.freeze(self.at), self.hall.ctx(login) as ctx:
            yield ctx

    def citizen(self) -> Any:
        """The first citizen."""
        return self.acting(OWNER)

    def other(self) -> Any:
        """The second citizen, who acts for every agency."""
        return self.acting(BIDDER)

    def staff(self, login: str = "chief") -> Any:
        """A member of staff who may do everything."""
        return self.acting(login)

    def pass_days(self, days: int) -> None:
        """So many days go by, and what is due is done."""
        self.at += timedelta(days=days)
        with self.acting() as ctx:
            while advance(ctx):
                pass

    def announce(self, method: str = "random", **given: str) -> str:
        """The first citizen's company announces a project; its id."""
        wanted = {
            "owner": self.owner.parties[1],
            "service": self.service,
            "method": method,
            "fund": "state",
            "title": "论证报告编制",
            "demand": "按规范编制",
            "ceiling": "86000",
            "days": "30",
            "open_days": "2",
            "source": "drand",
            "long": "5",
            "short": "2",
            "reason": "",
        } | given
        with self.citizen() as ctx:
            return projects.publish(ctx, self.owner, wanted).id


def company(hall: "PluginHall", name: str, serial: int) -> str:
    """A company of the second citizen's account; its party."""
    body = f"91990100MA1X{serial:05d}"
    with hall.database.session() as session:
        account = account_by_login(session, BIDDER)
        assert account is not None
        number = body + uscc_check_character(body)
        return add_company(session, account.id, name=name, uscc=number, legal_representative="李大山", actor=Actor("citizen", account.id))


def admit(hall: "PluginHall", party: str, services: Sequence[str], at: datetime = MONDAY) -> str:
    """Take a company's application and admit it, at once."""
    with clock.freeze(at), hall.ctx(BIDDER) as ctx:
        given = {"contact": "李大山", "phone": BIDDER, "promise": "1"}
        agency = agencies.apply(ctx, Who(ctx.actor.id, (party,)), party, given, services, "").id
        found = ctx.session.get(Agency, agency)
        assert found is not None
        found.state, found.admitted_on = "admitted", ctx.today()
    return agency


def service_of(hall: "PluginHall", code: str) -> str:
    """The id of a service of the list."""
    with hall.ctx() as ctx:
        found: Service = catalogue.by_code(ctx, [code])[code]
        return found.id


@pytest.fixture(scope="module")
def hall_mould(plugin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> "Built":
    """The plugin's hall with four agencies and people who may do things, made once a run."""
    from core.sdk.testing import halls
    from core.sdk.testing.built import Built

    def make(home: Path) -> dict[str, str]:
        built = halls.make(tmp_path_factory, home, plugin_folder, name_of(plugin_folder))
        hall = halls.PluginHall(built, plugin_folder, name_of(plugin_folder), built.app())
        hall.grant("chief", "admit", "catalogue", "supervise")
        hall.grant("leader", "supervise")
        hall.grant("reviewer", "purchase")
        services = [service_of(hall, code) for code in ("water-assessment", "report-review")]
        made = []
        for serial in range(4):
            party = company(hall, f"第{serial + 1}水利咨询有限公司", serial)
            made.append((party, admit(hall, party, services)))
        (home / "agencies.json").write_text(json.dumps(made), encoding="utf-8")
        hall.database.close()
        return built.passwords

    home, passwords = made_once(tmp_path_factory, "plugin-intermediary-market-agencies", make)
    return Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


def in_hall(hall: "PluginHall") -> Market:
    """The market of a hall made by :func:`hall_mould`."""
    made = [(party, agency) for party, agency in json.loads((hall.built.home / "agencies.json").read_text(encoding="utf-8"))]
    return Market(hall, service_of(hall, "water-assessment"), made)


@pytest.fixture
def market(hall: "PluginHall") -> Market:
    """A market with four agencies."""
    return in_hall(hall)


@pytest.fixture(scope="module")
def one_hall(hall_mould: "Built", plugin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["PluginHall"]:
    """One application for all tests of a file, for :func:`begun_anew`."""
    from core.sdk.testing.built import Built
    from core.sdk.testing.halls import PluginHall

    home = tmp_path_factory.mktemp("one") / "hall"
    shutil.copytree(hall_mould.home, home)
    built = Built(home, f"sqlite:///{home / 'wangting.db'}", hall_mould.passwords)
    made = PluginHall(built, plugin_folder, name_of(plugin_folder), built.app())
    yield made
    made.database.close()


@pytest.fixture
def begun_anew(one_hall: "PluginHall", hall_mould: "Built") -> Market:
    """The market as it was made, in the application of the whole file: for tests of services, which need no browser."""
    one_hall.database.engine.dispose()
    for old in one_hall.built.home.glob("wangting.db*"):
        old.unlink()
    for fresh in hall_mould.home.glob("wangting.db*"):
        shutil.copy2(fresh, one_hall.built.home)
    return in_hall(one_hall)
