"""预审 by the pages: asked for with a tick, answered once with everything, mended, then received formally."""

import io
import re

from core.cases.models import Case
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.journeys.hall import ME, Hall

ITEM = "senior-card"


def asked(hall: Hall, *, before: bool = True) -> str:
    """The citizen fills in the form and ticks that the clerk shall look first."""
    me, given = hall.citizen(), site.example(ITEM)
    posted = {**site.flat(given["form"]), **{f"_s.{key}": value for key, value in given["situation"].items()}}
    answer = me.post(f"/items/{ITEM}/apply", posted)
    for _ in range(10):
        found = re.search(r"/drafts/([0-9a-f-]{36})/(\w+)", answer.headers.get("Location", ""))
        if found is None or found[2] == "check":
            break
        files = {f"new.{each}": (io.BytesIO(site.png(each)), f"{each}.png") for each in given["materials"]}
        body = {"_next": "1", **files} if found[2] == "materials" else posted
        answer = me.post(found[0], body, content_type="multipart/form-data")
    assert found is not None
    check = me.get(f"/drafts/{found[1]}/check").text
    assert "要不要先预审" in check and "2 个工作日" in check.replace("2个", "2 个")
    version = re.search(r'name="_version" value="(\d+)"', check)
    form = {"_agree": "1", "_version": version[1] if version else "1", **({"_pre_review": "1"} if before else {})}
    receipt = hall.sent(me.post(f"/drafts/{found[1]}/submit", form)).headers["Location"]
    return str(re.findall(r"[0-9a-f-]{36}", receipt)[0])


def clerk(hall: Hall, case: str) -> str:
    """The counter of the department that the case went to."""
    for login in ("window", "qinghe-window", "yunling-window"):
        if f"/office/cases/{case}/tasks/" in hall.staff(login).get(f"/office/cases/{case}").text:
            return login
    raise AssertionError("nobody holds it")


def test_a_citizen_asks_for_a_pre_review_mends_what_it_says_and_is_received_formally(hall: Hall) -> None:
    case = asked(hall)
    page = hall.citizen().get(f"/cases/{case}").text
    assert "正在预审" in page and "直接正式提交" in page and "这个日子怎么算的" in page
    hall.press(clerk(hall, case), case, "missing", field=["phone"], **{"why-field-phone": "少一位"})
    mend = hall.citizen().get(f"/cases/{case}/correct").text
    assert "少一位" in mend and 'name="phone"' in mend and 'name="name"' not in mend
    hall.sent(hall.citizen().post(f"/cases/{case}/correct", {"_command": new_id(), "phone": "13800138009"}))
    with hall.database.session() as session:
        row = session.get(Case, case)
        assert row is not None and row.status == "submitted"
    hall.press(clerk(hall, case), case, "accept")


def test_who_does_not_want_to_wait_hands_in_formally_and_nobody_does_it_for_them(hall: Hall) -> None:
    case = asked(hall)
    stranger = hall.citizen("13800000002")
    assert stranger.post(f"/cases/{case}/formally", {"command": new_id()}).status_code == 404
    assert hall.citizen(ME).post(f"/cases/{case}/formally", {}).status_code == 404  # without its command
    command = new_id()
    hall.sent(hall.citizen().post(f"/cases/{case}/formally", {"command": command}))
    hall.sent(hall.citizen().post(f"/cases/{case}/formally", {"command": command}))  # pressed twice
    assert "直接正式提交" not in hall.citizen().get(f"/cases/{case}").text
    assert hall.citizen().post(f"/cases/{case}/formally", {"command": new_id()}).status_code in (409, 422)  # there is none to skip any more


def test_who_does_not_ask_is_received_at_once(hall: Hall) -> None:
    case = asked(hall, before=False)
    assert "正在预审" not in hall.citizen().get(f"/cases/{case}").text
