"""The list of services: what may be commissioned here, on what basis, with which qualification."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import func, select

from core.sdk import BadInput, Context
from core.sdk.tables import new_id
from plugins.intermediary_market.models import Agency, Offer, Service
from plugins.intermediary_market.service.who import demand, missing

#: What a service that is a condition of an approval may rest on (优化营商环境条例 43), and that it rests on none.
LEVELS: Final = ("law", "regulation", "state_council", "none")


def put(ctx: Context, given: Mapping[str, str], *, service_id: str = "") -> Service:
    """Write a service into the list, or change one. *given*: the fields of the page.

    A service without a legal basis may be listed – people may want it –, but no item may demand it of an applicant.
    """
    demand(ctx, "catalogue")
    code, title = given.get("code", "").strip(), given.get("title_zh", "").strip()
    level, basis = given.get("basis_level", ""), given.get("basis", "").strip()
    if not code or not code.replace("-", "").replace("_", "").isalnum() or not code.isascii() or code != code.lower() or len(code) > 64:
        raise BadInput("intermediary_market.code_shape")
    if not title:
        raise BadInput("intermediary_market.service_title")
    if level not in LEVELS or (level != "none" and not basis):
        raise BadInput("intermediary_market.service_basis")
    row = one(ctx, service_id) if service_id else Service(id=new_id(), code=code)
    if not service_id and by_code(ctx, [code]):
        raise BadInput("intermediary_market.code_used", code=code)
    row.title_zh, row.title_en = title[:200], given.get("title_en", "").strip()[:200] or title[:200]
    row.basis, row.basis_level, row.licence_type = basis, level, given.get("licence_type", "").strip()[:64]
    row.price_note, row.active = given.get("price_note", "").strip(), given.get("active", "1") == "1"
    ctx.session.add(row)
    ctx.session.flush()
    return row


def one(ctx: Context, service_id: str) -> Service:
    """A service by id. :class:`NotFound`."""
    found = ctx.session.get(Service, service_id)
    if found is None:
        raise missing()
    return found


def listed(ctx: Context, *, everything: bool = False) -> tuple[Service, ...]:
    """Services in the order of their codes; those that are no longer offered only with *everything*."""
    query = select(Service).order_by(Service.code)
    return tuple(ctx.session.scalars(query if everything else query.where(Service.active)))


def by_code(ctx: Context, codes: Iterable[str]) -> dict[str, Service]:
    """Services by their codes; unknown ones are left out."""
    return {row.code: row for row in ctx.session.scalars(select(Service).where(Service.code.in_(list(codes))))}


def supply(ctx: Context, service_ids: Iterable[str]) -> dict[str, int]:
    """How many admitted agencies offer each service."""
    query = (
        select(Offer.service_id, func.count().label("n"))
        .join(Agency, Agency.id == Offer.agency_id)
        .where(Agency.state == "admitted", Offer.service_id.in_(list(service_ids)))
        .group_by(Offer.service_id)
    )
    return {row.service_id: int(row.n) for row in ctx.session.execute(query)}
