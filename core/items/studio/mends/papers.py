"""Mends of documents: names that are nearly right, paragraphs without words, what the law wants said hanging on a condition."""

import re
from collections.abc import Iterator

from core.documents.spec import offered
from core.items.studio.mending import Content, Mend, gone, mend, near, put
from core.items.studio.spots import Spot, find
from core.kernel.errors import Finding


@mend("documents.unknown_name")
def name_meant(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A name that no document knows: the near one of those that this kind has."""
    name, held = str(finding.params["name"]), str(find(content, spot))
    meant = near(name, offered(spot[2]))
    if meant is not None:
        respelt = meant if held == name else re.sub(rf"\{{\{{\s*{re.escape(name)}\s*\}}\}}", f"{{{{{meant}}}}}", held)
        yield Mend("respell", put(content, spot, respelt), {"near": meant}, safe=True)


@mend("documents.empty_block")
def without_words(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A paragraph of spaces; the only one stays to be written."""
    if len(find(content, spot[:-1])) > 1:
        yield Mend("drop", gone(content, spot), {"name": spot[-1].removeprefix("@")})


@mend("documents.must_always")
def always_printed(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The paragraph without its condition."""
    yield Mend("drop_condition", gone(content, (*spot, "given")))


@mend("documents.mark_taken")
def mark_of_the_platform(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The platform's own mark of this kind."""
    yield Mend("drop", gone(content, spot), {"name": "mark"})
