"""Every hook, each in the smallest way that can be seen from outside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.sdk import Context, Finding, Words, hookimpl
from core.sdk.background import Job
from core.sdk.facts import BarCondition, Evidence, FactType, Question
from core.sdk.fields import Field, FieldType, Problem, Text, Title
from core.sdk.hooks import Application, CaseChange, Grant, Merged, StepCall, StepView
from core.sdk.items import ItemInfo
from core.sdk.slots import Slot, Subject
from core.sdk.web import Answer, Ask, Pages

from .models import Heard

own_pages = Pages("every_hook")


class Even(Text):
    """An even number, as text."""

    key = "every_hook.even"
    title = Title("偶数", "Even number")

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Odd ones are wrong."""
        if not value.isdigit() or int(value) % 2:
            yield (), "every_hook.odd", {"value": value}

    def sample(self, field: Field, seed: int = 0) -> Any:
        """An even number."""
        return str(2 * seed)


@own_pages.portal("hello", title=Words("你好", "Hello"))
def hello(ask: Ask) -> Answer:
    """A page that says its setting."""
    return ask.page("hello.html", words=ask.ctx.setting("hello"))


@own_pages.office("notes", title=Words("记录", "Notes"), may="write")
def notes(ask: Ask) -> Answer:
    """A page that needs a permission."""
    return ask.page("hello.html", words="notes")


def on_guide(ctx: Context, subject: Subject) -> Mapping[str, Any]:
    """What the slot shows."""
    return {"code": subject.item_code}


def write(ctx: Context, body: dict[str, Any]) -> None:
    """The job."""
    ctx.session.add(Heard(what=f"job {body.get('word', '')}"))


def fact(ctx: Context, question: Question) -> Evidence:
    """What the hall can look up."""
    return Evidence("fact", "every_hook", f"{ctx.plugin} {question.party_id}")


def bars(ctx: Context, party_id: str) -> bool:
    """Who may not promise."""
    return party_id == "barred"


@hookimpl
def pages() -> Sequence[Pages]:
    return (own_pages,)


@hookimpl
def slots() -> Sequence[Slot]:
    return (Slot("portal.guide", "slot.html", on_guide),)


@hookimpl
def field_types() -> Sequence[FieldType]:
    return (Even(),)


@hookimpl
def background_jobs() -> Sequence[Job]:
    return (Job("write", write),)


@hookimpl
def shared_facts() -> Sequence[FactType]:
    return (FactType("every-hook", "每一个钩子", fact),)


@hookimpl
def bar_conditions() -> Sequence[BarCondition]:
    return (BarCondition("every-hook", "每一个钩子", bars),)


@hookimpl
def check_item(item: ItemInfo) -> Sequence[Finding]:
    return (Finding("error", "/plugins/every_hook", "every_hook.mood"),) if item.options.get("mood") == "bad" else ()


@hookimpl
def validate_submission(application: Application) -> Sequence[Finding]:
    return (Finding("error", "reason", "every_hook.silence"),) if application.values["reason"] == "silence" else ()


@hookimpl
def may_leave_step(ctx: Context, step: StepView) -> Sequence[Finding]:
    held = ctx.session.scalar(select(Heard).where(Heard.what == f"hold {step.case_id} {step.action}"))
    return () if held is None else (Finding("error", "", "every_hook.held"),)


@hookimpl
def check_config(ctx: Context) -> Sequence[Finding]:
    return (Finding("warning", "settings", "every_hook.config", {"mend": "/office/plugins/every_hook/"}),)


@hookimpl
def run_step(ctx: Context, call: StepCall) -> Mapping[str, Any] | None:
    ctx.session.add(Heard(what=f"step {call.case_id} {call.ability} {call.values['number']}"))
    return {"doubled": 2 * int(call.values["number"])}


@hookimpl
def case_changed(ctx: Context, change: CaseChange) -> None:
    ctx.session.add(Heard(what=f"changed {change.case_id} {change.status}"))


@hookimpl
def merge_licences(grant: Grant) -> Merged | None:
    return Merged("record", {"合并": f"{grant.number} {grant.facts['form']['number']}"})
