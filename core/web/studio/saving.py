"""What a page of the studio sends and is answered: the edits against what it was made from, what others did to the same spots, and whether what it shows is
still what is there."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import request

from core.items.studio import addresses, drafts, edits, presence
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, Clash, Clashed
from core.items.studio.parts import Part
from core.items.studio.spots import Spot, find, parse
from core.kernel.clock import local
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id
from core.web import edge
from core.web.backoffice.desk import actor

#: Characters of either text that a clash is told with; more is nobody's sentence.
_LONGEST = 4000
Work = TypeVar("Work")
Focus = TypeVar("Focus")


def command() -> str:
    """The id of the command that a page sent. Raises :class:`BadInput` where it sent none."""
    sent = request.form.get("command_id", "")
    if not is_id(sent):
        raise BadInput
    return sent


def pressed(draft: Draft, known: Mapping[str, Work], makes: Callable[[Work], tuple[Sequence[Edit], Focus]]) -> Focus:
    """Save what the button that was pressed (``do``, one of the *known*) makes of the draft; what it says of where to go then. Raises :class:`BadEdit` for a
    button that is not there, and what *makes* and the saving raise."""
    do = request.form.get("do", "")
    if do not in known:
        raise BadEdit(what=do[:20])
    changes, focus = makes(known[do])
    drafts.edit(edge.session(), draft.id, changes, command_id=command(), actor=actor())
    return focus


def version_of(draft: Draft) -> int:
    """The revision that the page was made from."""
    return request.form.get("_version", draft.revision, type=int)


def base_of(draft: Draft) -> Mapping[str, Any]:
    """The content that the page was made from."""
    version = version_of(draft)
    return draft.content if version == draft.revision else drafts.as_of(edge.session(), draft.id, version, actor=actor())


def settled(changes: Sequence[Edit], draft: Draft, base: Mapping[str, Any]) -> Sequence[Edit]:
    """*changes* as their writer wants them once a clash was told: mine everywhere (``_mine``), theirs where they clash (``_theirs``)."""
    if request.form.get("_mine"):
        return edits.forced(changes, draft.content, base)
    return edits.yielding(changes, draft.content) if request.form.get("_theirs") else changes


def stale(base: Mapping[str, Any], changes: Sequence[Edit], done: Draft, at: Spot, part: Part | None) -> bool:
    """Whether the page that sent *changes* shows something else than what is there now: others wrote in it too, and it has to be told before it sends again."""
    try:
        shown = edits.apply(base, changes).doc
    except Clashed:
        return True
    spots = [(*at, name) for name in part.names] if part is not None and part.names else [at]
    return not all(edits.same(find(shown, each), find(done.content, each)) for each in spots)


def as_mine(draft: Draft, changes: Sequence[Edit], base: Mapping[str, Any]) -> Draft:
    """The draft as it would be if mine counted everywhere: what a page without JavaScript shows when something clashed, so that nothing typed is lost."""
    try:
        return replace(draft, content=edits.apply(draft.content, edits.forced(changes, draft.content, base)).doc)
    except Clashed:
        return replace(draft, content=base)


def told(error: PlatformError, draft: Draft) -> list[dict[str, Any]]:
    """Clashes as one reads them: what the spot is called, what stands there now, who wrote that and when, what was to be written."""
    clashes: Sequence[Clash] = getattr(error, "clashes", ())
    hands = presence.last_hands(edge.session(), draft.id, [each.at for each in clashes], actor=actor())
    return [_one(each, draft, hands) for each in clashes]


def _one(clash: Clash, draft: Draft, hands: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    name, when = hands.get(clash.at, ("", None))
    said = {"at": clash.at, "name": addresses.name_of(draft.content, parse(clash.at), edge.locale()), "gone": clash.gone}
    return said | {"theirs": _short(clash.theirs), "yours": _short(clash.yours), "who": name, "when": local(when).strftime("%H:%M") if when else ""}


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
