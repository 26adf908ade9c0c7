"""村镇县接力 from the first photograph to the result in the applicant's hand (seed plan, 镇村延伸服务), by the pages of everybody who has a part in it."""

import re

from sqlalchemy import select

from core.cases import queries
from core.cases import service as cases
from core.cases.models import Case
from core.identity import demo
from core.identity.models import Department, Division
from core.identity.models import Hall as HallRow
from core.identity.models import Staff as StaffRow
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.counter import desk
from tests.english.test_pages_in_english import chinese
from tests.journeys.hall import ME, Hall

VILLAGE, TOWN, COUNTY = "shiqiao-agent", "linxi-agent", "yunling-window"
ITEM = "disability-card"


def photographed(hall: Hall) -> str:
    """The village agent takes the papers in for an inhabitant who did not come, and photographs them."""
    agent = hall.staff(VILLAGE)
    home = hall.page(VILLAGE, "/office/counter/")
    seat = re.search(r'value="([0-9a-f-]{36}:agent)"[^>]*>[^<]*代办点', home)
    place = re.search(r'<option value="([0-9a-f-]{36})"', home)
    assert seat is not None and place is not None
    someone = {"role": "absent", "for_name": hall_name(hall), "for_kind": "resident_id", "for_number": demo.CITIZENS[0][3], "authority": "本人书面委托"}
    answer = desk.receive(agent, desk=seat[1], **someone, place=place[1], **hall.photographs({"evidence": "consent"}))
    draft = desk.fill(agent, desk.visit_of(answer), ITEM)
    receipt = agent.get(hall.sent(desk.send(agent, draft)).headers["Location"])
    found = re.search(r"/office/counter/cases/([0-9a-f-]{36})/receipt", receipt.headers.get("Location", "") or receipt.text)
    assert found is not None
    return found[1]


def hall_name(hall: Hall) -> str:
    """The inhabitant by name, as the identity card says it."""
    with hall.app.app_context(), hall.database.session() as session:
        from core.identity.service import account_by_login, own_values

        account = account_by_login(session, ME)
        assert account is not None
        return own_values(session, account.id, account.party_id)["name"]


def test_papers_from_a_village_reach_the_county_and_the_result_comes_back_by_the_same_way(hall: Hall) -> None:
    case = photographed(hall)
    assert "材料在石桥村" in hall.citizen().get(f"/cases/{case}").text
    assert hall.staff(COUNTY).get(f"/office/cases/{case}").status_code == 200  # the authority sees what is coming, and holds no task of it
    assert "/tasks/" not in hall.page(COUNTY, f"/office/cases/{case}")
    hall.press(VILLAGE, case, "pass_on")

    # The town says what is missing: once, and all of it.
    hall.press(TOWN, case, "missing", material=["household_book"], **{"why-material-household_book": "缺本人那一页"})
    assert "去补齐" in hall.page(VILLAGE, f"/office/cases/{case}")
    mend = hall.page(VILLAGE, f"/office/cases/{case}/mend")
    assert "缺本人那一页" in mend and "new.household_book" in mend and "new.id_card" not in mend
    posted = {"_command": new_id(), **hall.photographs({"new.household_book": "household"})}
    hall.sent(hall.staff(VILLAGE).post(f"/office/cases/{case}/mend", posted, content_type="multipart/form-data"))
    assert 'value="missing"' not in hall.page(TOWN, f"/office/cases/{case}")  # not a second time
    hall.press(TOWN, case, "complete")

    # Papers follow by batch; one is missing at first.
    sheet = hall.send_papers(VILLAGE)
    assert "JJ990121101201" in hall.page(VILLAGE, sheet) and "送交人签字" in hall.page(VILLAGE, sheet)
    assert "在路上" in hall.citizen().get(f"/cases/{case}").text
    taken = hall.take_papers(TOWN, sheet, but="户口")
    assert "这一批里没有" in taken
    assert "上一批没收到" in hall.page(VILLAGE, "/office/custody/")
    hall.take_papers(TOWN, hall.send_papers(VILLAGE))
    hall.take_papers(COUNTY, hall.send_papers(TOWN))

    # The county decides.
    panel = hall.page(COUNTY, f"/office/cases/{case}")
    assert "逐级接力" in panel and "材料齐全，已上报" in panel
    hall.press(COUNTY, case, "accept")
    hall.press("yunling-reviewer", case, "pass")
    hall.press("yunling-leader", case, "grant")
    hall.settle()

    # The result goes back: county, town, village, and into the applicant's hand.
    code, tail = query_code(hall, case), demo.CITIZENS[0][3][-6:]
    early = hall.staff(VILLAGE).post(f"/office/output/{case}/pickup", {"command": new_id(), "code": code, "tail": tail})
    assert early.status_code == 422 and "还没有送到" in early.text
    hall.take_papers(TOWN, hall.send_papers(COUNTY))
    hall.take_papers(VILLAGE, hall.send_papers(TOWN))
    hall.sent(hall.staff(VILLAGE).post(f"/office/output/{case}/pickup", {"command": new_id(), "code": code, "tail": tail}))
    with hall.database.session() as session:
        row = session.get(Case, case)
        assert row is not None and (row.status, row.outcome) == ("closed", "grant")
        assert cases.verify(session, case).ok
    ended = hall.citizen().get(f"/cases/{case}").text
    assert "纸质材料在哪里" in ended and "石桥村" in ended


def test_the_pages_of_papers_and_relay_are_english_for_english_readers(hall: Hall) -> None:
    case = photographed(hall)
    hall.press(VILLAGE, case, "pass_on")
    hall.press(TOWN, case, "missing", field=["phone"], **{"why-field-phone": "one digit is missing"})
    sheet = hall.send_papers(VILLAGE)
    hall.page(VILLAGE, sheet), hall.page(TOWN, "/office/")  # what was just done was said in Chinese
    with hall.database.session() as session:
        names = [name for column in (Department.title, Division.title, StaffRow.name, HallRow.title) for name in session.scalars(select(column))]
    known = tuple(sorted({*names, hall_name(hall), "中文", "本人书面委托"}, key=len, reverse=True))
    looked = {VILLAGE: ("/office/custody/", sheet, f"/office/cases/{case}/mend"), TOWN: ("/office/custody/", sheet)}
    found = []
    for login, addresses in looked.items():
        hall.staff(login).get("/language/en?next=/help")
        found += [f"{address}: {each}" for address in addresses for each in chinese(hall.page(login, address), known)]
    hall.citizen().get("/language/en?next=/help")
    page = hall.citizen().get(f"/cases/{case}").text
    assert "Where your papers are" in page and "Where the papers are" in page
    assert not found, "\n".join(found)


def query_code(hall: Hall, case: str) -> str:
    """The code on the applicant's receipt."""
    with hall.database.session() as session:
        from core.identity.service import account_by_login

        account = account_by_login(session, ME)
        assert account is not None
        return queries.case_for_party(session, case, actor=Actor("citizen", account.id)).query_code or ""


def test_nobody_else_has_a_part_in_the_papers_of_a_village(hall: Hall) -> None:
    case = photographed(hall)
    hall.press(VILLAGE, case, "pass_on")
    sheet = hall.send_papers(VILLAGE)
    for login in ("qinghe-window", "qinghe-reviewer", "window"):
        assert hall.staff(login).get(sheet).status_code == 404
        assert hall.staff(login).post(f"{sheet}/receive", {"command_id": new_id()}).status_code == 404
        assert hall.staff(login).get(f"/office/cases/{case}/mend").status_code == 404
    assert hall.staff(VILLAGE).post(f"{sheet}/receive", {"command_id": new_id()}).status_code == 409  # nobody takes in what they sent
    assert hall.staff(TOWN).get(f"/office/cases/{case}/mend").status_code == 404
    assert site.Browser(hall.app).get(sheet).status_code == 302
    paper = re.findall(r'name="paper" value="([0-9a-f-]{36})"', hall.page(TOWN, sheet))[0]
    assert hall.staff("qinghe-window").post("/office/custody/send", {"paper": [paper], "command_id": new_id()}).status_code == 409
    assert hall.staff(TOWN).post(f"{sheet}/receive", {"paper": [paper]}).status_code == 422  # a form without its command
