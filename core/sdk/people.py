"""Parties, departments and numbers, as far as a plugin may know them; and sealing for personal values in its own tables.

Numbers of people are never kept plain: a plugin finds them by :func:`index` and keeps names and numbers only as :func:`seal` gives them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.identity import queries as people
from core.identity import service as identity
from core.identity.spec import DepartmentView
from core.kernel.actor import SYSTEM
from core.kernel.identifiers import check_resident_id, check_uscc
from core.kernel.masking import mask_id as mask_number
from core.kernel.masking import mask_name
from core.keys.service import keyring
from core.pluginhost.context import Context, whole


@dataclass(frozen=True, slots=True)
class Party:
    """A person or a company. A person's name is masked, a company's is whole; numbers are masked."""

    id: str
    name: str
    kind: Literal["person", "company"]
    number_masked: str


def party(ctx: Context, party_id: str) -> Party:
    """One party, masked. Raises :class:`NotFound`."""
    found = identity.party_view(whole(ctx), party_id, actor=ctx.actor)
    return Party(found.id, found.name, "company" if found.kind == "company" else "person", found.number)


def may_act_for(ctx: Context, party_id: str) -> bool:
    """Whether the citizen who asks may act for the party today."""
    return ctx.actor.kind == "citizen" and party_id in identity.party_ids_of(whole(ctx), ctx.actor.id)


def index(ctx: Context, kind: str, number: str) -> str:
    """A keyed hash of *number* for the plugin's own tables: the same number gives the same text, which tells nobody the number.

    *kind* is the kind of document, as ``resident_id`` or ``uscc``; two plugins get different texts.
    """
    return keyring(whole(ctx)).blind_index(f"plugin/{ctx.plugin}/{kind}", number)


def party_index(ctx: Context, party_id: str) -> str:
    """:func:`index` of the number of a party of the platform. The number itself is not given out."""
    found = identity.party_view(whole(ctx), party_id, reveal=True, actor=SYSTEM)  # the platform hashes it; nobody looks
    return index(ctx, found.document_kind, found.number)


def seal(ctx: Context, text: str) -> bytes:
    """*text* encrypted under the hall's key, for a column of the plugin."""
    return keyring(whole(ctx)).seal(text.encode(), context=f"plugin/{ctx.plugin}")


def unseal(ctx: Context, sealed: bytes) -> str:
    """What :func:`seal` was given."""
    return keyring(whole(ctx)).open(sealed, context=f"plugin/{ctx.plugin}").decode()


def department(ctx: Context, department_id: str) -> DepartmentView:
    """One department. Raises :class:`NotFound`."""
    return people.department(whole(ctx), department_id)


def departments(ctx: Context, ids: Iterable[str] | None = None) -> tuple[DepartmentView, ...]:
    """Every department of the site, or those with *ids*."""
    return people.departments(whole(ctx), ids=None if ids is None else list(ids))


def staff_name(ctx: Context, staff_id: str) -> str:
    """The name of a member of staff; empty for somebody unknown."""
    return people.staff_names(whole(ctx), [staff_id]).get(staff_id, "")


def staff_with(ctx: Context, permission: str) -> tuple[str, ...]:
    """Ids of the staff who have a permission of this plugin's manifest: whom to tell."""
    from core.pluginhost.grants import holders

    return tuple(sorted(holders(whole(ctx), ctx.plugin).get(permission, ())))


__all__ = [
    "DepartmentView", "Party", "check_resident_id", "check_uscc", "department", "departments", "index", "mask_name", "mask_number", "may_act_for", "party",
    "party_index", "seal", "staff_name", "staff_with", "unseal",
]  # fmt: skip
