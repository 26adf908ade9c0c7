"""Chinese on an English page is marked as Chinese, so that a voice reads it as Chinese and a browser picks its face (WCAG 3.1.2).

Texts of items without a translation, names of places and what people wrote stay as they are; wherever they come to stand in a page
they get ``lang="zh-CN"`` here, once, instead of in every template that might show one.
"""

import re

_HAN, _STOPS = "\u3400-\u9fff", "\u2018-\u201d\u2026\u3000-\u303f\uff00-\uffef"
_RUN = re.compile(f"[{_STOPS}]*[{_HAN}][{_HAN}{_STOPS}0-9]*")
_TOKEN = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
#: What may hold no element of ours, or is not read out.
_CLOSED = frozenset(("script", "style", "textarea", "title", "option", "template"))
#: What has no end and holds nothing.
_EMPTY = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
_CHINESE_ALREADY = re.compile(r'\slang="?zh', re.IGNORECASE)


def mark_chinese(html: str) -> str:
    """*html* with every run of Chinese outside ``lang="zh-CN"`` in an element that says so; attributes are left alone."""
    if not re.search(f"[{_HAN}]", html):
        return html
    made: list[str] = []
    inside, depth, drawing = "", 0, False  # the element whose content is left alone, and how deep in its own kind
    for piece in _TOKEN.split(html):
        if not piece.startswith("<"):
            made.append(piece if inside else _RUN.sub(r'<tspan lang="zh-CN">\g<0></tspan>' if drawing else r'<span lang="zh-CN">\g<0></span>', piece))
            continue
        made.append(piece)
        name, closing = _name(piece), piece.startswith("</")
        if name == "svg":
            drawing = not closing
        if inside:
            if name == inside and not piece.endswith("/>"):
                depth += -1 if closing else 1
                inside = inside if depth else ""
        elif name and not closing and not piece.endswith("/>") and (name in _CLOSED or (name != "html" and _CHINESE_ALREADY.search(piece))):
            inside, depth = name, 1
    return "".join(made)


def _name(tag: str) -> str:
    """The element that a tag begins or ends; empty for what holds nothing, which never ends."""
    found = _NAME.match(tag)
    name = found[1].lower() if found else ""
    return "" if name in _EMPTY else name
