"""Kinds of documents, what their texts may name, and documents as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

#: Across every page of a sample, in both languages at once: whoever picks it up must not take it for a paper.
SAMPLE = "样张 SAMPLE"

#: Closed list: key of the act → what the template file is called.
KINDS = (
    "acceptance",
    "declining",
    "correction",
    "pause",
    "suspension",
    "extension",
    "decision_grant",
    "decision_refuse",
    "termination",
    "receipt",
)
#: Kinds that decide: delivery waits for their paper (行政许可法 38, 44).
DECISIONS = frozenset({"decision_grant", "decision_refuse"})

#: Closed list of what a text may name, with its Chinese title. Values are words ready to print.
PLACEHOLDERS: Mapping[str, str] = {
    "applicant": "申请人",
    "case_no": "办件编号",
    "item": "事项名称",
    "permit": "“行政许可”四字;不是许可的事项为空",
    "permission": "“行政许可”四字;不是许可的事项写“办理”",
    "law": "文书依据的法条;不是许可的事项写“有关规定”",
    "department": "作出决定的机关",
    "today": "文书日期",
    "submitted_on": "收到申请的日期",
    "accepted_on": "受理日期",
    "limit": "期限(多少个工作日)",
    "due": "期限的最后一天",
    "deemed": "逾期未告知、视为受理的说明;一般为空",
    "disposition": "不予受理的情形",
    "authority": "应当向哪个机关申请",
    "procedure": "特别程序的名称",
    "basis": "依据",
    "approver": "批准人",
    "ended_by": "终止的缘由",
    "way": "送达方式",
    "recipient": "收件人",
    "reconsideration": "行政复议:向谁、多久内",
    "litigation": "行政诉讼:向谁、多久内",
    "consult": "咨询电话",
}
#: Those that are lists: a block with ``each`` prints one numbered line for every entry.
LISTS: Mapping[str, str] = {
    "reasons": "理由",
    "asked": "要补正的内容,每项带理由",
    "results": "颁发的证件",
    "delivered": "送达的文书和证件",
}

#: What a block may depend on besides: it says something that no value says.
FLAGS: Mapping[str, str] = {"no_due": "算不出最后一天", "signed_by_hand": "由收件人在纸上签名"}

#: What every act knows, and what the acts of one kind know besides; any other name would be printed as not stated.
_ALWAYS = (
    "applicant", "case_no", "item", "permit", "permission", "law", "department", "today", "submitted_on", "accepted_on", "consult", "reasons",
    "reconsideration", "litigation",
)  # fmt: skip
_UNTIL = ("limit", "due", "no_due")
_BESIDES: Mapping[str, tuple[str, ...]] = {
    "acceptance": ("deemed", *_UNTIL),
    "declining": ("disposition", "authority"),
    "correction": ("asked", *_UNTIL),
    "pause": ("procedure", "basis", *_UNTIL),
    "suspension": ("procedure", "basis", *_UNTIL),
    "extension": ("basis", "approver", *_UNTIL),
    "decision_grant": ("results",),
    "receipt": ("delivered", "way", "recipient", "signed_by_hand"),
}


def offered(kind: str) -> tuple[str, ...]:
    """The names that a document of *kind* has something to say for: placeholders, lists and flags, the common ones first."""
    return (*_ALWAYS, *_BESIDES.get(kind, ()))


#: Where the seal place stands with signature and date, and on which side of the foot the code to verify stands.
SEAL_PLACES = ("left", "centre", "right")
CODE_PLACES = ("left", "right")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph. ``each`` prints it once for every entry of a list; with ``given`` it is left out when that value is empty."""

    id: str
    text: str
    each: str | None = None
    given: str | None = None
    style: str = "text"


@dataclass(frozen=True, slots=True)
class Layout:
    """What an item may place: the ``seal`` with signature and date (:data:`SEAL_PLACES`), the ``code`` at the foot (:data:`CODE_PLACES`)."""

    seal: str = "right"
    code: str = "left"


#: As the platform prints.
PLAIN = Layout()


@dataclass(frozen=True, slots=True)
class Template:
    """The text of one kind: ``mark`` is the character of its number, ``must`` what the law demands, ``seal`` what stands in the seal place."""

    kind: str
    title: str
    mark: str
    seal: str
    law: str
    must: tuple[str, ...]
    blocks: tuple[Block, ...]
    layout: Layout = PLAIN


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document just drawn up."""

    id: str
    kind: str
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line of a document: its words and how they stand (``to text item sign``)."""

    words: str
    style: str = "text"


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document of a case, without its words."""

    id: str
    kind: str
    number: str
    title: str
    department: str
    issued_at: datetime
    verify_code: str
    pdf_blob_id: str | None

    @property
    def ready(self) -> bool:
        """Whether the paper is made."""
        return self.pdf_blob_id is not None


@dataclass(frozen=True, slots=True)
class PublicView:
    """What anybody with the code may know: no words of the document, the applicant masked."""

    title: str
    number: str
    department: str
    issued_on: date
    item: str
    applicant: str
