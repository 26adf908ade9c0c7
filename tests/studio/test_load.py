"""The simulation of load: right where queueing theory knows the answer, the same for the same seed, and honest about what it was told."""

import copy
import json
import math
import statistics
from typing import Any

import pytest

from core.items.compiling import compile_item
from core.items.library import library
from core.items.studio import load, playing
from core.items.studio.load import Assumptions, simulate
from core.kernel.errors import BadInput

DAYS = {"value": 5, "unit": "working_day"}


def compiled(doc: dict[str, Any]) -> Any:
    shelf = library()
    return compile_item(doc, forms=shelf.forms, blocks=shelf.blocks)


@pytest.fixture(scope="module")
def item(food: dict[str, Any]) -> Any:
    return compiled(food)


@pytest.fixture(scope="module")
def one_desk(food: dict[str, Any]) -> Any:
    """One step that always grants, after an intake that takes no time."""
    doc = copy.deepcopy(food)
    doc["tests"] = []
    doc["route"]["intake"] = {"holders": {"role": "window", "org": "owner"}, "limit": DAYS}
    doc["route"]["review"] = {
        "start": "look",
        "nodes": {
            "look": {
                "kind": "step", "title": "审查", "limit": DAYS, "holders": {"role": "reviewer", "org": "owner"},
                "actions": {"grant": {"title": "准予", "outcome": "grant"}},
            },
        },
    }  # fmt: skip
    return compiled(doc)


def erlang_c(rate: float, minutes: float, servers: int) -> float:
    """The mean wait in minutes of an M/M/c queue."""
    offered = rate * minutes
    last = offered**servers / math.factorial(servers) / (1 - offered / servers)
    busy = last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)
    return busy * minutes / (servers - offered)


@pytest.mark.parametrize(("arrivals", "minutes", "servers"), [(60.0, 4.8, 1), (60.0, 24.0, 4)])
def test_one_queue_waits_as_long_as_erlang_says(one_desk: Any, arrivals: float, minutes: float, servers: int) -> None:
    """Within three standard errors of the mean of six runs, which are small enough to mean something."""
    waits, busy = [], []
    for seed in range(6):
        assumed = Assumptions(
            arrivals, days=30, warm_up=3, staff={"reviewer": servers, "window": 50}, minutes={"look": minutes, "intake": 0, "delivery": 0},
            odds={"intake": {"accept": 1}}, seed=seed,
        )  # fmt: skip
        found = simulate(one_desk, assumed)
        (look,) = [step for step in found.steps if step.node == "look"]
        waits.append(look.wait_mean * 60)
        busy.append(next(pool.busy for pool in found.pools if pool.key == "reviewer"))
        assert found.ended == {"grant": found.cases - found.open}
    expected, error = erlang_c(arrivals / load.DAY, minutes, servers), statistics.stdev(waits) / math.sqrt(len(waits))
    assert error < 0.15 * expected
    assert abs(statistics.mean(waits) - expected) < 3 * error
    assert statistics.mean(busy) == pytest.approx(arrivals / load.DAY * minutes / servers, rel=0.03)


def test_the_same_seed_gives_the_same_numbers(item: Any) -> None:
    assumed = Assumptions(8, days=20, seed=3)
    assert simulate(item, assumed) == simulate(item, assumed)
    assert simulate(item, assumed) != simulate(item, Assumptions(8, days=20, seed=4))


def test_the_route_is_walked_by_its_own_rules(item: Any, food: dict[str, Any]) -> None:
    """Small shops never come to the fire brigade; large ones all do, side by side with the market regulation."""
    given = {test["id"]: test["given"] for test in food["tests"]}
    quick = {"odds": {"intake": {"accept": 1}}, "days": 20}
    small = simulate(item, Assumptions(5, givens=[(given["grant_small"], 1.0)], **quick))
    large = simulate(item, Assumptions(5, givens=[(given["grant_large"], 1.0)], **quick))
    assert "joint.fire.opinion" not in {step.node for step in small.steps}
    counts = {step.node: step.count for step in large.steps}
    assert counts["joint.fire.opinion"] >= counts["joint.market.review"] * 0.8 > 0
    assert {"market_regulation.reviewer", "fire.reviewer", "leader"} <= {pool.key for pool in large.pools}


def test_a_desk_with_too_few_people_grows_a_queue_and_misses_its_limit_and_more_people_mend_it(item: Any) -> None:
    few, many = (simulate(item, Assumptions(20, days=40, minutes={"joint.market.review": 60}, staff={"market_regulation.reviewer": n})) for n in (1, 6))
    late, mended = ({step.node: step for step in found.steps}["joint.market.review"] for found in (few, many))
    assert late.queue[-1] > late.queue[4] > 0
    assert len(late.queue) == len(few.pools[0].queue) == 40
    assert late.over is not None
    assert late.over > 0.5
    assert mended.over == 0
    assert few.over is not None
    assert many.over is not None
    assert few.over > many.over
    assert few.promised_days == 10


def test_odds_decide_how_it_ends(item: Any, food: dict[str, Any]) -> None:
    refused = simulate(item, Assumptions(5, days=20, odds={"intake": {"decline": 1}}))
    assert set(refused.ended) == {"declined"}
    small = [(food["tests"][0]["given"], 1.0)]
    back = simulate(item, Assumptions(5, days=30, givens=small, odds={"joint.market.review": {"refuse": 1}, "decide": {"refuse": 1}, "intake": {"accept": 1}}))
    assert set(back.ended) == {"refuse"}


def test_every_shipped_item_can_be_simulated() -> None:
    shelf = library()
    for code in ("company-establish", "construction-permit", "subsistence-allowance"):
        doc = json.loads(shelf.items[code].read_text(encoding="utf-8"))
        found = simulate(compile_item(doc, forms=shelf.forms, blocks=shelf.blocks), Assumptions(3, days=20))
        assert sum(found.ended.values()) + found.open == found.cases > 20


@pytest.mark.parametrize("wrong", [{"arrivals": 0}, {"arrivals": 1e6}, {"days": 0}, {"days": 10_000}, {"staff": {"leader": 0}}, {"minutes": {"decide": -1}}])
def test_numbers_that_cannot_be_are_refused(item: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        simulate(item, Assumptions(**{"arrivals": 5, "days": 5, **wrong}))


def test_defaults_come_from_the_limits(item: Any) -> None:
    minutes = load.defaults(item)
    assert minutes["joint.market.review"] == 4 * load.PER_LIMIT_DAY
    assert minutes["intake.check.fire"] == 3 * load.PER_LIMIT_DAY
    assert set(load.pools(item)) == {"window", "fire.reviewer", "market_regulation.reviewer", "market_regulation.section_chief", "leader"}
    assert playing.start(item)["situation"]
