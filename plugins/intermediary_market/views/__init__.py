"""The market's pages, on both faces."""

from plugins.intermediary_market.views import agencies, office, projects, public
from plugins.intermediary_market.views.doors import pages

__all__ = ["agencies", "office", "pages", "projects", "public"]
