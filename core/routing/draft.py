"""A marking while one command works on it: the same fields, but changeable, so that twenty small events cost no twenty copies.

Mappings and tuples in it are still replaced and never changed in place; what the draft was made from stays as it was.
"""

from collections.abc import Mapping

from core.routing.marking import ENDS, Block, Marking, OpenTask, Phase, Relayed, Signing, Status


class Draft:
    """A changeable marking; :meth:`freeze` makes the marking that it stands for."""

    __slots__ = (
        "acted",
        "backs",
        "blocks",
        "children",
        "corrections",
        "decision",
        "deemed",
        "extended",
        "misses",
        "next_no",
        "outcomes",
        "pauses",
        "phase",
        "pre_review",
        "received",
        "relay",
        "signs",
        "status",
        "tasks",
        "urged",
        "visits",
    )

    phase: Phase
    status: Status
    tasks: tuple[OpenTask, ...]
    blocks: Mapping[str, Block]
    visits: Mapping[str, int]
    outcomes: Mapping[str, str]
    next_no: int
    corrections: int
    backs: Mapping[str, int]
    misses: Mapping[str, Mapping[str, tuple[str, ...]]]
    signs: Mapping[str, tuple[Signing, ...]]
    pauses: Mapping[str, tuple[int, ...]]
    acted: Mapping[str, tuple[str, ...]]
    decision: str | None
    received: bool
    pre_review: str | None
    relay: Relayed | None
    extended: int
    urged: int
    deemed: tuple[str, ...]
    children: Mapping[str, str]

    def __init__(self, marking: Marking) -> None:
        (  # all at once, in the order of Marking's fields: twice as fast as one by one
            self.phase,
            self.status,
            self.tasks,
            self.blocks,
            self.visits,
            self.outcomes,
            self.next_no,
            self.corrections,
            self.backs,
            self.misses,
            self.signs,
            self.pauses,
            self.acted,
            self.decision,
            self.received,
            self.pre_review,
            self.relay,
            self.extended,
            self.urged,
            self.deemed,
            self.children,
        ) = marking

    def freeze(self) -> Marking:
        """The marking as it is now."""
        parts = (
            self.phase,
            self.status,
            self.tasks,
            self.blocks,
            self.visits,
            self.outcomes,
            self.next_no,
            self.corrections,
            self.backs,
            self.misses,
            self.signs,
            self.pauses,
            self.acted,
            self.decision,
            self.received,
            self.pre_review,
            self.relay,
            self.extended,
            self.urged,
            self.deemed,
            self.children,
        )
        return tuple.__new__(Marking, parts)  # every field is there; no need to sort out keywords

    def task(self, no: int | None) -> OpenTask | None:
        """The open task with number *no*."""
        for task in self.tasks:
            if task.no == no:
                return task
        return None

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen."""
        return self.status in ENDS


#: Where a case stands, finished or in the making.
State = Marking | Draft
