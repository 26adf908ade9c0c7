"""Pages: the portal's for everybody and for the person concerned, the back office's for those who keep, decide and watch."""

from core.sdk.web import Pages

pages = Pages("credit_scoring")

from plugins.credit_scoring.views import (  # noqa: E402 - each module adds its pages
    machines,
    office_catalogue,
    office_imports,
    office_models,
    office_requests,
    office_subjects,
    portal,
)

__all__ = ["machines", "office_catalogue", "office_imports", "office_models", "office_requests", "office_subjects", "pages", "portal"]
