"""What a site may set about logging in."""

from core.settings import service as settings
from core.settings.spec import Setting

PASSWORD_LENGTH = "identity.password_length"  # noqa: S105 - the name of a setting
LOGIN_FAILURES = "identity.login_failures"
LOCK_MINUTES = "identity.lock_minutes"

settings.declare(Setting(PASSWORD_LENGTH, int, 10, "密码最短长度(字符)"))
settings.declare(Setting(LOGIN_FAILURES, int, 5, "连续输错多少次密码后锁定账号"))
settings.declare(Setting(LOCK_MINUTES, int, 15, "锁定账号的时长(分钟)"))
