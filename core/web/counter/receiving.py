"""Who is at the desk: identified by document, read by the desk's device or typed, and for whom they came. Then the steps of the portal begin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import desk as desk_cases
from core.cases import drafts
from core.files import service as files
from core.files.spec import Limits
from core.identity import queries as people
from core.identity.documents import check_document, check_phone, normalise_number, normalise_phone
from core.identity.service import visits
from core.identity.spec import DESK_ROLES, PostView, Scope
from core.kernel.actor import Actor
from core.kernel.clock import local
from core.kernel.errors import PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me
from core.web.limits import limit
from core.web.page import say as _
from core.web.portal.account import document_titles
from core.web.portal.case_view import item_title
from core.web.site import site

blueprint = Blueprint("counter", __name__, url_prefix="/office/counter")
EVIDENCE = Limits(max_bytes=20 * 2**20, accept=("pdf", "jpg", "png"))
#: How many people one clerk receives: more than a full hall brings, fewer than somebody wants who tries numbers.
RECEIVED = "60/hour"
#: What whoever came is to the applicant; ``absent`` is the inhabitant who did not come to the village agent.
ROLES = ("applicant", "legal_representative", "agent", "guardian", "absent")
_FIELDS = (
    "desk", "place", "role", "name", "document_kind", "number", "phone", "address", "for_name", "for_kind", "for_number", "authority", "way", "look", "own",
)  # fmt: skip
Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the page that was sent, beside its field."""

    by_field: Mapping[str, str]

    @property
    def summary(self) -> list[tuple[str, str]]:
        """For the top of the page."""
        return list(self.by_field.items())


def desks() -> list[PostView]:
    """The desks that I hold today; 403 without one."""
    held = {(post.department_id, post.role): post for post in reversed(me().posts) if post.role in DESK_ROLES}
    if not held:
        abort(403)
    return list(reversed(held.values()))


def keeper(post: PostView) -> Actor:
    """In whose name the drafts of a desk are kept: the clerk for the desk's department."""
    return Actor("staff", me().id, on_behalf_of=post.department_id)


@blueprint.get("/")
@at_desk
def home() -> str:
    """Identify the next person; what is unfinished; what this desk filed."""
    return _page({}, Faults({}))


def _page(given: Mapping[str, str], faults: Faults) -> str:
    held = desks()
    chosen = next((post for post in held if _key(post) == given.get("desk")), held[0])
    unfinished = list(_unfinished(held))
    blank = dict.fromkeys(_FIELDS, "") | {"role": "applicant", "document_kind": "resident_id", "for_kind": "uscc", "own": "1", "desk": _key(chosen)}
    return desk_page(
        "office/counter.html",
        nav_here="counter",
        devices=site().config.devices,
        desks=[(_key(post), _("%(department)s · %(role)s", department=post.department_title, role=_desk_words(post.role))) for post in held],
        places=_places(held),
        form=blank | dict(given),
        wrong=dict.fromkeys(_FIELDS) | {"evidence": None} | dict(faults.by_field),
        errors=faults.summary,
        kinds=[(kind, title) for kind, title in document_titles().items() if kind not in ("uscc", "company_in_formation")],
        for_kinds=list(document_titles().items()),
        village=any(post.role == "agent" for post in held),
        unfinished=unfinished,
        filed=[_filed(one) for one in desk_cases.filed(edge.session(), actor=actor())],
    )


def _key(post: PostView) -> str:
    return f"{post.department_id}:{post.role}"


def _desk_words(role: str) -> str:
    return {"general_window": _("综合窗口"), "agent": _("帮办代办")}[role]


def _places(held: list[PostView]) -> list[tuple[str, str]]:
    """Where an inhabitant may live: the agent's own place and what is below it."""
    found = [each for post in held if post.role == "agent" for each in people.divisions(edge.session(), Scope(post.division_path))]
    return list({each.id: each.title for each in found}.items())


def _unfinished(held: list[PostView]) -> list[dict[str, Any]]:
    """Drafts of my desks. One is opened at a visit of its applicant today; an older one waits until they are identified again."""
    session, made = edge.session(), []
    for post in held:
        kept = drafts.mine(session, actor=keeper(post))
        owners = [each.party_id for each in kept if each.party_id]
        today = {visit.party.id: visit.id for visit in reversed(visits.visits_today(session, post.department_id, post.role, owners))} if owners else {}
        names = visits.names(session, owners)
        for each in kept:
            visit = today.get(each.party_id or "")
            href = url_for("counter_steps.resume", visit_id=visit, draft_id=each.id) if visit else None
            title = item_title(each.item_title, each.item_code, edge.locale())
            made.append({"title": title, "who": names.get(each.party_id or "", ""), "at": each.saved_at, "until": each.expires_at, "href": href})
    return made


def _filed(one: desk_cases.Filed) -> dict[str, Any]:
    return {
        "title": item_title(one.item_title, one.item_code, edge.locale()),
        "number": one.number,
        "who": one.applicant,
        "at": local(one.submitted_at),
        "status": word(f"routing.status.{one.status}", edge.locale()),
        "mine": one.mine,
        "href": url_for("counter.receipt", case_id=one.id),
    }


@blueprint.post("/")
@at_desk
def received() -> Answer:
    """Somebody is identified: write the visit down, or say what is wrong with the document."""
    given = {name: normalise(request.form.get(name, ""))[:200] for name in _FIELDS}
    wrong = _wrong(given)
    visit_id = new_id()
    evidence = None if wrong else _evidence(visit_id, wrong)
    if not wrong:
        try:
            limit("counter.received", RECEIVED, actor().id)
            visit = _receive(given, visit_id, evidence)
            return redirect(url_for("counter_steps.space", visit_id=visit), 303)
        except PlatformError as error:
            edge.session().rollback()
            if error.status == 404:
                raise
            wrong[_spot(error, given)] = error.words(edge.locale())
            return _page(given, Faults(wrong)), 429 if error.status == 429 else 422
    return _page(given, Faults(wrong)), 422


def _spot(error: PlatformError, given: Mapping[str, str]) -> str:
    keys = {"identity.outside_place": "place", "identity.standing_missing": "role", "identity.authority_missing": "authority"}
    return keys.get(error.message_key, "number" if given["role"] != "absent" else "for_number")


def _wrong(given: dict[str, str]) -> dict[str, str]:
    """Every fault at once, beside its field."""
    role, found = given["role"], {}
    if role not in ROLES:
        found["role"] = _("请选到场的人是申请人的什么人")
    if role != "absent":
        found |= _document(given, "name", "document_kind", "number")
        if given["phone"] and (wrong := check_phone(normalise_phone(given["phone"]))):
            found["phone"] = word(wrong, edge.locale())
    if role != "applicant":
        found |= _document(given, "for_name", "for_kind", "for_number")
    if role in ("agent", "guardian", "absent"):
        paper = request.files.get("evidence")
        if not given["authority"]:
            found["authority"] = _("请写明凭什么代表，例如：2026年11月20日的授权委托书")
        if paper is None or not paper.filename:
            found["evidence"] = _("请拍照或者扫描授权委托书、监护关系证明")
    return found


def _document(given: Mapping[str, str], name: str, kind: str, number: str) -> dict[str, str]:
    came = name == "name"  # whoever stands here, or the applicant they came for
    lacks = _("请填写到场的人的姓名，跟证件上一样") if came else _("请填写申请人的姓名或者单位名称，跟证件上一样")
    found = {} if given[name] else {name: lacks}
    if given[kind] not in document_titles():
        return found | {kind: word("identity.document_kind", edge.locale())}
    if not given[number] and given[kind] != "company_in_formation":
        return found | {number: _("请刷到场的人的证件，或者照证件填写号码") if came else _("请照证件填写申请人的证件号码")}
    wrong = check_document(given[kind], normalise_number(given[number]))
    return found | ({number: word(wrong, edge.locale())} if wrong else {})


def _evidence(visit_id: str, wrong: dict[str, str]) -> str | None:
    paper = request.files.get("evidence")
    if paper is None or not paper.filename:
        return None
    try:
        return files.put(edge.session(), paper.stream, name=paper.filename, holder=("visit", visit_id), limits=EVIDENCE).id
    except PlatformError as error:
        wrong["evidence"] = error.words(edge.locale())
        return None


def _receive(given: Mapping[str, str], visit_id: str, evidence: str | None) -> str:
    post = next((each for each in desks() if _key(each) == given["desk"]), None) or abort(404)
    came = visits.Shown("person", given["document_kind"], given["name"], given["number"], given["phone"], given["address"])
    role = given["role"]
    principal = came if role == "applicant" else _principal(given)
    standing = visits.Standing()
    if role != "applicant":
        authority = given["authority"] or "legal_representative"
        standing = visits.Standing("agent" if role == "absent" else role, authority, evidence)
    return visits.receive(
        edge.session(),
        post=post,
        applicant=principal,
        bearer=None if role in ("applicant", "absent") else came,
        standing=standing,
        division_id=given["place"] if is_id(given["place"]) else None,
        own_account=bool(given["own"]),
        may_look=bool(given["look"]),
        identified_by="reader" if given["way"] == "reader" else "typed",
        visit_id=visit_id,
        actor=actor(),
    ).id


def _principal(given: Mapping[str, str]) -> visits.Shown:
    kind = "company" if given["for_kind"] in ("uscc", "company_in_formation") else "person"
    return visits.Shown(kind, given["for_kind"], given["for_name"], given["for_number"])
