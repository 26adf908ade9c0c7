"""Text and the codes that are written as text: ids, phones, accounts."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.forms.clean import code, line, prose
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.spec import DEFAULT_MAX_LENGTH, Field
from core.kernel.identifiers import (
    LICENCE_ROOT,
    check_licence_identifier,
    check_resident_id,
    check_uscc,
    normalise_uscc,
    resident_check_character,
    uscc_check_character,
)
from core.kernel.masking import mask_id, mask_name, mask_phone

_PLAIN_MAX = 2_000


class Text(FieldType):
    """One line."""

    key = "text"
    title = Title("文字", "Text")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A string that ends somewhere."""
        return {"type": "string", "maxLength": _PLAIN_MAX}

    def tidy(self, text: str) -> str:
        """One posted text as it is kept."""
        return line(text)

    def coerce(self, field: Field, text: str) -> Any:
        """The tidied text."""
        return self.tidy(text) or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """Text from the API gets the same care as text from a page."""
        return self.tidy(value) if isinstance(value, str) else value

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """An empty text may be kept where the definition allows one."""
        return super().accepts_mark(field, mark) or mark == '""'

    def mask(self, field: Field, text: str) -> str:
        """As the definition says (``ui.mask``); sensitive text without a way is starred out whole."""
        masks: dict[str | None, Callable[[str], str]] = {"name": mask_name, "id": mask_id, "phone": mask_phone, "all": lambda t: "*" * min(len(t), 8)}
        how = field.ui.get("mask") or ("all" if field.ui.get("sensitive") else None)
        return masks[how](text) if how in masks else text

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A text that fits length and pattern as far as a pattern of digits or letters can be read."""
        return fitting(field.schema, ("样例文字", "示范内容", "测试用文")[seed % 3])


class Colour(Text):
    """A colour as CSS writes it; a script puts the browser's own picker beside it."""

    key = "colour"
    title = Title("颜色", "Colour")

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A colour."""
        return "#0b5069"


class LongText(Text):
    """Several lines."""

    key = "long_text"
    macro = "area"
    title = Title("长文字", "Long text")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A string of any sensible length."""
        return {"type": "string", "maxLength": DEFAULT_MAX_LENGTH}

    def tidy(self, text: str) -> str:
        """Line ends stay."""
        return prose(text)


class Code(Text):
    """A code of fixed alphabet: full-width characters folded, upper case where the code is."""

    width = "m"

    def tidy(self, text: str) -> str:
        """NFKC without inner spaces."""
        return code(text).replace(" ", "")


class ResidentId(Code):
    """居民身份证号 (GB 11643), 港澳台居民居住证, 外国人永久居留身份证."""

    key = "resident_id"
    title = Title("身份证号", "Resident id number")
    sensitive = True

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """The exact rules are :meth:`check`'s, which words them better than a pattern could."""
        return {"type": "string", "maxLength": 64}

    def tidy(self, text: str) -> str:
        """The final x is a capital."""
        return super().tidy(text).upper()

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Length, characters, birthday, check digit."""
        if len(value) != 18:
            yield (), *length_problem(len(value), 18)
        elif wrong := check_resident_id(value):
            yield (), wrong, {}

    def mask(self, field: Field, text: str) -> str:
        """First four and last two stay."""
        return mask_id(text)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """An invented number with a right check digit."""
        body = f"6101171990{1 + seed % 9:02d}01{100 + seed % 800:03d}"
        return body + resident_check_character(body)


class Uscc(Code):
    """统一社会信用代码 (GB 32100)."""

    key = "uscc"
    title = Title("统一社会信用代码", "Unified social credit code")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """See :meth:`check`."""
        return {"type": "string", "maxLength": 64}

    def tidy(self, text: str) -> str:
        """Upper case."""
        return normalise_uscc(code(text))

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Length, alphabet, check character."""
        if len(value) != 18:
            yield (), *length_problem(len(value), 18)
        elif wrong := check_uscc(value):
            yield (), wrong, {}

    def mask(self, field: Field, text: str) -> str:
        """A company's code is public."""
        return mask_id(text, 8, 0) if field.ui.get("sensitive") else text

    def sample(self, field: Field, seed: int = 0) -> Any:
        """An invented code with a right check character."""
        body = f"92610117MA6{seed % 10}0000{seed % 7}X"[:17]
        return body + uscc_check_character(body)


_PHONE = re.compile(r"1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{7,8}|[48]00-?[0-9]{3}-?[0-9]{4}")
_PHONE_NOISE = re.compile(r"[\s()\u2010-\u2015/]")


class Phone(Code):
    """A mobile number, or a land line with its area code."""

    key = "phone"
    title = Title("电话", "Phone number")
    input_type = "tel"
    sensitive = True

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """See :meth:`check`."""
        return {"type": "string", "maxLength": 64}

    def tidy(self, text: str) -> str:
        """Spaces, brackets and +86 go; a mobile number keeps no dash."""
        bare = re.sub(r"^(?:\+|00)86-?", "", _PHONE_NOISE.sub("", code(text)))
        joined = bare.replace("-", "")
        return joined if joined.startswith("1") else bare

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """What is missing, said by length where that is the fault."""
        if _PHONE.fullmatch(value):
            return
        if value.startswith("1") and value.isascii() and value.isdigit() and len(value) != 11:
            yield (), *length_problem(len(value), 11)
        elif value.isascii() and value.isdigit() and 7 <= len(value) <= 8:
            yield (), "forms.phone_area", {}
        else:
            yield (), "forms.phone", {}

    def mask(self, field: Field, text: str) -> str:
        """First three and last four stay."""
        return mask_phone(text)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A number of a range not given to anybody."""
        return f"1380000{seed % 10000:04d}"


_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")


class Email(Code):
    """An e-mail address."""

    key = "email"
    title = Title("电子邮箱", "E-mail")
    input_mode = "email"

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """RFC 5321 ends at 254."""
        return {"type": "string", "maxLength": 254}

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """One at sign, a name before it, a domain behind it."""
        if "@" not in value:
            yield (), "forms.email_at", {}
        elif not _EMAIL.fullmatch(value):
            yield (), "forms.email", {}

    def sample(self, field: Field, seed: int = 0) -> Any:
        """An address that cannot exist."""
        return f"person{seed}@example.org"


class BankAccount(Code):
    """A bank account: 8 to 30 digits. Company accounts carry no Luhn digit, so none is asked for."""

    key = "bank_account"
    title = Title("银行账号", "Bank account")
    input_mode = "numeric"
    sensitive = True

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """See :meth:`check`."""
        return {"type": "string", "maxLength": 64}

    def tidy(self, text: str) -> str:
        """Digits as printed on the card, without their gaps."""
        return super().tidy(text).replace("-", "")

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Digits only, 8 to 30."""
        if not (value.isascii() and value.isdigit()):
            yield (), "forms.digits_only", {}
        elif not 8 <= len(value) <= 30:
            yield (), "forms.account_length", {"count": len(value)}

    def mask(self, field: Field, text: str) -> str:
        """The last four stay."""
        return mask_id(text, 0, 4)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """Nineteen invented digits."""
        return f"62220000000000{seed % 100000:05d}"


class LicenceRef(Code):
    """A licence by its number (``ui.licence_type`` says of which type)."""

    key = "licence_ref"
    title = Title("证照编号", "Licence number")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """As long as an electronic identifier may be."""
        return {"type": "string", "maxLength": 120}

    def tidy(self, text: str) -> str:
        """Numbers such as 食药监〔2024〕12号 keep their brackets; an electronic identifier has no blanks and no small letters."""
        tidied = line(text)
        return tidied.replace(" ", "").upper() if tidied.startswith(LICENCE_ROOT) else tidied

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """The check character of an electronic identifier (GB/T 36904); a number on paper has none."""
        if isinstance(value, str) and value.startswith(LICENCE_ROOT) and (wrong := check_licence_identifier(value)):
            yield (), wrong, {}


class Reference(Text):
    """The name of another thing of the same document: a node, a material, a form."""

    key = "reference"
    title = Title("引用", "Reference")
    width = "m"


class Gone(Text):
    """What stands in for a kind whose plugin is gone: the answer goes on as the text that it is. Whether it is starred out is the form's own to say
    (``ui.sensitive``): the gate sees to that while the plugin is there."""

    key = "gone"
    title = Title("已停用的种类", "A kind that is gone")


def length_problem(have: int, want: int) -> tuple[str, dict[str, Any]]:
    """The words for a length that must be exact: how many characters are missing, or too many."""
    return ("forms.length_short", {"more": want - have, "want": want}) if have < want else ("forms.length_long", {"over": have - want, "want": want})


def fitting(schema: Mapping[str, Any], text: str) -> str:
    """*text* cut or stretched to the schema's lengths; a pattern of one character class is obeyed."""
    least, most = schema.get("minLength", 1), schema.get("maxLength", _PLAIN_MAX)
    pattern = schema.get("pattern")
    if pattern and not re.search(pattern, text):
        text = _from_pattern(pattern, least)
    while len(text) < least:
        text += text or "文"
    return text[:most]


def _from_pattern(pattern: str, least: int) -> str:
    """A shortest text for patterns built of classes with counts; what is more than that has a sample in its definition."""
    out = ""
    for chars, count in re.findall(r"\[([^\]]+)\](?:\{([0-9]+)(?:,[0-9]*)?\}|[*+?])?", pattern) or re.findall(r"([A-Za-z0-9])()", pattern):
        first = next((c for c in ("1" if "0-9" in chars else "", "a" if "a-z" in chars else "", "A" if "A-Z" in chars else "") if c), chars[0])
        out += first * int(count or 1)
    return out.ljust(least, out[-1:] or "1")
