"""What the case page and the API say about time: the next thing that happens by itself, and what was late."""

from datetime import timedelta

from core.cases.service import rungs
from core.kernel import clock
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office

BENEFIT = "unemployment-benefit"


def panel(text: str) -> str:
    """The panel of the case page, or nothing."""
    return text.partition('id="rungs-h"')[2].partition("</section>")[0]


def test_the_case_page_says_what_happens_by_itself_and_keeps_what_was_late(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    shown = panel(window.get(f"/office/cases/{case}").text)
    assert "到点会怎样" in shown and "受理期限" in shown
    assert "亮黄灯，提醒办理人" in shown or "视为受理" in shown
    assert "红灯记录" not in shown
    with clock.freeze(clock.now() + timedelta(days=60)):
        while rungs.run_due(office.here.database):
            pass
    late = panel(window.get(f"/office/cases/{case}").text)
    assert "已超期" in late and "红灯记录不会消除" in late
    english = panel(window.get(f"/office/cases/{case}", headers={"Accept-Language": "en"}).text)
    assert english != ""


def test_a_case_that_is_over_in_time_has_no_such_panel(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    api = site.Api(office.app, CITIZEN, office.built.passwords[CITIZEN])
    assert api.post(f"/v1/cases/{case}/withdrawal", {}).status_code == 200
    assert panel(window.get(f"/office/cases/{case}").text) == ""


def test_the_api_tells_the_next_rung_with_its_moment(office: Office) -> None:
    case = office.file(BENEFIT)
    api = site.Api(office.app, CITIZEN, office.built.passwords[CITIZEN])
    intake = next(each for each in api.get(f"/v1/cases/{case}").json["clocks"] if each["name"] == "intake")
    assert intake["next_rung"] and intake["next_rung_at"] and intake["overdue_at"] is None
    assert intake["title"] == "受理期限" and intake["held_by"] == []
