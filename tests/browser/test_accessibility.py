"""axe-core finds nothing on any page of portal, back office and Flask-AppBuilder, in every theme and both languages, and nothing sticks out sideways.

In the long run (``make soak``) that is every rule on every page in every theme and both languages at three widths. Here it is what can differ: every rule
once a page, in the ordinary theme where room is tightest, and at the wider ones what sticks out; in the other themes the colours, which are what they
change (every rule for a template of their own); in English what sticks out, and the languages that the page says it is in.

The list of pages comes from the application's own URL map. A rule that is neither sampled nor said to be no page fails the test, so
that a new page cannot be forgotten.
"""

import functools
import io
import json
import os
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import core.web.studio.hall  # noqa: F401 - who shows the documents of the hall declares their kinds
from core.app import create_app, open_site
from core.cases import incidents, sealing
from core.cases.library import exporting
from core.cases.library.search import Asked
from core.cases.models import Case, CasePledge
from core.cases.service import bulk_runs, migrating
from core.cases.worklist import Filters
from core.exchange import service as exchange
from core.identity import queries as people
from core.identity.demo import CITIZENS as CITIZENS_OF_THE_HALL
from core.identity.models import Post
from core.items.catalogue import power
from core.items.catalogue import service as catalogue
from core.items.catalogue.claims import compiled_of
from core.items.catalogue.entries import bundle
from core.items.library import library
from core.items.service.carrying import pack
from core.items.studio import drafts as studio
from core.items.studio.hall import opening
from core.items.studio.importing import running as importing
from core.items.studio.importing import staging
from core.items.studio.importing.columns import CATALOGUE, MATERIALS
from core.kernel.actor import SYSTEM, Actor
from core.kernel.ids import is_id, new_id
from core.licences import service as licences
from core.licences.models import Licence
from core.web.site import Config
from tests.api.conftest import Api
from tests.browser.conftest import ROOT, SOAK, WIDTHS, axe, next_page, overflow
from tests.counter import desk as counter
from tests.demo_hall import CITIZEN, DemoHall
from tests.fixtures_cases import Desk
from tests.fixtures_catalogue import an_entry
from tests.fixtures_hall import read_hall
from tests.fixtures_relay import relay_of
from tests.fixtures_site import Browser
from tests.papers import pdf

ITEM = "food-operation-new"
#: What a theme can break without a template of its own: axe's rules about colours.
COLOURS = ("color-contrast", "link-in-text-block")
#: Theme → address of the pages whose template is its own.
OWN = {"elder": {"portal/home.html": "/"}, "branch": {}}
#: Looks that are other colours or other words on the same templates: the colours of a theme are counted, and English is walked, without a browser too.
LONGER = [pytest.param(name, marks=() if SOAK else pytest.mark.soak) for name in ("branch", "english")]
#: What the page says of its languages is so, and every page has a title.
_LANGUAGES = """() => {
  const known = (tag) => { try { return Intl.getCanonicalLocales(tag).length === 1; } catch { return false; } };
  const wrong = [...document.querySelectorAll("[lang]")].map((each) => each.getAttribute("lang")).filter((tag) => !known(tag)).map((tag) => `lang=${tag}`);
  if (!/^en\\b/.test(document.documentElement.lang)) wrong.push(`the page is in ${document.documentElement.lang}`);
  if (!document.title.trim()) wrong.push("no title");
  return wrong;
}"""
#: endpoint → addresses; ``{…}`` are filled from :func:`sample`. Who looks is told by the first word.
PUBLIC = {
    "portal.home": ("/",),
    "portal.search": ("/search", "/search?q=开饭馆", "/search?q=zzzz"),
    "portal.departments": ("/departments",),
    "portal.department": ("/departments/market_regulation",),
    "portal.themes_list": ("/themes",),
    "portal.theme": ("/themes/market-entry",),
    "portal.audience": ("/for/person", "/for/company"),
    "portal.item": ("/items/food-operation-new", "/items/food-operation-new?kind=catering&agent=agent", "/items/subsistence-allowance"),
    "progress.check_receipt": ("/verify/receipt",),
    "portal.help_page": ("/help",),
    "portal.accessibility": ("/accessibility",),
    "portal.privacy": ("/privacy",),
    "portal.site_map": ("/map",),
    "progress.ask": ("/progress",),
    "progress.show": ("/progress/{query_code}",),
    "progress.verify": ("/verify",),
    "progress.show_licence": ("/verify/{verify_code}", "/verify/NOSUCHCODE"),
    "account.login": ("/account/login",),
    "account.register": ("/account/register",),
    "api.read": ("/v1/docs",),
}
CITIZENS = {
    "apply.begin": ("/items/food-operation-new/apply", "/items/disability-card/apply"),
    "apply.step": ("/drafts/{draft}/operator", "/drafts/{draft}/people", "/drafts/{draft}/materials", "/drafts/{draft}/check"),
    "cases.show": ("/cases/{case}", "/cases/{done}", "/cases/{relayed}"),
    "cases.receipt": ("/cases/{case}/receipt",),
    "cases.withdraw": ("/cases/{case}/withdraw",),
    "cases.delivery_form": ("/cases/{done}/delivery",),
    "cases.correct": ("/cases/{case}/correct",),
    "cases.supplies": ("/cases/{case}/supplies",),
    "my.space": ("/my/",),
    "my.choose_acting": ("/my/acting",),
    "my.profile": ("/my/profile",),
    "my.add_party": ("/my/parties/new",),
    "my.add_person": ("/my/people/new",),
    "my.materials": ("/my/materials",),
    "my.messages": ("/my/messages",),
    "my.mandates": ("/my/mandates",),
    "my.mandate_blank": ("/my/mandates/new",),
    "my_licences.listed": ("/my/licences/",),
    "my_licences.show": ("/my/licences/{licence}/uses",),
}
DESKS = {
    "counter.home": ("window /office/counter/", "linxi-agent /office/counter/"),
    "counter.consent_form": ("linxi-agent /office/counter/consents",),
    "counter.consent_code": ("linxi-agent {consent}",),
    "counter.receipt": ("window {desk_receipt}",),
    "counter_steps.space": ("window {visit}", "window {visit}?q=food"),
    "counter_steps.begin": ("window {visit}items/food-operation-new/apply",),
    "counter_steps.take_back": ("window {visit}cases/{desk_case}/withdraw",),
    "counter_steps.step": ("window {desk_draft}/operator", "window {desk_draft}/materials", "window {desk_draft}/check"),
    "worklist.show": ("window /office/?light=", "window /office/?light=red"),
    "worklist.profile": ("window /office/me",),
    "custody.listed": ("shiqiao-agent /office/custody/", "linxi-agent /office/custody/"),
    "custody.show": ("linxi-agent /office/custody/{batch}",),
    "mending.mend": ("shiqiao-agent /office/cases/{mend}/mend",),
    "office_cases.show": ("window /office/cases/{done}", "reviewer /office/cases/{open}"),
    "case_moves.extension": ("head /office/cases/{open}/extension",),
    "case_mending.show": ("window /office/cases/{new}/on-the-spot", "window /office/cases/{new}/on-the-spot?field=operator_name"),
    "AuditView.entries": ("supervisor /office/audit/",),
    "CalendarView.show": ("admin /office/calendar/",),
    "output.listed": ("window /office/output/", "window /office/output/?way=post"),
    "output.show": ("window /office/output/{done}",),
    "incidents.listed": ("admin /office/incidents/", "chief /office/incidents/?state=closed&kind=job"),
    "incidents.show": ("admin /office/incidents/{incident}",),
    "bulk_runs.listed": ("reviewer /office/bulk/runs/",),
    "bulk_runs.show": ("reviewer /office/bulk/runs/{bulk_run}",),
    "followups.listed": ("reviewer /office/followups/",),
    "followups.show": ("reviewer /office/followups/{pledge}",),
    "savings.show": ("window /office/savings/",),
    "exchange.listed": ("chief /office/exchange/",),
    "exchange.days": ("chief /office/exchange/days",),
    "exchange.show": ("chief /office/exchange/{delivery}",),
    "library.show": ("window /office/library/",),
    "library_exports.listed": ("window /office/library/exports/",),
    "library_exports.show": ("window /office/library/exports/{export}",),
    "office_notices.listed": ("admin /office/notices/", "admin /office/notices/?state=refused"),
    "plugins.show": ("admin /office/plugins/",),
    "studio.show": ("chief /office/studio/", "admin /office/studio/"),
    "studio_links.show": ("chief /office/studio/links/", "chief /office/studio/links/?state=new"),
    "studio_editing.show": (
        "chief {studio}/?part=basic",
        "chief {studio}/?part=materials",
        "chief {studio}/?at=/item/materials/@layout",
        "admin {notice}/?part=notice",
        "admin {theme}/?part=tokens",
    ),
    "studio_form.show": ("chief {studio}/form/?page=premises&field=area",),
    "studio_route.show": ("chief {studio}/route/", "chief {studio}/route/?node=review.joint.fire", "chief {studio}/route/?node=review.joint"),
    "studio_publishing.show": ("chief {studio}/publish/",),
    "studio_history.show": (f"chief /office/studio/items/{ITEM}/versions/",),
    "studio_publishing.print_out": ("chief {studio}/publish/print",),
    "studio_findings.show": ("chief {studio}/findings/",),
    "studio_blocks.show": ("chief {studio}/blocks/?key=agent@1",),
    "studio_uses.show": ("chief {studio}/uses/?at=/item/materials/@layout",),
    "studio_condition.show": (
        "chief {studio}/condition/?at=/item/materials/@layout/when",
        "chief {studio}/condition/?at=/form/properties/area/ui/visible_when",
    ),
    "studio_preview.show": (
        "chief {studio}/preview/guide",
        "chief {studio}/preview/form",
        "chief {studio}/preview/route",
        "chief {studio}/preview/documents",
        "admin {notice}/preview/message",
        "admin {theme}/preview/home",
        "admin {theme}/preview/pairs",
    ),
    "studio_papers.show": ("chief {studio}/documents/?kind=decision_grant&block=body", "chief {studio}/documents/?kind=acceptance&all=1"),
    "studio_testing.show": ("chief {studio}/tests/",),
    "studio_testing.begin": ("chief {studio}/tests/play", "chief {studio}/tests/play?test=grant_large"),
    "studio_bundles.show": ("chief /office/studio/bundles/",),
    "studio_bundles.look": ("chief /office/studio/bundles/{bundle_import}",),
    "studio_copying.show": ("chief /office/studio/copy/", "chief /office/studio/copy/?q=zzzz"),
    "studio_copying.of_item": ("chief /office/studio/copy/item/senior-card",),
    "studio_copying.of_file": ("chief /office/studio/copy/{bundle_import}",),
    "studio_import_catalogue.show": ("chief /office/studio/import/",),
    "studio_import_catalogue.look": ("chief /office/studio/import/{catalogue_import}", "chief /office/studio/import/{catalogue_done}"),
    "studio_import_materials.show": ("chief {studio}/materials/import/",),
    "studio_import_materials.look": ("chief {studio}/materials/import/{materials_import}",),
    "studio_hall.show": ("admin /office/studio/hall/notice/granted/",),
    "studio_hall.look": ("admin {notice}/in-force/",),
    "studio_whatif.show": ("chief {studio}/what-if/?arrivals=8&replay=1",),
    "item_life.show": ("chief /office/items/",),
    "item_life.item": ("chief /office/items/food-operation-new",),
    "item_life.print_request": ("legal /office/items/requests/{change_request}/print",),
    "item_life.show_request": ("legal /office/items/requests/{item_request}",),
    "catalogue.show": ("chief /office/catalogue/",),
    "catalogue.entry": ("chief /office/catalogue/{entry}",),
    "moving.preview": ("chief /office/moving/food-operation-new",),
    "moving.show_run": ("chief /office/moving/runs/{move_run}",),
    "OfficeLogin.logout": ("window /office/logout/",),
    "own_password.show": ("window /office/password/",),
    "people.show": ("admin /office/people/",),
    "licences.listed": ("window /office/licences/", "leader /office/licences/?q=1.2.156.3005.2"),
    "licences.show": ("leader /office/licences/{licence}",),
    "licence_types.listed": ("admin /office/licences/types/",),
    "licence_types.blank": ("admin /office/licences/types/new",),
    "licence_types.show": ("admin /office/licences/types/food-operation",),
    "paper_licences.listed": ("window /office/licences/papers/",),
    "paper_licences.blank": ("window /office/licences/papers/new",),
    "paper_licences.show": ("reviewer /office/licences/papers/{paper}",),
    "people.person": ("admin /office/people/{staff}",),
    "OfficeLogin.login": ("nobody /office/login/",),
}
#: Generated pages that no role opens: nothing to look at as long as they stay shut.
SHUT = {"UserInfoEditView.this_form_get", "DivisionView.add", "DepartmentView.add"}
#: Whose password is set is asked for behind the question mark.
RESETS = "ResetPasswordView.this_form_get"
#: Rules that answer with no page of their own: files, JSON, redirects, doors that only act.
NO_PAGE = {
    "counter_steps.resume", "counter_steps.choose_acting", "counter_steps.receipt", "counter_steps.upload_preview",  # to a step, the visit, the receipt
    "counter_steps.mend",  # the page of mending.mend at another address
    "static", "appbuilder.static", "theme_css", "healthz", "readyz", "metrics", "portal.suggest", "portal.language", "portal.look", "portal.upload_preview",
    "apply.resume", "cases.paper", "cases.signed_receipt", "progress.receipt_page", "progress.receipt_key", "my.licence_sheet", "my.evidence",
    "cases.document", "case_documents.show",
    "office_cases.material", "case_licences.show", "savings.table", "bulk_runs.table", "library_exports.file", "licence_types.export", "paper_licences.scan",
    "LocaleView.index", "UtilView.back", "Entrance.index",
    "portal.route_drawing", "studio_route.picture", "studio_blanks.blank", "studio_bundles.export", "studio_bundles.key",
    "studio_import_catalogue.table", "studio_papers.sample", "studio_papers.licence", "studio_typeface.font", "studio_hall.sheet",  # files
    "studio_findings.panel",  # a part of every page of a draft, looked at there
    # pages of plugins: looked at in the plugins' own journeys
    "plugged.portal", "plugged.office", "plugged.static", "plugged.all_office", "plugged_machines.machine", "plugin_page.show",
}  # fmt: skip
#: No page either: programs talk to these, or the method is a command.
NO_PAGE_PREFIXES = ("api.", "MenuApi.", "SecurityApi.", "OpenApi.")
NO_PAGE_SUFFIXES = (".delete", ".action", ".download")


@functools.cache
def _app(home: str) -> Flask:
    """The application over the same folder in this process: its map of addresses, and forms that need no browser to be sent."""
    return create_app(Config.from_environment({**os.environ, "WANGTING_HOME": home, "WANGTING_WORKER": "celery"}))


def _rules(home: str) -> tuple[tuple[str, str], ...]:
    return tuple((rule.endpoint, rule.rule) for rule in _app(home).url_map.iter_rules() if "GET" in (rule.methods or ()))


def generated(rules: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Flask-AppBuilder's pages: endpoint → address, the first row standing for all."""
    found = {}
    for endpoint, rule in rules:
        view, _dot, verb = endpoint.partition(".")
        if view.endswith(("View", "ModelView")) and f"{view}.{verb}" not in {*DESKS, *NO_PAGE} and not endpoint.endswith(NO_PAGE_SUFFIXES):
            found[endpoint] = rule.replace("<pk>", "{pk:" + view + "}").replace("<group_by>", "1")
    return found


def test_every_page_of_the_application_is_looked_at(hall: DemoHall) -> None:
    """A rule without a sample and without a reason is a page that nobody looked at."""
    rules = _rules(str(hall.home))
    known = {*PUBLIC, *CITIZENS, *DESKS, *NO_PAGE, *generated(rules)}
    forgotten = {
        f"{endpoint} {rule}"
        for endpoint, rule in rules
        if endpoint not in known and not endpoint.startswith(NO_PAGE_PREFIXES) and not endpoint.endswith(NO_PAGE_SUFFIXES)
    }
    assert not forgotten, forgotten
    gone = known - {endpoint for endpoint, _rule in rules} - NO_PAGE
    assert not gone, gone


@pytest.fixture(scope="session")
def sample(hall: DemoHall) -> dict[str, str]:
    """A draft's worth of real things to look at: a case to correct, one in review, one that ended with a licence."""
    me = Api(hall, "citizen", CITIZEN)
    staff = {login: Api(hall, "staff", login) for login in ("window", "reviewer", "chief", "leader")}

    def press(login: str, case: str, *actions: str, **body: Any) -> None:
        for task in staff[login].get(f"/v1/tasks/{case}")["tasks"]:
            ready = [each["id"] for each in task["actions"] if each["enabled"]] if task["mine"] else []
            for action in actions:
                if action in ready:
                    answer = staff[login].post(f"/v1/tasks/{case}/{task['no']}/actions", {"action": action, "opinion": "同意", **body})
                    assert answer.status == 200, answer
                    return

    filed = [file_food(me) for _ in range(5)]
    asked = {"fields": {"premises_address": "写到门牌"}, "materials": {"layout": "标出水池"}}
    press("window", filed[0]["id"], "request_correction", data=asked)
    press("window", filed[1]["id"], "accept")
    done = filed[2]["id"]
    for login, action in (("window", "accept"), ("reviewer", "pass"), ("chief", "agree"), ("leader", "grant")):
        press(login, done, action)
    press("window", filed[4]["id"], "accept")
    ended = me.post(f"/v1/cases/{filed[4]['id']}/withdrawal", {"reason": "不开了"})
    assert ended.status == 200, ended
    licence = me.get("/v1/licences", case=filed[2]["number"])["licences"][0]
    made = {
        "case": filed[0]["id"],
        "open": filed[1]["id"],
        "done": done,
        "new": filed[3]["id"],
        "query_code": filed[2]["query_code"],
        "verify_code": licence["verify_code"],
    }
    return {
        **made,
        "licence": licence["id"],
        "paper": old_paper(hall, licence["id"]),
        "pledge": promise(hall, filed[1]["id"]),
        **troubles(hall, filed[1]["id"]),
        **on_the_way(hall),
        **lives_of_items(hall),
        "export": export(hall),
        "delivery": delivery(hall, filed[4]["id"]),
        **at_the_counter(hall),
    }


def at_the_counter(hall: DemoHall) -> dict[str, str]:
    """Addresses of a desk: somebody identified, their application up to the last look, one that was filed; a village agent who waits for a code."""
    app, (me, other) = _app(str(hall.home)), CITIZENS_OF_THE_HALL[:2]
    window, agent = (Browser(app).staff(login, hall.people[login]) for login in ("window", "linxi-agent"))
    person = {"name": hall.what[me[0]].split()[0], "number": me[3]}
    filed = counter.file_case(window, **person)
    visit = counter.visit_of(counter.receive(window, **person))
    asked = {"name": hall.what[other[0]].split()[0], "document_kind": "resident_id", "number": other[3], "item": "senior-card"}
    code = agent.post("/office/counter/consents", asked)
    assert code.status_code == 303, code.text
    return {
        "visit": f"/office/counter/visits/{visit}/",
        "desk_draft": counter.fill(window, visit, ITEM),
        "desk_case": filed,
        "desk_receipt": f"/office/counter/cases/{filed}/receipt",
        "consent": code.headers["Location"],
    }


def troubles(hall: DemoHall, case_id: str) -> dict[str, str]:
    """An incident of a case, and a run over a worklist that waits for its starter's choice."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        case = session.get_one(Case, case_id)
        trouble = incidents.Trouble("job", new_id(), case_id, params={"topic": "document.paper", "attempts": 12}, error="FontLacks")
        found = incidents.happened(session, trouble)
        reviewer = session.scalars(select(Post.staff_id).where(Post.department_id == case.department_id, Post.role == "reviewer")).first()
        assert found is not None and reviewer is not None
        run = bulk_runs.begin(session, Filters(), command_id=new_id(), actor=Actor("staff", reviewer)).id
    database.close()
    return {"incident": found, "bulk_run": run}


def lives_of_items(hall: DemoHall) -> dict[str, str]:
    """A request that waits for the legality review, an entry of the catalogue, a run that found nothing to move, a draft in the studio."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        office = power.owner(session, "senior-card")
        chief = session.scalars(select(Post.staff_id).where(Post.department_id == office.id, Post.role == "section_chief")).first()
        assert chief is not None
        who, entry = Actor("staff", chief), an_entry()
        asked = catalogue.ask_state(session, "senior-card", "suspend", reason="系统升级", command_id=new_id(), actor=who)
        benefit = {**compiled_of(session, "subsistence-allowance").doc, "summary": "家里收入低于当地标准，可以申请。"}
        changed = catalogue.ask_change(session, "subsistence-allowance", doc=benefit, reason="写得更明白", command_id=new_id(), actor=who)
        catalogue.publish_entry(session, bundle(entry, library().forms, library().blocks), publisher_id=office.id, actor=SYSTEM)
        run = migrating.start(session, ITEM, reason="换新流程", command_id=new_id(), actor=who).id
        food = power.owner(session, ITEM)
        author = session.scalars(select(Post.staff_id).where(Post.department_id == food.id, Post.role == "section_chief")).first()
        assert author is not None
        draft = studio.begin(session, ITEM, actor=Actor("staff", author))
        files = handed_in(session, draft, Actor("staff", author))
        files |= of_the_hall(session)
    database.close()
    return {"item_request": asked.id, "change_request": changed.id, "entry": entry["code"], "move_run": run, "studio": f"/office/studio/{draft.id}", **files}


def of_the_hall(session: Session) -> dict[str, str]:
    """Drafts of documents of the hall."""
    post = session.scalars(select(Post).where(Post.role == "admin")).first()
    assert post is not None
    keeper, office = Actor("staff", post.staff_id), people.department(session, post.department_id)
    doc = json.loads((ROOT / "themes" / "elder" / "theme.json").read_text(encoding="utf-8"))
    made = {
        "notice": opening.begin(session, "notice:granted", actor=keeper),
        "theme": studio.opened(session, "theme:elder", {"theme": doc}, office.id, office.region_root, None, keeper),
    }
    return {name: f"/office/studio/{draft.id}" for name, draft in made.items()}


def handed_in(session: Session, draft: studio.Draft, who: Actor) -> dict[str, str]:
    """Files in the studio that wait to be taken over: a list of materials with every kind of row, a signed bundle, catalogues."""
    table = io.BytesIO("材料名称,材料必要性,备注,没人认识\n平面图,必要,一份,x\n营业执照,,副本,\n操作流程,也许,,\n".encode())
    listed = staging.keep_sheet(session, table, "清单.csv", "materials", MATERIALS, draft_id=draft.id, department_id=draft.department_id, actor=who)
    bundle_of_two = staging.keep_file(session, pack(session, [ITEM, "senior-card"]), "省厅.json", department_id=draft.department_id, actor=who)
    catalogues = []
    for done in (False, True):
        table = io.BytesIO("事项名称,事项类型,办理流程\n摆摊备案,备案,先来再说\n没有类型,,\n".encode())
        catalogues.append(staging.keep_sheet(session, table, "实施清单.csv", "catalogue", CATALOGUE, department_id=draft.department_id, actor=who))
        if done:
            importing.start(session, catalogues[1], actor=who)
            importing.go_on(session, {"import": catalogues[1].id, "attempt": 1, "next": 0}, "")
    return {
        "materials_import": listed.id, "bundle_import": bundle_of_two.id, "catalogue_import": catalogues[0].id, "catalogue_done": catalogues[1].id,
    }  # fmt: skip


def export(hall: DemoHall) -> str:
    """An export that the window asked for."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        user = session.execute(text("SELECT id FROM ab_user WHERE username = 'window'")).scalar_one()
        who = Actor("staff", people.staff_of_user(session, str(user)).id)
        asked = exporting.start(
            session, Asked(), format="xlsx", purpose="月度统计", revealed=False, filters="", locale="zh", command_id=new_id(), actor=who
        )  # fmt: skip
        made = asked.id
    database.close()
    return made


def delivery(hall: DemoHall, case_id: str) -> str:
    """An ended case as one that the upper platform is to get; none is set, so it waits."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        assert exchange.ask(session, case_id)
    database.close()
    return case_id


def promise(hall: DemoHall, case_id: str) -> str:
    """A promise of a case whose check is due."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        case = session.get_one(Case, case_id)
        key = sealing.key_of(session, case_id, case.wrapped_key)
        assert key is not None
        said = {"title": "布局告知承诺", "duty": "要有布局文件", "text": "我承诺有", "liability": "不实的撤销决定", "name": "王芳"}
        pledge = CasePledge(
            id=new_id(), region_root=case.region_root, case_id=case_id, number=case.number, item_code=case.item_code, item_title=case.item_title,
            applicant=case.applicant, department_id=case.department_id, role="reviewer", kind="later", code="layout", state="due",
            sealed=sealing.seal_json(key, case_id, said), signed_at=case.submitted_at, due_on=date(2026, 1, 5),
        )  # fmt: skip
        session.add(pledge)
        made = pledge.id
    database.close()
    return made


def on_the_way(hall: DemoHall) -> dict[str, str]:
    """Papers passed up from a village: a batch on its way to the town, and a case that the town sent back to be completed."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        users = {row.username: str(row.id) for row in session.execute(text("SELECT id, username FROM ab_user"))}
        people = read_hall(session, users)
    relay = relay_of(Desk(database, people, "", hall.home))
    sent, asked = (relay.hand_in().id for _ in range(2))
    for case in (sent, asked):
        relay.press(case, "pass_on", "shiqiao-agent")
    relay.press(asked, "missing", "linxi-agent", data={"fields": {"phone": "少一位"}, "materials": {"household_book": "缺本人那一页"}})
    papers = [line.paper for line in relay.waiting("shiqiao-agent")]
    batch = relay.send("shiqiao-agent", [one.id for one in papers if one.case_id == sent])
    database.close()
    return {"batch": batch.id, "mend": asked, "relayed": sent}


def old_paper(hall: DemoHall, licence_id: str) -> str:
    """A paper licence of the same issuer that waits for its review."""
    database = open_site(Config.from_environment({**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"})).database
    with database.session() as session:
        issuer = session.get_one(Licence, licence_id).issuer_department_id
        clerk = session.scalars(select(Post.staff_id).where(Post.department_id == issuer, Post.role == "window")).first()
        assert clerk is not None
        day = date(2019, 5, 1)
        paper = licences.Paper("business-licence", issuer, "纸 2019-7", "示例面馆", "uscc", "91990100MA0000001G", day, day, None)
        made = licences.enter(session, paper, scan=pdf("paper"), scan_name="paper.pdf", actor=Actor("staff", clerk))
    database.close()
    return made


def file_food(me: Api) -> dict[str, str]:
    """A small restaurant, over the API."""
    form = me.get(f"/v1/items/{ITEM}/form")["definition"]["samples"][0]["values"]
    materials = {name: [me.hand_in(f"{name}.pdf", pdf(name))] for name in ("layout", "rules")}
    answer = me.post("/v1/cases", {"item": ITEM, "answers": form, "situation": {"kind": "catering", "agent": "self"}, "materials": materials})
    assert answer.status == 201, answer
    return dict(answer.json)


def look(page: Page, hall: DemoHall, address: str, theme: str) -> list[str]:
    """Open a page and look at it: what is wrong with it in this *theme*, or in English."""
    answer = page.goto(hall.url(address))
    assert answer is not None
    found = [] if answer.status in (200, 422) or "NOSUCH" in address else [f"answers {answer.status}"]
    for width in WIDTHS if SOAK else (*reversed(WIDTHS),) if theme == "standard" else (min(WIDTHS),):
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"at {width}: {each}" for each in (*overflow(page), *judged(page, address, theme, width))]
    return [f"{address} {each}" for each in found]


def judged(page: Page, address: str, theme: str, width: int) -> list[str]:
    """What is wrong with the page by the rules that are asked in this theme at this width."""
    wrong: list[str] = page.evaluate(_LANGUAGES) if theme == "english" else []
    if SOAK or (theme == "standard" and width == min(WIDTHS)) or address in OWN.get(theme, {}).values():
        wrong += axe(page, colours=SOAK or not address.startswith("/office/"))  # every desk has its colours from the same few files
    elif theme in OWN:
        wrong += axe(page, only=COLOURS)
    return wrong


def walk(page: Page, hall: DemoHall, addresses: list[str], prefix: str, theme: str) -> None:
    """Look at all, then tell everything at once."""
    found = [each for address in addresses for each in look(page, hall, prefix + address, theme)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", sorted(OWN))
def test_templates_of_a_theme_are_looked_at_by_every_rule(theme: str) -> None:
    """A template that a theme has of its own is one that nobody else looked at."""
    folder = ROOT / "themes" / theme / "templates"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")} == set(OWN[theme])


@pytest.mark.counted
@pytest.mark.parametrize("theme", ["standard", "elder", *LONGER])
def test_public_pages(open_desk: Callable[..., Page], hall: DemoHall, sample: dict[str, str], theme: str) -> None:
    """What everybody sees."""
    page, prefix = dressed(open_desk(), hall, theme)
    addresses = [address.format_map(sample) for each in PUBLIC.values() for address in each]
    if theme == "branch":  # the licence and the case are the city's; a branch hall shows its own
        addresses = [address for address in addresses if sample["query_code"] not in address]
    walk(page, hall, addresses, prefix, theme)


@pytest.mark.counted
@pytest.mark.parametrize(
    "theme", ["standard", pytest.param("elder", marks=() if SOAK else pytest.mark.soak), *LONGER]
)  # its colours are those of the public pages
def test_pages_of_a_citizen(person: Callable[..., Page], hall: DemoHall, sample: dict[str, str], theme: str) -> None:
    """What a citizen sees: applying, cases, my space."""
    page, prefix = dressed(person(CITIZEN), hall, theme)
    known = {**sample, "draft": begin_draft(page, hall)}
    walk(page, hall, [address.format_map(known) for each in CITIZENS.values() for address in each], prefix, theme)


def dressed(page: Page, hall: DemoHall, theme: str) -> tuple[Page, str]:
    """The page in a theme, and where its addresses begin."""
    if theme == "elder":
        page.goto(hall.url("/look/elder?next=/help"))
    if theme == "english":
        page.goto(hall.url("/language/en?next=/help"))
    return page, "/h/yunling" if theme == "branch" else ""


def begin_draft(page: Page, hall: DemoHall) -> str:
    """A draft with nothing in it: every page of it shows its errors."""
    page.goto(hall.url(f"/items/{ITEM}/apply?kind=catering&agent=self"))
    with next_page(page):
        page.locator("main form button.main").first.click()
    action = page.locator("main form[action*='/drafts/']").first.get_attribute("action") or ""
    return action.split("/drafts/")[1].split("/")[0]


@pytest.mark.counted
@pytest.mark.parametrize(  # staff rarely choose the elder look; what English desks say is walked without a browser (tests/english)
    "theme", ["standard", *(pytest.param(name, marks=() if SOAK else pytest.mark.soak) for name in ("elder", "english"))]
)
def test_desks(person: Callable[..., Page], open_desk: Callable[..., Page], hall: DemoHall, sample: dict[str, str], theme: str) -> None:
    """What staff see: worklist, case, calendar, audit."""
    pages: dict[str, Page] = {}
    found: list[str] = []
    known = {**sample, "staff": somebody(person("admin"), hall)}
    for who, address in (each.format_map(known).split(" ", 1) for every in DESKS.values() for each in (every if SOAK else every[:1])):
        if who not in pages:
            pages[who] = open_desk() if who == "nobody" else person(who)
            if theme == "english":
                pages[who].goto(hall.url("/lang/en"))
            else:
                dressed(pages[who], hall, theme)
        found += look(pages[who], hall, address, theme)
    assert not found, "\n".join(found)


def somebody(page: Page, hall: DemoHall) -> str:
    """The id of a member of staff, from the list of people."""
    page.goto(hall.url("/office/people/"))
    links = page.locator("main a[href*='/office/people/']").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    return str(next(each for each in links if is_id(each.rsplit("/", 1)[1]))).rsplit("/", 1)[1]


@pytest.mark.counted
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=() if SOAK else pytest.mark.soak)])
def test_generated_pages(person: Callable[..., Page], hall: DemoHall, language: str) -> None:
    """Flask-AppBuilder's own pages: log-ins, roles, organisation, passwords – list, show, add and edit."""
    page = person("admin")
    page.goto(hall.url(f"/lang/{language}"))
    rules = generated(_rules(str(hall.home)))
    first: dict[str, str] = {}
    found: list[str] = []
    for endpoint in sorted(rules, key=lambda each: not each.endswith(".list")):
        view, address = endpoint.split(".")[0], rules[endpoint]
        if "{pk:" in address:
            if view not in first:
                continue  # an empty list has nothing to show or change; the demonstration hall has no delegation
            address = address.replace("{pk:" + view + "}", first[view])
        if endpoint == RESETS:
            address += f"?pk={first['UserDBModelView']}"
        if endpoint in SHUT:
            assert page.request.get(hall.url(address)).status == 403, endpoint
            continue
        found += look(page, hall, address, "english" if language == "en" else "standard")
        if endpoint.endswith(".list"):
            link = page.locator("a[href*='/show/']").first
            if link.count():
                first[view] = (link.get_attribute("href") or "").split("/show/")[1].split("?")[0]
    assert not found, "\n".join(found)
    assert {"DepartmentView", "UserDBModelView"} <= first.keys()
