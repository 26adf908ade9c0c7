"""A correction at the edge: only what was asked for opens, with the reason beside it; everything else stays, whatever the browser sends."""

import io
import re
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.cases import queries
from core.cases import service as cases
from core.cases.models import CaseEvent
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests import fixtures_hall as halls
from tests.portal.conftest import Reader
from tests.portal.test_applying import PDF, PNG, fill_in, hidden, send, submit


def filed(who: Reader, app: Any) -> str:
    return str(submit(who, fill_in(who, app)).headers["Location"].split("/")[2])


def ask(app: Any, case: str, fields: dict[str, str], materials: dict[str, str]) -> None:
    with app.extensions["wangting"].database.session() as session:
        people = halls.read_hall(session)
        for staff in people.staff.values():
            actor = Actor("staff", staff)
            if not any(row.id == case for row in queries.recent_for_staff(session, actor=actor, limit=100).rows):
                continue
            task = next((task for task in queries.case_for_staff(session, case, actor=actor).tasks if task.mine), None)
            if task is not None and any(each.id == "request_correction" for each in task.actions):
                data = {"fields": fields, "materials": materials}
                cases.act(session, case, task.no, "request_correction", reason="一次补齐", data=data, command_id=new_id(), actor=actor)
                return
    raise AssertionError("nobody may ask for a correction")


def values_of(app: Any, case: str) -> dict[str, Any]:
    with app.extensions["wangting"].database.session() as session:
        return dict(queries.case_for_party(session, case, actor=halls.read_hall(session).me).values or {})


def test_only_what_was_asked_for_opens_and_nothing_else_changes(citizen, stranger, app) -> None:
    case = filed(citizen, app)
    before = values_of(app, case)
    with app.extensions["wangting"].database.session() as session:
        material = queries.case_for_party(session, case, actor=halls.read_hall(session).me).materials[0].material
    ask(app, case, {"name": "姓名跟身份证不一样"}, {material: "照片看不清"})
    assert "去补正" in citizen.get(f"/cases/{case}").text
    page = citizen.get(f"/cases/{case}/correct").text
    assert "姓名跟身份证不一样" in page
    assert "照片看不清" in page
    assert re.findall(r'<input type="file"[^>]* name="new\.([^"]+)"', page) == [material]
    assert 'name="name"' in page
    assert 'name="phone"' not in page
    assert stranger.get(f"/cases/{case}/correct").status_code == 404
    command = hidden(page)["_command"]
    bare = send(citizen, f"/cases/{case}/correct", MultiDict({"_command": command, "name": "王小方"}))
    assert bare.status_code == 422
    assert f'href="#m-{material}"' in bare.text
    assert "王小方" in bare.text
    sent = MultiDict({"_command": command, "name": "王小方", "phone": "13999999999", "residence": "别处"})
    sent[f"new.{material}"] = (io.BytesIO(PDF), "新的.pdf")
    accept = re.search(rf'name="new\.{material}" accept="([^"]+)"', page)
    assert accept is not None
    if ".pdf" not in accept[1]:
        sent[f"new.{material}"] = (io.BytesIO(PNG), "新的.png")
    assert send(citizen, f"/cases/{case}/correct", sent).status_code == 303
    after = values_of(app, case)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {"name"}
    assert after["name"] == "王小方"
    again = citizen.get(f"/cases/{case}/correct")
    assert again.status_code == 302


def test_the_receipt_carries_the_hash_of_the_first_event(citizen, app) -> None:
    case = filed(citizen, app)
    shown = re.search(r'<span class="hash">(sha256:[0-9a-f]{64})</span>', citizen.get(f"/cases/{case}/receipt").text)
    assert shown is not None
    with app.extensions["wangting"].database.session() as session:
        assert session.scalar(select(CaseEvent.hash).where(CaseEvent.case_id == case, CaseEvent.seq == 1)) == shown[1]


def test_a_photo_asked_for_again_is_replaced_and_the_old_one_stays_with_its_revision(citizen, stranger, app) -> None:
    from tests.portal.test_enclosures import ITEM, first_page, go_through

    with app.extensions["wangting"].database.session() as session:
        halls.publish_item(session, ITEM)
    answer = first_page(citizen, app, (io.BytesIO(PNG), "old.png"))
    case = submit(citizen, go_through(citizen, app, answer.headers["Location"])).headers["Location"].split("/")[2]
    ask(app, case, {"photo": "背景要白色"}, {})
    address = f"/cases/{case}/correct"
    page = citizen.get(address).text
    assert "old.png" in page
    told = stranger.client.post(
        "/uploads", data={"csrf_token": stranger.token(), "item": "teacher-qualification", "field": "photo", "file": (io.BytesIO(PNG + b"theirs"), "q.png")}
    ).json
    command = hidden(page)["_command"]
    stolen = {"_command": command, "photo-0-id": told["file"]["id"], "photo-0-name": "q.png"}
    wrong = send(citizen, address, MultiDict([*stolen.items(), ("photo-_file", (io.BytesIO(b"MZ"), "new.png"))]))
    assert wrong.status_code == 422
    assert 'href="#f-photo"' in wrong.text
    assert told["file"]["id"] not in wrong.text
    right = send(citizen, address, MultiDict([*stolen.items(), ("photo-_file", (io.BytesIO(PNG + b"new"), "new.png"))]))
    assert right.status_code == 303
    with app.extensions["wangting"].database.session() as session:
        files = queries.case_for_party(session, case, actor=halls.read_hall(session).me).materials
    assert {(one.name, one.until_revision) for one in files if one.material == "form:photo"} == {("old.png", 1), ("new.png", None)}
    assert told["file"]["id"] not in str(values_of(app, case))


def upload(who: Reader, **data: Any) -> Any:
    return who.client.post("/uploads", data={"csrf_token": who.token(), **data})


def test_a_script_sends_files_of_a_correction_one_by_one_and_only_for_what_was_asked(citizen, stranger, app) -> None:
    case = filed(citizen, app)
    with app.extensions["wangting"].database.session() as session:
        held = queries.case_for_party(session, case, actor=halls.read_hall(session).me).materials
    material = held[0].material
    other = next(one.material for one in held if one.material != material)
    assert upload(citizen, case=case, material=material, file=(io.BytesIO(PNG), "早了.png")).status_code == 404  # nothing was asked for yet
    ask(app, case, {}, {material: "照片看不清"})
    assert upload(stranger, case=case, material=material, file=(io.BytesIO(PNG), "别人的.png")).status_code == 404
    assert upload(citizen, case=case, material=other, file=(io.BytesIO(PNG), "没要的.png")).status_code == 404
    assert upload(citizen, case=case, field="name", file=(io.BytesIO(PNG), "没要的.png")).status_code == 404
    assert upload(citizen, case="0" * 32, material=material, file=(io.BytesIO(PNG), "x.png")).status_code == 404
    refused = upload(citizen, case=case, material=material, file=(io.BytesIO(b"MZ\x90"), "坏的.exe"))
    assert refused.status_code == 422
    assert refused.json["error"]
    told = upload(citizen, case=case, material=material, file=(io.BytesIO(PNG + b"1"), "新的.png")).json["file"]
    theirs = upload(stranger, case=filed_and_asked(stranger, app, material), material=material, file=(io.BytesIO(PNG + b"2"), "她的.png")).json["file"]
    page = citizen.get(f"/cases/{case}/correct").text
    assert 'data-uploads="/uploads"' in page
    command = hidden(page)["_command"]
    stolen = MultiDict([("_command", command), (f"file.{material}", theirs["id"]), (f"name.{material}", "她的.png")])
    wrong = send(citizen, f"/cases/{case}/correct", stolen)
    assert wrong.status_code == 422
    assert theirs["id"] not in wrong.text
    mine = [("_command", command), (f"file.{material}", told["id"]), (f"name.{material}", "新的.png")]
    taken_out = send(citizen, f"/cases/{case}/correct", MultiDict([*mine, ("_remove", f"{material}:{told['id']}")]))
    assert taken_out.status_code == 200
    assert told["id"] not in taken_out.text
    assert send(citizen, f"/cases/{case}/correct", MultiDict(mine)).status_code == 303
    with app.extensions["wangting"].database.session() as session:
        now = queries.case_for_party(session, case, actor=halls.read_hall(session).me).materials
    assert [one.name for one in now if one.material == material and one.until_revision is None] == ["新的.png"]


def filed_and_asked(who: Reader, app: Any, material: str) -> str:
    case = filed(who, app)
    ask(app, case, {}, {material: "照片看不清"})
    return case


def test_a_correction_that_comes_back_with_errors_still_has_its_files(citizen, app) -> None:
    case = filed(citizen, app)
    with app.extensions["wangting"].database.session() as session:
        material = queries.case_for_party(session, case, actor=halls.read_hall(session).me).materials[0].material
    ask(app, case, {"name": "姓名跟身份证不一样"}, {material: "照片看不清"})
    command = hidden(citizen.get(f"/cases/{case}/correct").text)["_command"]
    sent = MultiDict({"_command": command, "name": ""})
    sent[f"new.{material}"] = (io.BytesIO(PNG), "只选一次.png")
    back = send(citizen, f"/cases/{case}/correct", sent)
    assert back.status_code == 422
    kept = re.search(rf'name="file\.{material}" value="([^"]+)"', back.text)
    assert kept is not None
    again = MultiDict([("_command", command), ("name", "王小方"), (f"file.{material}", kept[1]), (f"name.{material}", "只选一次.png")])
    assert send(citizen, f"/cases/{case}/correct", again).status_code == 303
