"""The invented people of a demonstration hall: 示范市 with 青禾区 and 云岭县, their towns, departments, staff and citizens.

Nobody and nothing here is real: the division codes are of no province, the numbers only pass their check digits. Used by
``wangting init --demo`` and by the tests, so that both speak of the same town. ``init`` also invents everybody's personal name (``invent=True``);
the names below are those of a hall that is made for a test.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.models import AccountParty, Division, Party, Staff
from core.identity.service import (
    account_by_login,
    add_company,
    add_department,
    add_division,
    add_hall,
    add_post,
    add_staff,
    own_values,
    register_account,
    set_password,
)
from core.kernel.actor import SYSTEM, Actor
from core.kernel.identifiers import uscc_check_character

#: ``make_user(username, name, password, roles) -> user id`` of the back office.
MakeUser = Callable[[str, str, str, Sequence[str]], str]

CITY, DISTRICT, COUNTY = "990100", "990102", "990121"

#: code, title, level, parent's code
DIVISIONS = (
    (CITY, "示范市", "city", None),
    (DISTRICT, "青禾区", "county", CITY),
    (COUNTY, "云岭县", "county", CITY),
    ("990102101", "河湾镇", "town", DISTRICT),
    ("990121101", "临溪镇", "town", COUNTY),
    ("990121102", "高坪乡", "town", COUNTY),
    ("990121101201", "石桥村", "village", "990121101"),
    ("990121101202", "柳林村", "village", "990121101"),
)

#: Kinds of department that the city and both counties have; items name them by code.
DEPARTMENTS = {
    "market_regulation": "市场监督管理局",
    "health": "卫生健康局",
    "fire": "消防救援机构",
    "civil_affairs": "民政局",
    "public_security": "公安局",
    "education": "教育局",
    "ecology": "生态环境局",
    "human_resources": "人力资源和社会保障局",
    "housing": "住房和城乡建设局",
    "urban_management": "城市管理局",
    "natural_resources": "自然资源局",
    "water": "水利局",
    "forestry": "林业和草原局",
    "culture_tourism": "文化和旅游局",
    "disabled_federation": "残疾人联合会",
    "development_reform": "发展和改革委员会",
    "tax": "税务局",
    "administrative_approval": "行政审批局",
    "tobacco": "烟草专卖局",
    "justice": "司法局",
}
#: The people's government of the city and of each county (本级人民政府); it handles no item, its head approves what 行政许可法 42(2) leaves to it.
GOVERNMENT = "government"
_GOVERNMENT = {GOVERNMENT: "人民政府"}
#: What the numbers of their documents begin with, after the first character of the division (机关代字).
MARKS = {
    "market_regulation": "市监", "health": "卫健", "fire": "消防", "civil_affairs": "民政", "public_security": "公", "education": "教", "ecology": "环",
    "human_resources": "人社", "housing": "住建", "urban_management": "城管", "natural_resources": "自然资", "water": "水", "forestry": "林",
    "culture_tourism": "文旅", "disabled_federation": "残联", "development_reform": "发改", "tax": "税", "administrative_approval": "审批", "tobacco": "烟",
    "justice": "司", GOVERNMENT: "政",
}  # fmt: skip
#: What towns and villages have; the civil affairs of both take part in the subsistence allowance (村→乡→县).
_TOWN = {"town_government": "人民政府便民服务中心", "civil_affairs": "民政办公室"}
_VILLAGE = {"village_committee": "民委员会代办点", "civil_affairs": "民政评议小组"}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One who can log in. ``password`` is known only in the answer of :func:`seed`."""

    login: str
    name: str
    what: str
    password: str = ""


@dataclass(frozen=True, slots=True)
class _Clerk:
    login: str
    name: str
    what: str
    division: str
    roles: tuple[str, ...]
    departments: tuple[str, ...] | None = None  # None: every department of the division (综合窗口 and its like), but not its government
    desk: str | None = None  # the department whose comprehensive window (综合窗口) it is


STAFF = (
    _Clerk("window", "周晓云", "市级综合窗口", CITY, ("window",), desk="administrative_approval"),
    _Clerk("reviewer", "吴建民", "市级审查人员", CITY, ("reviewer",)),
    _Clerk("chief", "郑立", "市级科长", CITY, ("section_chief",)),
    _Clerk("expert1", "冯学文", "市级专家", CITY, ("expert",)),
    _Clerk("expert2", "陈思远", "市级专家", CITY, ("expert",)),
    _Clerk("expert3", "褚明", "市级专家", CITY, ("expert",)),
    _Clerk("leader", "卫国平", "市级分管领导", CITY, ("leader",)),
    _Clerk("head", "蒋为公", "市级机关负责人", CITY, ("agency_head",)),
    _Clerk("mayor", "陶定安", "市人民政府负责人", CITY, ("agency_head",), (GOVERNMENT,)),
    _Clerk("admin", "沈静", "事项管理员", CITY, ("admin",)),
    _Clerk("supervisor", "韩清", "效能监察", CITY, ("supervisor",)),
    _Clerk("legal", "严守正", "市司法局合法性审核人员", CITY, ("legal_reviewer",), ("justice",)),
    _Clerk("fire", "杨烈", "市消防救援机构审查人员(只看本部门)", CITY, ("reviewer",), ("fire",)),
    _Clerk("qinghe-window", "朱琳", "青禾区综合窗口", DISTRICT, ("window",), desk="administrative_approval"),
    _Clerk("qinghe-reviewer", "秦岩", "青禾区审查人员", DISTRICT, ("reviewer", "section_chief", "expert")),
    _Clerk("qinghe-leader", "尤可为", "青禾区分管领导", DISTRICT, ("leader",)),
    _Clerk("yunling-window", "许晴", "云岭县综合窗口", COUNTY, ("window",), desk="administrative_approval"),
    _Clerk("yunling-reviewer", "何川", "云岭县审查人员", COUNTY, ("reviewer", "section_chief", "expert")),
    _Clerk("yunling-leader", "吕正", "云岭县分管领导", COUNTY, ("leader",)),
    _Clerk("linxi-agent", "施小雨", "临溪镇帮办人员", "990121101", ("agent", "window"), ("town_government",)),
    _Clerk("linxi-reviewer", "孔令仪", "临溪镇民政办公室经办人", "990121101", ("window", "reviewer"), ("civil_affairs",)),
    _Clerk("linxi-leader", "曹正平", "临溪镇分管领导", "990121101", ("leader",), ("civil_affairs",)),
    _Clerk("shiqiao-agent", "张婶", "石桥村代办员", "990121101201", ("agent",)),
)

#: login (phone), name, what, resident number
CITIZENS = (
    ("13800000001", "王小芳", "市民,开小吃店;法定代表人", "11010519900307232X"),
    ("13800000002", "李大山", "市民,办老年证", "110105195808150016"),
)
COMPANY = ("青禾餐饮管理有限公司", "91990100MA0000001G")
#: Common surnames and given names: what comes out of them is nobody in particular.
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = (
    "晓云", "建民", "学文", "思远", "国平", "家兴", "雨桐", "明哲", "春梅", "秀英", "志强", "海燕", "丽华", "文博", "子涵",
    "玉兰", "永福", "立新", "佳宁", "德明", "小芳", "大山", "清和", "若水", "长青", "云舒", "景行", "知秋", "望舒", "安然",
)  # fmt: skip


def invent_names() -> dict[str, str]:
    """A fresh name for every login, no two alike."""
    logins = [*(clerk.login for clerk in STAFF), *(citizen[0] for citizen in CITIZENS)]
    names: dict[str, str] = {}
    while len(names) < len(logins):
        name = secrets.choice(_SURNAMES) + secrets.choice(_GIVEN)
        if name not in names.values():
            names[logins[len(names)]] = name
    return names


def seed(session: Session, *, make_user: MakeUser, invent: bool = False) -> tuple[DemoPerson, ...]:
    """Make the whole demonstration organisation and return everybody with a fresh password – and with *invent* a fresh name –;
    empty when it is there already.
    """
    if session.scalar(select(Division.id).where(Division.code == CITY)) is not None:
        return ()
    names = invent_names() if invent else {}
    divisions = make_divisions(session)
    departments = make_departments(session, divisions)
    add_hall(session, "city", "示范市政务服务网", division_id=divisions[CITY], main=True, actor=SYSTEM)
    add_hall(session, "yunling", "云岭县分厅", division_id=divisions[COUNTY], theme="branch", actor=SYSTEM)
    made = [*make_staff(session, departments, make_user=make_user, names=names), *make_citizens(session, names)]
    session.flush()
    return tuple(made)


def make_divisions(session: Session) -> dict[str, str]:
    """The tree of divisions: code → id."""
    ids: dict[str, str] = {}
    for code, title, level, parent in DIVISIONS:
        ids[code] = add_division(session, code, title, level, parent_id=ids[parent] if parent else None, actor=SYSTEM)
    return ids


def make_departments(session: Session, divisions: dict[str, str]) -> dict[tuple[str, str], str]:
    """Every department: (division code, department code) → id. A county's department answers to the city's of its kind."""
    ids: dict[tuple[str, str], str] = {}
    for division, title, level, _parent in DIVISIONS:
        for code, name in {"town": _TOWN, "village": _VILLAGE}.get(level, DEPARTMENTS | _GOVERNMENT).items():
            parent = ids.get((CITY, code)) if level == "county" else None
            uscc = _invented_uscc(division, len(ids) + 1)
            mark = title[0] + MARKS[code] if level in ("city", "county") else None
            ids[division, code] = add_department(
                session, code, title + name, division_id=divisions[division], parent_id=parent, uscc=uscc, mark=mark, actor=SYSTEM
            )  # fmt: skip
    return ids


def _invented_uscc(division: str, serial: int) -> str:
    """A code of the right form (11: a state organ) in a division that does not exist."""
    body = f"11{division[:6]}{serial:09d}"
    return body + uscc_check_character(body)


def make_staff(session: Session, departments: dict[tuple[str, str], str], *, make_user: MakeUser, names: Mapping[str, str]) -> list[DemoPerson]:
    """Every member of staff with posts, through the back office's own way of making users; *names* by login, where they are not the listed ones."""
    made = []
    for clerk in STAFF:
        password, name = _password(), names.get(clerk.login, clerk.name)
        staff_id = add_staff(session, make_user(clerk.login, name, password, clerk.roles), name, actor=SYSTEM)
        for (division, code), department_id in departments.items():
            if division == clerk.division and (code != GOVERNMENT if clerk.departments is None else code in clerk.departments):
                for role in clerk.roles:
                    add_post(session, staff_id, department_id, role, actor=SYSTEM)
        if clerk.desk is not None:
            add_post(session, staff_id, departments[clerk.division, clerk.desk], "general_window", actor=SYSTEM)
        made.append(DemoPerson(clerk.login, name, clerk.what, password))
    return made


def make_citizens(session: Session, names: Mapping[str, str]) -> list[DemoPerson]:
    """Two citizens; the first acts for a company and for one that is being founded."""
    made: list[DemoPerson] = []
    for phone, listed, what, number in CITIZENS:
        password, name = _password(), names.get(phone, listed)
        account = register_account(
            session, name=name, document_kind="resident_id", number=number, phone=phone, password=password, address="示范市青禾区河湾镇1号"
        )
        if not made:
            me = Actor("citizen", account.id)
            add_company(session, account.id, name=COMPANY[0], uscc=COMPANY[1], legal_representative=name, address="示范市青禾区河湾镇2号", actor=me)
            add_company(session, account.id, name="云岭山货店(筹)", legal_representative=name, actor=me)
        made.append(DemoPerson(phone, name, what, password))
    return made


def people(session: Session, *, user_of: Callable[[str], str | None]) -> tuple[DemoPerson, ...]:
    """Everybody who can log in, by the names in the database, without passwords; empty in a hall that is no demonstration.

    *user_of* gives the back office's user id of a staff log-in. Whoever was removed since is not listed.
    """
    if session.scalar(select(Division.id).where(Division.code == CITY)) is None:
        return ()
    named: dict[str | None, str] = {row.user_id: row.name for row in session.execute(select(Staff.user_id, Staff.name))}
    clerks = [(clerk, user_of(clerk.login)) for clerk in STAFF]
    found = [DemoPerson(clerk.login, named[user], clerk.what) for clerk, user in clerks if user in named]
    for phone, _listed, what, _number in CITIZENS:
        account = account_by_login(session, phone)
        if account is not None:
            found.append(DemoPerson(phone, own_values(session, account.id, account.party_id)["name"], what))
    return tuple(found)


def reset_citizen(session: Session, login: str, password: str) -> bool:
    """Give a demo citizen a new password; ``False`` when *login* is none of theirs."""
    account = account_by_login(session, login) if login in {c[0] for c in CITIZENS} else None
    if account is None:
        return False
    set_password(session, account.id, password, actor=SYSTEM)
    return True


def company_party(session: Session, account_id: str) -> str:
    """The party id of the demo citizen's company that has a credit code."""
    query = select(Party.id).join(AccountParty, AccountParty.party_id == Party.id)
    return session.scalars(query.where(AccountParty.account_id == account_id, Party.document_kind == "uscc")).one()


def _password() -> str:
    """Short enough to type, not guessable: 72 random bits, and never all digits."""
    return "w7-" + secrets.token_urlsafe(9)
