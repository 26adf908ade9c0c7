"""Pages of a plugin: ``pages = Pages("<plugin>")``, offered by the hook ``pages``. A view takes an :class:`Ask` and makes its answer with it."""

from core.web.plugged.pages import Acting, Answer, Ask, Citizen, Pages, Upload

__all__ = ["Acting", "Answer", "Ask", "Citizen", "Pages", "Upload"]
