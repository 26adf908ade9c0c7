"""我的材料谁用过 and the panel of the case page: a file handed in, opened by a clerk, told to both; another citizen reads nothing."""

from core.cases.models import CaseMaterial
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office
from tests.office.conftest import fresh as fresh
from tests.office.conftest import template as template


def test_a_citizen_reads_who_opened_which_of_their_files(fresh: Office) -> None:
    case = fresh.file("food-operation-new")
    with fresh.session() as session:
        files = session.query(CaseMaterial).filter_by(case_id=case).all()
    clerk = fresh.staff("window")
    me = site.Browser(fresh.app).citizen(CITIZEN, fresh.built.passwords[CITIZEN])
    assert "你交的" in me.get("/my/materials").text
    assert "打开看过" not in me.get("/my/materials").text
    assert clerk.get(f"/office/cases/{case}/materials/{files[0].id}").status_code == 200
    assert "的工作人员打开看过" in me.get("/my/materials").text
    assert "看材料的来历和去向" in clerk.get(f"/office/cases/{case}").text
    assert "打开看过" in clerk.get(f"/office/cases/{case}?materials=all").text
    assert "周晓云" in clerk.get(f"/office/cases/{case}").text
    assert "周晓云" not in me.get("/my/materials").text
    other = site.Browser(fresh.app).citizen("13800000002", fresh.built.passwords["13800000002"])
    assert "还没有材料被用过" in other.get("/my/materials").text
    assert site.Browser(fresh.app).get("/my/materials").status_code == 302
    assert me.get("/my/materials?after=zzz").status_code in (404, 422)
