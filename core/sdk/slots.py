"""Something small on a page of the platform, offered by the hook ``slots``."""

from core.web.slots import Place, Slot, Subject

__all__ = ["Place", "Slot", "Subject"]
