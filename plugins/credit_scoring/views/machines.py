"""The door for machines: a department's own system delivers rows instead of handing in files."""

from typing import Any

from core.sdk import BadInput, Words
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import importing, words
from plugins.credit_scoring.views import pages

#: Rows a call. A long delivery is many calls to the same import.
MOST = 5_000


@pages.api("imports", title=Words("交信用信息", "Deliver records"), may="bring_in")
def begin(ask: Ask) -> Answer:
    """Begin an import: ``{"title", "entry", "kind", "columns", "rows", "mapping"?, "start"?}``; answers with its id. ``mapping`` says target → column where the
    titles do not; ``start`` begins at once, otherwise more rows may follow."""
    body = _body(ask, "entry", "kind", "columns")
    title, entry, kind = str(body.get("title") or "api")[:200], str(body["entry"]), str(body["kind"])
    mapping = {str(target): str(column) for target, column in _mapping(body).items()}
    with ask.ctx.session.nested():
        batch = importing.begin(ask.ctx, title=title, entry=entry, kind=kind, columns=_texts(body["columns"]), rows=_rows(body))
        importing.map_columns(ask.ctx, batch.id, {**batch.mapping, **mapping})
        if body.get("start"):
            importing.start(ask.ctx, batch.id)
    return ask.json(_told(ask, batch.id), status=201)


@pages.api("imports/<batch_id>", title=Words("交信用信息", "Deliver records"), may="bring_in", methods=("GET", "POST"))
def more(ask: Ask, batch_id: str) -> Answer:
    """How far an import is; with POST more ``rows``, or ``{"start": true}``, or ``{"stop": true}``."""
    if ask.method == "POST":
        body = _body(ask)
        with ask.ctx.session.nested():
            if "rows" in body:
                importing.add(ask.ctx, importing.one(ask.ctx, batch_id), _rows(body))
            if body.get("start"):
                importing.start(ask.ctx, batch_id)
            if body.get("stop"):
                importing.stop(ask.ctx, batch_id)
    return ask.json(_told(ask, batch_id))


def _told(ask: Ask, batch_id: str) -> dict[str, Any]:
    row = importing.one(ask.ctx, batch_id)
    wrong = [{"line": m.line, "column": m.column, "words": words.tell(ask.ctx, m.key, m.params)} for m in importing.mistakes(ask.ctx, batch_id, 100)]
    counts = {name: getattr(row, name) for name in ("state", "total", "done", "good", "known", "bad")}
    return {"id": row.id, **counts, "rows_a_second": importing.rate(row), "mapping": dict(row.mapping), "mistakes": wrong}


def _body(ask: Ask, *needed: str) -> dict[str, Any]:
    if not isinstance(ask.body, dict) or not all(ask.body.get(name) for name in needed):
        raise BadInput("credit_scoring.import_body", most=MOST)
    return ask.body


def _rows(body: dict[str, Any]) -> list[list[object]]:
    rows = body.get("rows", [])
    if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, list) and len(row) <= 60 for row in rows):
        raise BadInput("credit_scoring.import_body", most=MOST)
    return rows


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise BadInput("credit_scoring.import_body", most=MOST)
    return [str(each) for each in value]


def _mapping(body: dict[str, Any]) -> dict[str, Any]:
    value = body.get("mapping", {})
    if not isinstance(value, dict):
        raise BadInput("credit_scoring.import_body", most=MOST)
    return value
