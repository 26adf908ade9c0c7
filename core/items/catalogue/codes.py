"""The codes of items: 12 characters of the catalogue, 31 of who carries it out, 33 of one kind of handling (ZWFW C0109, GB/T 39554.1-2020).

31 = unified social credit code of the department (18, with its check character) + level of exercise (GB/T 39046 A.2) + basic code (12).
"""

from core.items.catalogue.errors import Refused
from core.kernel.identifiers import check_item_code, check_uscc

#: 行使层级, GB/T 39046-2020 A.2.
LEVEL_DIGITS = {"country": "1", "province": "2", "city": "3", "county": "4", "town": "5", "village": "6"}
BASIC = 12


def check_basic(code: str, type_code: str) -> str | None:
    """What is wrong with a basic code: 2 source + 2 type (A.1) + 5 main item + 3 sub-item; ``None`` when it is right."""
    if len(code) != BASIC or check_item_code(code) is not None:
        return "items.basic_code_shape"
    return None if code[2:4] == type_code else "items.basic_code_type"


def has_parts(code: str) -> bool:
    """Whether *code* is that of a main item with sub-items (ends ``00Y``): nobody carries out such an entry itself."""
    return code.endswith("00Y")


def implementation(uscc: str | None, level: str, basic: str) -> str:
    """The 31 characters of a department's own item. Raises :class:`Refused` when the department's credit code is missing or fails its check."""
    if not uscc or check_uscc(uscc) is not None:
        raise Refused("items.no_uscc", uscc=uscc or "—")
    code = uscc + LEVEL_DIGITS[level] + basic
    if check_item_code(code) is not None:
        raise Refused("items.code_wrong", code=code, length=31)
    return code


def retold(codes: dict[str, str | None], implementation_code: str | None) -> dict[str, str | None]:
    """*codes* for another department: the 33 keep their last two characters and follow the 31."""
    handle = codes.get("handle")
    kept = implementation_code + handle[-2:] if handle and implementation_code else None
    return {**codes, "implementation": implementation_code, "handle": kept}
