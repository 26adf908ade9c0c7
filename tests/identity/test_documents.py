"""Numbers of documents: the right ones pass, each wrong one says why."""

import pytest

from core.identity.documents import check_document, check_phone, normalise_number, normalise_phone
from core.kernel.wording import word


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("resident_id", "11010519900307232X"),
        ("passport", "E12345678"),
        ("passport", "EA1234567"),
        ("hk_macau_permit", "H12345678"),
        ("hk_macau_permit", "M1234567801"),
        ("taiwan_permit", "12345678"),
        ("taiwan_permit", "1234567890A"),
        ("foreign_permanent_residence", "USA110080010101"),
        ("uscc", "91990100MA0000001G"),
        ("company_in_formation", ""),
    ],
)
def test_a_right_number_passes(kind: str, number: str) -> None:
    assert check_document(kind, number) is None


@pytest.mark.parametrize(
    ("kind", "number", "why"),
    [
        ("resident_id", "110105199003072321", "identifiers.resident_check"),
        ("resident_id", "810000199408230021", "identity.other_document_kind"),
        ("hk_macau_taiwan_residence", "11010519900307232X", "identity.residence_prefix"),
        ("passport", "ABCDEF", "identity.passport_shape"),
        ("passport", "E1234567890", "identity.passport_shape"),
        ("hk_macau_permit", "X12345678", "identity.hk_macau_shape"),
        ("taiwan_permit", "123456789", "identity.taiwan_shape"),
        ("foreign_permanent_residence", "123", "identity.permanent_residence_shape"),
        ("uscc", "91990100MA00000017", "identifiers.uscc_check"),
        ("company_in_formation", "1", "identity.formation_has_no_number"),
        ("driving_licence", "1", "identity.document_kind"),
        ("passport", "E1234567٣", "identity.passport_shape"),
    ],
)
def test_a_wrong_number_says_why_in_both_languages(kind: str, number: str, why: str) -> None:
    assert check_document(kind, number) == why
    assert word(why, "zh") != word(why, "en") != why


def test_full_width_and_spaced_numbers_are_folded() -> None:
    assert normalise_number(" 1101 0519９００３07-232x ") == "11010519900307232X"
    assert normalise_phone("+86 138-0000-0001") == "13800000001"
    assert check_phone("13800000001") is None
    assert check_phone("12800000001") == "identity.phone_shape"
    assert check_phone("+85291234567") is None
