"""What is done with trees. Knows nothing of pages; whoever called commits."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from core.sdk import BadInput, Conflict, Context, NotFound
from core.sdk.tables import new_id
from sqlalchemy import select, update

from .fields import NUMBER
from .models import NAME, Tree


def enter(ctx: Context, number: str, species: str, place: str, *, protected: bool = False) -> str:
    """Enter a tree, inspected today; returns its number. Raises :class:`BadInput` for what is missing or wrong."""
    number, species, place = number.strip().upper(), species.strip()[:40], place.strip()[:120]
    if not NUMBER.fullmatch(number):
        raise BadInput(f"{NAME}.number", value=number)
    if not species or not place:
        raise BadInput(f"{NAME}.incomplete")
    if find(ctx, number) is not None:
        raise Conflict(f"{NAME}.twice", number=number)
    tree = Tree(
        id=new_id(),
        number=number,
        species=species,
        place=place,
        protected=protected,
        inspected_on=ctx.today(),
        due=False,
    )
    ctx.session.add(tree)
    ctx.session.flush()
    return number


def find(ctx: Context, number: str) -> Tree | None:
    """The tree with this number."""
    return ctx.session.scalar(select(Tree).where(Tree.number == number))


def register(ctx: Context, *, due: bool = False) -> Sequence[Tree]:
    """The first 200 trees by number; with *due* those that are to be inspected."""
    query = select(Tree).order_by(Tree.number).limit(200)
    return ctx.session.scalars(query.where(Tree.due) if due else query).all()


def inspected(ctx: Context, number: str) -> None:
    """Somebody looked at the tree today. Raises :class:`NotFound`."""
    tree = find(ctx, number)
    if tree is None:
        raise NotFound(f"{NAME}.missing", number=number)
    tree.inspected_on, tree.due = ctx.today(), False
    ctx.session.flush()


def survey(ctx: Context, number: str) -> Mapping[str, Any]:
    """The answer of the automatic step: plain JSON, kept in the case. A tree that nobody entered is an answer too."""
    tree = find(ctx, number)
    if tree is None:
        return {"known": False, "species": "", "protected": False}
    return {"known": True, "species": tree.species, "protected": tree.protected}


def mark_due(ctx: Context, body: dict[str, Any]) -> None:
    """The job: mark every tree whose last inspection is too long ago. Doing it twice changes nothing."""
    before = ctx.today() - timedelta(days=int(ctx.setting("inspect_days")))
    ctx.session.execute(update(Tree).where(Tree.inspected_on < before, Tree.due.is_(False)).values(due=True))
