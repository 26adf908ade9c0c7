"""The harness itself: one short run without peers. It proves that everything is measured, not how fast anything is."""

import json
from pathlib import Path

import pytest

from tests import services
from tests.bench.keys import PLACES
from tests.bench.report import Line, table, write
from tests.bench.run import Run, Size

pytestmark = pytest.mark.long

#: What no machine makes faster or slower.
COUNTED = {"HTTP calls of a submission": 4, "SQL statements of a submission": 18, "SQL statements of an approval": 17}


SMALL = Size(rounds=1, seconds=0.3, recorded=8, asked=4, few=200, many=2_000, fab_rows=0, peers=False)


@pytest.mark.postgres
def test_a_submission_and_an_approval_need_no_more_calls_and_statements_than_they_should() -> None:
    found = {line.name: line for line in Run(SMALL, say=lambda _text: None).all("counts")}
    for name, most in COUNTED.items():
        assert 0 < found[name].value <= most, name
        assert found[name].ok


@pytest.mark.postgres
@pytest.mark.soak
def test_a_short_run_of_the_bench_measures_everything(tmp_path: Path) -> None:
    lines = Run(SMALL, say=lambda _text: None).all()
    found = {line.name: line for line in lines}
    for name in (
        "start to first page, existing database",
        "blank form page against the empty view, CPU",
        "replay of a submission against it, CPU",
        "worklist, one role, 2,000 rows against 200, CPU",
        "worklist, leader of 40, 2,000 rows against 200, CPU",
        "sweep of 2,000 open clocks, 200 due against 20 due, CPU",
        "sweep of 200 due, 2,000 open clocks against 200, CPU",
        "engine: complete six-step cases on one core",
        "engine: a step after 30 returns against the first",
        "submission with 20 plugins enabled against itself without asking them, CPU",
        "studio: open it",
        "studio: save a change to it",
        "studio: check it after a change",
        *(f"studio: a keystroke in {what}, 95 of 100" for what in PLACES if services.browser_binary()),
        "compile a form of 1,000 fields and 100 rules",
    ):
        assert found[name].value > 0
        assert found[name].goal is not None
    assert found["plugins enabled in the hall"].ok
    assert found["open tasks in the large hall"].value >= 400
    write(lines, tmp_path / "bench.json")
    assert {line["name"] for line in json.loads((tmp_path / "bench.json").read_text())} == set(found)


def test_the_table_says_which_goals_were_missed() -> None:
    printed = table([Line("fast", 0.4, "x", ">= 0.5"), Line("small", 1, "MB", "<= 2"), Line("beside", 3, "/s")])
    assert "| fast | 0.40 | x | >= 0.5 | **no** |" in printed
    assert "| small | 1.00 | MB | <= 2 | yes |" in printed
    assert "| beside | 3.00 | /s |  |  |" in printed
