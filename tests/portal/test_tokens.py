"""Tokens: whatever is taken ends where it should – no rule is lost, no other token changes, nothing is fetched."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.kernel.errors import BadInput
from core.web import tokens
from core.web.theming import Themes, default_root

#: Two tokens with the one that is tried between and around them, and rules behind.
AROUND = {"a": "#123456", "bar": "72px", "deep": "#06384b", "ease": "linear", "z": "1px"}
RULES = "body{color:var(--deep)}\n@media print{p{margin:0}}\na{content:'x'}\n"
PAIRS = {"(": ")", "[": "]", "{": "}"}


def pieces(css: str) -> Iterator[str]:
    """The tokens of CSS Syntax Level 3 as far as they decide where something ends: strings, bad strings, comments, addresses, escapes and brackets."""
    at = 0
    while at < len(css):
        if css.startswith("/*", at):
            end = css.find("*/", at + 2)
            at = len(css) if end < 0 else end + 2
            continue
        if css[at] in "\"'":
            end = at + 1
            while end < len(css) and css[end] not in (css[at], "\n"):
                end += 2 if css[end] == "\\" else 1
            closed = end < len(css) and css[end] == css[at]
            yield css[at : end + 1] if closed else "BAD"
            at = end + 1 if closed else end
            continue
        address = re.compile(r"url\(\s*(?!\s*[\"'])[^)]*\)?", re.IGNORECASE).match(css, at)
        if address is not None:
            yield address[0]
            at = address.end()
            continue
        step = 2 if css[at] == "\\" else 1
        yield css[at : at + step]
        at += step


def rules(css: str) -> list[tuple[str, str]]:
    """(what stands before the block, what is in it) of every rule at the top of a sheet."""
    found, head, body, open_ = [], "", "", []
    for piece in pieces(css):
        if open_ and piece == open_[-1]:
            open_.pop()
            if not open_ and piece == "}":
                found.append((head.strip(), body))
                head = body = ""
                continue
        elif piece in PAIRS:
            open_.append(PAIRS[piece])
            if open_ == ["}"]:
                continue
        if open_ and open_[0] == "}":
            body += piece
        else:
            head += piece
    return [*found, (head.strip(), body)] if head.strip() or body else found


def declarations(body: str) -> dict[str, str]:
    """Name → value of the declarations in a rule; those that a browser drops are left out."""
    made, now, open_, bad = {}, "", [], False
    for piece in [*pieces(body), ";"]:
        if piece == ";" and not open_:
            name, colon, value = now.partition(":")
            if colon and not bad:
                made[name.strip()] = value.strip()
            now, bad = "", False
            continue
        bad = bad or piece == "BAD" or (piece in PAIRS.values() and (not open_ or open_[-1] != piece))
        if open_ and piece == open_[-1]:
            open_.pop()
        elif piece in PAIRS:
            open_.append(PAIRS[piece])
        now += piece
    return made


def sheet(values: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """(heads of all rules, the tokens of the first) of a sheet with *values*."""
    found = rules(tokens.declared(values) + RULES)
    return [head for head, _body in found], declarations(found[0][1])


BITS = st.sampled_from(
    ["#fff", "#06384b", "12px", ".5", "-1rem", "50%", "red", "system-ui", " ", " ", ",", "/", "//", "(", ")", ")", '"', "'", '"a b"', "'宋体'", "rgb(", "calc(",
     "min(", "var(", "--a", "--nobody", "+ ", "* ", "url(", "URL(", "image-set(", "\\", "\n", "\f", ";", "{", "}", "[", "]", "@import", "<!--", "-->", "/*",
     "*/", "!important", "\x00", "é", "\u2028", "var(--a)", "rgb(1 2 3/.5)", "cubic-bezier(.2, .6, .2, 1)", "calc(1px + 2px)"]
)  # fmt: skip
#: Values as they should be, and such of which anything can be wrong.
SOUND = st.recursive(
    st.sampled_from(["#fff", "12px", "-.5rem", "50%", "red", '"a b"', "'宋体'", "var(--a)"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
        st.lists(inner, min_size=1, max_size=3).map(", ".join),
        st.tuples(st.sampled_from(sorted(tokens.FUNCTIONS - {"var"})), inner).map(lambda made: f"{made[0]}({made[1]})"),
    ),
    max_leaves=6,
)
VALUES = st.one_of(SOUND, st.lists(BITS, min_size=1, max_size=8).map("".join), st.text(max_size=20))


@given(VALUES, VALUES)
def test_a_value_that_is_taken_leaves_every_rule_and_every_other_token_as_it_was(one: str, other: str) -> None:
    tried = {**AROUND, "bar": one, "ease": other}
    assume(not tokens.wrong(tried))
    heads, values = sheet(tried)
    assert heads == sheet(AROUND)[0]
    assert values == {f"--{name}": value.strip() for name, value in tried.items()}


@given(SOUND)
def test_what_is_written_as_it_should_be_is_taken(value: str) -> None:
    assume(len(value) <= tokens.MOST)
    assert tokens.wrong({**AROUND, "bar": value}) == ()


@given(VALUES)
def test_no_value_that_is_taken_holds_an_address(value: str) -> None:
    assume(tokens.named(value) is not None)
    assert not re.search(r"//|url|image|src|[\\;{}@<>\n]", re.sub(r"\"[^\"]*\"|'[^']*'", "", value), re.IGNORECASE)
    assert "//" not in value


@pytest.mark.parametrize(
    "value",
    ["(", ")", '"', "'", "[", "rgb(1 2 3", "rgb(1 2 3))", '"a', "'a\"", 'a"b', "a\nb", '"a\nb"', "a;b", "{}", "a\\b", "@x", "<a", 'image-set("//evil/x" 1x)',
     '"//evil/x"', "src(x)", "url(x)", "element(#x)", "expression(1)", "1 // 2", "/* */", "1px + 2px", "(1px)", "var()", "var(a)", "var(--nobody)",
     "var(--a b)", "--a", "inherit", " Initial ", "", " ", "x" * 201, "red!important", "1px\x00", "1url(", "#abcurl(", "é",
     "calc(1px;2px)", "attr(title)", "env(x)"],
)  # fmt: skip
def test_what_is_no_value_is_refused(value: str) -> None:
    assert tokens.wrong({**AROUND, "bar": value}) == ("bar",)


def test_tokens_that_lead_back_to_themselves_are_refused() -> None:
    assert tokens.wrong({"a": "var(--b)", "b": "var(--c, 1px)", "c": "1px"}) == ()
    assert tokens.wrong({"a": "var(--b)", "b": "var(--c, 1px)", "c": "calc(1px + var(--a))", "d": "var(--a)"}) == ("a", "b", "c")
    assert tokens.wrong({"a": "1px", "a-phone": "var(--b)", "b": "var(--a)"}) == ("a", "a-phone", "b")


def test_the_shipped_themes_hold_nothing_else() -> None:
    themes = Themes.load()
    for theme in themes:
        assert tokens.wrong({**themes.inherited(theme.name), **themes.docs[theme.name]["tokens"]}) == ()


@pytest.mark.parametrize(
    "own", [{"sans": "("}, {"bar": '"', "ease": '"'}, {"bar": "'", "ease": "'"}, {"lift": 'image-set("//evil/x" 1x)'}, {"base": "var(--gone)"}]
)
def test_a_look_of_the_hall_that_would_swallow_what_follows_is_left_out(own: dict[str, str]) -> None:
    shipped = Themes.load()
    doc = shipped.docs["standard"]
    changed = shipped.with_own({"standard": {**doc, "tokens": {**doc["tokens"], **own}}})
    assert changed.get("standard").css == shipped.get("standard").css
    with pytest.raises(BadInput):
        shipped.tried("standard", {**doc, "tokens": {**doc["tokens"], **own}})


def test_what_a_child_leans_on_is_not_taken_away_from_it(tmp_path: Path) -> None:
    (tmp_path / "village").mkdir()
    child = {"name": "village", "title": {"zh": "村", "en": "Village"}, "parent": "standard", "tokens": {"hit": "var(--s5)"}}
    (tmp_path / "village" / "theme.json").write_text(json.dumps(child), encoding="utf-8")
    themes = Themes.load(default_root(), tmp_path)
    doc = themes.docs["standard"]
    assert themes.wrong_tokens("standard", doc) == ()
    assert themes.wrong_tokens("standard", {**doc, "tokens": {name: value for name, value in doc["tokens"].items() if name != "s5"}}) == ("hit",)


def test_every_declaration_stands_on_a_line_of_its_own() -> None:
    lines = tokens.declared(AROUND).splitlines()
    assert lines == [":root{", *(f"--{name}:{value};" for name, value in sorted(AROUND.items())), "}"]
    assert all(one < other for one, other in pairwise(lines[1:-1]))


@pytest.mark.parametrize("value", ["(", '"', "'a", "/*", "}"])
def test_the_check_itself_sees_what_swallows_a_rule(value: str) -> None:
    """The small parser of these tests is no blind one."""
    heads, values = sheet({**AROUND, "bar": value})
    assert (heads, len(values)) != (sheet(AROUND)[0], len(AROUND))
