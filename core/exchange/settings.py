"""Where the upper platform is, who this hall is there, and the mapping when it is not the shipped one."""

from core.settings import service as settings
from core.settings.spec import Setting

URL = "exchange.url"
SOURCE = "exchange.source"
MAPPING = "exchange.mapping"
#: The secret that both sides sign with stands in the environment, as other secrets do.
SECRET = "WANGTING_EXCHANGE_SECRET"  # noqa: S105 - the name of the variable

settings.declare(Setting(URL, str, "", "上级平台的交换地址(空的就不交换)", reach="site"))
settings.declare(Setting(SOURCE, str, "999", "本系统在上级平台的数据来源代码", reach="site"))
settings.declare(Setting(MAPPING, dict, {}, "办件信息交换的字段对照(空的就用自带的)", reach="site"))
