"""Those I act for: companies, companies in formation, people I represent – each with role, authority, evidence and until when.

民法典 165: a letter of authority names the agent, the matter and the term; 民法典 23, 27, 28: guardians act for minors and for adults
without full capacity. What is entered here goes with every application made for them, and staff see the evidence.
"""

from datetime import date
from typing import Any

from flask import Response as FlaskResponse
from flask import redirect, request
from werkzeug.wrappers import Response

from core.files import service as files
from core.files.spec import Limits
from core.identity import service as identity
from core.identity.documents import check_document, check_phone, normalise_number, normalise_phone
from core.kernel.clock import today
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.web import edge
from core.web.page import page, say
from core.web.portal import acting, papers
from core.web.portal.account import document_kinds
from core.web.portal.my import my

EVIDENCE = Limits(accept=("pdf", "jpg", "png"))
_FIELDS = ("name", "document_kind", "number", "phone", "role", "authority", "until", "evidence")
Answer = str | Response | tuple[str, int]


@my.get("/parties/new")
@edge.login_required
def add_party() -> str:
    """The form to add a company I act for."""
    return _form("company", {}, {})


@my.get("/people/new")
@edge.login_required
def add_person() -> str:
    """The form to add a person I represent."""
    return _form("person", {}, {})


def _form(kind: str, given: dict[str, str], wrong: dict[str, str]) -> str:
    blank = dict.fromkeys(_FIELDS, "") | {"document_kind": "resident_id"}
    return page(
        f"portal/{'party' if kind == 'company' else 'person'}.html",
        form=blank | given,
        wrong=dict.fromkeys(_FIELDS) | wrong,
        errors=list(wrong.items()),
        document_kinds=document_kinds(),
        next=request.args.get("next"),
    )


@my.post("/parties/new")
@edge.login_required
def party_added() -> Answer:
    """Add the company and act for it."""
    return _added("company")


@my.post("/people/new")
@edge.login_required
def person_added() -> Answer:
    """Add the person and act for them."""
    return _added("person")


def _added(kind: str) -> Answer:
    given = {name: normalise(request.form.get(name, ""))[:200] for name in _FIELDS}
    wrong = _wrong(kind, given)
    evidence = None if wrong else _evidence(wrong)
    if not wrong:
        try:
            party_id = (_company if kind == "company" else _person)(given, evidence)
        except PlatformError as error:
            wrong["number" if error.message_key == "identity.bad_document" else "name"] = error.words(edge.locale())
    if wrong:
        return _form(kind, given, wrong), 422
    acting.choose(party_id)
    return redirect(edge.safe_next(request.args.get("next") or "/my/"), 303)


def _wrong(kind: str, given: dict[str, str]) -> dict[str, str]:
    """Every fault at once, beside its field."""
    represents = given["role"] in ("agent", "guardian")
    paper = request.files.get("evidence")
    lacking_paper = represents and (paper is None or not paper.filename)
    checks: dict[str, str | None] = {
        "name": None if given["name"] else (say("请填写单位名称") if kind == "company" else say("请填写姓名")),
        "number": _number(kind, given),
        "phone": _words(check_phone(normalise_phone(given["phone"]))) if given["phone"] else None,
        "role": None if kind == "company" or represents else say("请选你是代理人还是监护人"),
        "authority": say("请写明凭什么代表") if represents and not given["authority"] else None,
        "evidence": (say("监护人要传监护关系证明") if given["role"] == "guardian" else say("经办人要传授权委托书")) if lacking_paper else None,
        "until": _until_wrong(given["until"]),
    }
    return {name: words for name, words in checks.items() if words}


def _number(kind: str, given: dict[str, str]) -> str | None:
    number = normalise_number(given["number"])
    if kind == "company":
        return _words(check_document("uscc", number)) if number else None
    if given["document_kind"] not in dict(document_kinds()):
        return word("identity.document_kind", edge.locale())
    return _words(check_document(given["document_kind"], number)) if number else say("请填写证件号码")


def _words(key: str | None) -> str | None:
    return word(key, edge.locale()) if key else None


def _until(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _until_wrong(text: str) -> str | None:
    try:
        until = _until(text)
    except ValueError:
        return say("日期写成 2027-12-31 这样")
    return say("这一天已经过了") if until is not None and until < today() else None


def _evidence(wrong: dict[str, str]) -> str | None:
    paper = request.files.get("evidence")
    me = edge.account()
    if me is None or paper is None or not paper.filename:
        return None
    try:
        return files.put(edge.session(), paper.stream, name=paper.filename, holder=("account", me.id), limits=EVIDENCE).id
    except PlatformError as error:
        wrong["evidence"] = error.words(edge.locale())
        return None


def _company(given: dict[str, str], evidence: str | None) -> str:
    role = "agent" if given["role"] == "agent" else "legal_representative"
    return identity.add_company(
        edge.session(),
        edge.citizen().id,
        name=given["name"],
        uscc=normalise_number(given["number"]),
        role=role,
        authority=given["authority"] or "legal_representative",
        evidence_blob=evidence,
        valid_until=_until(given["until"]),
        actor=edge.citizen(),
    )


def _person(given: dict[str, str], evidence: str | None) -> str:
    return identity.add_represented(
        edge.session(),
        edge.citizen().id,
        name=given["name"],
        document_kind=given["document_kind"],
        number=normalise_number(given["number"]),
        phone=given["phone"],
        role=given["role"],
        authority=given["authority"],
        evidence_blob=evidence,
        valid_until=_until(given["until"]),
        actor=edge.citizen(),
    )


@my.get("/parties/<party_id>/evidence")
@edge.login_required
def evidence(party_id: str) -> FlaskResponse:
    """The evidence I handed in for somebody I act for; another's does not exist."""
    me = edge.account()
    assert me is not None
    held: Any = next((each for each in identity.parties_of(edge.session(), me.id) if each.party.id == party_id), None) if is_id(party_id) else None
    if held is None or held.evidence_blob is None:
        raise NotFound
    ref = files.describe(edge.session(), held.evidence_blob, holder=("account", me.id))
    name = acting.evidence_title(held.role) + papers.extension(ref.media_type)
    return papers.send_file(files.open(edge.session(), ref.id, holder=("account", me.id)), name, ref.media_type)
