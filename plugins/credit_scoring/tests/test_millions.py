"""Many subjects: brought in and scored in pieces, stopped in the middle, gone on with, simulated. 20,000 here, a million under ``WANGTING_SOAK=1``.

On PostgreSQL where the suite has one, otherwise on SQLite. The rates are told, never asserted.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from core.kernel.actor import SYSTEM, Actor
from core.pluginhost.context import context
from core.pluginhost.manifest import read
from plugins.credit_scoring import catalogue, importing, modelling, running
from plugins.credit_scoring.models import Base, Batch, Record, Run, Score, Subject
from plugins.credit_scoring.scoring.fairness import shares
from tests.fixtures_hall import make_database
from tests.moulds import pg_database

pytestmark = pytest.mark.long

MANIFEST = read(Path(__file__).resolve().parents[1])
MANY = 1_000_000 if os.environ.get("WANGTING_SOAK") else 10_000
HEADS = ["企业名称", "统一社会信用代码", "决定日期", "等级", "行业", "地区", "规模"]
PENALTIES = ["企业名称", "统一社会信用代码", "决定日期", "罚款金额（元）", "处罚种类", "文号"]


def grades(number: Callable[[int], str]) -> Iterator[list[str]]:
    draw = random.Random(7)
    for n in range(MANY):
        place = (draw.choice(("catering", "construction", "retail", "manufacturing")), draw.choice(("330106", "330108", "330109")))
        yield [f"企业{n}", number(n), "2026-03-01", draw.choice("ABMCD"), *place, draw.choice(("large", "small", "micro"))]


def penalties(number: Callable[[int], str]) -> Iterator[list[str]]:
    draw = random.Random(8)
    for n in range(0, MANY, 4):
        yield [f"企业{n}", number(n), "2026-05-01", str(draw.choice((500, 30000))), draw.choice(("fine", "suspension")), f"罚{n}"]


def pieces(database: Any, ctx_of: Callable[[Any], Any], work: Callable[[Any], bool], most: int | None = None) -> int:
    """Do pieces, each in a transaction of its own as the background does; how many were done."""
    done = 0
    while most is None or done < most:
        with database.session() as session:
            more = work(ctx_of(session))
        done += 1
        if not more:
            break
    return done


@pytest.mark.counted
def test_many_subjects_are_brought_in_scored_stopped_resumed_and_simulated(
    tmp_path: Path, number: Callable[[int], str], monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    for module in (importing, running):
        monkeypatch.setattr(module, "later", lambda *_given, **_key: "")  # this test is the background
    with pg_database() if os.environ.get("WANGTING_TEST_PG") else nullcontext(None) as url:
        database = make_database(tmp_path, url)
        Base.metadata.create_all(database.engine)
        ctx_of = lambda session: context(session, MANIFEST, actor=SYSTEM)  # noqa: E731
        for entry, heads, rows in (("tax_grade", HEADS, grades(number)), ("penalty", PENALTIES, penalties(number))):
            with database.session() as session:
                ctx = ctx_of(session)
                catalogue.load_shipped(ctx)
                batch = importing.begin(ctx, title="many.csv", entry=entry, kind="company", columns=heads, rows=rows)
                importing.map_columns(ctx, batch.id, batch.mapping)
                importing.start(ctx, batch.id)
                batch_id = batch.id
            pieces(database, ctx_of, lambda ctx, batch_id=batch_id: importing.piece(ctx, batch_id))  # type: ignore[misc]
            with database.session() as session:
                found = session.get(Batch, batch_id)
                assert (found.state, found.done, found.good, found.bad) == ("done", found.total, found.total, 0)
                record_property(f"rows of {entry} a second", importing.rate(found))
        model_id, run_id = scored(database, ctx_of)
        with database.session() as session:
            run = session.get(Run, run_id)
            assert (run.state, run.done, run.total) == ("done", MANY, MANY)
            assert session.scalar(select(func.count()).select_from(Score)) == MANY
            assert session.scalar(select(func.count()).select_from(Record)) == MANY + MANY // 4
            assert not session.scalar(select(func.count()).select_from(Subject).where(Subject.stale))
            record_property("subjects scored", run.done)
            record_property("subjects scored a second", running.rate(run))
        with database.session() as session:
            ctx = context(session, MANIFEST, actor=Actor("staff", "one"))
            draft = modelling.draft(ctx, {**modelling.shipped("company"), "base": "640"})
            simulation = running.start(ctx, draft.id, "simulate").id
        pieces(database, ctx_of, lambda ctx: running.piece(ctx, simulation))
        with database.session() as session:
            run = session.get(Run, simulation)
            everybody = shares(run.result["counts"], "all")[0]
            assert (everybody.total, everybody.better) == (MANY, 0)
            assert everybody.worse == run.moved > 0
            assert sum(each.total for each in shares(run.result["counts"], "industry")) == MANY
            assert set(session.scalars(select(Score.model_id).distinct())) == {model_id}, "a simulation changes nobody"
            record_property("subjects simulated a second", running.rate(run))
        database.close()


def scored(database: Any, ctx_of: Callable[[Any], Any]) -> tuple[str, str]:
    """Score everybody, with a stop after two pieces."""
    with database.session() as session:
        model = modelling.draft(ctx_of(session), modelling.shipped("company"))
        model.status = "published"
        session.flush()
        run_id, model_id = running.start(ctx_of(session), model.id, "score").id, model.id
    size = min(running.PIECE, MANY // 4)
    pieces(database, ctx_of, lambda ctx: running.piece(ctx, run_id, size), most=2)
    with database.session() as session:
        running.stop(ctx_of(session), run_id)
    assert pieces(database, ctx_of, lambda ctx: running.piece(ctx, run_id, size)) == 1, "stopped: nothing is done"
    with database.session() as session:
        run = session.get(Run, run_id)
        assert (run.state, run.done) == ("stopped", 2 * size)
        assert session.scalar(select(func.count()).select_from(Score)) == 2 * size
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ANALYZE"))
        running.resume(ctx_of(session), run_id)
    pieces(database, ctx_of, lambda ctx: running.piece(ctx, run_id, size))
    return model_id, run_id
