"""Small real files for uploads: a PDF that opens, pictures that decode."""

from io import BytesIO

from PIL import Image
from reportlab.pdfgen.canvas import Canvas


def pdf(words: str = "drawing") -> bytes:
    """One page."""
    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 700, words)
    canvas.save()
    return out.getvalue()


def picture(kind: str = "png", shade: int = 200) -> bytes:
    """A plain picture; *kind* is ``png`` or ``jpeg``."""
    out = BytesIO()
    Image.new("RGB", (300, 400), (shade, shade, 180)).save(out, kind.upper())
    return out.getvalue()


def paper(accept: list[str] | tuple[str, ...], name: str = "paper") -> tuple[str, bytes]:
    """A file of one of the kinds that a material takes: (file name, content)."""
    if "pdf" in accept:
        return f"{name}.pdf", pdf(name)
    return (f"{name}.png", picture("png")) if "png" in accept else (f"{name}.jpg", picture("jpeg"))
