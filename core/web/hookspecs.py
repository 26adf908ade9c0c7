"""What plugins may add to the web: pages of their own, and something small on the platform's pages."""

from collections.abc import Sequence

from core.kernel.errors import Finding
from core.pluginhost.context import Context
from core.pluginhost.hooks import hook
from core.web.plugged.pages import Pages
from core.web.slots import Slot


@hook("offers", Pages)
def pages() -> Sequence[Pages]:  # type: ignore[empty-body]
    """Pages of this plugin, on the portal and in the back office.

    *When* once, when the first page is asked for after the plugin was loaded. *Transaction* none. *Returns* collections of pages, each under this
    plugin's own name. *On error* the plugin is set aside. A view that fails gives an error page that names the plugin. *Since* 1.0.
    """


@hook("offers", Slot)
def slots() -> Sequence[Slot]:  # type: ignore[empty-body]
    """Something small on pages of the platform: home, guide, case, verification, and the case page of the back office.

    *When* once, when the first such page is asked for. *Transaction* none; ``gather`` runs in the page's. *Returns* slots. *On error* the plugin is
    set aside; a ``gather`` that fails leaves the slot out and is noted. *Since* 1.0.
    """


@hook("finds", Finding)
def check_config(ctx: Context) -> Sequence[Finding]:  # type: ignore[empty-body]
    """What keeps this plugin from working as it is set up: a setting that is missing, a service that does not answer, nobody with a permission.

    *When* an administrator opens the plugin's page. *Transaction* the page's; the hook reads only. *Returns* findings; ``params["mend"]`` is the address
    of the page that mends one. *On error* the page says so. *Since* 1.0.
    """
