"""What plugins hear of cases. Handed to the plugin host by the composition root."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.items.hookspecs import ItemInfo
from core.kernel.errors import Finding
from core.pluginhost.context import Context
from core.pluginhost.hooks import hook


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One command that was carried out on a case: what it is, where it stands now, and the events (kind, body without personal values)."""

    case_id: str
    number: str
    item_code: str
    version_id: str
    department_id: str
    status: str
    outcome: str | None
    events: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class StepCall:
    """An automatic step that waits for an answer: which ability of the plugin is asked, and copies of the values that the route declares to give.

    ``visit`` counts how often the case came to the step; with the case and the node it names the call for ever, so that a repeated one is known.
    """

    case_id: str
    number: str
    item_code: str
    node: str
    visit: int
    ability: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody is about to file: the item as the plugin sees it, the decided answers, the chosen situation, the party that applies."""

    item: ItemInfo
    values: Mapping[str, Any]
    situation: Mapping[str, str]
    party_id: str


@dataclass(frozen=True, slots=True)
class StepView:
    """A button of a step that is about to be pressed. ``node`` is the step's path, ``action`` the button's id."""

    case_id: str
    number: str
    item: ItemInfo
    node: str
    action: str


@dataclass(frozen=True, slots=True)
class SubCase:
    """A sub-case that a case began. ``result``: ``granted``, ``refused``, ``cancelled``, or ``None`` while it is not through."""

    item_code: str
    number: str
    result: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant about to issue its licences: the case, its item, the sub-cases it began, and the facts that its rules are asked with."""

    case_id: str
    number: str
    item: ItemInfo
    parts: tuple[SubCase, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """Lines for one licence of the grant beside the item's own: title → words. ``result`` is the id of the item's result that carries them."""

    result: str
    lines: Mapping[str, str]


@hook("finds", Finding)
def validate_submission(ctx: Context, application: Application) -> Sequence[Finding]:  # type: ignore[empty-body]
    """What is wrong with an application for an item that configures this plugin.

    *When* it is filed, after the form's own checks. *Transaction* the filing's; the hook reads only. *Returns* findings; an ``error`` refuses the
    filing with its words, and the draft stays. *On error* nothing is filed and the plugin is named; while the plugin is set aside the application is
    taken and the case says that it was not checked. *Since* 1.0.
    """


@hook("finds", Finding)
def may_leave_step(ctx: Context, step: StepView) -> Sequence[Finding]:  # type: ignore[empty-body]
    """What must happen before a button of a step is pressed, in a case of an item that configures this plugin.

    *When* a member of staff presses it. *Transaction* the command's; the hook reads only. *Returns* findings; an ``error`` refuses the button with
    its words. *On error*, and while the plugin is set aside, nothing is done and the plugin is named. *Since* 1.0.
    """


@hook("decides", Mapping)
def run_step(ctx: Context, call: StepCall) -> Mapping[str, Any] | None:
    """Do the automatic step of a case.

    *When* after the commit, from the outbox; only the plugin that the route names is asked. *Transaction* the message's. *Returns* plain JSON, which
    is kept sealed in the case before it is used: rules read it as ``<node id>.result``; ``None`` counts as no answer. *On error* tried again with
    growing pauses, as often as the route says; then the step that a person does is opened. The same call may come twice. *Since* 0.1.
    """


@hook("observes")
def case_changed(ctx: Context, change: CaseChange) -> None:
    """A command was carried out.

    *When* after the commit, from the outbox, once for each plugin. *Transaction* one of its own; rolled back when the hook raises.
    *Returns* nothing. *On error* tried again with growing pauses, counted, and the plugin is set aside in the end; what happens
    while it is set aside is told, in order, when it is back. *Since* 0.1.
    """


@hook("decides", Merged)
def merge_licences(ctx: Context, grant: Grant) -> Merged | None:
    """What one licence of a grant carries for the others: certificates that sub-cases of the same matter brought.

    *When* a case of an item that configures this plugin is granted, before its licences are issued. *Transaction* the grant's; the hook reads only.
    *Returns* further lines for one licence; a line of the item's own of the same title stays as it is. *On error*, and while the plugin is set aside,
    nothing is granted and the plugin is named; the button may be pressed again. The first plugin that answers counts; two for one item are refused at
    the publishing gate. *Since* 1.0.
    """
