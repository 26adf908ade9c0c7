"""Titles of cases and tasks in the reader's language.

Cases and tasks keep the Chinese titles they were opened with; the version they are pinned to may have a translation, and what every
route has – intake, correction, delivery – the platform says in its own words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.models import Case
from core.cases.spec import StepCount, WorklistRow
from core.cases.versions import pinned
from core.items.models import Item
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.routing.actions import task_title
from core.routing.spec import RouteSpec


def spoken_title(compiled: CompiledItem, chinese: str, locale: str) -> str:
    """What a case is about: its item's short title in *locale*, else its title; *chinese* when there is no translation."""
    if locale == "zh":
        return chinese
    read = Reader(compiled.doc, locale)
    for name in ("short_title", "title"):
        found = read(name, chinese)
        if found.lang is None:
            return found.text
    return chinese


def spoken_task(route: RouteSpec, node: str, chinese: str, locale: str) -> str:
    """The title of a task or step at *node*, a path of the route: ``intake``, ``intake.correction``, ``review.decide``."""
    return task_title(route, node, chinese, locale)


def spoken_rows(session: Session, rows: Sequence[WorklistRow], locale: str) -> tuple[WorklistRow, ...]:
    """A page of a worklist in *locale*; one statement more, and none in Chinese."""
    if locale == "zh" or not rows:
        return tuple(rows)
    known = _versions(session, {row.case_id for row in rows})
    return tuple(_row(row, known[row.case_id], locale) if row.case_id in known else row for row in rows)


def spoken_titles(session: Session, titles: Mapping[str, str], locale: str) -> dict[str, str]:
    """*titles* (case id → the Chinese title) in *locale*; one statement, and none in Chinese."""
    if locale == "zh" or not titles:
        return dict(titles)
    known = _versions(session, set(titles))
    return {case_id: spoken_title(known[case_id], chinese, locale) if case_id in known else chinese for case_id, chinese in titles.items()}


def _versions(session: Session, case_ids: set[str]) -> dict[str, CompiledItem]:
    query = select(Case.id, Case.version_id).where(Case.id.in_(case_ids))
    return {case_id: pinned(session, version) for case_id, version in session.execute(query)}


def _row(row: WorklistRow, compiled: CompiledItem, locale: str) -> WorklistRow:
    title = spoken_task(compiled.route, row.node, row.title, locale)
    return replace(row, item_title=spoken_title(compiled, row.item_title, locale), title=title)


def spoken_counts(session: Session, steps: Iterable[StepCount], locale: str) -> tuple[StepCount, ...]:
    """The steps of a worklist in *locale*, worded by the version that is published now."""
    found = tuple(steps)
    if locale == "zh" or not found:
        return found
    codes = {step.node.partition("/")[0] for step in found}
    query = select(Item.code, Item.current_version_id).where(Item.code.in_(codes), Item.current_version_id.is_not(None))
    known = {code: pinned(session, str(version)) for code, version in session.execute(query)}
    return tuple(_count(step, known, locale) for step in found)


def _count(step: StepCount, known: dict[str, CompiledItem], locale: str) -> StepCount:
    code, _, node = step.node.partition("/")
    compiled = known.get(code)
    if compiled is None:
        return step
    item, _, task = step.title.partition(" · ")
    return replace(step, title=f"{spoken_title(compiled, item, locale)} · {spoken_task(compiled.route, node, task, locale)}")
