"""Never ask twice: what the gate refuses to ask for, and what the hall finds before anybody is asked."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.items import service as items
from core.items.lint.rules import lint
from core.items.obtainable import obtainable, plain
from core.items.sources import FactType, serves_until
from core.kernel.clock import today

ROOT = Path(__file__).resolve().parents[2]
FOOD = json.loads((ROOT / "item_configs/market_regulation/food-operation-new.json").read_text(encoding="utf-8"))
TRAVEL = json.loads((ROOT / "item_configs/culture_tourism/travel-agency.json").read_text(encoding="utf-8"))

HEALTH = FactType("health-check", "健康检查结果", lambda _session, _question: None, papers=("健康证明",), needs=("item",))


def changed(doc: dict[str, Any], material: str, **more: Any) -> dict[str, Any]:
    copy = json.loads(json.dumps(doc))
    next(each for each in copy["materials"] if each["id"] == material).update(more)
    return copy


def keys(found: Any) -> set[str]:
    return {f.key.removeprefix("items.") for f in found if f.level == "error"}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("营业执照", "营业执照"),
        ("申请单位营业执照(副本)复印件", "营业执照"),
        ("营业执照（副本）", "营业执照"),
        ("《营业执照》副本(加盖公章)", "营业执照"),
        ("营业场所证明", "营业场所证明"),
    ],
)
def test_a_title_is_compared_without_whose_it_is_and_in_which_form(title: str, name: str) -> None:
    assert plain(title) == name


def test_what_the_library_gives_may_not_be_asked_of_the_applicant_unless_the_item_says_why() -> None:
    """城关 17, 优化营商环境条例 37: a licence of the library is not demanded, in whatever words."""
    types = {"business-licence": "营业执照"}
    asked = changed(FOOD, "layout", title="营业执照副本复印件")
    assert keys(obtainable(asked, types, {}, None)) == {"library_can_give"}
    told = changed(FOOD, "layout", title="营业执照副本复印件", source={"from": "applicant", "kept_because": "是房东的执照,不是申请人的"})
    assert keys(obtainable(told, types, {}, None)) == set()
    assert keys(obtainable(FOOD, types, {}, None)) == set()


def test_what_a_shared_fact_gives_may_not_be_asked_of_the_applicant() -> None:
    asked = changed(FOOD, "layout", title="从业人员健康证明(复印件)")
    assert keys(obtainable(changed(FOOD, "layout", title="健康证明(复印件)"), {}, {"health-check": HEALTH}, None)) == {"fact_can_give"}
    assert keys(obtainable(asked, {}, {"health-check": HEALTH}, None)) == set()  # somebody else's paper: another title


def test_a_fact_that_nobody_here_can_look_up_closes_the_gate() -> None:
    source = {"from": "fact", "fact": "health-check"}
    doc = changed(FOOD, "layout", source=source)
    assert keys(obtainable(doc, {}, {}, None)) == {"fact_missing"}
    assert keys(obtainable(doc, {}, {"health-check": HEALTH}, None)) == {"fact_needs"}
    named = changed(FOOD, "layout", source={**source, "item": "no-such-item"})
    assert keys(obtainable(named, {}, {"health-check": HEALTH}, frozenset({"senior-card"}))) == {"fact_item_missing"}


def test_an_unknown_basis_needs_a_named_waiver_that_has_not_run_out() -> None:
    """城关 17: 没有依据的材料一律取消; what is not known is answered for by a person, until a day."""
    bare = changed(FOOD, "layout", basis={"status": "unknown"})
    assert keys(lint(bare)) == {"basis_without_waiver"}
    waiver = {"by": "张主任", "reason": "正在核定", "until": (today() - timedelta(days=1)).isoformat()}
    assert keys(lint(changed(FOOD, "layout", basis={"status": "unknown", "waiver": waiver}))) == {"waiver_over"}
    today_still = {**waiver, "until": today().isoformat()}
    assert keys(lint(changed(FOOD, "layout", basis={"status": "unknown", "waiver": today_still}))) == set()
    assert keys(lint(changed(FOOD, "layout", basis={"status": "none"}))) == {"material_without_basis"}


def test_a_paper_serves_again_only_when_its_kind_and_a_calendar_term_are_named() -> None:
    assert keys(lint(changed(FOOD, "layout", reuse_for={"value": 6, "unit": "month"}))) == {"reuse_without_kind"}
    assert keys(lint(changed(FOOD, "layout", same_as="layout-plan", reuse_for={"value": 6, "unit": "working_day"}))) == {"reuse_unit"}
    assert keys(lint(changed(FOOD, "layout", same_as="layout-plan", reuse_for={"value": 6, "unit": "month"}))) == set()


@pytest.mark.parametrize(
    ("limit", "until"),
    [
        ({"value": 6, "unit": "month"}, date(2026, 2, 28)),  # 31 August and six months: the last day of February (民法典 202)
        ({"value": 1, "unit": "year"}, date(2026, 8, 31)),
        ({"value": 30, "unit": "calendar_day"}, date(2025, 9, 30)),
        (None, None),
    ],
)
def test_the_last_day_on_which_a_paper_serves_again(limit: Any, until: date | None) -> None:
    assert serves_until(date(2025, 8, 31), limit) == until


def test_a_promise_stands_for_materials_or_conditions_of_the_item_and_for_nothing_the_state_council_excludes() -> None:
    """国办发〔2020〕42号: two instruments, and matters of public safety, life and health are not for promises."""
    promise = TRAVEL["promises"][0]
    assert keys(lint(TRAVEL)) == set()

    def broken(**more: Any) -> set[str]:
        return keys(lint({**TRAVEL, "promises": [{**promise, **more}]}))

    assert broken(materials=["business_licence"]) == {"promise_material"}
    assert broken(materials=[], conditions=[]) == {"promise_covers_nothing"}
    assert broken(conditions=["c99"]) == {"promise_condition"}
    assert broken(kind="proof", materials=[]) == {"proof_without_material"}
    assert broken(duty="直接涉及公共安全的经营条件") == {"promise_excluded"}
    assert broken(check={**promise["check"], "within": {"value": None, "unit": "calendar_day"}}) == {"promise_unchecked"}
    assert keys(lint({**TRAVEL, "type": "20"})) >= {"permit_promise_elsewhere"}
    assert keys(lint({**TRAVEL, "promises": [promise, {**promise, "id": "again"}]})) == {"promised_twice"}


def test_what_may_follow_later_says_within_how_long_and_what_lateness_means() -> None:
    """安阳 24: the agency says at once what is missing, by when, and what happens otherwise."""
    late = changed(FOOD, "rules", need="deferrable")
    assert keys(lint(late)) == {"later_without_limit", "deferrable_without_deferral"}
    deferral = {"text": "我按期补齐", "liability": "逾期视为撤回申请", "on_late": "withdrawn", "basis": "安阳市政务服务条例第二十四条"}
    whole = {**changed(FOOD, "rules", need="deferrable", later={"value": 5, "unit": "working_day"}), "deferral": deferral}
    assert keys(lint(whole)) == set()
    assert keys(lint(changed(FOOD, "rules", later={"value": 5, "unit": "working_day"}))) == {"later_not_deferrable"}


def test_a_bar_holds_by_a_rule_or_by_a_condition_that_a_plugin_knows() -> None:
    bar = {"id": "credit", "title": "有没有修复的失信", "basis": "国办发〔2020〕42号"}
    assert keys(lint({**TRAVEL, "bars": [bar]})) == {"bar_needs_one"}
    named = {**TRAVEL, "bars": [{**bar, "condition": "bad-credit"}]}
    assert keys(lint(named)) == set()
    known = items.Known(bar_conditions=frozenset({"other"}))
    assert "bar_unknown" in keys(items.check_item(named, forms={}, known=known))
    assert "bar_unknown" not in keys(items.check_item(named, forms={}, known=items.Known(bar_conditions=frozenset({"bad-credit"}))))
