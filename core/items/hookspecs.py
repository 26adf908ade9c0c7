"""What plugins may add to items: facts that can be checked instead of asked for, and conditions that bar a promise."""

from collections.abc import Sequence

from core.items.sources import BarCondition, FactType
from core.pluginhost.host import hookspec


@hookspec
def shared_facts() -> Sequence[FactType]:  # type: ignore[empty-body]
    """Facts that this plugin can look up (a register, an exchange platform), so that nobody is asked to prove them.

    *When* at the publish gate, on the materials page and when an application is filed. *Transaction* the caller's; the hook reads only.
    *Returns* fact types; a name that the hall or an earlier plugin offers already is left out. *On error* the operation fails and names the
    plugin. *Since* 0.1.
    """


@hookspec
def bar_conditions() -> Sequence[BarCondition]:  # type: ignore[empty-body]
    """Conditions that bar an applicant from promising (告知承诺) and from handing in later (容缺受理), such as bad credit not yet repaired.

    *When* at the publish gate (by name), on the materials page and when an application is filed. *Transaction* the caller's; the hook reads
    only. *Returns* conditions. *On error* the operation fails and names the plugin. *Since* 0.1.
    """
