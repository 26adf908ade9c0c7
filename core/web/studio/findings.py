"""What is found in a draft: the whole list as a page, its short form beside every editor, and the buttons that mend."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.documents.spec import KINDS
from core.items.studio import designing, drafts, editors, mending, parts
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.found import Found, found, of_part
from core.items.studio.hall import kinds, putting
from core.items.studio.spots import MISSING, Spot, find, parse, write
from core.kernel.errors import PlatformError
from core.kernel.ids import new_id
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import page, typeset
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.desk import framed, own

blueprint = Blueprint("studio_findings", __name__, url_prefix="/office/studio/<draft_id>/findings")
#: Findings of each kind on the page, and beside an editor: more than anybody mends before looking again.
SHOWN, BESIDE = 150, 5


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """Everything found, what keeps the item from being published first."""
    return _page(own(draft_id))


def _found(draft: Draft) -> tuple[Found, ...]:
    """What is found in a draft of whatever kind."""
    return putting.found(edge.session(), draft) if kinds.of_hall(draft.item_code) else found(edge.session(), draft.content)


def _page(draft: Draft, error: PlatformError | None = None) -> str:
    listed = _found(draft)
    return framed(
        "studio/findings.html", draft, "findings", groups=_groups(draft, listed, SHOWN), total=len(listed), safe=len(_safe(listed)),
        error=error.words(edge.locale()) if error else None,
    )  # fmt: skip


@blueprint.get("/panel")
@at_desk
def panel(draft_id: str) -> str:
    """The list beside an editor: of the part that is shown first, then the rest of what keeps the item from being published."""
    draft = own(draft_id)
    listed = _found(draft)
    part = request.args.get("part", "")
    first = [*of_part(listed, part), *(each for each in listed if each.level == "error" and each.part != part)]
    return page(
        "studio/findings_panel.html", draft=draft, base=f"/office/studio/{draft.id}", groups=_groups(draft, first, BESIDE), total=len(listed),
        errors=sum(each.level == "error" for each in listed), fresh_id=new_id, counts=_counts(listed), landing=request.args.get("landing", "")[:2000],
    )  # fmt: skip


def _groups(draft: Draft, listed: Sequence[Found], most: int) -> list[dict[str, Any]]:
    """What keeps the item from being published, and advice; what is said of many spots alike is said once, with all of them."""
    locale = edge.locale()
    made = []
    for level in ("error", "warning"):
        some = [each for each in listed if each.level == level]
        alike: dict[str, list[Found]] = {}
        for each in some[:most]:
            alike.setdefault(each.words(locale), []).append(each)
        entries = [_entry_of(draft, words, every, locale) for words, every in alike.items()]
        made.append({"level": level, "entries": entries, "count": len(some), "more": max(len(some) - most, 0)})
    return made


def _entry_of(draft: Draft, words: str, every: Sequence[Found], locale: str) -> dict[str, Any]:
    """One thing said, of one spot or of many; ``together`` is the label of the mend that does for all of them."""
    lines = [_line(draft, each, locale) for each in every]
    labels = {way.label(locale) if way is not None and way.safe else None for each in every for way in [next(iter(each.mends), None)]}
    label = next(iter(labels)) if len(every) > 1 and len(labels) == 1 else None
    return {"words": typeset(words), "key": every[0].key, "lines": lines, "together": typeset(label) if label else None}


def _line(draft: Draft, each: Found, locale: str) -> dict[str, Any]:
    ways = [(number, typeset(way.label(locale))) for number, way in enumerate(each.mends)]
    return {"mark": each.mark, "name": typeset(each.name(locale)), "address": address(draft, each.spot), "mends": ways}


def _counts(listed: Sequence[Found]) -> str:
    """How much of each part keeps the item from being published, for the list of parts: ``materials:1 route:2``."""
    return " ".join(f"{part}:{count}" for part, count in Counter(each.part for each in listed if each.level == "error").items())


def address(draft: Draft, spot: Spot) -> str:
    """Where a spot is edited: the field in the form's builder, the entry, or the part – at the very question where that is on the page."""
    base, content = f"/office/studio/{draft.id}", draft.content
    if spot[:2] == ("form", "properties") and isinstance(find(content, spot[:3]), Mapping):
        return f"{base}/form/?field={spot[2]}{_anchor(spot[3:])}"
    if spot[:2] == designing.DOCUMENTS and len(spot) > 2 and spot[2] in KINDS:
        return _on_paper(base, spot)
    entry = _entry(content, spot)
    if entry:
        return f"{base}/?at={write(entry)}{_anchor(spot[len(entry) :])}"
    part = parts.part(parts.part_of(spot))
    rest = spot[len(part.at) :] if part is not None and spot[: len(part.at)] == part.at else ()
    return f"{base}/?part={parts.part_of(spot)}{_anchor(rest)}"


def _on_paper(base: str, spot: Spot) -> str:
    """The sheet of a document, at the paragraph that *spot* lies in."""
    block = spot[4].removeprefix("@") if spot[3:4] == ("blocks",) and len(spot) > 4 else ""
    query = urlencode({"kind": spot[2], **({"block": block} if block else {})})
    return f"{base}/documents/?{query}" + (f"#p-{block}" if block else "")


def _entry(content: Mapping[str, Any], spot: Spot) -> Spot:
    """The innermost entry of a list or map that *spot* lies in and that is there; empty for none."""
    found_: Spot = ()
    for depth, (_token, _title, entry) in enumerate(editors.way(content, spot), 2):
        if find(content, spot[:depth]) is MISSING:
            break
        if entry and isinstance(find(content, spot[:depth]), Mapping):
            found_ = spot[:depth]
    return found_


def _anchor(rest: Spot) -> str:
    return "#f-" + "-".join(map(editors.posted, rest)) if rest and not any(token.startswith("@") for token in rest) else ""


def _safe(listed: Sequence[Found]) -> list[Found]:
    """Everything that can be mended without losing what anybody meant."""
    return [each for each in listed if any(way.safe for way in each.mends[:1])]


@blueprint.post("/mend")
@at_desk
def mend(draft_id: str) -> Response | tuple[str, int]:
    """Mend one finding in the way that was chosen, or everything that is safe to (``all``)."""
    draft, session = own(draft_id), edge.session()
    listed = _found(draft)
    try:
        command = saving.command()
        edits = (
            _all(draft, listed, request.form.get("key", ""))
            if request.form.get("all")
            else _one(listed, request.form.get("mark", ""), request.form.get("way", 0, type=int))
        )
        if edits:
            drafts.edit(session, draft.id, edits, command_id=command, actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), error), error.status
    tell(_("已改好，可以撤销") if edits else _("这一条已经不在了"))
    return redirect(f"/office/studio/{draft.id}/{_landing(request.form)}", 303)


def _one(listed: Sequence[Found], mark: str, way: int) -> tuple[Edit, ...]:
    ways = next((each.mends for each in listed if each.mark == mark), ())
    return ways[way].edits if 0 <= way < len(ways) else ()


def _all(draft: Draft, listed: Sequence[Found], key: str) -> tuple[Edit, ...]:
    """Everything that is safe to mend – of one kind, where a *key* is given."""
    return mending.together(draft.content, ((each.finding, each.spot) for each in _safe(listed) if key in ("", each.key)))


def _landing(given: Any) -> str:
    """Where to go afterwards, below the draft: a part, a spot, a field of the form – or the list itself."""
    wanted = str(given.get("landing", ""))[:2000]
    if wanted.startswith("/"):
        return f"?at={write(parse(wanted))}"
    return f"?part={wanted}" if parts.part(wanted) is not None else "findings/"
