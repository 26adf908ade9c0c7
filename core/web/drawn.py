"""A drawing of a route as a file that stands by itself. The browser makes a PNG of it (``static/js/picture.js``)."""

from urllib.parse import quote

from werkzeug.wrappers import Response

#: The standard look of a drawing, in colours that print; the pages have theirs from the theme.
_LOOK = (
    "svg{background:#fff;font-family:system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}"
    ".t{font-size:15px;font-weight:500;fill:#1b1f24}.n{font-size:13px;fill:#4a5560}"
    ".w{fill:none;stroke:#0b4f6c;stroke-width:4;stroke-linecap:round;stroke-linejoin:round}"
    ".w.off{stroke:#6b7885;stroke-width:2;stroke-dasharray:2 7}"
    "circle{fill:#fff;stroke:#0b4f6c;stroke-width:4}.full{fill:#0b4f6c}"
    ".x{fill:none;stroke:#6b7885;stroke-width:1.5;stroke-dasharray:5 4}"
)


def standalone(svg: str) -> str:
    """*svg*, as pages have it, with its name space and its look."""
    head, gap, rest = svg.partition("<title")
    head = head.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<style>{_LOOK}</style>{gap}{rest}'


def as_file(svg: str, name: str) -> Response:
    """The drawing to be kept as ``<name>.svg``; signs that no file may have in its name are left out."""
    answer = Response(standalone(svg), mimetype="image/svg+xml")
    plain = "".join(each for each in name if each.isalnum() or each in " -_（）()")[:100]
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(plain, safe='')}.svg"
    return answer
