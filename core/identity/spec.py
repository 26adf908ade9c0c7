"""Frozen views of people and organisations, as other slices see them. Personal values in them are masked unless said otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

PartyKind = Literal["person", "company"]
DocumentKind = Literal[
    "resident_id",
    "passport",
    "hk_macau_permit",
    "taiwan_permit",
    "hk_macau_taiwan_residence",
    "foreign_permanent_residence",
    "uscc",
    "company_in_formation",
]
#: Roles of a party on a case; each comes with its authority and evidence (民法典 161–175 for agents, 23, 27 for guardians).
PartyRoleName = Literal["applicant", "co_applicant", "agent", "guardian", "legal_representative"]
PARTY_ROLES: tuple[str, ...] = ("applicant", "co_applicant", "agent", "guardian", "legal_representative")
#: Roles of posts.
POST_ROLES: tuple[str, ...] = (
    "window", "general_window", "reviewer", "section_chief", "expert", "leader", "agency_head", "agent", "admin", "supervisor", "legal_reviewer",
)  # fmt: skip
LEVELS: tuple[str, ...] = ("country", "province", "city", "county", "town", "village")
#: Posts that file for others: the comprehensive window (综合窗口) for whoever comes, the agent of a town or village (帮办代办员) for its inhabitants.
DESK_ROLES: tuple[str, ...] = ("general_window", "agent")
#: What a mandate may let somebody do for the principal.
POWERS: tuple[str, ...] = ("file", "correct", "withdraw")
#: A delegation may be handed on this often and no further.
LONGEST_CHAIN = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hall (or a post) may see: everything at or below ``division_path``, of one department when given."""

    division_path: str
    department_id: str | None = None

    def covers(self, division_path: str, department_id: str | None = None) -> bool:
        """Whether something of *department_id* in *division_path* lies inside."""
        return division_path.startswith(self.division_path) and self.department_id in (None, department_id)


@dataclass(frozen=True, slots=True)
class DivisionView:
    """A division (行政区划). ``path`` is ``/code/code/`` from the root, so that a prefix is a subtree."""

    id: str
    code: str
    title: str
    level: str
    parent_id: str | None
    path: str
    region_root: str


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """A department (部门); ``code`` is its kind, e.g. ``market_regulation``, unique within a division. ``short`` is its own mark (机关代字)."""

    id: str
    code: str
    title: str
    division_id: str
    division_path: str
    division_title: str
    parent_id: str | None
    uscc: str | None
    region_root: str
    short: str | None = None

    @property
    def mark(self) -> str:
        """What the numbers of its documents begin with: its own mark, else its whole title, which is never another's."""
        return self.short or self.title


@dataclass(frozen=True, slots=True)
class PostView:
    """A role in a department that a member of staff may act in – by own appointment, or for *on_behalf_of* by delegation."""

    department_id: str
    department_code: str
    department_title: str
    division_id: str
    division_path: str
    role: str
    on_behalf_of: str | None = None
    on_behalf_of_name: str | None = None


@dataclass(frozen=True, slots=True)
class StaffView:
    """A member of staff with every post in force today, delegated ones last."""

    id: str
    name: str
    posts: tuple[PostView, ...]

    def has_role(self, role: str) -> bool:
        """Whether any post carries *role*."""
        return any(post.role == role for post in self.posts)


@dataclass(frozen=True, slots=True)
class Hall:
    """A hall or branch hall (分厅): its address, its look and its scope. ``prefix`` is the URL prefix, empty when it has a host."""

    id: str
    slug: str
    title: str
    theme: str
    division_id: str
    scope: Scope
    prefix: str


@dataclass(frozen=True, slots=True)
class PartyView:
    """A person or a company. ``revealed`` tells whether name, number and phone are whole; a company's name always is."""

    id: str
    kind: PartyKind
    document_kind: str
    name: str
    number: str
    phone: str
    address: str
    legal_representative: str
    revealed: bool


@dataclass(frozen=True, slots=True)
class ActingParty:
    """A party that an account may act for, as what, by what authority and until when."""

    party: PartyView
    role: str
    authority: str
    evidence_blob: str | None
    valid_until: date | None
    #: By which mandate (代办授权) only; ``None`` for a lasting authority.
    mandate: str | None = None


@dataclass(frozen=True, slots=True)
class VisitView:
    """Somebody at a desk today: the applicant and who came for them, masked. ``account`` is the masked phone of the applicant's own account,
    when the case goes into it; ``may_look`` tells whether they agreed that the hall looks for what it has of theirs already."""

    id: str
    department_id: str
    department_title: str
    division_id: str
    division_path: str
    staff_id: str
    post: str
    party: PartyView
    bearer: PartyView | None
    role: str
    authority: str
    evidence_blob: str | None
    mandate: str | None
    account_id: str | None
    account: str
    identified_by: str
    may_look: bool
    day: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MandateView:
    """A mandate as both sides see it, names masked. ``state`` is ``asked granted refused revoked expired``."""

    id: str
    party_id: str
    principal: str
    kind: PartyKind
    agent: str
    agent_account_id: str | None
    agent_department_id: str | None
    reach: tuple[str, ...]
    powers: tuple[str, ...]
    consent: str
    evidence_blob: str | None
    state: str
    asked_at: datetime
    granted_at: datetime | None
    revoked_at: datetime | None
    valid_until: date


@dataclass(frozen=True, slots=True)
class MandateUseView:
    """One use of a mandate."""

    mandate_id: str
    power: str
    case_id: str
    case_no: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountView:
    """A citizen's login; name and phone are masked. ``party_id`` is the person behind it.

    ``epoch`` goes up with every change of password, so that sessions begun before it end.
    """

    id: str
    party_id: str
    name: str
    phone: str
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Login:
    """The outcome of :func:`authenticate`: an account, or the key of the reason and – when locked – until when.

    A value and not an exception, because the count of failures must be committed by the edge.
    """

    account: AccountView | None
    reason: str | None = None
    locked_until: datetime | None = None


class HoldersLike(Protocol):
    """What routing says about who holds a task: a role and an organisation relation (ROUTING §4.2)."""

    @property
    def role(self) -> str:
        """The role of the post."""

    @property
    def org(self) -> str | Mapping[str, str]:
        """``owner``, ``branch``, ``level``, ``parent``, ``children``, ``{"department": code}``, ``{"region": level}``."""
