"""Texts that the logic names by a key. Chinese is the message id; English stands in this plugin's ``messages.po``."""

from collections.abc import Mapping
from typing import Any

from core.sdk import Context

WORDS: Mapping[str, str] = {
    # a row of an import
    "missing": "没有填",
    "number": "号码不对：位数、字符或者校验位有错，请对照证件改正",
    "too_long": "太长，最多 %(most)s 个字",
    "day": "不是日期，请写成 2026-11-22 这样",
    "future": "日期还没有到",
    "terms": "公示类别只能是：%(known)s",
    "not_a_number": "不是数，请只写数字",
    "choice": "只能是：%(known)s",
    # a model
    "model_shape": "写法不对：%(why)s",
    "id_twice": "代码 %(id)s 用了两次",
    "no_such_group": "指标 %(id)s 的一级指标 %(group)s 不存在",
    "no_such_indicator": "%(id)s 用到的指标 %(indicator)s 不存在",
    "no_such_entry": "%(id)s 用到的信息 %(entry)s 不在信息目录里",
    "no_such_field": "%(id)s 用到的字段 %(field)s 不在信息目录里",
    "no_field": "规则 %(id)s 按数量计，请写明按哪个字段",
    "base_outside": "基准分要在 %(lowest)s 和 %(highest)s 之间",
    "grades_order": "等级线要从 A 到 C 依次降低",
    # a repair
    "repair_early": "最短公示期到 %(day)s 为止，之后才能修复",
    "repair_duty": "还没有交履行义务的证明",
    "repair_promise": "还没有作出信用承诺",
    "repair_listed": "严重失信主体名单由认定部门移出，请向认定部门提出",
}


def tell(ctx: Context, key: str, params: Mapping[str, Any] | None = None) -> str:
    """The text of *key* in the reader's language."""
    return ctx.say(WORDS[key], **(params or {}))


#: GB/T 4754 sections that the shipped model and the pages know by a name of their own, with their titles. Others show as they were delivered.
INDUSTRIES: Mapping[str, str] = {
    "agriculture": "农、林、牧、渔业",
    "mining": "采矿业",
    "manufacturing": "制造业",
    "energy": "电力、热力、燃气及水的生产和供应业",
    "construction": "建筑业",
    "retail": "批发和零售业",
    "transport": "交通运输、仓储和邮政业",
    "catering": "住宿和餐饮业",
    "information": "信息传输、软件和信息技术服务业",
    "finance": "金融业",
    "real_estate": "房地产业",
    "business": "租赁和商务服务业",
    "science": "科学研究和技术服务业",
    "environment": "水利、环境和公共设施管理业",
    "household": "居民服务、修理和其他服务业",
    "education": "教育",
    "health": "卫生和社会工作",
    "culture": "文化、体育和娱乐业",
}
SIZES: Mapping[str, str] = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}
GRADES: Mapping[str, str] = {"A": "优秀", "B": "良好", "C": "一般", "D": "差"}
KINDS: Mapping[str, str] = {"company": "企业", "person": "个人", "both": "企业和个人"}
DOMAINS: Mapping[str, str] = {
    "law": "遵纪守法",
    "contract": "履约践诺",
    "honour": "资质荣誉",
    "duty": "社会责任",
    "risk": "监管风险",
    "basic": "基本信息",
    "labour": "劳动",
    "social_security": "社会保障",
    "civil": "民政",
}
NATURES: Mapping[str, str] = {"good": "守信", "neutral": "中性", "bad": "失信"}
TERM_TITLES: Mapping[str, str] = {
    "none": "不公示期限",
    "general": "一般：最短 3 个月，最长 3 年",
    "safety": "特种设备、安全生产、消防：最短 1 年，最长 3 年",
    "food_drug": "食品、药品：最短 1 年，最长 3 年",
    "severe": "严重失信主体名单：由认定部门移出，最长 3 年（假定）",
}
STATES: Mapping[str, str] = {"valid": "有效", "disputed": "异议处理中", "repaired": "已修复", "withdrawn": "已更正"}
REQUEST_STATES: Mapping[str, str] = {"filed": "待办理", "granted": "已同意", "refused": "不同意", "withdrawn": "已撤回"}
RUN_STATES: Mapping[str, str] = {"new": "待设置", "ready": "可以开始", "running": "进行中", "stopped": "已停止", "done": "已完成"}
RUN_KINDS: Mapping[str, str] = {"score": "全部评分", "stale": "更新有变化的", "simulate": "模拟"}
LOOKS: Mapping[str, str] = {
    "page": "看档案",
    "report": "出报告",
    "number": "按号码查",
    "step": "办件中使用",
    "advice": "办件旁看等级",
    "decide": "办异议或者修复",
}


def titled(ctx: Context, titles: Mapping[str, str], key: str) -> str:
    """The title of *key*; a key without one is its own title."""
    return ctx.say(titles[key]) if key in titles else key


def own(ctx: Context, words: Mapping[str, str]) -> str:
    """Words of a model or of the catalogue in the reader's language; Chinese where there are no others."""
    return words.get(ctx.locale[:2]) or words.get("zh", "")
