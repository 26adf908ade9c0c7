"""A plain report as PDF: title, paragraphs, key–value lists and tables in the hall's typeface, page numbers, and when it was made."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.kernel.clock import local
from core.pluginhost.context import Context, whole


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a part."""

    words: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    words: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names with their values, one a line."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; *widths* are shares of the page's width, the same for all when left out."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


Part = Heading | Paragraph | Pairs | Table


def report(ctx: Context, title: str, parts: Sequence[Part], *, foot: str = "") -> bytes:
    """The report as PDF. Characters that the typeface lacks raise :class:`BadInput` that names them."""
    from core.printing import plain  # the PDF toolkit is heavy, and few processes make reports

    made = ctx.say("生成时间 %(at)s", at=f"{local(ctx.now()):%Y-%m-%d %H:%M}")
    blocks = [(type(part).__name__.lower(), *_content(part)) for part in parts]
    return plain.report(whole(ctx), title, blocks, foot=f"{foot}　{made}".strip())


def _content(part: Part) -> tuple[object, ...]:
    if isinstance(part, (Heading, Paragraph)):
        return (part.words,)
    return (part.rows,) if isinstance(part, Pairs) else (part.heads, part.rows, part.widths)
