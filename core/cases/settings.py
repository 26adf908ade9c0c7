"""What a site may set about cases."""

from core.settings import service as settings
from core.settings.spec import Setting

DRAFT_DAYS = "cases.draft_days"

settings.declare(Setting(DRAFT_DAYS, int, 30, "草稿保留多少天(每次保存重新计算)"))
