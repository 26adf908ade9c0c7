"""Ids, clock, money, canonical JSON, paging, masks, text, wording."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import canonical, clock, ids, masking, money, paging, text, wording
from core.kernel.errors import BadInput, Finding, NotFound

CORE = Path(__file__).resolve().parents[2] / "core"


def test_ids_are_unique_and_sort_by_time_of_making() -> None:
    made = [ids.new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert made == sorted(made)
    assert all(ids.is_id(each) for each in made)
    assert not ids.is_id("../../etc/passwd")


def test_a_query_code_survives_being_read_aloud() -> None:
    code = ids.new_query_code()
    assert len(code) * 5 >= 80
    assert ids.normalise_code(" " + ids.group_code(code).lower().replace("0", "o").replace("1", "l") + " ") == code


def test_the_clock_can_be_stopped_moved_and_set_free() -> None:
    at = datetime(2026, 2, 14, 15, 59, tzinfo=UTC)
    with clock.freeze(at):
        assert clock.now() == at
        assert clock.today().isoformat() == "2026-02-14"
        clock.move(minutes=1)
        assert clock.today().isoformat() == "2026-02-15", "midnight in Shanghai is 16:00 UTC"
    assert clock.now() - datetime.now(UTC) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="aware"), clock.freeze(datetime(2026, 1, 1)):  # noqa: DTZ001 - the mistake under test
        pass


@given(st.integers(-(10**14), 10**14))
def test_money_goes_out_and_comes_back(amount: int) -> None:
    assert money.fen(money.yuan(amount)) == amount


@pytest.mark.parametrize("wrong", ["1.234", "1e3", "", "１２", "1,000", "NaN", "--1"])
def test_what_is_no_amount_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="yuan"):
        money.fen(wrong)


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["\x00\x1f\x7f\u2028", '"\\/\b\f\n\r\t', "\ud7ff\ue000\U0001f600"])
_LEAVES = st.none() | st.booleans() | _TEXTS | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(_TEXTS, inner, max_size=5), max_leaves=12)


@given(_VALUES)
def test_canonical_json_is_that_of_the_format_byte_by_byte(value: Any) -> None:
    assert canonical.dumps(value) == rfc8785.dumps(value)


class _Word(str):
    """A text that says of itself something else."""

    def __str__(self) -> str:
        return "other"


@pytest.mark.parametrize("value", [_Word("a"), {_Word("b"): 1}, {"键": 1, "a": {"é": 2}}, {"\U0001f600": 1, "\ufffd": 2}, 1e21, [1.0], (), {}])
def test_what_the_standard_library_would_write_otherwise_is_written_by_the_format(value: Any) -> None:
    assert canonical.dumps(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), {1: "a"}, {"a": {None: 1}}, "\ud800", ["a", {"k": "\udfff"}], {"a": object()}, float("nan"), {"a": b"x"}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical.dumps(value)


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical.dumps({"b": 1, "a": "网厅"}) == '{"a":"网厅","b":1}'.encode()
    assert canonical.digest({"b": 1, "a": 2}) == canonical.digest({"a": 2, "b": 1})
    assert canonical.digest(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_cursor_goes_round_and_a_forged_one_is_refused_in_words() -> None:
    cursor = paging.encode_cursor("2026-11-21", "id-1")
    assert paging.decode_cursor(cursor, 2) == ("2026-11-21", "id-1")
    for forged in ("", "%%%", cursor[:-4], paging.encode_cursor(1)):
        with pytest.raises(BadInput) as error:
            paging.decode_cursor(forged, 2)
        assert "第一批" in error.value.words("zh")


def test_masks_show_enough_for_the_owner_and_too_little_for_others() -> None:
    assert masking.mask_name("王芳") == "王*"
    assert masking.mask_name("欧阳小芳") == "欧**芳"
    assert masking.mask_id("11010519491231002X") == "1101************2X"
    assert masking.mask_phone("13800001234") == "138****1234"
    assert masking.mask_id("123") == "***"


def test_text_from_outside_is_folded_and_stripped_of_controls() -> None:
    assert text.typeset("你的申请(办件编号 2026-1)已由局里受理,最晚周五") == "你的申请（办件编号 2026-1）已由局里受理，最晚周五"
    assert text.typeset("接口API(REST)说明") == "接口API(REST)说明"
    assert text.normalise("　１２３ＡＢＣ\u202e\x00\r\n行 ") == "123ABC\n行"


def test_every_message_is_worded_in_both_languages() -> None:
    for key, texts in wording.catalogue().items():
        assert set(texts) >= {"zh", "en"}, key
        assert all(isinstance(text, str) for text in texts.values()), key
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"“[^”]*”|《[^》]*》", "", texts["en"])), f"{key}: Chinese left in the English text"


def test_every_key_raised_in_the_code_is_worded() -> None:
    known, missing = wording.catalogue(), []
    slices = {path.parent.name for path in CORE.glob("*/wording.json")}
    for path in CORE.rglob("*.py"):
        for key in re.findall(rf'"((?:{"|".join(sorted(slices))})\.[a-z_]+(?:\.[a-z_]+)*)"', path.read_text(encoding="utf-8")):
            if key not in known and re.search(rf'(?:Finding\([^)]*|raise \w+\(|key = )"{re.escape(key)}"', path.read_text(encoding="utf-8")):
                missing.append(f"{path.relative_to(CORE)}: {key}")
    assert missing == []


def test_an_error_speaks_the_language_of_its_reader() -> None:
    assert "没有找到" in NotFound().words("zh")
    assert "Not found" in NotFound().words("en")
    assert Finding("error", "a", "no.such.key").words() == "no.such.key"


def test_the_wording_files_are_valid_and_name_their_slice() -> None:
    for path in CORE.glob("*/wording.json"):
        keys = json.loads(path.read_text(encoding="utf-8"))
        owner = path.parent.name
        allowed = (owner + ".", "identifiers.") if owner == "kernel" else (owner + ".",)
        assert [key for key in keys if not key.startswith(allowed)] == [], path
