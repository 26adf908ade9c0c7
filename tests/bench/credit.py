"""The rate of the credit plugin: rows brought in, subjects scored and simulated in pieces, on the bench's own PostgreSQL. One process, one connection."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa

from core.db.database import Database
from core.kernel.actor import SYSTEM
from core.kernel.identifiers import uscc_check_character
from core.pluginhost.context import Context, context
from core.pluginhost.manifest import read
from plugins.credit_scoring import catalogue, importing, modelling, running
from plugins.credit_scoring.models import Base
from tests.fixtures_hall import ROOT, make_database

HEADS = ["企业名称", "统一社会信用代码", "决定日期", "罚款金额（元）", "处罚种类", "文号", "行业", "地区"]
INDUSTRIES = ("catering", "construction", "retail")


def rates(url: str, folder: Path, many: int) -> dict[str, int]:
    """What is done → how many a second of working time, for *many* companies with one penalty each."""
    with patch.object(importing, "later", _nobody), patch.object(running, "later", _nobody):  # the bench is the background
        database = make_database(folder, url)
        Base.metadata.create_all(database.engine)
        try:
            return _measured(database, many)
        finally:
            database.close()


def _nobody(*_given: object, **_named: object) -> str:
    return ""


def _measured(database: Database, many: int) -> dict[str, int]:
    manifest = read(ROOT / "plugins" / "credit_scoring")

    def done(work: Callable[[Context], str | bool]) -> str | bool:
        with database.session() as session:
            return work(context(session, manifest, actor=SYSTEM))

    def finish(work: Callable[[Context], bool]) -> None:
        while done(work):
            pass

    batch = str(done(lambda ctx: _begin(ctx, many)))
    finish(lambda ctx: importing.piece(ctx, batch))
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))
    model = str(done(_model))
    found = {}
    for kind in ("score", "simulate"):
        run = str(done(lambda ctx, kind=kind: running.start(ctx, model, kind).id))  # type: ignore[misc]
        finish(lambda ctx, run=run: running.piece(ctx, run))  # type: ignore[misc]
        found[kind] = int(done(lambda ctx, run=run: running.rate(running.one(ctx, run))))  # type: ignore[misc,return-value]
    rows = int(done(lambda ctx: importing.rate(importing.one(ctx, batch))))  # type: ignore[arg-type,return-value]
    return {"credit: rows brought in": rows, "credit: subjects scored": found["score"], "credit: subjects simulated": found["simulate"]}


def _begin(ctx: Context, many: int) -> str:
    catalogue.load_shipped(ctx)
    batch = importing.begin(ctx, title="bench", entry="penalty", kind="company", columns=HEADS, rows=_rows(many))
    importing.start(ctx, batch.id)
    return batch.id


def _model(ctx: Context) -> str:
    model = modelling.draft(ctx, modelling.shipped("company"))
    model.status = "published"
    return model.id


def _rows(many: int) -> Iterator[list[str]]:
    for n in range(many):
        body = f"91330106{n:09d}"
        yield [f"企业{n}", body + uscc_check_character(body), "2026-05-01", str(500 + n % 40_000), "fine", f"罚{n}", INDUSTRIES[n % 3], "330106"]
