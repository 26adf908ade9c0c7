"""What columns of a table can be: their names in the national lists, and other names under which they are met.

Names and order are those of GB/T 39046-2020, table 4 (事项管理基础数据集), and of the fields of the national exchange of service items (``up_task_material``,
``up_task_general_basic``), as they are published in source code of platforms that report to it; docs/items.md says which was read where. Codes of closed
lists are taken only where that standard's annex A prints them: everything else is told by its word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.items.studio.importing.reading import plain


@dataclass(frozen=True, slots=True)
class Column:
    """One meaning: ``target`` in our mapping, its national name, other names, an example for the blank file. ``items.import_to_<target>`` is its title."""

    target: str
    title: str
    also: tuple[str, ...] = ()
    example: str = ""
    required: bool = False


MATERIALS: tuple[Column, ...] = (
    Column("title", "材料名称", ("名称", "申请材料", "申请材料名称", "title"), "与食品经营相适应的场所平面图", required=True),
    Column("need", "材料必要性", ("必要性", "是否必要", "是否必备材料", "是否必须", "need"), "必要"),
    Column("kind", "材料类型", ("类型",), "原件"),
    Column("form", "材料形式", ("形式", "介质"), "纸质或电子"),
    Column("count", "纸质材料份数", ("份数", "纸质份数", "材料份数"), "1"),
    Column("original", "原件份数", ("original",), ""),
    Column("copies", "复印件份数", ("copies",), ""),
    Column("paper", "纸质材料规格", ("纸质规格", "规格"), "A4"),
    Column("source", "来源渠道", ("来源", "材料来源", "source.from"), "申请人自备"),
    Column("source_note", "来源渠道说明", ("来源说明",), ""),
    Column("issuer", "出具机构", ("出具单位", "出具部门", "source.issuer"), ""),
    Column("fill", "填报须知", ("填表须知", "材料办理说明", "help"), "标清操作间、餐厅和仓库的位置"),
    Column("standard", "受理标准", ("standard",), "与实际布局一致，标注面积"),
    Column("basis", "要求提供材料的依据", ("要求依据", "依据", "设定依据", "basis.text"), "《食品经营许可和备案管理办法》第十二条"),
    Column("remark", "备注", (), ""),
    Column("when_words", "非必要时办理情形", ("适用情形",), ""),
    Column("when", "when", (), ""),
    Column("id", "材料编号", ("编号", "id"), "site_plan"),
)

CATALOGUE: tuple[Column, ...] = (
    Column("title", "事项名称", ("名称", "title"), "食品经营许可新办", required=True),
    Column("type", "事项类型", ("类型", "事项类型代码", "type"), "行政许可", required=True),
    Column("basic", "基本编码", ("目录编码", "codes.basic"), ""),
    Column("implementation", "实施编码", ("codes.implementation",), ""),
    Column("handle", "业务办理项编码", ("codes.handle",), ""),
    Column("local", "地方实施编码", ("地方编码", "codes.local"), ""),
    Column("code", "代码", ("code",), "food-operation"),
    Column("office", "实施主体", ("实施主体名称", "实施机关", "实施部门", "部门"), ""),
    Column("level", "行使层级", ("行使层级代码", "level"), "县级"),
    Column("objects", "服务对象", ("服务对象代码",), "自然人、企业法人"),
    Column("case_type", "办件类型", ("case_type",), "承诺件"),
    Column("basis", "设定依据", ("法律依据", "依据"), "《中华人民共和国食品安全法》第三十五条"),
    Column("conditions", "受理条件", ("申请条件", "办理条件"), "有与经营的食品品种、数量相适应的场所"),
    Column("statutory", "法定办结时限", ("法定时限",), "20"),
    Column("statutory_unit", "法定办结时限单位", ("法定时限单位",), "工作日"),
    Column("statutory_note", "法定办结时限说明", ("法定时限说明",), "《中华人民共和国行政许可法》第四十二条"),
    Column("promised", "承诺办结时限", ("承诺时限",), "10"),
    Column("promised_unit", "承诺办结时限单位", ("承诺时限单位",), "工作日"),
    Column("promised_note", "承诺办结时限说明", ("承诺时限说明",), ""),
    Column("visits", "到办事现场次数", ("到现场次数", "到现场办理次数", "跑动次数", "办事者到办事地点最少次数"), "0"),
    Column("visits_note", "必须现场办理原因说明", ("现场办理原因说明", "到现场原因"), ""),
    Column("manner", "办理形式", (), "窗口办理、网上办理"),
    Column("online", "是否网办", ("是否支持网上办理",), "是"),
    Column("url", "网办地址", ("计算机端在线办理跳转地址", "在线办理地址"), ""),
    Column("charged", "是否收费", ("收费",), "否"),
    Column("charge_basis", "收费依据", (), ""),
    Column("result", "结果名称", ("审批结果名称", "办理结果名称", "办理结果"), "食品经营许可证"),
    Column("place", "办理地点", ("受理地点", "办事窗口地址"), "县政务服务中心一楼3号窗口"),
    Column("hours", "办理时间", ("工作时间",), "工作日 9:00—12:00，13:30—17:00"),
    Column("consult", "咨询方式", ("咨询电话",), "0555-12345678"),
    Column("complain", "监督投诉方式", ("监督电话", "投诉电话", "监督方式", "投诉方式"), "0555-87654321"),
)  # fmt: skip


def names(columns: Iterable[Column]) -> frozenset[str]:
    """Every name under which the columns are known, as they are compared."""
    return frozenset(plain(each) for column in columns for each in (column.title, *column.also))


def guess(titles: Sequence[str], columns: Iterable[Column]) -> dict[str, str]:
    """Target → title, for the titles that say what they are; each stands for one target."""
    here = {plain(title): title for title in reversed(titles)}
    found: dict[str, str] = {}
    for column in columns:
        title = next((here[key] for each in (column.title, *column.also) if (key := plain(each)) in here and here[key] not in found.values()), None)
        if title is not None:
            found[column.target] = title
    return found


def checked(chosen: Mapping[str, str], titles: Sequence[str], columns: Iterable[Column]) -> dict[str, str]:
    """What somebody chose, as far as the targets and the titles are there."""
    targets = {column.target for column in columns}
    return {target: title for target, title in chosen.items() if target in targets and title in titles}


def missing(mapping: Mapping[str, str], columns: Iterable[Column]) -> list[str]:
    """Targets that every row needs and no column gives."""
    return [column.target for column in columns if column.required and not mapping.get(column.target)]
