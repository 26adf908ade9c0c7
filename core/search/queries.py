"""Find and suggest. Every statement is filtered by what the hall may show.

A search is tried strictly first (every word, Chinese as a phrase, Latin as the beginning of a word, of pinyin or of initials), then
forgivingly (pinyin as misheard, Chinese in any order), then with any part; the first that finds something answers.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, column, false, func, literal_column, or_, select, table, text, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from core.search.highlight import highlight, snippet
from core.search.models import FTS_TABLE, Entry
from core.search.service import ensure
from core.search.spec import Hit, Visible, prefixes
from core.search.tokens import FOLDED, bigrams, fold, is_chinese, runs

_MOST_RUNS = 12
_LONGEST_RUN = 40
_CANDIDATES = 200
_FTS = table(FTS_TABLE, column("rowid", Integer))


def find(session: Session, query: str, *, kinds: Sequence[str], scope: Visible = None, limit: int = 20) -> list[Hit]:
    """The best *limit* things for *query*: title before everyday words before pinyin before text."""
    asked = tuple(run[:_LONGEST_RUN] for run in runs(query)[:_MOST_RUNS])
    lite = session.get_bind().dialect.name == "sqlite"
    if not asked or not kinds:
        return []
    if lite:
        ensure(session)
    for expression in _attempts(asked, lite):
        statement = _lite(expression) if lite else _postgres(expression)
        statement = statement.where(Entry.kind.in_(kinds), _visible(scope)).limit(max(limit, _CANDIDATES))
        rows = session.execute(statement).all()
        if rows:
            whole = "".join(asked)
            ranked = sorted(rows, key=lambda row: _nearness(row, whole))[:limit]
            return [Hit(row.kind, row.id, row.title, highlight(row.title, asked), snippet(row.body, asked)) for row in ranked]
    return []


def suggest(session: Session, query: str, *, kinds: Sequence[str], scope: Visible = None, limit: int = 8) -> list[Hit]:
    """What the search box offers while somebody types; as :func:`find`, the last word may be unfinished."""
    return find(session, query, kinds=kinds, scope=scope, limit=limit)


def _nearness(row: Any, whole: str) -> tuple[int, float, int]:
    """Rows whose title (then everyday words) hold the query word for word come first; the database's rank orders the rest."""
    title, words = "".join(runs(row.title)), ["".join(runs(word)) for word in row.words.split("\n")]
    if title == whole or whole in words:
        tier = 0
    elif title.startswith(whole):
        tier = 1
    else:
        tier = 2 if whole in title else 3 if any(whole in word for word in words) else 4
    return tier, row.rank, row.num


def _visible(scope: Visible) -> ColumnElement[bool]:
    wanted = prefixes(scope)
    if wanted is None:
        return true()
    if not wanted:
        return false()
    return or_(Entry.scope == "", *(Entry.scope.contains("|" + prefix, autoescape=True) for prefix in wanted))


def _attempts(asked: Sequence[str], lite: bool) -> list[str]:
    """The query expressions to try in turn, in the database's own language. Tokens are letters, digits and Han only: nothing to escape."""
    both = " AND " if lite else " & "
    either = " OR " if lite else " | "
    strict = both.join(_phrase(run, lite) if is_chinese(run) else _prefix(run, lite) for run in asked)
    loose = both.join(
        both.join(_term(pair, lite) for pair in bigrams(run)) if is_chinese(run) and len(run) > 1 else _forgiving(run, lite, either) for run in asked
    )
    pieces = [pair for run in asked if is_chinese(run) for pair in bigrams(run) if len(pair) > 1]
    any_part = either.join(_term(pair, lite) for pair in pieces)
    return list(dict.fromkeys(expression for expression in (strict, loose, any_part) if expression))


def _term(token: str, lite: bool) -> str:
    return f'"{token}"' if lite else f"'{token}'"


def _prefix(token: str, lite: bool) -> str:
    return f'"{token}"*' if lite else f"'{token}':*"


def _forgiving(run: str, lite: bool, either: str) -> str:
    if is_chinese(run):
        return _prefix(run, lite)
    return f"({_prefix(run, lite)}{either}{_prefix(FOLDED + fold(run), lite)})"


def _phrase(run: str, lite: bool) -> str:
    pairs = bigrams(run)
    if len(run) == 1:
        return _prefix(run, lite)
    if lite:
        return '"' + " ".join(pairs) + '"'
    return "(" + " <-> ".join(_term(pair, lite) for pair in pairs) + ")"


def _columns() -> tuple[Any, ...]:
    return (Entry.num, Entry.kind, Entry.id, Entry.title, Entry.words, Entry.body)


def _lite(expression: str) -> Select[Any]:
    rank: ColumnElement[float] = literal_column(f"bm25({FTS_TABLE}, 10.0, 6.0, 3.0, 1.0)")
    fts = text(f"{FTS_TABLE} MATCH :expression").bindparams(expression=expression)
    return select(*_columns(), rank.label("rank")).select_from(Entry).join(_FTS, _FTS.c.rowid == Entry.num).where(fts).order_by(rank, Entry.num)


def _postgres(expression: str) -> Select[Any]:
    asked = cast(expression, TSQUERY)
    rank: ColumnElement[float] = -func.ts_rank(literal_column("CAST('{0.1, 0.3, 0.6, 1.0}' AS real[])"), Entry.terms, asked)
    return select(*_columns(), rank.label("rank")).where(Entry.terms.op("@@", is_comparison=True)(asked)).order_by(literal_column("rank"), Entry.num)
