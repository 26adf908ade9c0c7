"""The difference in words: whatever changes in a real item, a sentence says where and what, and never by its address alone."""

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from core.items.compiling import compile_item, from_bundle
from core.items.diff import Change, diff, unified
from core.items.library import library
from core.items.spec import CompiledItem
from core.kernel import canonical
from core.kernel.errors import PlatformError

ITEMS = ("food-operation-new", "company-establish", "drainage-permit", "subsistence-allowance", "construction-permit")
#: Changes tried an item.
SAMPLE = 60
#: What no sentence for people may hold: JSON, addresses, counts of unnamed places, keys of wordings.
BARE = re.compile(r"[{}\[\]]|(^|\s)/\w|\d+ 处|items\.\w|None")
CHINESE = re.compile(r"[㐀-鿿]")


@pytest.fixture(scope="module", params=ITEMS)
def item(request: pytest.FixtureRequest) -> CompiledItem:
    shelf = library()
    doc = json.loads(shelf.items[request.param].read_text(encoding="utf-8"))
    return compile_item(doc, forms=shelf.forms, blocks=shelf.blocks)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place in a document with what stands there, from the top."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*way, name), inner
            yield from places(inner, (*way, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield (*way, number), inner
            yield from places(inner, (*way, number))


def changed(parts: dict[str, Any], way: tuple[Any, ...], chance: random.Random) -> dict[str, Any]:
    """The bundle with something else at *way*: gone, or another value of the same type."""
    made = copy.deepcopy(parts)
    holder = made
    for part in way[:-1]:
        holder = holder[part]
    value = holder[way[-1]]
    if isinstance(value, bool):
        holder[way[-1]] = not value
    elif isinstance(value, int | float):
        holder[way[-1]] = value + 1
    elif isinstance(value, str) and chance.random() < 0.7:
        holder[way[-1]] = value + "改"
    else:
        del holder[way[-1]]
    return made


def told(before: CompiledItem, made: dict[str, Any]) -> tuple[Change, ...] | None:
    """What differs; ``None`` where the changed document is no item at all."""
    try:
        return diff(before, from_bundle(canonical.dumps(made)))
    except (PlatformError, KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError):
        return None


def test_any_change_of_a_real_item_is_said_by_its_name(item: CompiledItem) -> None:
    parts = json.loads(item.bundle)
    chance = random.Random(f"said {item.code}")
    ways = [way for way, held in places({key: parts[key] for key in ("item", "form", "blocks")}) if len(way) > 1 and held not in ([], {}, None)]
    said = 0
    for way in chance.sample(ways, min(SAMPLE, len(ways))):
        found = told(item, changed(parts, way, chance))
        if found is None:
            continue
        said += 1
        assert found, way
        sentences = [change.words() for change in found]
        assert all(CHINESE.search(each) and not BARE.search(_without_own_words(each)) for each in sentences), (way, sentences)
        assert all(change.title.strip() and CHINESE.search(change.words("zh")) for change in found), way
        plain = json.dumps([change.to_json() for change in found], ensure_ascii=False)
        assert json.loads(plain)
    assert said > SAMPLE // 3


def _without_own_words(sentence: str) -> str:
    """What stands in quotes and after a colon or comma is the item's own words, which may hold anything."""
    return re.sub(r"“[^”]*”", "", sentence).partition(",")[0]


def test_the_sentences_of_the_mockup_s_changes() -> None:
    shelf = library()
    doc = json.loads(shelf.items["food-operation-new"].read_text(encoding="utf-8"))
    new, form = copy.deepcopy(doc), copy.deepcopy(shelf.forms[doc["form"]])
    new["route"]["limits"]["promised"]["value"] = 9
    new["route"]["review"]["nodes"]["decide"]["holders"]["role"] = "agency_head"
    new["route"]["intake"]["correction"]["limit"]["value"] = 20
    new["materials"][0]["title"] += "(新)"
    form["properties"]["area"]["ui"]["help"] = "换一种说法"
    before = compile_item(doc, forms=shelf.forms)
    words = [change.words() for change in diff(before, compile_item(new, forms={doc["form"]: form}))]
    assert "改动时限:承诺时限,10 个工作日 → 9 个工作日" in words
    lines = unified(before, compile_item(new, forms={doc["form"]: form}))
    assert any(line.startswith("-") and '"value": 10' in line for line in lines) and any(line.startswith("+") and '"value": 9' in line for line in lines)
    assert unified(before, before) == ()
    assert any("决定 · 办理人" in each and "→" in each and "leader" not in each for each in words), words
    assert any("补正" in each and "30 天(自然日) → 20 天(自然日)" in each for each in words), words
    assert any("经营面积" in each and "换一种说法" in each for each in words), words
