"""The sweep of rungs over few and many open clocks: what is due is what it costs.

The clocks are rows made by the database in the shape the product writes; those that are due have a case – a copy of a real one whose contents
were erased, as its key cannot be copied – and are fired through the product's own sweep: claim, command, event, next rung.
"""

import time

import sqlalchemy as sa

from core.app import open_site
from core.cases.service import rungs
from core.web.site import Config
from tests.bench.measure import cpu_seconds

_TEMPLATE = "SELECT * FROM case_ WHERE status = 'submitted' AND command_key NOT LIKE 'sweep:%' ORDER BY id LIMIT 1"
_OPEN = f"""
INSERT INTO case_clock (case_id, name, region_root, ledger, state, due_at, yellow_at, provisional, epoch, next_rung, next_rung_at)
SELECT md5('open' || n)::uuid, 'main', t.region_root, k.ledger, 'running', now() + interval '9 days', now() + interval '7 days', false, 1, 'yellow',
  now() + interval '7 days' + n * interval '1 millisecond'
FROM generate_series(1, :count) AS n CROSS JOIN ({_TEMPLATE}) AS t CROSS JOIN LATERAL (
  SELECT ledger FROM case_clock WHERE case_id = t.id AND name = 'intake') AS k
"""
_CASES = f"""
INSERT INTO case_ (
  id, region_root, command_key, number, query_index, sealed_query_code, item_code, item_title, version_id, department_id, division_id, account_id, channel,
  applicant, status, version, seq, head, marking, payload_revision, wrapped_key, submitted_at, results, due_at)
SELECT md5('sweep' || n)::uuid, t.region_root, 'sweep:' || n, 'SWEEP' || n, 'sweep:' || n, t.sealed_query_code, t.item_code, t.item_title, t.version_id,
  t.department_id, t.division_id, t.account_id, t.channel, t.applicant, t.status, 1, t.seq, t.head, t.marking, 1, NULL, t.submitted_at, t.results, t.due_at
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n CROSS JOIN ({_TEMPLATE}) AS t
"""
_PAYLOADS = """
INSERT INTO case_payload (case_id, revision, region_root, sealed, at)
SELECT id, 1, region_root, '\\x00'::bytea, submitted_at FROM case_ WHERE command_key LIKE 'sweep:%' ON CONFLICT DO NOTHING
"""
_DUE = f"""
INSERT INTO case_clock (case_id, name, region_root, ledger, state, due_at, yellow_at, provisional, epoch, next_rung, next_rung_at)
SELECT c.id, 'intake', c.region_root, k.ledger, 'running', now() + interval '1 day', now() - interval '1 hour', false, 1, 'yellow',
  now() - interval '1 hour' + pick.n * interval '1 millisecond'
FROM case_ AS c CROSS JOIN LATERAL (SELECT substr(c.command_key, 7)::int AS n) AS pick CROSS JOIN ({_TEMPLATE}) AS t CROSS JOIN LATERAL (
  SELECT ledger FROM case_clock WHERE case_id = t.id AND name = 'intake') AS k
WHERE c.command_key LIKE 'sweep:%' AND pick.n BETWEEN :first AND :last
"""
WARM = 20


class Swept:
    """One hall's clocks, and what its sweeps cost."""

    def __init__(self, config: Config, url: str, server: int) -> None:
        self.site, self.engine, self.server, self.made = open_site(config), sa.create_engine(url), server, 0

    def open(self, count: int) -> None:
        """*count* clocks of which none is due."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(_OPEN), {"count": count})
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE case_clock"))

    def cost(self, due: int) -> float:
        """CPU-milliseconds, here and in the database server, of a sweep with *due* rungs, after a short one to warm up."""
        self._more(WARM)
        assert rungs.run_due(self.site.database, WARM) == WARM
        self._more(due)
        here, there = time.process_time(), cpu_seconds(self.server)
        fired = rungs.run_due(self.site.database, due)
        spent = time.process_time() - here + cpu_seconds(self.server) - there
        assert fired == due, fired
        with self.engine.connect() as connection:
            claimed = connection.execute(
                sa.text("SELECT count(*) FROM case_clock_fire AS f JOIN case_ AS c ON c.id = f.case_id WHERE c.command_key LIKE 'sweep:%'")
            )
            assert claimed.scalar_one() == self.made
        return spent * 1000

    def _more(self, due: int) -> None:
        values = {"first": self.made + 1, "last": self.made + due}
        with self.engine.begin() as connection:
            connection.execute(sa.text(_CASES), values)
            connection.execute(sa.text(_PAYLOADS))
            connection.execute(sa.text(_DUE), values)
        self.made += due

    def close(self) -> None:
        """Give back every connection."""
        self.site.database.close()
        self.engine.dispose()
