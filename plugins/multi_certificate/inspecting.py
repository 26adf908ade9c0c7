"""The publish gate and the health page: a bundle is read with the items it stands on as they are in force now, and checked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.sdk import Context, Finding
from core.sdk.items import ItemInfo, item, named

from . import bundles, checking


def findings(ctx: Context, found: ItemInfo) -> Sequence[Finding]:
    """Everything that is wrong with the bundle *found*."""
    bundle = bundles.read(found.doc, found.options)
    items = {part.item: item(ctx, part.item) for part in bundle.parts}
    known = {code: None if each is None else (each.doc, each.form) for code, each in items.items()}
    return list(checking.check(found.doc, found.form, bundle, known))


def health(ctx: Context) -> Sequence[Finding]:
    """The bundles in force that no longer hold because an item of theirs changed or stopped since they were published."""
    return list(_health(ctx))


def _health(ctx: Context) -> Iterator[Finding]:
    for found in named(ctx):
        for each in findings(ctx, found):
            yield replace(each, params={**each.params, "mend": f"/office/items/{found.code}"})
