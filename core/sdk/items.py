"""Items in force, as far as they concern a plugin."""

from sqlalchemy import select

from core.items import queries as items
from core.items.errors import ItemNotFound
from core.items.hookspecs import ItemInfo
from core.items.models import Item, ItemVersion
from core.pluginhost.context import Context, whole


def named(ctx: Context) -> tuple[ItemInfo, ...]:
    """The items in force that configure this plugin, by code."""
    versions = items.versions_naming(whole(ctx), ctx.plugin)
    if not versions:
        return ()
    query = select(Item.code, ItemVersion.id).join(ItemVersion, Item.current_version_id == ItemVersion.id)
    rows = whole(ctx).execute(query.where(ItemVersion.id.in_(versions), Item.status == "published").order_by(Item.code)).all()
    return tuple(ItemInfo.of(items.load(whole(ctx), version), ctx.plugin) for _code, version in rows)


def item(ctx: Context, code: str) -> ItemInfo | None:
    """The item *code* as it is in force here; ``None`` when nobody offers it."""
    try:
        return ItemInfo.of(items.current(whole(ctx), code, stopped=True).compiled, ctx.plugin)
    except ItemNotFound:
        return None


def of_version(ctx: Context, version_id: str) -> ItemInfo:
    """The item as the very version says it that a case was filed under (``CaseChange.version_id``)."""
    return ItemInfo.of(items.load(whole(ctx), version_id), ctx.plugin)


__all__ = ["ItemInfo", "item", "named", "of_version"]
