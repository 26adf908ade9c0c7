"""The door: register, log in, log out."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from core.identity import service as identity
from core.identity.documents import PERSON_DOCUMENTS, check_document, check_phone, normalise_number, normalise_phone
from core.kernel.errors import PlatformError
from core.kernel.text import normalise
from core.kernel.wording import word
from core.web import edge
from core.web.limits import limit
from core.web.page import at, page, say

account = Blueprint("account", __name__, url_prefix="/account")


def document_titles() -> dict[str, str]:
    """Every kind of document a party can have, in the reader's words."""
    return {
        "resident_id": say("居民身份证"),
        "passport": say("护照"),
        "hk_macau_permit": say("港澳居民来往内地通行证"),
        "taiwan_permit": say("台湾居民来往大陆通行证"),
        "hk_macau_taiwan_residence": say("港澳台居民居住证"),
        "foreign_permanent_residence": say("外国人永久居留身份证"),
        "uscc": say("统一社会信用代码"),
        "company_in_formation": say("筹办中的单位"),
    }


def document_kinds() -> list[tuple[str, str]]:
    """Documents a person can register with."""
    titles = document_titles()
    return [(kind, titles[kind]) for kind in PERSON_DOCUMENTS]


@account.get("/login")
def login() -> str | Response:
    """The log-in form; who is logged in already goes on."""
    if edge.account() is not None:
        return redirect(edge.safe_next(request.args.get("next")))
    return _login_page()


def _login_page(phone: str = "", wrong: str | None = None) -> str:
    return page("portal/login.html", next=request.args.get("next"), phone=phone, errors=[("phone", wrong)] if wrong else [])


@account.post("/login")
def log_in() -> str | Response | tuple[str, int]:
    """Check the password. Tries are counted per account by identity and per caller here."""
    login_name, password = normalise(request.form.get("phone", ""))[:60], request.form.get("password", "")[:200]
    limit("login", "10/minute", login_name)
    found = identity.authenticate(edge.session(), login_name, password)
    if found.account is None:
        until = at(found.locked_until, edge.locale()) if found.locked_until else ""
        return _login_page(login_name, word(found.reason or "identity.login_wrong", edge.locale(), until=until)), 422
    edge.log_in(found.account)
    return redirect(edge.safe_next(request.args.get("next")), 303)


@account.post("/logout")
def logout() -> Response:
    """End the session."""
    edge.log_out()
    return redirect(url_for("portal.home"), 303)


@account.get("/register")
def register() -> str:
    """The registration form."""
    return _register_page({}, {})


def _register_page(form: dict[str, str], wrong: dict[str, str], general: str | None = None) -> str:
    blank = {"name": "", "document_kind": "resident_id", "number": "", "phone": "", "agree": ""}
    errors = list(wrong.items()) + ([("", general)] if general else [])
    fields = ("name", "document_kind", "number", "phone", "password", "agree")
    return page(
        "portal/register.html",
        next=request.args.get("next"),
        form=blank | form,
        wrong=dict.fromkeys(fields) | wrong,
        errors=errors,
        document_kinds=document_kinds(),
    )


@account.post("/register")
def register_send() -> str | Response | tuple[str, int]:
    """Make the account and log in."""
    limit("register", "20/hour")
    form = {name: normalise(request.form.get(name, ""))[:200] for name in ("name", "document_kind", "number", "phone", "agree")}
    wrong = _wrong(form)
    general = None
    if not wrong:
        try:
            made = identity.register_account(
                edge.session(),
                name=form["name"],
                document_kind=form["document_kind"],
                number=form["number"],
                phone=form["phone"],
                password=request.form.get("password", ""),
            )
        except PlatformError as error:
            spot = "password" if error.message_key.startswith("identity.password") else ""
            wrong, general = ({spot: error.words(edge.locale())}, None) if spot else ({}, error.words(edge.locale()))
        else:
            edge.log_in(made)
            return redirect(edge.safe_next(request.args.get("next")), 303)
    return _register_page(form, wrong, general), 422


def _wrong(form: dict[str, str]) -> dict[str, str]:
    """What is wrong, all at once, beside the field it is about."""
    checks: dict[str, Any] = {
        "name": None if form["name"] else say("请填写姓名"),
        "number": _words(check_document(form["document_kind"], normalise_number(form["number"]))) if form["number"] else say("请填写证件号码"),
        "phone": _words(check_phone(normalise_phone(form["phone"]))) if form["phone"] else say("请填写手机号码"),
        "password": None if request.form.get("password") else say("请设一个密码"),
        "agree": None if form["agree"] else say("要同意才能注册"),
    }
    return {name: words for name, words in checks.items() if words}


def _words(key: str | None) -> str | None:
    return word(key, edge.locale()) if key else None
