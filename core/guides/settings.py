"""The hall's own map, where it has one: guides link to it, and fetch nothing from it."""

from core.settings import service as settings
from core.settings.spec import Setting

MAP_LINK = "guides.map_link"
settings.declare(Setting(MAP_LINK, str, "", "地图的网址,{lng} 和 {lat} 处填经纬度(CGCS2000);空的就不链接", reach="site"))
