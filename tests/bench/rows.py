"""Millions of rows, made by the database itself in the shape the product writes: closed cases, and open ones with their task in somebody's queue."""

from collections.abc import Sequence

import sqlalchemy as sa

from tests.bench.fields import KINDS

#: One case in five is open.
OPEN_EVERY = 5
ROLES = ("window", "reviewer", "section_chief", "leader")

_CASES = """
INSERT INTO case_ (
  id, region_root, command_key, number, query_index, sealed_query_code, item_code, item_title, version_id, department_id, division_id, account_id, channel,
  applicant, status, version, seq, head, marking, payload_revision, wrapped_key, submitted_at, accepted_at, decided_at, ended_at, outcome, results, due_at)
SELECT
  made.id, t.region_root, 'bench:' || n, 'BENCH' || lpad(n::text, 12, '0'), 'bench:' || n, t.sealed_query_code, t.item_code, t.item_title, t.version_id,
  made.department, t.division_id, t.account_id, t.channel, t.applicant, CASE WHEN made.open THEN 'in_review' ELSE 'closed' END, 2, 3, t.head, t.marking, 1,
  t.wrapped_key, made.at, made.at, CASE WHEN NOT made.open THEN made.at + interval '5 days' END, CASE WHEN NOT made.open THEN made.at + interval '6 days' END,
  CASE WHEN NOT made.open THEN 'grant' END, t.results, made.at + interval '10 days'
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
CROSS JOIN (SELECT * FROM case_ WHERE item_code = 'forty-fields' AND command_key NOT LIKE 'bench:%' ORDER BY id LIMIT 1) AS t
CROSS JOIN LATERAL (
  SELECT md5('case' || n)::uuid AS id, n % :every = 0 AS open, (CAST(:departments AS uuid[]))[1 + (n / :every) % :spread] AS department,
    now() - interval '120 days' + n % 8640000 * interval '1 second' AS at) AS made
"""
_TASKS = """
INSERT INTO case_task (
  id, region_root, case_id, no, node, kind, title, department_id, role, claimed_by, exclude, opened_at, due_at, yellow_at, sort_at, number, item_code,
  item_title, applicant)
SELECT
  md5('task' || c.number)::uuid, c.region_root, c.id, 2, 'review.review', 'step', '审查', c.department_id,
  (CAST(:roles AS text[]))[1 + pick.n / :every / :spread % 4], '', '[]', c.submitted_at, c.due_at, c.due_at - interval '2 days', c.due_at, c.number,
  c.item_code, c.item_title, c.applicant
FROM case_ AS c CROSS JOIN LATERAL (SELECT substr(c.command_key, 7)::int AS n) AS pick
WHERE c.command_key LIKE 'bench:%' AND c.status = 'in_review' AND pick.n BETWEEN :first AND :last
"""


def fill_cases(url: str, first: int, last: int, departments: Sequence[str]) -> int:
    """Cases number *first* to *last*, one in five open in the queue of one of *departments*; returns how many tasks are open now."""
    engine = sa.create_engine(url)
    values = {"first": first, "last": last, "every": OPEN_EVERY, "spread": len(departments), "departments": list(departments), "roles": list(ROLES)}
    with engine.begin() as connection:
        connection.execute(sa.text(_CASES), values)
        connection.execute(sa.text(_TASKS), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE case_task"))
        connection.execute(sa.text("VACUUM ANALYZE case_"))
        open_ = connection.execute(sa.text("SELECT count(*) FROM case_task")).scalar_one()
    engine.dispose()
    return int(open_)


_SAMPLE = {
    "text": "'示例文字' || n", "long": "'第一行说明。'", "number": "n", "date": "date '2026-03-02'", "select": "'b'", "check": "true",
    "email": "'someone@example.com'", "radio": "'a'", "phone": "'13800001234'",
}  # fmt: skip


def fill_fab(url: str, rows: int) -> None:
    """*rows* applications in the bare FAB application's table."""
    names = [(f"{kind}_{n}", _SAMPLE[kind]) for kind, count in KINDS.items() for n in range(1, count + 1)]
    columns, values = ", ".join(name for name, _value in names), ", ".join(value for _name, value in names)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(f"INSERT INTO application (id, approved, {columns}) SELECT n + 1000000, false, {values} FROM generate_series(1, {rows}) AS n")
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE application"))
    engine.dispose()
