"""Codes with a check character, against published codes and the standards' own examples (law/codes_checksums.md)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import identifiers

VECTORS = json.loads((Path(__file__).parent / "data" / "checksum_vectors.json").read_text(encoding="utf-8"))
CHECKS = {"uscc": identifiers.check_uscc, "resident_id": identifiers.check_resident_id, "elicense": identifiers.check_licence_identifier}


@pytest.mark.parametrize("kind", CHECKS)
def test_every_published_code_is_accepted(kind: str) -> None:
    assert [code for code in VECTORS[kind]["valid"] if CHECKS[kind](code) is not None] == []


@pytest.mark.parametrize("kind", CHECKS)
def test_every_damaged_code_is_refused_with_a_reason(kind: str) -> None:
    reasons = {code: CHECKS[kind](code) for code in VECTORS[kind]["invalid"]}
    assert all(reason and reason.startswith("identifiers.") for reason in reasons.values()), reasons


def test_a_letter_that_looks_like_a_digit_is_named() -> None:
    assert identifiers.check_uscc("91110000802100433I") == "identifiers.uscc_characters"


def test_a_code_written_in_lower_case_is_normalised_first() -> None:
    for written, code in VECTORS["uscc"]["normalised_valid"]:
        assert identifiers.normalise_uscc(written) == code


def test_the_next_version_of_a_licence_has_its_own_check_character() -> None:
    for before, after in VECTORS["elicense"]["next_version"]:
        *_root, kind, issuer, serial, version, _check = before.split(".")
        assert identifiers.licence_identifier(kind, issuer, serial, int(version) + 1) == after


@pytest.mark.parametrize("kind", ["basic", "implementation", "handle_item"])
def test_real_item_codes_are_accepted(kind: str) -> None:
    assert [code for code in VECTORS["item_code"][kind] if identifiers.check_item_code(code) is not None] == []


def test_an_item_code_with_a_broken_issuer_is_refused() -> None:
    assert identifiers.check_item_code("11511012008562235L4002014008001") == "identifiers.item_code_issuer"
    assert identifiers.check_item_code("123") == "identifiers.item_code_shape"


def test_a_birthday_in_the_future_is_no_birthday() -> None:
    assert identifiers.check_resident_id("110105299912310022") == "identifiers.resident_birthday"


@given(st.text(alphabet="0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_changing_one_digit_changes_the_resident_check_character(body: str, place: int, by: int) -> None:
    other = body[:place] + str((int(body[place]) + by) % 10) + body[place + 1 :]
    assert identifiers.resident_check_character(body) != identifiers.resident_check_character(other)


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=60), st.data())
def test_mod_37_36_notices_every_single_change(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from([c for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c != text[place]]))
    assert identifiers.mod37_36(text) != identifiers.mod37_36(text[:place] + character + text[place + 1 :])
