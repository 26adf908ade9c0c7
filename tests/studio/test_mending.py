"""Every mend takes its finding away and brings no new error; what is called safe can be done many at once."""

import copy
import json
from pathlib import Path

import pytest

import core.documents
from core.items.checking import Known
from core.items.library import library
from core.items.studio import edits, mending
from core.items.studio.found import found
from core.items.studio.spots import MISSING, find, index_of, parse, write
from core.kernel.wording import catalogue

SHELF = library()
TEMPLATES = Path(core.documents.__file__).parent / "templates"
KNOWN = Known(
    licence_types=frozenset({"food-operation", "business-licence", "site-plan"}),
    licence_titles={"food-operation": "食品经营许可证", "business-licence": "营业执照", "site-plan": "设施布局图"},
)


@pytest.fixture
def content(food):
    item = copy.deepcopy(food)
    return {"item": item, "form": copy.deepcopy(dict(SHELF.forms[item["form"]])), "blocks": {}}


def at(content, spot):
    return find(content, parse(spot))


def put(content, spot, value):
    *way, last = parse(spot)
    holder = find(content, way)
    if isinstance(holder, list):
        holder[index_of(holder, last)] = value
    else:
        holder[last] = value


def sets(*pairs):
    def spoil(content):
        for spot, value in pairs:
            put(content, spot, value(at(content, spot)) if callable(value) else value)

    return spoil


def _plan(material):
    return {**material, "title": "设施布局图"}


def _twice(entries):
    return [*entries, {**entries[-1], "title": "另一份"}]


def _long(limit):
    return {"value": 30, "unit": "working_day"}


def _sixty(limit):
    return {"value": 60, "unit": "working_day", "basis": "法"}


DECIDE = "/item/route/review/nodes/decide"
BRANCHES = "/item/route/review/nodes/joint/branches"
AREA = "/form/properties/area"
HELP = "/item/materials/@layout/help"
PAGES = "/form/ui/pages"


def _paper(kind, change):
    """Spoil: the item has a document of its own, the platform's paragraphs after *change*."""

    def spoil(content):
        platform = json.loads((TEMPLATES / f"{kind}.json").read_text(encoding="utf-8"))
        own = {"blocks": platform["blocks"]}
        change(own)
        content["item"]["documents"] = {kind: own}

    return spoil


#: finding key, spoils the content so that it is there.
CASES = [
    ("documents.unknown_name", _paper("acceptance", lambda own: own["blocks"][0].update(text="{{ aplicant }}:"))),
    ("documents.empty_block", _paper("acceptance", lambda own: own["blocks"].append({"id": "blank", "text": " "}))),
    ("documents.must_always", _paper("decision_refuse", lambda own: own["blocks"][3].update(given="consult"))),
    ("documents.mark_taken", _paper("acceptance", lambda own: own.update(mark="准"))),
    ("items.library_can_give", sets(("/item/materials/@layout", _plan))),
    ("items.shared_on_paper", sets(("/item/materials/@business_licence/original", 1), ("/item/materials/@business_licence/copies", 2))),
    ("items.id_twice", sets(("/item/materials", _twice))),
    ("items.when_without_conditional", sets(("/item/materials/@layout/when", {"==": [{"var": "form.online"}, True]}))),
    ("items.later_not_deferrable", sets(("/item/materials/@layout/later", {"value": 5, "unit": "working_day"}))),
    ("items.material_missing", sets(("/item/tests/0/given/materials", lambda held: [*held, "no_such_paper"]))),
    ("items.material_missing", sets(("/item/tests/0/given/materials", lambda held: [*(each for each in held if each != "layout"), "layuot"]))),
    ("items.field_missing", sets(("/item/situations/@agent/options/@self/sets", {"by_agnet": False}))),
    ("items.field_missing", sets(("/item/searchable", ["operator_nmae"]))),
    ("items.field_not_single", sets(("/item/searchable", ["equipment"]))),
    ("items.preset_not_allowed", sets(("/item/situations/@agent/options/@self/sets", {"by_agent": "false"}))),
    ("items.free_but_payment", sets(("/item/online/payment", True))),
    ("items.free_but_items", sets(("/item/fees/items", [{"id": "f", "title": "工本费", "amount": 500, "basis": "某文"}]))),
    ("items.reason_without_visit", sets(("/item/visits/reason", "核验原件"))),
    ("items.theme_without_person", sets(("/item/service_objects", ["2"]))),
    ("items.provenance_dangling", sets(("/item/provenance/unknown", ["faq", "materials.gone"]))),
    ("items.translation_dangling", sets(("/item/translations/en/materials.gone.title", "Gone"))),
    ("items.studio_translation_of_nothing", sets(("/item/translations/en/form.gone.title", "Gone"))),
    ("items.unknown_not_declared", sets(("/item/route/limits/statutory", {"value": None, "unit": "working_day"}))),
    ("items.result_is_licence", sets(("/item/results/@licence/kind", "document"))),
    ("items.result_is_document", sets(("/item/results/@licence/title", "食品经营批复"))),
    (
        "items.intake_over_five",
        sets(("/item/route/intake/limit", _long), ("/item/route/limits/statutory", _sixty)),
    ),
    ("items.delivery_over_ten", sets(("/item/route/delivery/limit", _long))),
    ("items.refuse_without_reason", sets((f"{DECIDE}/actions/refuse/needs", []))),
    ("items.sheet_missing", sets((f"{BRANCHES}/market/nodes/review/rules", "reveiw"))),
    ("items.at_once_not_instant", sets(("/item/route/limits/promised", {"value": 0, "unit": "at_once"}))),
    ("rules.unknown_path_near", sets(("/item/materials/@site_screenshot/when", {"==": [{"var": "form.onlin"}, True]}))),
    ("rules.unknown_path_near", sets((f"{AREA}/ui/visible_when", {">": [{"var": "form.employes"}, 1]}))),
    ("schemas.type_unquote", sets((f"{AREA}/maximum", lambda held: str(held)), ("/item/visits/times", "0"))),
    ("schemas.type_drop", sets(("/item/short_title", None))),
    ("schemas.type_wrap", sets(("/item/words", "开饭馆"))),
    ("schemas.unknown", sets(("/item/materials/@layout/zzzzzzz", 1))),
    ("schemas.unknown_near", sets(("/item/materials/@rules/hepl", "写清楚"))),
    ("schemas.choice_near", sets(("/item/materials/@layout/need", "requird"))),
    ("schemas.twice", sets(("/item/service_objects", ["1", "2", "2"]))),
    ("forms.check_placed_unknown", sets((f"{PAGES}/0/sections/0/fields", lambda held: [*held, "gone"]))),
    ("forms.check_placed_twice", sets((f"{PAGES}/0/sections/0/fields", lambda held: [*held, held[0]]))),
    ("forms.check_unplaced", sets(("/form/properties/new", {"type": "string", "title": "新的一栏", "maxLength": 20}))),
    ("forms.check_duplicate", sets((PAGES, lambda held: [*held, {**held[0], "sections": []}]))),
    ("forms.check_required_unknown", sets(("/form/required", lambda held: [*(held if held is not MISSING else []), "gone"]))),
    ("forms.check_never_shown", sets((f"{AREA}/ui/visible_when", {"==": [{"var": "form.business_kind"}, "bakery"]}))),
    ("forms.check_pattern", sets(("/form/properties/uscc/pattern", "^\\d{3}[\\dA-Z]$"))),
    ("routing.check.promise_too_long", sets(("/item/route/limits/promised", _long))),
    ("routing.check.back_unbounded", lambda content: at(content, f"{DECIDE}/actions/return").pop("max")),
    ("routing.check.wrong_end", sets((f"{DECIDE}/actions/grant/outcome", "agree"))),
    ("routing.check.target_missing", sets((f"{BRANCHES}/market/nodes/review/actions/pass/to", "sgin"))),
    ("routing.check.start_missing", sets((f"{BRANCHES}/market/start", "reviw"))),
    ("routing.check.pause_undeclared", sets((f"{BRANCHES}/market/nodes/review/pauses", ["site_chek"]))),
    ("routing.check.lead_missing", sets(("/item/route/review/nodes/joint/lead", "nobody"))),
    ("routing.check.need_too_many", sets((f"{BRANCHES}/market/nodes/sign/groups/0", lambda held: {**held, "need": 3, "of": 2}))),
    ("routing.not_unknown", sets((f"{DECIDE}/holders/not", ["intake", "nowhere"]))),
    ("routing.check.unknown_path", sets((f"{DECIDE}/actions/grant/when", {"==": [{"var": "jiont.outcome"}, "agree"]}))),
    ("routing.check.no_limit", sets((f"{DECIDE}/limit", {"value": None, "unit": "working_day"}))),
    ("items.test_days_used", sets(("/item/tests/0/expect/days_used", 99))),
    ("items.studio_wide_letters", sets((HELP, "请交２份"))),
    ("items.studio_narrow_signs", sets((HELP, "带原件,再带复印件"))),
    ("items.studio_officialese", sets((HELP, "齐全方可受理"))),
    ("items.studio_help_repeats", sets(("/form/properties/central_kitchen/ui/help", "请选择是否中央厨房"))),
    ("items.studio_blank", sets((HELP, "  "))),
    ("items.studio_to_fill", sets(("/item/provenance/to_fill", ["redress", "places"]), ("/item/redress", None))),
    ("items.studio_choice_twice", sets(("/form/properties/business_kind/oneOf", lambda held: [*held, held[0]]))),
]


def marked(listed):
    return {(each.key, str(sorted(each.params.items(), key=str))) for each in listed}


@pytest.mark.parametrize(("key", "spoil"), CASES, ids=[f"{key}-{n}" for n, (key, _spoil) in enumerate(CASES)])
def test_each_mend_takes_its_finding_away_and_brings_no_new_error(content, key, spoil):
    spoil(content)
    before = found(None, content, known=KNOWN)
    told = [each for each in before if each.key == key]
    assert told, sorted({each.key for each in before})
    ways = [(each, way) for each in told for way in each.mends]
    assert ways, [write(each.spot) for each in told]
    stopped = any(each.level == "error" for each in before)
    errors = marked(each for each in before if each.level == "error")
    for each, way in ways:
        mended = edits.apply(content, way.edits)
        after = found(None, mended.doc, known=KNOWN)
        assert (each.key, each.spot) not in {(left.key, left.spot) for left in after if left.params == each.params}, way.label()
        new = [left for left in after if left.level == "error" and not marked([left]) <= errors]
        # what could not be tried while this stood – the item's own tests – is found now; nothing else is
        assert [left.words() for left in new if not (stopped and left.key.startswith("items.test_"))] == [], way.label()
        assert edits.apply(mended.doc, mended.undo).doc == content


def test_every_way_to_mend_is_tried_here_and_worded():
    tried = {key for key, _spoil in CASES}
    hard_to_reach = {  # said by schemas or plugins in ways that no content of ours shows, or one of several keys of a way that is tried
        "schemas.bad_name", "schemas.pattern_wide", "forms.check_unmarked", "items.promised_twice", "items.promise_material", "items.promise_condition",
        "items.no_way_in", "items.instant_not_at_once", "items.theme_without_company", "items.sheet_unused", "items.deferral_of_nothing",
        "items.anywhere_not_online", "items.test_end", "items.test_path", "items.test_documents", "items.test_materials", "routing.check.twice",
        "routing.check.pre_review_too_long", "routing.check.not_always_before", "routing.check.quorum_too_large",
    }  # fmt: skip
    of_the_world = {"items.studio_link_moved"}  # known of the hall, not of the content: tests/studio/test_links.py
    assert set(mending.ways()) - tried == hard_to_reach | of_the_world
    worded = catalogue()
    assert all(key in worded for key in mending.ways())


def test_what_is_safe_is_done_at_once_and_undone_at_once(content):
    for _key, spoil in (case for case in CASES if case[0] in ("items.studio_wide_letters", "forms.check_required_unknown", "items.shared_on_paper")):
        spoil(content)
    put(content, HELP, "带原件,再带２份")
    listed = found(None, content, known=KNOWN)
    assert sum(way.safe for each in listed for way in each.mends[:1]) > 3
    done = edits.apply(content, mending.together(content, [(each.finding, each.spot) for each in listed]))
    assert at(done.doc, HELP) == "带原件，再带2份"
    after = found(None, done.doc, known=KNOWN)
    assert not any(way.safe for each in after for way in each.mends)
    assert edits.apply(done.doc, done.undo).doc == content


def test_a_promise_is_not_cut_to_a_limit_in_which_the_route_cannot_be_walked(content):
    put(content, "/item/route/limits/statutory", {"value": 1, "unit": "working_day"})
    (told,) = [each for each in found(None, content) if each.key == "routing.check.promise_too_long"]
    assert told.mends == ()


def test_a_paper_that_a_promise_stands_for_is_not_taken_from_the_library_with_one_click(content):
    sets(("/item/materials/@layout", _plan))(content)
    content["item"]["promises"] = [{"id": "p", "title": "承诺", "kind": "proof", "materials": ["layout"]}]
    (told,) = [each for each in found(None, content, known=KNOWN) if each.key == "items.library_can_give"]
    assert told.mends == ()
