"""Who acts. Always a parameter of a verb, never read from a session inside one."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["citizen", "staff", "system", "agent"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One who does something: a citizen's account, a member of staff, an agent for someone, or the platform itself.

    ``id`` is opaque (account or staff id); names are looked up when shown, so that records carry none.
    ``on_behalf_of`` is the id of the one acted for (dated delegation, stand-in, agency).
    """

    kind: ActorKind
    id: str
    on_behalf_of: str | None = None


SYSTEM = Actor("system", "system")
