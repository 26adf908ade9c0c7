"""PostgreSQL's driver, made to tell of a result's columns only when somebody looks at them.

psycopg makes an object of every column of every result, with its type, size and precision. SQLAlchemy looks at them once in the life of a statement and
afterwards only at whether there are any, so a page of twenty statements would make hundreds of them for nobody.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Cursor
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

_WITH_ROWS = (ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK)


class Columns(Sequence[Any]):
    """The columns of a result as DB-API wants them – name, type and five times nothing –, read when they are looked at."""

    __slots__ = ("_encoding", "_result")

    def __init__(self, result: PGresult, encoding: str) -> None:
        self._result, self._encoding = result, encoding

    def __len__(self) -> int:
        return self._result.nfields

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        name = (self._result.fname(place) or b"").decode(self._encoding)
        return (name or f"column_{place + 1}", self._result.ftype(place), None, None, None, None, None)


class CalmCursor(Cursor[Any]):
    """psycopg's own cursor but for how it tells of columns."""

    @property
    def description(self) -> Any:
        """The columns of the present result; ``None`` after a statement that answers no rows."""
        result = self.pgresult
        if result is None or not (result.nfields or result.status in _WITH_ROWS):
            return None
        return Columns(result, self._encoding)
