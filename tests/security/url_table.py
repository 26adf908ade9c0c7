"""Every URL of the application and who may use it. A rule that is not here fails the test that reads the application's own map."""

#: For everybody; shows nothing of a person.
PUBLIC = """
GET /  GET /accessibility  GET /departments  GET /departments/<code>  GET /for/<who>  GET /healthz  GET /help  GET /items/<code>  GET /items/<code>/route.svg
GET /language/<code>  GET /look/<theme>  GET /map  GET /metrics  GET /privacy  GET /readyz  GET /search  GET /search/suggest
GET /static/<path:filename>  GET /static/appbuilder/<path:filename>  GET /theme/<file>  GET /themes  GET /themes/<slug>
GET /account/login  POST /account/login  POST /account/logout  GET /account/register  POST /account/register
GET /verify/receipt  POST /verify/receipt  GET /verify/receipt/page  GET /verify/receipt/key
GET /verify  POST /verify  GET /verify/<code>  GET /progress  POST /progress  GET /progress/<code>
GET /office/login/  POST /office/login/  GET /office/logout/  POST /office/logout/  GET /office/start/  GET /lang/<string:locale>  GET /back
GET /v1/openapi.json  GET /v1/docs  GET /v1/items  GET /v1/items/<code>  GET /v1/items/<code>/form  GET /v1/items/<code>/guide
GET /v1/licences/<code>  GET /v1/progress/<code>  POST /v1/tokens
GET /x/<plugin>/static/<path:file>  GET /paper.ttf
"""

#: Pages of plugins: the host asks what the page asks for; tried as every wrong person in tests/pluginhost/test_pages.py.
PLUGGED = """
GET /x/<plugin>/  POST /x/<plugin>/  GET /x/<plugin>/<path:rest>  POST /x/<plugin>/<path:rest>
GET /office/x/<plugin>/  POST /office/x/<plugin>/  GET /office/x/<plugin>/<path:rest>  POST /office/x/<plugin>/<path:rest>
GET /v1/x/<plugin>/<path:rest>  POST /v1/x/<plugin>/<path:rest>
"""

#: For a logged-in citizen, about oneself: no object in the address.
CITIZEN = """
GET /items/<code>/apply  POST /items/<code>/apply  GET /my/  POST /my/messages/read  GET /my/acting  GET /my/parties/new  POST /my/parties/new  GET /my/profile
POST /my/profile  GET /my/people/new  POST /my/people/new  GET /my/messages  GET /my/materials  GET /my/parties/<party_id>/evidence  GET /my/licences/
GET /my/mandates  GET /my/mandates/new  POST /my/mandates/new  POST /my/mandates/<mandate_id>/answer  POST /my/mandates/<mandate_id>/revoke
POST /my/profile/sms
"""

#: For the citizen the object belongs to.
OWN = """
GET /cases/<case_id>  GET /cases/<case_id>/correct  POST /cases/<case_id>/correct  GET /cases/<case_id>/materials/<material_id>
GET /cases/<case_id>/delivery  POST /cases/<case_id>/delivery  POST /cases/<case_id>/delivery/signed
GET /cases/<case_id>/documents/<document_id>  POST /cases/<case_id>/inquiries/<int:no>  POST /cases/<case_id>/urge
POST /cases/<case_id>/formally
GET /cases/<case_id>/receipt  GET /cases/<case_id>/receipt.json  GET /cases/<case_id>/supplies
POST /cases/<case_id>/supplies  GET /cases/<case_id>/withdraw  POST /cases/<case_id>/withdraw
GET /drafts/<draft_id>  GET /drafts/<draft_id>/<step>  POST /drafts/<draft_id>/<step>  POST /drafts/<draft_id>/autosave
POST /drafts/<draft_id>/drop  POST /drafts/<draft_id>/submit  GET /uploads/<blob_id>  POST /uploads  GET /my/licences/<licence_id>  POST /my/acting
GET /my/licences/<licence_id>/uses  POST /my/licences/<licence_id>/copy  POST /my/licences/<licence_id>/uses/<use_id>/end
"""

#: For any member of staff, about themselves; lists hold what their posts give.
STAFF = """
GET /office/items/  GET /office/items/<code>  POST /office/items/<code>/requests  GET /office/items/requests/<request_id>
POST /office/items/requests/<request_id>/reviews  POST /office/items/requests/<request_id>/withdraw  GET /office/items/requests/<request_id>/print
GET /office/catalogue/  POST /office/catalogue/  GET /office/catalogue/<code>  POST /office/catalogue/<code>/claims
GET /office/moving/<code>  POST /office/moving/<code>  GET /office/moving/runs/<run_id>  POST /office/moving/runs/<run_id>/stop
GET /office/custody/  POST /office/custody/send
GET /office/  POST /office/bulk/  POST /office/bulk/run  GET /office/bulk/runs/  POST /office/bulk/runs/  GET /office/incidents/  GET /office/me
GET /office/followups/  GET /office/savings/  GET /office/savings/table.csv
GET /office/library/  POST /office/library/people  POST /office/library/answers  POST /office/library/searches
POST /office/library/searches/<search_id>/drop  GET /office/library/exports/  POST /office/library/exports/  GET /office/library/exports/<export_id>
POST /office/library/exports/<export_id>/stop  POST /office/library/exports/<export_id>/again  GET /office/library/exports/<export_id>/file
GET /office/output/  GET /office/x/
GET /office/exchange/  GET /office/exchange/days  POST /office/exchange/days  GET /office/exchange/<case_id>  POST /office/exchange/<case_id>/again
GET /office/licences/  GET /office/licences/papers/  GET /office/licences/papers/new  POST /office/licences/papers/new
"""

#: For the clerk at the desk (综合窗口, 帮办代办): its visits, drafts and filings. Tried as every wrong person in tests/counter/test_wrong_person.py.
DESK = """
GET /office/counter/  POST /office/counter/  GET /office/counter/cases/<case_id>/receipt  GET /office/counter/consents  POST /office/counter/consents
GET /office/counter/consents/<mandate_id>  POST /office/counter/consents/<mandate_id>
GET /office/counter/visits/<visit_id>/  POST /office/counter/visits/<visit_id>/disown  GET /office/counter/visits/<visit_id>/choose
GET /office/counter/visits/<visit_id>/cases/<case_id>  GET /office/counter/visits/<visit_id>/items/<code>/apply
POST /office/counter/visits/<visit_id>/items/<code>/apply  GET /office/counter/visits/<visit_id>/drafts/<draft_id>
GET /office/counter/visits/<visit_id>/drafts/<draft_id>/<step>  POST /office/counter/visits/<visit_id>/drafts/<draft_id>/<step>
POST /office/counter/visits/<visit_id>/drafts/<draft_id>/autosave  POST /office/counter/visits/<visit_id>/drafts/<draft_id>/drop
POST /office/counter/visits/<visit_id>/drafts/<draft_id>/submit  POST /office/counter/visits/<visit_id>/uploads
GET /office/counter/visits/<visit_id>/uploads/<blob_id>  GET /office/counter/visits/<visit_id>/cases/<case_id>/mend
POST /office/counter/visits/<visit_id>/cases/<case_id>/mend  GET /office/counter/visits/<visit_id>/cases/<case_id>/withdraw
POST /office/counter/visits/<visit_id>/cases/<case_id>/withdraw
"""

#: For those who make the items of a department, and for nobody else. Tried as every wrong person in tests/studio/test_pages.py.
STUDIO = """
GET /office/studio/links/  POST /office/studio/links/open  POST /office/studio/links/mend  POST /office/studio/links/ask
GET /office/studio/  POST /office/studio/  GET /office/studio/<draft_id>/  POST /office/studio/<draft_id>/edit  POST /office/studio/<draft_id>/json
POST /office/studio/<draft_id>/commands  POST /office/studio/<draft_id>/entries  POST /office/studio/<draft_id>/undo  POST /office/studio/<draft_id>/redo
POST /office/studio/<draft_id>/drop  POST /office/studio/<draft_id>/seat
GET /office/studio/<draft_id>/publish/  POST /office/studio/<draft_id>/publish/  GET /office/studio/<draft_id>/publish/print
GET /office/studio/items/<code>/versions/  POST /office/studio/items/<code>/versions/
GET /office/studio/<draft_id>/form/  POST /office/studio/<draft_id>/form/
GET /office/studio/<draft_id>/blocks/  POST /office/studio/<draft_id>/blocks/
GET /office/studio/<draft_id>/uses/  POST /office/studio/<draft_id>/uses/
GET /office/studio/<draft_id>/findings/  GET /office/studio/<draft_id>/findings/panel  POST /office/studio/<draft_id>/findings/mend
GET /office/studio/<draft_id>/route/  POST /office/studio/<draft_id>/route/  GET /office/studio/<draft_id>/route/drawing.svg
GET /office/studio/<draft_id>/condition/  POST /office/studio/<draft_id>/condition/
GET /office/studio/<draft_id>/preview/<face>  POST /office/studio/<draft_id>/preview/<face>
GET /office/studio/<draft_id>/tests/  POST /office/studio/<draft_id>/tests/  GET /office/studio/<draft_id>/tests/play  POST /office/studio/<draft_id>/tests/play
GET /office/studio/<draft_id>/what-if/
GET /office/studio/<draft_id>/documents/  POST /office/studio/<draft_id>/documents/  POST /office/studio/<draft_id>/documents/write
GET /office/studio/<draft_id>/documents/<kind>.pdf  GET /office/studio/<draft_id>/documents/licences/<result>.pdf
GET /office/studio/bundles/  POST /office/studio/bundles/  GET /office/studio/bundles/key.json  GET /office/studio/bundles/<import_id>
POST /office/studio/bundles/<import_id>  GET /office/studio/items/<code>/versions/bundle.json
GET /office/studio/import/  POST /office/studio/import/  GET /office/studio/import/<import_id>  POST /office/studio/import/<import_id>
GET /office/studio/import/<import_id>/results.csv
GET /office/studio/copy/  POST /office/studio/copy/  GET /office/studio/copy/<import_id>  POST /office/studio/copy/<import_id>
GET /office/studio/copy/item/<code>  POST /office/studio/copy/item/<code>
GET /office/studio/hall/<kind>/<name>/  POST /office/studio/hall/<kind>/<name>/
GET /office/studio/<draft_id>/look.css  GET /office/studio/<draft_id>/in-force/  POST /office/studio/<draft_id>/in-force/
GET /office/studio/blank/<kind>.xlsx  GET /office/studio/<draft_id>/materials/import/  POST /office/studio/<draft_id>/materials/import/
GET /office/studio/<draft_id>/materials/import/<import_id>  POST /office/studio/<draft_id>/materials/import/<import_id>
"""

#: For the one post that approves, for those who look after an incident, for whoever began a run: none of them need be in a department of the case.
#: Everybody else finds nothing.
APPROVER = """
GET /office/cases/<case_id>/extension
GET /office/incidents/<incident_id>  POST /office/incidents/<incident_id>/<do>
GET /office/bulk/runs/<run_id>  POST /office/bulk/runs/<run_id>/start  POST /office/bulk/runs/<run_id>/stop  GET /office/bulk/runs/<run_id>/results.csv
GET /office/cases/<case_id>/mend  POST /office/cases/<case_id>/mend  GET /office/custody/<batch_id>  POST /office/custody/<batch_id>/receive
"""

#: For staff of a department that owns the case or works on it.
STAFF_OBJECT = """
GET /office/cases/<case_id>  GET /office/cases/<case_id>/materials/<material_id>  GET /office/cases/<case_id>/documents/<document_id>
POST /office/cases/<case_id>/reveal  GET /office/cases/<case_id>/on-the-spot  POST /office/cases/<case_id>/on-the-spot
GET /office/output/<case_id>  POST /office/output/<case_id>/pickup  POST /office/output/<case_id>/post
POST /office/output/<case_id>/returned  POST /office/output/<case_id>/signed
POST /office/cases/<case_id>/tasks/<int:no>/sheet  POST /office/cases/<case_id>/tasks/<int:no>  POST /office/cases/<case_id>/moves/<kind>
GET /office/followups/<pledge_id>  POST /office/followups/<pledge_id>  POST /office/followups/<pledge_id>/annul
GET /office/licences/<licence_id>  POST /office/licences/<licence_id>/acts  GET /office/licences/papers/<entry_id>
GET /office/licences/papers/<entry_id>/scan  POST /office/licences/papers/<entry_id>/review
GET /office/cases/<case_id>/licences/<licence_id>  POST /office/cases/<case_id>/licences/<licence_id>/use
"""

#: The API with a citizen's token: about oneself, then by object.
API_CITIZEN = """
GET /v1/parties  GET /v1/licences  GET /v1/cases  POST /v1/uploads  POST /v1/cases  POST /v1/supplies
"""
API_OWN = """
GET /v1/cases/<case_id>/documents  GET /v1/cases/<case_id>/documents/<document_id>
GET /v1/licences/<licence_id>/uses  GET /v1/cases/<case_id>  POST /v1/cases/<case_id>/corrections  POST /v1/cases/<case_id>/withdrawal
"""

#: The API with a staff token: about oneself, then by object.
API_STAFF = """
GET /v1/item-requests  GET /v1/item-requests/<request_id>  POST /v1/item-requests/<request_id>/reviews  POST /v1/items/<code>/requests
GET /v1/catalogue  POST /v1/catalogue  POST /v1/catalogue/<code>/claims
GET /v1/tasks
"""
API_STAFF_OBJECT = """
GET /v1/tasks/<case_id>/documents  GET /v1/tasks/<case_id>/documents/<document_id>
GET /v1/tasks/<case_id>  POST /v1/tasks/<case_id>/<int:no>/actions
"""

#: Flask-AppBuilder's views by the first part of their address → the demonstration person whose role opens them.
ROLES = {
    "/office/admin/": "admin",
    "/office/people/": "admin",
    "/office/calendar/": "admin",
    "/office/users/": "admin",
    "/office/roles/": "admin",
    "/office/resetpassword/": "admin",
    "/office/plugins/": "admin",
    "/office/notices/": "admin",
    "/office/licences/types/": "admin",
    "/office/audit/": "supervisor",
}
#: Open to every log-in of the back office: it concerns oneself only.
SELF = ("/office/password/", "/office/resetmypassword/form", "/office/userinfoeditview/form", "/office/users/userinfo/")

KINDS = {
    "public": PUBLIC,
    "citizen": CITIZEN,
    "own": OWN,
    "staff": STAFF,
    "desk": DESK,
    "plugged": PLUGGED,
    "studio": STUDIO,
    "approver": APPROVER,
    "staff_object": STAFF_OBJECT,
    "api_citizen": API_CITIZEN,
    "api_own": API_OWN,
    "api_staff": API_STAFF,
    "api_staff_object": API_STAFF_OBJECT,
}
TABLE = {" ".join(pair): kind for kind, text in KINDS.items() for pair in zip(*[iter(text.split())] * 2, strict=True)}


def kind_of(method: str, rule: str) -> str | None:
    """The kind of a (method, rule); ``None`` when nobody said who may use it."""
    if rule in SELF:
        return "self"
    if rule.startswith(tuple(ROLES)):
        return "role"
    return TABLE.get(f"{method} {rule}")


def role_of(rule: str) -> str:
    """Who opens a view of Flask-AppBuilder."""
    return next(login for start, login in ROLES.items() if rule.startswith(start))
