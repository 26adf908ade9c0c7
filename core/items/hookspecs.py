"""What plugins may add to items: checks at the publishing gate, facts that can be looked up instead of asked for, conditions that bar a promise, and
kinds of field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.forms.fieldtypes.base import FieldType
from core.items.sources import BarCondition, FactType
from core.items.spec import CompiledItem, JsonObject
from core.kernel.errors import Finding
from core.pluginhost.context import Context
from core.pluginhost.hooks import hook


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """An item as a plugin sees it: ``options`` are what the item sets for this plugin; ``doc`` and ``form`` are frozen documents."""

    code: str
    title: str
    options: Mapping[str, Any]
    doc: JsonObject
    form: JsonObject

    @classmethod
    def of(cls, compiled: CompiledItem, plugin: str) -> "ItemInfo":
        """What *plugin* sees of a compiled item."""
        return cls(compiled.code, compiled.title, (compiled.doc.get("plugins") or {}).get(plugin) or {}, compiled.doc, compiled.form_doc)


@hook("offers", FieldType)
def field_types() -> Sequence[FieldType]:  # type: ignore[empty-body]
    """Kinds of field for forms, with keys that begin with the plugin's name and a dot.

    *When* once, when the plugin is loaded; it counts in every form of the hall. *Transaction* none. *Returns* kinds of field. *On error* the plugin is
    set aside. A form that was published with the kind of a plugin that is gone
    goes on: the answer is plain text, or JSON; a form that uses a ``sensitive`` kind has to say ``ui.sensitive`` itself. *Since* 1.0.
    """


@hook("finds", Finding)
def check_item(ctx: Context, item: ItemInfo) -> Sequence[Finding]:  # type: ignore[empty-body]
    """What is wrong with an item that configures this plugin.

    *When* at the publishing gate and while the item is edited; its options follow the plugin's ``options_schema`` already. *Transaction* the caller's;
    the hook reads only. *Returns* findings; an ``error`` keeps the item from being published. *On error* the gate stays closed and names the plugin.
    *Since* 1.0.
    """


@hook("offers", FactType)
def shared_facts() -> Sequence[FactType]:  # type: ignore[empty-body]
    """Facts that this plugin can look up (a register, an exchange platform), so that nobody is asked to prove them.

    *When* at the publish gate, on the materials page and when an application is filed. *Transaction* the caller's; the hook reads only.
    *Returns* fact types; a name that the hall or an earlier plugin offers already is left out. *On error* the operation fails and names the
    plugin. *Since* 0.1.
    """


@hook("offers", BarCondition)
def bar_conditions() -> Sequence[BarCondition]:  # type: ignore[empty-body]
    """Conditions that bar an applicant from promising (告知承诺) and from handing in later (容缺受理), such as bad credit not yet repaired.

    *When* at the publish gate (by name), on the materials page and when an application is filed. *Transaction* the caller's; the hook reads
    only. *Returns* conditions. *On error* the operation fails and names the plugin. *Since* 0.1.
    """
