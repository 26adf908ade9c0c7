"""Conditions by menus, wherever a draft has one: rows of fact, operator and value, and the sentence they make."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.studio import conditions, drafts, scopes, sketch
from core.items.studio.conditions import Condition, Fact, Row
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit, same
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.spots import MISSING, Spot, find, parse, write
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id
from core.kernel.wording import word
from core.routing.actions import outcome_labels
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.studio.desk import own

blueprint = Blueprint("studio_condition", __name__, url_prefix="/office/studio/<draft_id>/condition")
#: Properties whose value is a condition.
NAMES = ("when", "visible_when", "required_when")


def is_condition(at: Spot) -> bool:
    """Whether a condition of the item stands at *at*, or may."""
    return len(at) > 2 and at[0] == "item" and at[-1] in NAMES


def facts_at(content: Mapping[str, Any], at: Spot, made: sketch.Sketch, locale: str) -> tuple[Fact, ...]:
    """What a condition at *at* may read: the item's facts and – in a route – the outcomes of the nodes of its scope and of those around it."""
    types, labels = dict(made.types), dict(made.labels)
    node = scopes.node_of(at)
    if made.spec is not None and node:
        spoken = outcome_labels(made.spec, locale)
        around = [at[:end] for end in range(len(scopes.REVIEW), len(node), 4)]
        names = [name for scope in around for name in scopes.nodes_of(find(content, scope)) if name not in node]
        for name in names:
            path = f"{name}.outcome"
            if path in spoken:
                types[path], labels[path] = "choice", spoken[path]
    return conditions.facts(types, labels, made.tables)


def view(content: Mapping[str, Any], at: Spot, made: sketch.Sketch, locale: str) -> dict[str, Any]:
    """The condition at *at* as the macro draws it."""
    held = find(content, at)
    rule = None if held is MISSING else held
    known = facts_at(content, at, made, locale)
    by_path = {fact.path: fact for fact in known}
    condition = conditions.rows_of(rule)
    rows = [_shown(by_path.get(row.path) or Fact(row.path, "any", row.path), row, locale) for row in condition.rows] if condition is not None else []
    spoken = {**(outcome_labels(made.spec, locale) if made.spec is not None else {}), **made.labels}
    return {
        "at": write(at), "there": rule is not None, "nested": condition is None, "join": condition.join if condition is not None else "and", "rows": rows,
        "title": word(f"items.studio_condition_of_{at[-1]}", locale), "facts": known, "sentence": conditions.sentence(rule, spoken, locale),
    }  # fmt: skip


def _shown(fact: Fact, row: Row, locale: str) -> dict[str, Any]:
    allowed = fact.operators if row.op in fact.operators else (*fact.operators, row.op)
    values = list(conditions.texts(fact, row))
    kind = "none" if row.op in conditions.BARE else "many" if row.op in conditions.MANY else "pair" if row.op in conditions.PAIR else "one"
    choices = [(conditions.shown(fact, value), title) for value, title in fact.choices]
    if fact.type == "bool" and not choices:
        choices = [(each, word(f"rules.say_{each}", locale)) for each in ("true", "false")]
    return {
        "fact": fact, "op": row.op, "values": values, "kind": kind, "choices": choices,
        "operators": [(op, word(f"items.studio_condition_{op}", locale)) for op in allowed], "line": "、".join(values),
    }  # fmt: skip


@blueprint.post("/")
@at_desk
def press(draft_id: str) -> Response:
    """Keep the condition as filled in; ``add`` a row, ``drop`` one, or ``clear`` it altogether."""
    draft, session, given = own(draft_id), edge.session(), request.form
    at = parse(given.get("at", "")[:2000])
    if not is_condition(at) or find(draft.content, at[:-1]) is MISSING:
        raise NoSuchSpot(at=write(at)[:200])
    try:
        if not is_id(given.get("command_id", "")):
            raise BadInput
        drafts.edit(session, draft_id, _changes(draft, at, given), command_id=given["command_id"], actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status not in (409, 422):
            raise
        tell(error.words(edge.locale()))
    return redirect(_back(draft, at), 303)


def _changes(draft: Draft, at: Spot, given: Any) -> tuple[Edit, ...]:
    held = find(draft.content, at)
    was = None if held is MISSING else held
    made = sketch.sketch(draft.content)
    known = {fact.path: fact for fact in facts_at(draft.content, at, made, "zh")}
    rule = None if given.get("do") == "clear" else conditions.rule_of(_filled(was, given, known), was)
    if rule is None:
        return () if held is MISSING else (Edit("remove", at, was=held),)
    conditions.checked(rule, {path: fact.type for path, fact in known.items()})
    return () if same(rule, was) else (Edit("set", at, rule, held),)


def _filled(was: Any, given: Any, known: Mapping[str, Fact]) -> Condition:
    """The rows as they were filled in: a row whose fact or operator changed kind begins anew, for what was typed belongs to another question."""
    before = conditions.rows_of(was)
    if before is None:
        raise BadEdit("items.studio_condition_nested")
    rows = []
    for index, row in enumerate(before.rows):
        if given.get("drop") == str(index):
            continue
        rows.append(_row(row, known, given.get(f"fact:{index}", row.path), given.get(f"op:{index}", row.op), given.getlist(f"value:{index}")))
    if given.get("add"):
        rows.append(conditions.begun(_known(known, given["add"])))
    if len(rows) > conditions.MOST:
        raise BadEdit("items.studio_condition_nested")
    join = given.get("join")
    return Condition("or" if join == "or" else "and" if join == "and" or len(before.rows) < 2 else before.join, tuple(rows))


def _row(row: Row, known: Mapping[str, Fact], path: str, op: str, values: Iterable[str]) -> Row:
    if path == row.path and path not in known:
        return row  # about what is no more: found and told elsewhere
    fact = _known(known, path)
    if path != row.path:
        return conditions.begun(fact, op)
    if _shape(op) != _shape(row.op):
        return conditions.begun(fact, op)
    return conditions.written(fact, op, list(values))


def _shape(op: str) -> int:
    return next((n for n, ops in enumerate((conditions.BARE, conditions.PAIR, conditions.MANY)) if op in ops), -1)


def _known(known: Mapping[str, Fact], path: str) -> Fact:
    fact = known.get(path)
    if fact is None:
        raise BadEdit("items.studio_route_gone", name=path[:80])
    return fact


def _back(draft: Draft, at: Spot) -> str:
    base = f"/office/studio/{draft.id}"
    if request.form.get("back") == "route":
        return f"{base}/route/?{urlencode({'node': scopes.path_of(scopes.node_of(at))})}#condition"
    if request.form.get("back") == "holder":
        return f"{base}/?{urlencode({'at': write(at[:-1])})}#condition"
    return f"{base}/?{urlencode({'at': write(at if find(own(draft.id).content, at) is not MISSING else at[:-1])})}"
