"""The main job over the API, as programs of a citizen and of six clerks: from the search word to a verified licence."""

import time
from typing import Any

import pytest
from openapi_spec_validator import validate

from core.kernel.ids import new_id
from tests.api.conftest import Api, Callers
from tests.demo_hall import CITIZEN, OTHER_CITIZEN
from tests.papers import pdf

pytestmark = pytest.mark.long

ITEM = "food-operation-new"
CITY = "示范市"


def application(me: Api) -> dict[str, Any]:
    """An application for a restaurant of 350 ㎡, from the form's own sample; its two files are handed in here."""
    form = me.get(f"/v1/items/{ITEM}/form")
    answers = {**form["definition"]["samples"][0]["values"], "area": 350}
    assert set(form["schema"]["required"]) <= set(answers)
    offers = {offer["division_title"]: offer["department_id"] for offer in me.get(f"/v1/items/{ITEM}")["offers"]}
    materials = {name: [me.hand_in(f"{name}.pdf", pdf(name))] for name in ("layout", "rules")}
    return {"item": ITEM, "answers": answers, "situation": {"kind": "catering", "agent": "self"}, "materials": materials, "department": offers[CITY]}


def waiting(who: Api, case_id: str) -> list[dict[str, Any]]:
    """The open tasks of a case that this clerk may act on."""
    return [task for task in who.get(f"/v1/tasks/{case_id}")["tasks"] if task["mine"]]


def press(who: Api, case_id: str, action: str, node: str, **body: Any) -> dict[str, Any]:
    """Press *action* of the task at *node*; it must be taken."""
    task = next(task for task in waiting(who, case_id) if task["node"].endswith(node))
    answer = who.post(f"/v1/tasks/{case_id}/{task['no']}/actions", {"action": action, **body})
    assert answer.status == 200, answer
    return dict(answer.json)


def test_the_whole_journey_of_a_food_licence_over_the_api(callers: Callers) -> None:
    """Search, apply, correct what was named, joint review, decision by the leader, licence, delivery, verification, reasons for every date."""
    me, nobody = callers.citizen(CITIZEN), callers.nobody()
    window, fire, reviewer, chief, leader = (callers.staff(login) for login in ("window", "fire", "reviewer", "chief", "leader"))

    found = nobody.get("/v1/items", q="开饭馆")["items"]
    assert found[0]["code"] == ITEM
    guide = nobody.get(f"/v1/items/{ITEM}/guide", kind="catering", agent="self")
    assert "布局" in str(guide) and "授权委托书" not in str([each for each in guide["materials"] if each.get("needed", True)] if "materials" in guide else "")

    wanted, key = application(me), new_id()
    filed = me.post("/v1/cases", wanted, key=key)
    assert filed.status == 201, filed
    case = filed.json["id"]
    again = me.post("/v1/cases", wanted, key=key)
    assert (again.status, again.json) == (201, {**filed.json, "replayed": True})
    assert [each["id"] for each in me.get("/v1/cases")["cases"]].count(case) == 1

    assert case in [task["case_id"] for task in window.get("/v1/tasks", item=ITEM)["tasks"]]
    press(fire, case, "complete", "check.fire")
    asked = {"fields": {"premises_address": "门牌号没有写全"}, "materials": {"layout": "没有标水池的位置"}}
    press(window, case, "request_correction", "intake", data=asked)
    view = me.get(f"/v1/cases/{case}")
    assert view["status"] == "correction_requested" and view["correction"]["fields"] == asked["fields"]

    layout = [me.hand_in("layout-2.pdf", pdf("with sinks"))]
    stolen = me.post(f"/v1/cases/{case}/corrections", {"answers": {"premises_address": "一中路1号2层", "area": 90}, "materials": {"layout": layout}})
    assert stolen.status == 422 and stolen.kind == "application/problem+json"
    answered = me.post(f"/v1/cases/{case}/corrections", {"answers": {"premises_address": "一中路1号2层"}, "materials": {"layout": layout}})
    assert answered.status == 200, answered
    view = me.get(f"/v1/cases/{case}")
    assert view["values"]["premises_address"] == "一中路1号2层" and view["values"]["area"] == 350

    press(window, case, "accept", "intake")
    press(fire, case, "pass", "fire.opinion", opinion="符合消防安全条件")
    press(reviewer, case, "pass", "market.review", opinion="材料属实")
    assert not [task for task in waiting(leader, case) if task["actions"]], "the leader decides after the sign node, not before"
    press(chief, case, "agree", "market.sign", opinion="同意")
    assert not [task for task in waiting(window, case) if task["node"].endswith("decide")], "the clerk of the intake is not asked to decide"
    open_task = next(task for task in window.get(f"/v1/tasks/{case}")["tasks"] if task["node"].endswith("decide"))
    refused = window.post(f"/v1/tasks/{case}/{open_task['no']}/actions", {"action": "grant", "opinion": "同意"})
    assert refused.status == 403, refused
    granted = press(leader, case, "grant", "decide", opinion="准予许可")
    assert granted["outcome"] == "grant" and len(granted["results"]) == 1

    for _ in range(100):  # the paper is made by the outbox; delivery waits for it
        if waiting(window, case):
            break
        time.sleep(0.2)
    press(window, case, "deliver", "delivery", data={"way": "electronic"})

    view = me.get(f"/v1/cases/{case}")
    assert view["status"] == "closed" and view["outcome"] == "grant"
    clocks = {clock["name"]: clock for clock in view["clocks"]}
    assert {"intake", "main", "correction"} <= set(clocks)
    assert all(clock["sentences"] and clock["days"] for clock in clocks.values() if clock["due"])
    titles = [step["title"] for step in view["timeline"]]
    assert len(titles) >= 8, titles

    progress = nobody.get(f"/v1/progress/{filed.json['query_code']}", number=filed.json["number"])
    assert progress["status"] == "closed" and "王芳" not in str(progress) and "610117198001010028" not in str(progress)
    mine = me.get("/v1/licences", case=filed.json["number"])["licences"]
    assert [each["type_code"] for each in mine] == ["food-operation"] and mine[0]["has_pdf"]
    for code in (mine[0]["identifier"], mine[0]["verify_code"]):
        shown = nobody.get(f"/v1/licences/{code}")
        assert shown["status"] == "valid" and not {"id", "case_no", "verify_code"} & shown.keys()
        assert ("*" in shown["holder"]) == (code == mine[0]["verify_code"])  # identifiers can be counted up, so they name nobody
    assert not callers.citizen(OTHER_CITIZEN).get("/v1/licences", case=filed.json["number"])["licences"]


def test_everything_wrong_with_an_application_is_said_at_once_as_a_problem_document(callers: Callers) -> None:
    """Answers and materials together, each with its path; nothing is filed."""
    me = callers.citizen(CITIZEN)
    before = len(me.get("/v1/cases")["cases"])
    answer = me.post(
        "/v1/cases", {"item": ITEM, "answers": {"uscc": "92610117MA6U00001X", "id_kind": "uscc", "area": "三百"}, "situation": {"kind": "catering"}}
    )
    assert answer.status == 422 and answer.kind == "application/problem+json"
    paths = {finding["path"] for finding in answer.json["findings"]}
    assert {"answers/operator_name", "answers/uscc", "answers/area", "materials/layout"} <= paths
    assert all(finding["detail"] for finding in answer.json["findings"])
    assert len(me.get("/v1/cases")["cases"]) == before


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"item": 3, "answers": {}}', b'{"item": "food-operation-new", "answers": {}, "admin": true}'])
def test_a_body_of_the_wrong_shape_is_a_problem_document(callers: Callers, body: bytes) -> None:
    """Broken JSON, a wrong type, an unknown property."""
    answer = callers.citizen(CITIZEN).send("POST", "/v1/cases", body, Idempotency_Key=new_id())
    assert answer.status == 422 and answer.kind == "application/problem+json" and answer.json["title"]


def test_a_command_without_a_key_is_refused(callers: Callers) -> None:
    """An application that could be doubled by a lost answer is not taken."""
    answer = callers.citizen(CITIZEN).send("POST", "/v1/cases", {"item": ITEM, "answers": {}})
    assert answer.status == 422 and answer.json["type"].endswith("web.api_key")


def test_an_upload_is_judged_by_its_content_not_by_its_name(callers: Callers) -> None:
    """A script named like a picture."""
    answer = callers.citizen(CITIZEN).upload("photo.png", b"<script>alert(1)</script>")
    assert answer.status == 422 and answer.kind == "application/problem+json"


def test_others_neither_see_nor_answer_a_case(callers: Callers) -> None:
    """Another citizen, another county's clerk, no token: refused without a word about the case; another's upload does not exist."""
    me, other, nobody = callers.citizen(CITIZEN), callers.citizen(OTHER_CITIZEN), callers.nobody()
    wanted = application(me)
    case = me.post("/v1/cases", wanted).json["id"]
    assert other.send("GET", f"/v1/cases/{case}").status == 404
    assert other.post(f"/v1/cases/{case}/withdrawal", {}).status == 404
    assert nobody.send("GET", f"/v1/cases/{case}").status == 401
    assert other.send("GET", f"/v1/tasks/{case}").status == 403
    assert callers.staff("qinghe-window").send("GET", f"/v1/tasks/{case}").status == 404
    theft = other.post("/v1/cases", wanted)
    assert theft.status in (404, 422), theft
    assert me.post(f"/v1/cases/{case}/withdrawal", {"reason": "不开了"}).status == 200


def test_the_openapi_document_is_valid_and_names_every_operation(callers: Callers) -> None:
    """OpenAPI 3.1, by an independent validator; every rule of the API is in it."""
    document = callers.nobody().get("/v1/openapi.json")
    validate(document)
    assert document["openapi"].startswith("3.1")
    operations = {(method.upper(), path) for path, entry in document["paths"].items() for method in entry}
    assert {("POST", "/v1/cases"), ("GET", "/v1/progress/{code}"), ("POST", "/v1/tasks/{case_id}/{no}/actions")} <= operations
    assert all("default" in entry["responses"] for each in document["paths"].values() for entry in each.values())
