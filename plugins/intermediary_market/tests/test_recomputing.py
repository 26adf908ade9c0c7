"""Anybody can compute a draw again: a script without the plugin, the page's own module, and both agree with the hall – with 10,000 agencies, too."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plugins.intermediary_market.selection import Bid, Randomness, Rules, choose, commitment, freeze, key, minimum, read

HERE = Path(__file__).parent
SCRIPT = HERE / "recompute.py"
MODULE = HERE.parent / "static" / "draw.js"
MANY = 10_000


def package(method: str, bids: int, *, seed: int = 1, lower_first: bool = False) -> dict[str, Any]:
    """A published draw with *bids* registrations, some of which do not count."""
    chance = random.Random(f"{method}{bids}{seed}")
    given = Rules(method, "state", minimum(method, "state"), long=bids // 2, short=min(50, bids // 4), lower_first=lower_first)  # type: ignore[arg-type]
    entries = [
        (
            Bid(no, chance.randrange(900_000, 1_000_000) // 10 * 10, chance.randrange(40, 100), chance.choice(("", "", "", "", "unqualified"))),
            f"ZJ{no:06d}",
            f"第{no}号检测公司",
        )
        for no in range(1, bids + 1)
    ]
    text = freeze("ZJ-2026-0007", given, entries)
    frozen, secret, value = read(text), chance.randbytes(32), "05 11 17 22 26 31 + 08"
    chosen = choose(frozen.bids, frozen.rules, Randomness(key(secret, frozen.project, frozen.digest, value)))
    return {
        "list": text,
        "list_sha256": frozen.digest,
        "seed": secret.hex(),
        "commitment": commitment(secret),
        "value": value,
        "result": {"ranking": list(chosen.ranking), "shortlist": list(chosen.shortlist), "facts": dict(chosen.facts)},
    }


def by_script(given: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "draw.json"
    path.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    return subprocess.run([sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.parametrize("method", ["random", "lowest", "best", "credit"])
def test_an_independent_script_gives_the_same_result_for_ten_thousand_agencies(method: str, tmp_path: Path) -> None:
    published = package(method, MANY)
    done = by_script(published, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = published["result"]["shortlist"] if method == "credit" else published["result"]["ranking"]
    assert (found.get("shortlist") if method == "credit" else found.get("ranking")) == expected
    assert len(expected) == (50 if method == "credit" else sum(1 for bid in read(published["list"]).bids if not bid.fault))
    if method == "best":
        assert found["base"] == published["result"]["facts"]["base"]


def test_the_script_knows_nothing_of_the_plugin() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert "plugins" not in source.replace("nothing of the plugin", "") and "core" not in source.replace("score", "")


@pytest.mark.parametrize(("part", "words"), [("seed", "committed"), ("list", "frozen")])
def test_a_package_with_another_seed_or_list_than_the_published_one_is_refused(part: str, words: str, tmp_path: Path) -> None:
    published = package("random", 5)
    published[part] = "00" * 32 if part == "seed" else published["list"].replace("第1号", "第9号")
    done = by_script(published, tmp_path)
    assert done.returncode == 1 and words in done.stderr


def test_the_page_s_own_module_gives_the_same_result(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node runs the page's module in this test")
    packages = [package(method, size, lower_first=lower) for method in ("random", "lowest", "best", "credit") for size, lower in ((9, False), (300, True))]
    packages.append(package("random", 2))
    (tmp_path / "all.json").write_text(json.dumps(packages), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(
        f"""import {{ recompute }} from "{MODULE.as_uri()}";
import {{ readFileSync }} from "node:fs";
const out = [];
for (const each of JSON.parse(readFileSync("all.json", "utf8"))) out.push(await recompute(each));
out.push(await recompute({{ ...JSON.parse(readFileSync("all.json", "utf8"))[0], commitment: "00" }}));
console.log(JSON.stringify(out));
""",
        encoding="utf-8",
    )
    done = subprocess.run([node, "run.mjs"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *found, unsound = json.loads(done.stdout)
    for published, mine in zip(packages[:-1], found, strict=False):
        assert mine["sound"]
        assert mine.get("ranking", []) == published["result"]["ranking"]
        assert mine.get("shortlist", []) == published["result"]["shortlist"]
        assert mine.get("base") == published["result"]["facts"].get("base")
    assert found[-1] == {"sound": True, "failed": True}
    assert unsound["sound"] is False
