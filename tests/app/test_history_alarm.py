"""``/metrics`` tells operators when a row of history found no month, and how many months are ready."""

from pathlib import Path

from flask import Flask
from sqlalchemy import insert

from core.app import open_site
from core.cases.models import CaseTaskDone, table
from core.kernel.clock import now
from core.keys import store as key_store
from core.web.observe import observe
from core.web.site import Config

NO_MONTH = "ffffffff-ffff-4fff-bfff-ffffffffffff"


def test_a_row_outside_every_month_shows_in_the_metrics(tmp_path: Path, pg_url: str) -> None:
    key_store.create_keys(tmp_path)
    site = open_site(Config(home=tmp_path, database_url=pg_url, embedded=False))
    site.database.create_all()
    app = Flask(__name__)
    app.extensions["wangting"] = site
    observe(app)
    calm = app.test_client().get("/metrics").text
    for name in ("case_event", "case_task_done", "audit_entry"):
        assert f'wangting_history_strays{{table="{name}"}} 0.0' in calm and f'wangting_history_months_ahead{{table="{name}"}} 2.0' in calm
    with site.database.session() as session:
        words = dict.fromkeys(("node", "kind", "title", "role", "actor_kind", "actor_id", "action"), "x")
        row = {**words, "case_id": NO_MONTH, "no": 1, "region_root": NO_MONTH, "opened_at": now(), "closed_at": now(), "event_seq": 1}
        session.execute(insert(table(CaseTaskDone)).values(row))
    assert 'wangting_history_strays{table="case_task_done"} 1.0' in app.test_client().get("/metrics").text
    site.database.close()
