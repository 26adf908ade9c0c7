"""The pages that take files in: uploaded, looked at, mapped by menus, taken over – and everybody who has no business there."""

import io
from collections.abc import Iterator

import openpyxl
import pytest

from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import Office, errors

FOOD = "food-operation-new"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    return site.built_once(tmp_path_factory)


@pytest.fixture(scope="module")
def office(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    built = site.copy(template, tmp_path_factory.mktemp("imports") / "hall")
    made = Office(built, built.app())
    yield made
    made.here.database.close()


@pytest.fixture(scope="module")
def chief(office: Office) -> site.Browser:
    return office.staff("chief")


@pytest.fixture
def base(chief: site.Browser) -> Iterator[str]:
    """The address of a draft of the food licence, put aside afterwards."""
    answer = chief.post("/office/studio/", {"do": "open", "item": FOOD})
    assert answer.status_code == 303, answer.text[:500]
    address = answer.headers["Location"].rstrip("/")
    yield address
    chief.post(f"{address}/drop")


def file_of(*rows: list[object]) -> bytes:
    """A workbook of *rows*."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def send(browser: site.Browser, address: str, content: bytes, name: str, **more: str):
    data = {"csrf_token": browser.token(), "file": (io.BytesIO(content), name), **more}
    return browser.client.post(address, data=data, content_type="multipart/form-data")


def test_a_list_of_materials_is_looked_at_mapped_and_taken_over(chief, base):
    door = f"{base}/materials/import/"
    assert 'type="file"' in chief.get(door).text
    content = file_of(["资料叫什么", "必要性"], ["<b>平面图</b>", "必要"], ["营业执照", "也许"])
    answer = send(chief, door, content, "../../清单.xlsx")
    assert answer.status_code == 303, errors(answer)
    here = answer.headers["Location"]
    first = chief.get(here).text
    assert "还有必须的项没有对应的列" in first
    assert "../.." not in first
    assert chief.post(here, {"do": "map", "to-title": "资料叫什么", "to-need": "必要性", "to-nothing": "x"}).status_code == 303
    page = chief.get(here).text
    assert "&lt;b&gt;平面图" in page
    assert "“也许”认不出来" in page
    assert "平面图" not in chief.get(f"{base}/?part=materials").text, "nothing is written by looking"
    taken = chief.post(here, {"do": "take", "command_id": new_id()})
    assert taken.headers["Location"].endswith("?part=materials")
    assert "平面图" in chief.get(f"{base}/?part=materials").text
    assert chief.post(here, {"do": "take", "command_id": new_id()}).status_code == 409
    assert chief.post(f"{base}/undo", {"command_id": new_id(), "landing": "materials"}).status_code == 303
    assert "平面图" not in chief.get(f"{base}/?part=materials").text


def test_what_is_no_list_is_refused_on_the_page(chief, base):
    door = f"{base}/materials/import/"
    for name, content in (("a.xls", b"x"), ("a.xlsx", b"PK\x03\x04"), ("a.csv", b""), ("a.json", b"{}")):
        answer = send(chief, door, content, name)
        assert answer.status_code == 422
        assert name in errors(answer)
    assert chief.post(door, {}).status_code == 422
    assert chief.get(f"{door}{new_id()}").status_code == 404
    assert chief.get(f"{door}nonsense").status_code == 404


def test_a_file_is_its_uploaders_own(office, chief, base):
    here = send(chief, f"{base}/materials/import/", file_of(["材料名称"], ["绝密平面图"]), "a.xlsx").headers["Location"]
    admin = office.staff("admin")
    assert admin.get(f"{base}/materials/import/").status_code == 200, "of the same department"
    assert admin.get(here).status_code == 404
    assert admin.post(here, {"do": "take", "command_id": new_id()}).status_code == 404
    assert chief.post(here, {"do": "burn"}).status_code == 422
    assert chief.post(here, {"do": "drop"}).status_code == 303
    assert chief.get(here).status_code == 404


@pytest.mark.parametrize("kind", ["materials"])
def test_the_blank_is_read_back_with_every_column_known(chief, kind):
    from core.items.studio.importing.blanks import BLANKS
    from core.items.studio.importing.columns import guess, names
    from core.items.studio.importing.reading import read

    for locale in ("zh", "en"):
        answer = chief.get(f"/office/studio/blank/{kind}.xlsx?lang={locale}")
        assert answer.status_code == 200
        sheet = read(io.BytesIO(answer.data), f"{kind}.xlsx", names(BLANKS[kind]))
        assert set(guess(sheet.columns, BLANKS[kind])) == {each.target for each in BLANKS[kind]}
        assert len(sheet.rows) == 1
    assert chief.get("/office/studio/blank/other.xlsx").status_code == 404
