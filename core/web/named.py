"""Names for codes, as pages and answers that tell differences between items say them."""

from core.items.saying import Named
from core.items.spec import CompiledItem
from core.items.studio import naming
from core.web import edge


def named(*items: CompiledItem | None) -> Named:
    """Who knows by name what *items* name by codes: the sides of a difference, the one that counts first."""
    from core.web.portal.lists import subjects  # only who compares needs the portal's words

    return naming.of_items(edge.session(), *items, subjects=subjects())
