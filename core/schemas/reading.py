"""JSON text → document, telling a person who types it by hand where it broke, what is wrong and how to mend it."""

import json
import re
from typing import Any, NoReturn

from core.kernel.errors import Finding
from core.schemas.errors import NotJson

#: A definition of this size is a mistake or an attack; the largest real item is well under 200 KB.
MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 100

#: Full-width character → what JSON wants. Written as escapes: editors and reviewers cannot tell them apart.
_WIDE = {
    **dict.fromkeys("\u201c\u201d\u2018\u2019\u300c\u300d\uff02", '"'),
    **dict.fromkeys("\uff0c\u3001\uff1b", ","),
    "\uff1a": ":",
    "\uff5b": "{",
    "\uff5d": "}",
    **dict.fromkeys("\uff3b\u3010", "["),
    **dict.fromkeys("\uff3d\u3011", "]"),
    **dict.fromkeys("\u3000\u00a0", " "),
}
_STRING = r'"(?:[^"\\\x00-\x1f]|\\.)*"'
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\],:]")
_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null", "TRUE": "true", "FALSE": "false", "NULL": "null", "是": "true", "否": "false"}


def parse(source: str | bytes) -> Any:
    """The document in *source*.

    Raises :class:`NotJson` with line, column, what is wrong and how to mend it – also for things Python's reader would let pass: keys
    given twice, ``NaN``, broken surrogates, nesting beyond reason.
    """
    text = _decode(source)
    if len(text) > MAX_BYTES:
        _refuse(text, 0, "too_big", most=MAX_BYTES // (1024 * 1024))
    try:
        doc = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        key, at, params = _diagnose(text, error)
        _refuse(text, at, key, **params)
    except _Twice as error:
        at, path = _second(text)
        _refuse(text, at, "key_twice", name=error.args[0], where=path)
    except _Constant as error:
        _refuse(text, max(text.find(error.args[0]), 0), "constant", word=error.args[0])
    except RecursionError:
        _refuse(text, 0, "too_deep", most=MAX_DEPTH)
    except ValueError:  # an integer of thousands of digits
        _refuse(text, 0, "number")
    if too_deep(doc):
        _refuse(text, 0, "too_deep", most=MAX_DEPTH)
    try:
        json.dumps(doc, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        _refuse(text, max(text.lower().find("\\ud"), 0), "surrogate")
    return doc


def too_deep(doc: Any) -> bool:
    """Whether *doc* nests deeper than :data:`MAX_DEPTH`; counts without recursion."""
    level = [doc]
    for _ in range(MAX_DEPTH):
        level = [child for node in level if isinstance(node, dict | list) for child in (node.values() if isinstance(node, dict) else node)]
        if not level:
            return False
    return True


class _Twice(Exception):
    pass


class _Constant(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _no_constant(word: str) -> NoReturn:
    raise _Constant(word)


def _decode(source: str | bytes) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8", "replace")
        _refuse(before, len(before), "encoding")


def _refuse(text: str, at: int, key: str, **params: Any) -> NoReturn:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    excerpt = text[start : end if end >= 0 else None].strip()[:80]
    finding = Finding("error", f"{line}:{column}", f"schemas.{key}", {"line": line, "column": column, "excerpt": excerpt, **params})
    raise NotJson(None, findings=(finding,), line=line, column=column, zh=finding.words("zh"), en=finding.words("en"))


def _diagnose(text: str, error: json.JSONDecodeError) -> tuple[str, int, dict[str, Any]]:
    """What most likely happened at the spot where the reader gave up."""
    at, message = error.pos, error.msg
    here = text[at : at + 1]
    before = text[:at].rstrip()
    if not text.strip():
        return "empty", 0, {}
    if message.startswith("Unterminated string"):
        return "quote_missing", at, {}
    if message.startswith("Invalid control character"):
        start = text.rfind('"', 0, at)  # the reader stops at the line's end, the person looks for where the text began
        return "quote_missing", start if start >= 0 else at, {}
    if message.startswith("Invalid \\"):
        return "escape", at, {}
    if here in _WIDE and here:
        return "full_width", at, {"found": here, "wanted": _WIDE[here]}
    if "trailing comma" in message or (here and here in "}]" and before.endswith(",")):
        return "comma_trailing", before.rfind(",") if before.endswith(",") else at, {}
    if text.startswith(("//", "/*", "#"), at):
        return "comment", at, {}
    if at >= len(text.rstrip()):
        opener, line = _unclosed(text)
        return "unclosed", at, {"opener": opener, "opened": line}
    if message == "Extra data":
        return "extra", at, {}
    if here == "'":
        return "single_quote", at, {}
    if message.startswith("Expecting ':'"):
        return "colon_missing", at, {}
    if message == "Expecting value" and here and here in "}],":
        return "value_missing", at, {}
    if here and here in "}]":
        opener, line = _unclosed(text[:at])
        return "bracket_wrong", at, {"found": here, "opener": opener, "opened": line}
    if message.startswith("Expecting ','"):
        inside = before.endswith('"') and here not in '"{[' and not here.isdigit()
        return ("quote_inside", at, {}) if inside else ("comma_missing", len(before), {})
    return _unquoted(text, at)


def _unquoted(text: str, at: int) -> tuple[str, int, dict[str, Any]]:
    word = re.match(r"[^\s,:{}\[\]\"]+", text[at : at + 60])
    found = word[0] if word else text[at : at + 1]
    if re.fullmatch(r"[+.0-9][0-9.eE+-]*", found):
        return "number_form", at, {"found": found}
    if found in _WORDS:
        return "word", at, {"found": found, "wanted": _WORDS[found]}
    return ("unquoted", at, {"found": found}) if word else ("unexpected", at, {"found": found})


def _unclosed(text: str) -> tuple[str, int]:
    """The innermost bracket that is still open at the end, and its line."""
    stack: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            stack.append((token[0], token.start()))
        elif token[0] in "}]" and stack:
            stack.pop()
    if not stack:
        return "?", 1
    opener, at = stack[-1]
    return opener, text.count("\n", 0, at) + 1


def _second(text: str) -> tuple[int, str]:
    """Where a key stands a second time in one object, and that object's path. The text is known to be well formed."""
    stack: list[dict[str, Any]] = []
    key_next = False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "{[":
            stack.append({"keys": set(), "object": mark == "{", "name": "", "index": 0})
            key_next = mark == "{"
        elif mark in "}]":
            stack.pop()
            key_next = False
        elif mark == ",":
            stack[-1]["index"] += 1
            key_next = stack[-1]["object"]
        elif mark != ":" and key_next:
            name = json.loads(mark)
            if name in stack[-1]["keys"]:
                return token.start(), join(tuple(s["name"] if s["object"] else s["index"] for s in stack[:-1]))
            stack[-1]["keys"].add(name)
            stack[-1]["name"] = name
            key_next = False
    return 0, ""


def join(path: tuple[str | int, ...]) -> str:
    """``("materials", 2, "need")`` → ``materials[2].need``."""
    said = ""
    for part in path:
        if isinstance(part, int):
            said += f"[{part}]"
        else:
            said += ("." if said else "") + (part if re.fullmatch(r"[^\s.\[\]\"]+", part) else json.dumps(part, ensure_ascii=False))
    return said
