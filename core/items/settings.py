"""Settings of items."""

from core.settings import service as settings
from core.settings.spec import Setting

REVIEW_REQUIRED = "items.review_required"
settings.declare(Setting(REVIEW_REQUIRED, bool, False, "事项要经过合法性审核和决定才能发布(认领的事项总是要的)"))
