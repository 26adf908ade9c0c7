"""Files inside a form: taken in with the page or by script, nobody else's, of the right kind, handed to the case and shown there."""

import io
import json
import re
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from core.forms import service as forms
from core.web import enclosed
from tests import fixtures_hall as halls
from tests.portal.conftest import Reader
from tests.portal.test_applying import PDF, PNG, answers, hidden, send, submit

CODE, ITEM = "teacher-qualification", "education/teacher-qualification.json"


@pytest.fixture(scope="module", autouse=True)
def published(app: Any) -> None:
    with app.extensions["wangting"].database.session() as session:
        halls.publish_item(session, ITEM)


def first_page(who: Reader, app: Any, *photo: tuple[io.BytesIO, str], code: str = CODE) -> Any:
    data = answers(app, code)
    for name in [name for name in data if name.startswith("photo")]:
        data.poplist(name)
    return send(who, f"/items/{code}/apply", MultiDict([*data.items(multi=True), *(("photo-_file", one) for one in photo)]))


def go_through(who: Reader, app: Any, address: str) -> str:
    data = answers(app, CODE)
    for _step in range(8):
        if address.endswith("/check"):
            return address
        page = who.get(address).text
        if address.endswith("/materials"):
            asked = re.findall(r'name="new\.([^"]+)" accept="([^"]+)"', page)
            files = [(f"new.{name}", (io.BytesIO(PDF), f"{name}.pdf") if ".pdf" in accept else (io.BytesIO(PNG), f"{name}.png")) for name, accept in asked]
            answer = send(who, address, MultiDict([*files, ("_next", "1"), ("_version", hidden(page)["_version"])]))
        else:
            fields = MultiDict((name, value) for name, value in data.items(multi=True) if not name.startswith("photo"))
            fields.update({name: value for name, value in hidden(page).items() if name.startswith("photo")})
            answer = send(who, address, fields, _version=hidden(page)["_version"])
        if answer.status_code == 200 and 'name="_agree"' in answer.text:
            return address.rsplit("/", 1)[0] + "/check"
        assert answer.status_code == 303, re.findall(r'<a href="#[^"]*">(.*?)</a>', answer.text)
        address = answer.headers["Location"]
    raise AssertionError("the form never ended")


def test_a_photo_posted_with_the_first_page_is_previewed_checked_and_handed_to_the_case(citizen, stranger, app) -> None:
    answer = first_page(citizen, app, (io.BytesIO(PNG), "我的照片.png"))
    assert answer.status_code == 303, re.findall(r'<a href="#[^"]*">(.*?)</a>', answer.text)
    draft = answer.headers["Location"].rsplit("/", 1)[0]
    page = citizen.get(f"{draft}/person").text
    preview = re.search(r'href="(/uploads/[^"]+)"[^>]*>我的照片.png', page)
    assert preview is not None
    assert citizen.get(preview[1].replace("&amp;", "&")).data == PNG
    assert stranger.get(preview[1].replace("&amp;", "&")).status_code == 404
    check = go_through(citizen, app, answer.headers["Location"])
    assert re.search(r'<a href="/uploads/[^"]+"[^>]*><img', citizen.get(check).text)
    case = submit(citizen, check).headers["Location"].removesuffix("/receipt")
    shown = citizen.get(case).text
    link = re.search(rf'href="({case}/materials/[^"]+)"[^>]*>(?:<img[^>]*> )?我的照片.png', shown)
    assert link is not None
    assert citizen.get(link[1]).data == PNG
    assert stranger.get(link[1]).status_code == 404


def test_a_file_that_is_not_what_its_name_says_or_too_large_is_refused_beside_its_field(citizen, app) -> None:
    wrong = first_page(citizen, app, (io.BytesIO(b"MZ\x90\x00 not a picture"), "photo.png"))
    assert wrong.status_code == 422
    assert 'href="#f-photo"' in wrong.text
    large = first_page(citizen, app, (io.BytesIO(PNG + b"\0" * (5 * 1024 * 1024)), "photo.png"))
    assert large.status_code == 422
    assert "5 MB" in large.text
    other = first_page(citizen, app, (io.BytesIO(PDF), "photo.pdf"))
    assert other.status_code == 422
    assert 'href="#f-photo"' in other.text


def test_a_second_photo_takes_the_place_of_the_first(citizen, app) -> None:
    address = first_page(citizen, app, (io.BytesIO(PNG), "one.png")).headers["Location"]
    person = address.rsplit("/", 1)[0] + "/person"
    page = citizen.get(person).text
    data = MultiDict((name, value) for name, value in answers(app, CODE).items(multi=True) if not name.startswith("photo"))
    data.update({name: value for name, value in hidden(page).items() if name.startswith("photo")})
    data.add("photo-_file", (io.BytesIO(PNG + b"second"), "two.png"))
    assert send(citizen, person, data, _version=hidden(page)["_version"]).status_code == 303
    again = citizen.get(person).text
    assert "two.png" in again
    assert "one.png" not in again


def test_a_script_uploads_before_anything_was_saved_and_the_draft_is_begun_for_it(citizen, stranger, app) -> None:
    sent = citizen.client.post(
        "/uploads", data={"csrf_token": citizen.token(), "item": CODE, "draft": "", "field": "photo", "file": (io.BytesIO(PNG), "p.png")}
    )
    assert sent.status_code == 200
    told = json.loads(sent.text)
    assert told["action"].startswith(f"/drafts/{told['draft']}/")
    assert citizen.get(told["file"]["href"]).data == PNG
    refs = {f"photo-0-{name}": str(told["file"][name]) for name in ("id", "name", "size", "media_type")}
    data = MultiDict((name, value) for name, value in answers(app, CODE).items(multi=True) if not name.startswith("photo"))
    data.update(refs)
    assert send(citizen, told["action"], data, _version=str(told["version"])).status_code == 303
    assert "p.png" in citizen.get(told["action"]).text
    refused = citizen.client.post(
        "/uploads", data={"csrf_token": citizen.token(), "draft": told["draft"], "field": "photo", "file": (io.BytesIO(b"MZ"), "p.png")}
    )
    assert refused.status_code == 422
    assert json.loads(refused.text)["error"]
    for field in ("name", "nothing", "photo-0-x", "photo.x"):
        strange = {"csrf_token": citizen.token(), "draft": told["draft"], "field": field, "file": (io.BytesIO(PNG), "p.png")}
        assert citizen.client.post("/uploads", data=strange).status_code == 404
    theirs = {"csrf_token": stranger.token(), "draft": told["draft"], "field": "photo", "file": (io.BytesIO(PNG), "p.png")}
    assert stranger.client.post("/uploads", data=theirs).status_code == 404


def test_a_reference_to_somebody_elses_file_is_no_answer(citizen, stranger, app) -> None:
    told = json.loads(
        citizen.client.post("/uploads", data={"csrf_token": citizen.token(), "item": CODE, "field": "photo", "file": (io.BytesIO(PNG + b"mine"), "p.png")}).text
    )
    theirs = json.loads(
        stranger.client.post("/uploads", data={"csrf_token": stranger.token(), "item": CODE, "field": "photo", "file": (io.BytesIO(PNG), "q.png")}).text
    )
    data = MultiDict((name, value) for name, value in answers(app, CODE).items(multi=True) if not name.startswith("photo"))
    data.update({"photo-0-id": told["file"]["id"], "photo-0-name": "stolen.png", "photo-0-size": "70", "photo-0-media_type": "image/png"})
    answer = send(stranger, theirs["action"], data, _version=str(theirs["version"]))
    page = stranger.get(theirs["action"]).text
    assert "stolen.png" not in page
    assert told["file"]["id"] not in page
    assert told["file"]["id"] not in answer.text


def test_references_are_found_inside_groups_and_rows() -> None:
    definition = {
        "$schema": "https://wangting.example/schemas/form.v1.schema.json", "schema_version": 1, "id": "f", "title": "f", "type": "object",
        "properties": {
            "agent": {"type": "object", "title": "g", "properties": {"paper": {"type": "array", "title": "p", "ui": {"field": "file"}}}},
            "staff": {
                "type": "array", "title": "s", "ui": {"field": "rows"},
                "items": {"type": "object", "properties": {"cert": {"type": "array", "title": "c", "ui": {"field": "file"}}}},
            },
            "sign": {"type": "object", "title": "n", "ui": {"field": "signature"}},
        },
        "ui": {"pages": [{"id": "p", "title": "p", "sections": [{"id": "s1", "title": "s", "fields": ["agent", "staff", "sign"]}]}]},
    }  # fmt: skip
    spec = forms.compile_form(definition)
    values = {"agent": {"paper": [{"id": "a"}]}, "staff": [{"cert": [{"id": "b"}]}, {"cert": [{"id": "c"}]}], "sign": {"name": "王", "image": "d"}}
    found = [(field.path, blob) for field, blob in enclosed.refs(spec, values)]
    assert found == [
        ("agent.paper", "a"),
        ("staff.cert", "b"),
        ("staff.cert", "c"),
        ("sign", "d"),
    ]
    assert enclosed.own(spec, values, []) == {"agent": {}, "staff": [{}, {}], "sign": {"name": "王"}}
    assert enclosed.named(spec, "staff-0-cert-_file").path == "staff.cert"  # type: ignore[union-attr]
    assert enclosed.named(spec, "staff-cert") is None
