"""Before an application goes out: the applicant says that what was entered is true.

At home that is a tick. At a desk the clerk reads the answers out and hands in what the applicant signed: the signature pad's picture, or a scan of
the signed print-out (行政许可法 31: the applicant answers for what is handed in).
"""

from flask import request

from core.cases.spec import Handed
from core.files import service as files
from core.files.spec import Limits
from core.kernel.errors import PlatformError
from core.web import edge, seat
from core.web.page import say

CONFIRMATION = "party:confirmation"
_TAKEN = Limits(max_bytes=10 * 2**20, accept=("png", "jpg", "pdf"))


def confirmed(draft_id: str) -> tuple[tuple[Handed, ...], str | None]:
    """What goes with the application as its confirmation, or what is wrong with it in the reader's words."""
    if not request.form.get("_agree"):
        return (), say("请先确认内容真实") if seat.taken() is None else say("请先把内容读给申请人听，请他确认")
    if seat.taken() is None:
        return (), None
    signed = request.files.get("_signed")
    if signed is None or not signed.filename:
        return (), say("还没有申请人的签字：请在签字板上签，或者打印出来签字后扫描上传")
    holder = ("draft", draft_id)
    try:
        ref = files.put(edge.session(), signed.stream, name=signed.filename, holder=holder, limits=_TAKEN)
    except PlatformError as error:
        return (), error.words(edge.locale())
    return (Handed(CONFIRMATION, ref.id, ref.name, ref.media_type, ref.size, ref.digest, holder),), None
