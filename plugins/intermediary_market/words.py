"""What states, methods and reasons are called: Chinese message ids, translated in this plugin's catalogue."""

from collections.abc import Mapping
from typing import Final

from core.sdk import Context

METHOD: Final[Mapping[str, str]] = {
    "direct": "直接选取",
    "random": "随机抽取",
    "lowest": "最低价",
    "best": "最优价",
    "credit": "信用择优",
    "proposal": "方案择优",
}
METHOD_HELP: Final[Mapping[str, str]] = {
    "direct": "业主指定一家，要写明理由并公开；财政资金只能用在限额以下。",
    "random": "每家机会相同，按公开随机数排出先后；财政资金至少 3 家。",
    "lowest": "报价最低的中选，一样低的抽取；财政资金至少 3 家。",
    "best": "去掉一个最高价和一个最低价，平均价乘以抽出的 95% 到 98% 得参考价，最接近的中选；财政资金至少 3 家。",
    "credit": "按信用分排出大名单，按分数给号抽出小名单，业主从小名单里选；至少 2 家。",
    "proposal": "机构报价并提交方案，业主比较以后选一家；至少 2 家。",
}
FUND: Final[Mapping[str, str]] = {"state": "财政或者国有资金", "social": "社会资金"}
STATUS: Final[Mapping[str, str]] = {
    "open": "正在报名",
    "frozen": "名单已锁定，等随机数",
    "picking": "等业主选定",
    "noticed": "结果公示中",
    "contracting": "等签合同",
    "running": "履约中",
    "delivered": "等验收",
    "done": "已完成",
    "failed": "没有选成",
    "ended": "合同终止",
}
TONE: Final[Mapping[str, str]] = {
    "open": "go",
    "frozen": "wait",
    "picking": "wait",
    "noticed": "go",
    "contracting": "wait",
    "running": "a",
    "delivered": "wait",
    "done": "go",
    "failed": "stop",
    "ended": "stop",
    "applied": "wait",
    "returned": "wait",
    "refused": "stop",
    "admitted": "go",
    "suspended": "wait",
    "removed": "stop",
}
AGENCY: Final[Mapping[str, str]] = {
    "applied": "等审核",
    "returned": "退回补充",
    "refused": "没有通过",
    "noticed": "公示中",
    "admitted": "已入驻",
    "suspended": "已暂停",
    "removed": "已清退",
}
MARK: Final[Mapping[str, str]] = {
    "applied": "提出申请",
    "pass": "审核通过，开始公示",
    "return": "退回补充",
    "refuse": "没有通过",
    "admitted": "公示期满，入驻",
    "suspended": "暂停报名",
    "resumed": "恢复报名",
    "removed": "清退",
    "refused_contract": "中选以后放弃",
    "overdue": "交付超期",
    "appeal_upheld": "申诉成立",
}
EVENT: Final[Mapping[str, str]] = {
    "published": "发布",
    "frozen": "锁定名单",
    "revealed": "公开随机数，揭晓种子",
    "chosen": "选出机构",
    "shortlisted": "小名单排定",
    "picked": "选定",
    "fell_out": "中选机构退出",
    "failed": "没有选成",
    "objected": "有人提出异议",
    "dismissed": "异议不成立",
    "confirmed": "公示期满，结果确定",
    "contract": "登记合同",
    "begun": "机构确认合同，开始履约",
    "paused": "办件停止计时",
    "resumed": "办件恢复计时",
    "delivered": "交付结果",
    "returned": "退回修改",
    "accepted": "验收通过",
    "ended": "合同终止",
    "rated": "评价",
    "stuck": "自动环节没有办成",
}
FAILED: Final[Mapping[str, str]] = {
    "F1": "没有机构报名",
    "F2": "有效报名不到规定的家数",
    "F3": "信用择优报名不到 2 家",
    "F4": "没有机构提交方案",
    "F5": "提交方案的不到规定的家数",
    "F6": "所有报名都无效",
    "F7": "业主撤回",
    "F8": "没有可以递补的机构",
    "F9": "业主没有按时选定",
}
FAULT: Final[Mapping[str, str]] = {
    "suspended": "机构没有入驻，或者已被暂停、清退",
    "not_offered": "机构没有登记这项服务",
    "unqualified": "证照库里没有有效的资质",
    "recused": "机构与采购人或者审批部门有关联，应当回避",
    "no_price": "没有报价",
    "above_ceiling": "报价高于最高价",
    "below_floor": "报价低于最低价",
}
LEVEL: Final[Mapping[str, str]] = {"1": "非常满意", "2": "满意", "3": "基本满意", "4": "不满意", "5": "非常不满意"}
BASIS: Final[Mapping[str, str]] = {"law": "法律", "regulation": "行政法规", "state_council": "国务院决定", "none": "没有"}
SOURCE: Final[Mapping[str, str]] = {"lottery": "双色球开奖号码", "index": "上证综合指数收盘", "drand": "drand 随机信标"}
SOURCE_HELP: Final[Mapping[str, str]] = {
    "lottery": "截止以后的第一次开奖（周二、四、日 21:15）",
    "index": "截止以后第一个工作日的收盘点数",
    "drand": "截止半小时以后的那一轮，几秒钟就有，网上随时可查",
}
KIND: Final[Mapping[str, str]] = {"admission": "对入驻的异议", "result": "对结果的异议", "appeal": "机构申诉"}
ANSWERED: Final[Mapping[str, str]] = {"open": "等答复", "upheld": "成立", "dismissed": "不成立"}
PAYER: Final[Mapping[str, str]] = {"applicant": "申请人委托", "department": "审批部门委托"}

#: The stations of a project, and the states that have passed or reached them.
STATIONS: Final = ("发布", "报名", "锁定名单", "选取", "公示", "合同", "履约", "互评")
REACHED: Final[Mapping[str, int]] = {
    "open": 1,
    "frozen": 3,
    "picking": 3,
    "noticed": 4,
    "contracting": 5,
    "running": 6,
    "delivered": 6,
    "done": 7,
    "failed": 3,
    "ended": 6,
}

TABLES: Final = (
    METHOD,
    METHOD_HELP,
    FUND,
    STATUS,
    AGENCY,
    MARK,
    EVENT,
    FAILED,
    FAULT,
    LEVEL,
    BASIS,
    SOURCE,
    SOURCE_HELP,
    KIND,
    ANSWERED,
    PAYER,
)


def said(ctx: Context, table: Mapping[str, str], code: str) -> str:
    """The words of *code* for the reader; the code itself where nobody worded it."""
    return ctx.say(table[code]) if code in table else code


def choices(ctx: Context, table: Mapping[str, str]) -> list[tuple[str, str]]:
    """(code, words) in the order of the table."""
    return [(code, ctx.say(words)) for code, words in table.items()]


def yuan(fen: int | None) -> str:
    """``8600000`` as ``86,000``, ``150`` as ``1.50``."""
    if fen is None:
        return ""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}.{rest:02d}" if rest else f"{whole:,}"
