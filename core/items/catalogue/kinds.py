"""The closed list of requests in the life of an item and of an entry: who may ask, which reviews they pass, in which order."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.identity.spec import PostView, StaffView

#: Who asks: the department's administrator of items or the head of the section that handles them.
ASKS = ("admin", "section_chief")
#: 合法性审核 (重大行政决策程序暂行条例 and the rules on lists of items): a post of its own, in the division or above it.
LEGAL = "legal_reviewer"
#: Who decides for a department.
DECIDES = ("leader", "agency_head")

LEGALITY, DECISION, RECEIVING = "legality", "decision", "receiving"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request. ``steps`` are its reviews in order; ``on`` is what it is about: ``item`` or ``entry``; ``states`` of the item it needs."""

    name: str
    on: str
    steps: tuple[str, ...]
    states: tuple[str, ...] = ()
    document: bool = False


_REVIEWED = (LEGALITY, DECISION)
KINDS = {
    kind.name: kind
    for kind in (
        Kind("entry", "entry", _REVIEWED, document=True),
        Kind("claim", "entry", _REVIEWED),
        Kind("object", "item", (DECISION,), ("draft", "published", "suspended")),
        Kind("change", "item", _REVIEWED, ("draft", "published", "suspended"), document=True),
        Kind("adopt", "item", _REVIEWED, ("draft", "published", "suspended"), document=True),
        Kind("suspend", "item", _REVIEWED, ("published",)),
        Kind("resume", "item", _REVIEWED, ("suspended",)),
        Kind("end", "item", _REVIEWED, ("published", "suspended")),
        Kind("delegate", "item", _REVIEWED, ("published", "suspended"), document=True),
        Kind("transfer", "item", (LEGALITY, DECISION, RECEIVING), ("published", "suspended"), document=True),
    )
}


def asking(who: StaffView, department_id: str) -> PostView | None:
    """The post from which *who* may ask for something in the name of a department."""
    return _first(post for post in who.posts if post.department_id == department_id and post.role in ASKS)


def reviewing(who: StaffView, step: str, *, deciding_id: str, receiving_id: str | None, division_path: str) -> PostView | None:
    """The post from which *who* may take a review step of a request from a division."""
    if step == LEGALITY:
        return _first(post for post in who.posts if post.role == LEGAL and division_path.startswith(post.division_path))
    department = receiving_id if step == RECEIVING else deciding_id
    return _first(post for post in who.posts if post.department_id == department and post.role in DECIDES)


def _first(posts: Iterable[PostView]) -> PostView | None:
    """Own posts come before borrowed ones."""
    found = sorted(posts, key=lambda post: post.on_behalf_of is not None)
    return found[0] if found else None
