"""Files named inside answers over the API obey the portal's rule: one's own uploads, of a kind the field takes – nobody else's, nothing made up."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.cases import queries
from core.cases import service as cases
from core.cases.models import CaseMaterial
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests import fixtures_hall as halls
from tests import fixtures_site as site
from tests.security.conftest import ME, OTHER

CODES = {"teacher-qualification": "education/teacher-qualification", "subsistence-allowance": "civil_affairs/subsistence-allowance"}


@pytest.fixture(scope="module")
def app(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    built = site.copy(template, tmp_path_factory.mktemp("references") / "hall")
    made = built.app()
    made.extensions["passwords"] = built.passwords
    with made.extensions["wangting"].database.session() as session:
        for path in CODES.values():
            halls.publish_item(session, f"{path}.json")
    yield made
    made.extensions["wangting"].database.close()


@pytest.fixture
def me(app: Flask) -> site.Api:
    return site.Api(app, ME, app.extensions["passwords"][ME])


@pytest.fixture
def other(app: Flask) -> site.Api:
    return site.Api(app, OTHER, app.extensions["passwords"][OTHER])


def apply(who: site.Api, code: str, answers: Mapping[str, Any]) -> Any:
    return who.file(code, answers=answers)


def ref(who: site.Api, content: bytes | None = None, name: str = "face.png") -> dict[str, Any]:
    told = who.upload(content, name)
    assert told.status_code == 201, told.text
    return {"id": told.json["id"], "name": name}


def files_of(app: Flask, case: str) -> dict[tuple[str, str], int | None]:
    with app.extensions["wangting"].database.session() as session:
        rows = session.execute(select(CaseMaterial.material, CaseMaterial.blob_id, CaseMaterial.until_revision).where(CaseMaterial.case_id == case))
        return {(row.material, row.blob_id): row.until_revision for row in rows}


def ask(app: Flask, case: str, field: str) -> None:
    with app.extensions["wangting"].database.session() as session:
        for staff in halls.read_hall(session).staff.values():
            actor = Actor("staff", staff)
            if not any(row.id == case for row in queries.recent_for_staff(session, actor=actor, limit=100).rows):
                continue
            view = queries.case_for_staff(session, case, actor=actor)
            task = next((task for task in view.tasks if task.mine and any(each.id == "request_correction" for each in task.actions)), None)
            if task is not None:
                data = {"fields": {field: "看不清"}, "materials": {}}
                cases.act(session, case, task.no, "request_correction", reason="请重交", data=data, command_id=new_id(), actor=actor)
                return
    raise AssertionError("nobody may ask for a correction")


def test_an_upload_named_in_an_answer_goes_to_the_case_and_its_owner_reads_it_there(app: Flask, me: site.Api) -> None:
    photo = ref(me)
    filed = apply(me, "teacher-qualification", {"photo": [{**photo, "size": 9, "media_type": "text/html"}]})
    assert filed.status_code == 201, filed.text
    case = me.get(f"/v1/cases/{filed.json['id']}").json
    assert ("form:photo", photo["id"]) in files_of(app, filed.json["id"])
    said = case["values"]["photo"][0]
    assert said["media_type"] == "image/png", "what the caller said of the file is not believed"
    assert said["size"] > 9
    listed = next(each for each in case["materials"] if each["material"] == "form:photo")
    browser = site.Browser(app).citizen(ME, app.extensions["passwords"][ME])
    assert browser.get(f"/cases/{case['id']}/materials/{listed['id']}").status_code == 200
    stranger = site.Browser(app).citizen(OTHER, app.extensions["passwords"][OTHER])
    assert stranger.get(f"/cases/{case['id']}/materials/{listed['id']}").status_code == 404


def test_a_file_of_somebody_else_one_that_does_not_exist_and_one_in_a_draft_are_refused_alike(app: Flask, me: site.Api, other: site.Api) -> None:
    theirs = ref(other)
    browser = site.Browser(app).citizen(ME, app.extensions["passwords"][ME])
    drafted = browser.post(
        "/uploads",
        {"item": "teacher-qualification", "draft": "", "field": "photo", "file": (io.BytesIO(site.png()), "d.png")},
        content_type="multipart/form-data",
    ).json["file"]
    said = set()
    for blob in (theirs["id"], new_id(), "../../etc/passwd", drafted["id"]):
        answer = apply(me, "teacher-qualification", {"photo": [{"id": blob, "name": "face.png"}]})
        assert answer.status_code == 422, answer.text
        (finding,) = answer.json["findings"]
        assert (finding["path"], finding["key"]) == ("answers/photo", "web.api_strange_file")
        said.add(finding["detail"])
    assert len(said) == 1, "the words do not tell which of them exists"
    assert "近期免冠照片" in said.pop()


def test_a_file_of_a_kind_or_size_that_the_field_does_not_take_is_refused(me: site.Api) -> None:
    pdf = ref(me, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n", "face.pdf")
    large = ref(me, site.png() + bytes(5 * 2**20), "large.png")
    for answer in ({**pdf, "name": "face.png"}, pdf, large, {**ref(me), "name": "face.html"}):
        assert apply(me, "teacher-qualification", {"photo": [answer]}).status_code == 422, answer


def test_more_references_than_an_application_holds_are_refused_before_they_are_looked_up(me: site.Api) -> None:
    many = [{"id": new_id(), "name": "face.png"} for _ in range(200)]
    answer = apply(me, "teacher-qualification", {"photo": many})
    assert answer.status_code in (400, 422), answer.text


def test_a_material_takes_only_the_kinds_and_number_of_files_the_item_says_and_none_the_hall_gives_itself(me: site.Api) -> None:
    given = site.example("unemployment-benefit")
    answers = {"item": "unemployment-benefit", "answers": given["form"], "situation": given["situation"]}
    material = given["materials"][0]
    rest = {name: [ref(me)] for name in given["materials"][1:]}
    text = ref(me, "不是图片".encode(), "note.txt")
    for wrong, key in (
        ([text], "web.api_file_kind"),
        ([{**text, "name": "note.png"}], "web.api_file_kind"),
        ([ref(me) for _ in range(12)], "web.api_material_many"),
    ):
        answer = me.post("/v1/cases", {**answers, "materials": {**rest, material: wrong}})
        assert answer.status_code == 422, answer.text
        assert key in [each["key"] for each in answer.json["findings"]]
    answer = me.post("/v1/cases", {**answers, "materials": {**rest, material: [ref(me)], "form:photo": [ref(me)]}})
    assert answer.status_code == 422, "a file field cannot be filled in by the back door of the materials"


def test_the_name_of_a_file_loses_its_folders_and_marks_that_turn_letters_round(app: Flask, me: site.Api) -> None:
    photo = {**ref(me), "name": "../../\u202egnp.exe\u2066.png"}
    filed = apply(me, "teacher-qualification", {"photo": [photo]})
    assert filed.status_code == 201, filed.text
    (name,) = [each["name"] for each in me.get(f"/v1/cases/{filed.json['id']}").json["materials"] if each["material"] == "form:photo"]
    assert name == "gnp.exe.png"


def test_a_correction_over_the_api_checks_files_by_the_same_rule_and_replaces_the_old_one(app: Flask, me: site.Api, other: site.Api) -> None:
    old, new, theirs = ref(me), ref(me), ref(other)
    case = apply(me, "teacher-qualification", {"photo": [old]}).json["id"]
    ask(app, case, "photo")
    stolen = me.post(f"/v1/cases/{case}/corrections", {"answers": {"photo": [theirs]}})
    assert stolen.status_code == 422
    assert [each["key"] for each in stolen.json["findings"]] == ["web.api_strange_file"]
    assert me.post(f"/v1/cases/{case}/corrections", {"answers": {"photo": [new]}}).status_code == 200
    found = files_of(app, case)
    assert (found["form:photo", old["id"]], found["form:photo", new["id"]]) == (1, None)


def test_a_correction_that_drops_every_file_of_a_field_leaves_none_of_them_current(app: Flask, me: site.Api) -> None:
    drawn = ref(me)
    filed = apply(me, "subsistence-allowance", {"signature": {"name": "王芳", "image": drawn["id"]}})
    assert filed.status_code == 201, filed.text
    case = filed.json["id"]
    assert files_of(app, case)["form:signature", drawn["id"]] is None
    ask(app, case, "signature")
    assert me.post(f"/v1/cases/{case}/corrections", {"answers": {"signature": {"name": "王小芳"}}}).status_code == 200
    assert files_of(app, case)["form:signature", drawn["id"]] == 1, "it stays with the revision it belonged to and is no longer current"
    with app.extensions["wangting"].database.session() as session:
        assert cases.verify(session, case).ok


def test_a_field_that_was_not_asked_for_keeps_its_file(app: Flask, me: site.Api) -> None:
    drawn = ref(me)
    case = apply(me, "subsistence-allowance", {"signature": {"name": "王芳", "image": drawn["id"]}}).json["id"]
    ask(app, case, "phone")
    refused = me.post(f"/v1/cases/{case}/corrections", {"answers": {"signature": {"name": "王芳"}}})
    assert refused.status_code == 422
    assert files_of(app, case)["form:signature", drawn["id"]] is None
