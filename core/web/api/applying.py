"""Citizens over the API: tokens, uploads, applications, corrections, progress."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import request

from core.cases import queries
from core.cases import service as cases
from core.cases.spec import CaseView, DeliveryChoice, Handed, PartyOnCase
from core.files import service as files
from core.files.sniff import clean_name
from core.files.spec import KINDS, Limits, fits
from core.forms import service as forms
from core.forms.spec import Decision, FormSpec
from core.identity import service as identity
from core.identity.spec import ActingParty
from core.items import facts as item_facts
from core.items import queries as items
from core.items.materials import limits_of, most, needs
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput, Finding, NotFound
from core.kernel.text import normalise
from core.licences import queries as library
from core.licences import service as licences
from core.web import edge, elsewhere, enclosed
from core.web.api import supplying
from core.web.api.operation import caller, citizen, operation
from core.web.api.plain import plain
from core.web.api.tokens import LIFETIME, Unauthorised, issue
from core.web.limits import limit
from core.web.site import site

_UPLOAD = {
    "type": "object",
    "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string", "maxLength": 200}},
    "required": ["id", "name"],
    "additionalProperties": False,
}
_MATERIALS = {"type": "object", "additionalProperties": {"type": "array", "items": _UPLOAD, "maxItems": 50}}
_APPLICATION = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "maxLength": 64},
        "answers": {"type": "object"},
        "situation": {"type": "object", "additionalProperties": {"type": "string"}},
        "materials": _MATERIALS,
        "party": {"type": "string", "format": "uuid", "description": "who applies; the caller when left out"},
        "co_applicants": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "maxItems": 20,
            "uniqueItems": True,
            "description": "who applies together with the party, where the item allows or demands it; each one the caller may act for",
        },
        **supplying.SAID,
        "department": {
            "type": "string",
            "format": "uuid",
            "description": "which of the offering departments, else the first. Where the item is taken in across a region the answers decide",
        },
        "delivery": {
            "type": "object",
            "description": "how the result shall reach the applicant: one of the item's ways; recipient, phone and address for post",
            "properties": {
                "way": {"enum": ["pickup", "post", "electronic"]},
                "recipient": {"type": "string", "maxLength": 60},
                "phone": {"type": "string", "maxLength": 20},
                "address": {"type": "string", "maxLength": 200},
            },
            "required": ["way"],
            "additionalProperties": False,
        },
    },
    "required": ["item", "answers"],
    "additionalProperties": False,
}
_HIDDEN = frozenset({"marking", "version_id"})
#: What a stranger who verifies a licence need not know: our ids, and the case it came from.
_INNER = frozenset({"id", "case_no", "verify_code", "has_pdf", "renewal_asked_on", "status_ground"})
#: Of a use the person is told the department, not our ids of people.
_WHO = frozenset({"by_id"})


@operation(
    "POST",
    "/tokens",
    "A bearer token for a citizen's account or a staff log-in, good for eight hours",
    body={
        "type": "object",
        "properties": {"kind": {"enum": ["citizen", "staff"]}, "login": {"type": "string", "maxLength": 64}, "password": {"type": "string", "maxLength": 200}},
        "required": ["kind", "login", "password"],
        "additionalProperties": False,
    },
    status=201,
)
def make_token(body: Mapping[str, str]) -> dict[str, Any]:
    """Check a password and give a token."""
    login = normalise(body["login"])
    limit("api.login", "10/minute", login)
    subject: str | None
    mark: object
    if body["kind"] == "staff":
        subject = site().instruments["staff_login"](login, body["password"])
        mark = site().instruments["staff_mark"](subject) if subject else None
    else:
        account = identity.authenticate(edge.session(), login, body["password"]).account
        subject, mark = (account.id, account.epoch) if account is not None else (None, None)
    edge.commit()  # a failed try is counted also when the answer is a refusal
    if subject is None:
        raise Unauthorised("web.api_login")
    return {"token": issue(body["kind"], subject, mark), "expires_in": LIFETIME}


@operation("GET", "/parties", "Who the caller may apply for", auth="citizen")
def list_parties() -> dict[str, Any]:
    """Oneself, companies, people represented."""
    return {"parties": plain(identity.parties_of(edge.session(), caller().id))}


@operation("POST", "/uploads", "Hand in a file (at most 20 MB); name the answer's id in an application", auth="citizen", multipart=True, status=201)
def upload() -> dict[str, Any]:
    """One file, checked."""
    limit("api.upload", "120/minute", caller().id)
    file = request.files.get("file")
    if file is None:
        raise BadInput("web.api_file")
    limits = Limits(max_bytes=20 * 2**20, accept=tuple(KINDS))  # what its material or field takes is asked when it is named
    kept = files.put(edge.session(), file.stream, name=file.filename or "file", holder=("account", caller().id), limits=limits)
    found: dict[str, Any] = plain(kept)
    return found


@operation("POST", "/cases", "File an application", auth="citizen", body=_APPLICATION, status=201, key=True)
def file_application(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Decide the answers like the pages do, then file."""
    session = edge.session()
    current = items.current(session, body["item"], edge.scope())
    compiled, situation = current.compiled, item_facts.chosen(current.compiled.doc, body.get("situation") or {})
    party = body.get("party") or (caller().account.party_id if caller().account else "")  # type: ignore[union-attr]
    acting = supplying.stand_for(party, compiled)
    known = item_facts.facts(compiled.doc, situation, body["answers"], party={"kind": acting.party.kind}, channel="api")
    decision = forms.decide(compiled.form, dict(body["answers"]), facts=known)
    handed = _handed(body.get("materials") or {}, compiled)
    held = enclosed.of_account(compiled.form, decision.values, caller().id)
    supplies, covered = supplying.said(body, compiled, known, party, handed)
    refuse(compiled, decision, (*handed, *held), known, covered)
    values = enclosed.own(compiled.form, decision.values, held)
    way = elsewhere.course(current, values, body.get("department"))
    if way.owner is None or way.wrong is not None:
        raise BadInput("web.api_no_authority", why=way.wrong or "")
    ref = cases.submit(
        session,
        compiled=compiled,
        version_id=current.version_id,
        owner=way.owner.department_id,
        values=values,
        materials=(*handed, *enclosed.handed(compiled.form, values, held)),
        parties=(PartyOnCase(party), *_agent(acting), *(PartyOnCase(each, "co_applicant") for each in body.get("co_applicants") or () if each != party)),
        channel="api",
        command_id=key,
        situation=situation,
        supplies=supplies,
        delivery=DeliveryChoice(**body["delivery"]) if body.get("delivery") else None,
        reception=way.reception,
        actor=citizen(),
    )
    return {"id": ref.id, "number": ref.number, "query_code": ref.query_code, "replayed": ref.replayed}


def _agent(acting: ActingParty) -> tuple[PartyOnCase, ...]:
    """The caller as agent on the case, when they act by a mandate."""
    me = caller().account
    return (PartyOnCase(me.party_id, "agent"),) if acting.mandate is not None and me is not None else ()


def _handed(asked: Mapping[str, Sequence[Mapping[str, str]]], compiled: CompiledItem) -> list[Handed]:
    """The uploads named in an application, each held by the caller; an upload of somebody else's is not found.

    Raises :class:`BadInput` for a material that the item does not have or the applicant does not give, and for files that it does not take.
    """
    known = {material["id"]: material for material in compiled.doc["materials"] if material["source"]["from"] == "applicant"}
    holder, found, wrong = ("account", caller().id), [], []
    for name, uploads in asked.items():
        material, path = known.get(name), f"materials/{name}"
        if material is None:
            wrong.append(Finding("error", path, "web.api_no_material", {"name": name}))
            continue
        if len(uploads) > most(material):
            wrong.append(Finding("error", path, "web.api_material_many", {"title": material["title"], "most": most(material)}))
        for each in uploads[: most(material)]:
            blob = files.describe(edge.session(), each["id"], holder=holder, name=clean_name(each["name"]))
            found.append(Handed(name, blob.id, blob.name, blob.media_type, blob.size, blob.digest, holder))
            if not fits(blob, blob.name, limits_of(material)):
                wrong.append(Finding("error", path, "web.api_file_kind", {"name": blob.name, **limit_words(limits_of(material))}))
    if wrong:
        raise BadInput("web.api_body", findings=tuple(wrong))
    return found


def limit_words(limits: Limits) -> dict[str, Any]:
    """What is taken, for the words of a refusal."""
    return {"accept": "、".join(sorted(limits.kinds)).upper(), "max_mb": limits.max_bytes // 2**20}


def refuse(
    compiled: CompiledItem, decision: Decision, handed: Sequence[Handed], known: Mapping[str, Any], covered: frozenset[str] = frozenset()
) -> None:  # fmt: skip
    """Raise :class:`BadInput` with everything that is wrong or missing, answers and materials together; *covered* need not be handed in."""
    wrong = [*findings_of(decision, compiled.form), *strangers(compiled.form, decision.values, handed)]
    there = {one.material for one in handed}
    wrong += [
        Finding("error", f"materials/{need.id}", "web.api_material_missing", {"title": need.doc["title"]})
        for need in needs(compiled.doc, known)
        if need.demanded and need.id not in there | covered
    ]
    if wrong:
        raise BadInput(findings=tuple(wrong))


def findings_of(decision: Decision, form: FormSpec) -> tuple[Finding, ...]:
    """Form errors as findings, already in the caller's words."""
    return tuple(Finding("error", f"answers/{error.path}", "web.api_answer", {"words": forms.words(error, form, edge.locale())}) for error in decision.errors)


def strangers(form: FormSpec, values: Mapping[str, Any], held: Sequence[Handed]) -> Iterator[Finding]:
    """A finding for every field that names a file which the caller did not hand in, or which the field does not take."""
    for field in enclosed.strange(form, values, held):
        title = form.text(f"{field.path}.title", field.title, edge.locale())[0]
        yield Finding("error", f"answers/{field.path}", "web.api_strange_file", {"title": title, **limit_words(enclosed.limits_of(field))})


@operation("GET", "/cases", "The caller's cases, newest first", auth="citizen", query={"after": "cursor"})
def list_cases() -> dict[str, Any]:
    """Cases of everybody the caller acts for."""
    batch = queries.mine(edge.session(), caller().id, cursor=request.args.get("after") or None)
    return {"cases": plain(batch.rows), "next": batch.next}


def _own(case_id: str) -> CaseView:
    return queries.case_for_party(edge.session(), case_id, actor=citizen(), locale=edge.locale())


@operation("GET", "/cases/{case_id}", "One case: answers, clocks with the days counted, timeline, what was asked to be corrected", auth="citizen")
def show_case(case_id: str) -> dict[str, Any]:
    """One of the caller's cases."""
    view = _own(case_id)
    return {**plain(view, _HIDDEN), "timeline": plain(queries.timeline(edge.session(), view, locale=edge.locale()))}


@operation(
    "POST",
    "/cases/{case_id}/corrections",
    "Answer a correction: only what was asked for may differ",
    auth="citizen",
    body={"type": "object", "properties": {"answers": {"type": "object"}, "materials": _MATERIALS}, "additionalProperties": False},
    key=True,
)
def answer_correction(case_id: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The asked fields, merged over what was filed."""
    view = _own(case_id)
    compiled = items.load(edge.session(), view.version_id)
    values = {**(view.values or {}), **(body.get("answers") or {})}
    known = item_facts.facts(compiled.doc, view.situation, values, channel=view.channel)
    decision = forms.decide(compiled.form, values, facts=known)
    held = enclosed.of_case(view)
    held += enclosed.of_account(compiled.form, decision.values, caller().id, held)
    if wrong := (*findings_of(decision, compiled.form), *strangers(compiled.form, decision.values, held)):
        raise BadInput(findings=wrong)
    values = enclosed.own(compiled.form, decision.values, held)
    changed, dropped = enclosed.renewed(compiled.form, view.values or {}, values, held)
    materials = (*_handed(body.get("materials") or {}, compiled), *changed)
    result = cases.correct(edge.session(), case_id, values=values, materials=materials, dropped=dropped, command_id=key, actor=citizen())
    found: dict[str, Any] = plain(result)
    return found


@operation(
    "POST",
    "/cases/{case_id}/withdrawal",
    "Take the application back (until the decision)",
    auth="citizen",
    body={"type": "object", "properties": {"reason": {"type": "string", "maxLength": 1000}}, "additionalProperties": False},
    key=True,
)
def withdraw_case(case_id: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Withdraw."""
    found: dict[str, Any] = plain(cases.withdraw(edge.session(), case_id, reason=body.get("reason"), command_id=key, actor=citizen()))
    return found


@operation("GET", "/progress/{code}", "Where a case stands, for whoever holds its query code", query={"number": "case number"})
def show_progress(code: str) -> dict[str, Any]:
    """Progress without answers, files or names."""
    limit("progress", "20/minute")
    view = queries.by_query_code(edge.session(), code, locale=edge.locale())
    if request.args.get("number") not in (None, view.number):
        raise NotFound
    kept = {name: getattr(view, name) for name in ("number", "item_title", "status", "outcome", "submitted_at", "accepted_at", "decided_at", "ended_at")}
    return {**plain(kept), "timeline": plain(queries.timeline(edge.session(), view, locale=edge.locale()))}


@operation("GET", "/licences/{code}", "Verify a licence by its identifier or the code in its QR; masked")
def verify_licence(code: str) -> dict[str, Any]:
    """Masked verification: status with its words and its legal ground, version, annotations."""
    limit("verify", "30/minute")
    if library.looks_like_identifier(code):
        limit("verify-identifier", "300/day")  # identifiers can be counted up, codes cannot
    view = licences.verify(edge.session(), code)
    words = {"status_words": view.status_words(edge.locale()), "ground": view.ground_words(edge.locale()) or None}
    return {**plain(view, _INNER), **words}


@operation("GET", "/licences/{licence_id}/uses", "Who used a licence of mine, when, why and until when, with every look at it", auth="citizen")
def list_uses(licence_id: str) -> dict[str, Any]:
    """The uses of one licence, newest first; who looked is told by department."""
    session = edge.session()
    library.of_parties(session, licence_id, identity.party_ids_of(session, caller().id))
    return {"uses": [plain(each, _WHO) for each in library.uses(session, licence_id)]}


@operation("GET", "/licences", "Licences of everybody the caller acts for, newest first; names masked", auth="citizen", query={"case": "case number"})
def list_licences() -> dict[str, Any]:
    """My licences, with the code that verifies each."""
    session, case_no = edge.session(), request.args.get("case")
    every = [each for party in identity.parties_of(session, caller().id) for each in library.for_party(session, party.party.id)]
    return {"licences": [plain(each) for each in every if case_no in (None, each.case_no)]}
