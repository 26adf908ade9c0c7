"""Where the SMS gateway is. Its secret stands in the environment, as other secrets do."""

from core.settings import service as settings
from core.settings.spec import Setting

SMS_URL = "notices.sms_url"
SMS_SECRET = "WANGTING_SMS_SECRET"  # noqa: S105 - the name of the variable

settings.declare(Setting(SMS_URL, str, "", "短信网关的地址(空的就不发短信)", reach="site"))
