"""The signed receipt of one's own case, and the page on which anybody checks one: in the browser alone, without JavaScript by sending the file, or
with a copy of the page that was saved and needs no network."""

import json
from pathlib import Path
from typing import Any

from flask import Response, request, url_for
from markupsafe import Markup

from core.cases import receipts
from core.kernel.clock import local
from core.keys import signing
from core.keys.signing import NotSigned
from core.web import edge
from core.web.limits import limit
from core.web.page import page, say
from core.web.portal.cases import cases, own
from core.web.portal.progress import progress

_SCRIPT = Path(__file__).resolve().parents[1] / "static" / "js" / "receipt.js"


@cases.get("/<case_id>/receipt.json")
@edge.login_required
def signed_receipt(case_id: str) -> Response:
    """The receipt of my case as a signed file; another's does not exist."""
    found = own(case_id)
    content = json.dumps(receipts.make(edge.session(), found.id, actor=edge.citizen()), indent=1)
    response = Response(content + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=receipt-{found.number[-12:]}.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@progress.get("/verify/receipt")
def check_receipt() -> str:
    """The page that checks a receipt in the browser."""
    return _page()


@progress.post("/verify/receipt")
def checked_receipt() -> str | tuple[str, int]:
    """The same by the hall, for browsers without JavaScript or Ed25519; here the record as it is now is looked at too."""
    limit("verify", "30/minute")
    file = request.files.get("receipt")
    content = file.read(signing.LARGEST + 1) if file is not None else b""
    if not content:
        return _page(state="missing"), 422
    try:
        found = receipts.check(content, signing.public_key(edge.session()))
    except NotSigned as error:
        return _page(state="other-key" if error.message_key == "keys.other_key" else "altered"), 422
    held = receipts.held_against(edge.session(), found)
    return _page(state="sound", content=found, held=held)


@progress.get("/verify/receipt/page")
def receipt_page() -> Response:
    """The page as one file to keep: it holds the public key and its script, and works with no network."""
    script = _SCRIPT.read_text(encoding="utf-8").replace("export const", "const")
    response = Response(page("portal/receipt_offline.html", script=Markup(script), key=_key()), mimetype="text/html")  # noqa: S704 - our own file
    response.headers["Content-Disposition"] = "attachment; filename=check-receipt.html"
    return response


@progress.get("/verify/receipt/key")
def receipt_key() -> Response:
    """The public key."""
    return Response(_key(), mimetype="application/jwk+json")


def _key() -> str:
    return json.dumps(signing.public_key(edge.session()))


def _page(state: str = "", content: dict[str, Any] | None = None, held: receipts.Held | None = None) -> str:
    said = {}
    if content is not None:
        said = {"number": content["number"], "seq": content["chain"]["seq"], "head": content["chain"]["head"], "title": content["item"]["title"]}
        said |= {name: local(receipts.instant(content[name])) for name in ("submitted_at", "issued_at")}
    wrong = {"missing": say("请选一个凭证文件"), "altered": say("这个文件不是本厅的凭证，或者被改过。"), "other-key": say("这个凭证是别的网厅签的。")}
    return page(
        "portal/receipt_check.html", state=state, said=said, held=held, key=_key(), wrong=wrong.get(state), script=url_for("static", filename="js/receipt.js")
    )
